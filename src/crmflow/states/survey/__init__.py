"""
Survey (满意度调查): a satisfaction survey, from its plan to the archive room (catalogue 3.19).

Answers come one respondent at a time and are counted at once, so a survey stays small
however many answer; each answer itself stays in the journal. The figures of the analysis
are computed. How often rounds are held and how long sorting may take stand in the table of
deadlines, who checks the summary in that of chains.
"""

from __future__ import annotations

from crmflow.core.cases import cycle
from crmflow.core.dealing import KNOW_CUSTOMER, Reason
from crmflow.core.machine import KEEP, Blank, Kind, Machine, Open, Row, Send, State
from crmflow.core.ref import UNBORN
from crmflow.core.updates import copied, stamped
from crmflow.states.survey import forms as f
from crmflow.states.survey import guards as g

__all__ = ["SURVEY"]

S = f.SurveyState
AFTER_SALES = "after_sales"
MANAGER = "after_sales_manager"

PLANNED = ("purpose", "scope")
ISSUED = (*PLANNED, "method", "scale", "items", "tallies", "issued_at")
COLLECTED = (*ISSUED, "respondents")
ANALYSED = (*COLLECTED, "overall", "averages", "lowest")
REPORTED = (*ANALYSED, "report")
SORTED = (*REPORTED, "summary", "classes")

TELL_SATISFACTION = Send(
    "customer", "note_satisfaction", g.contentment, g.respondent, courtesy=True
)
COMPLAIN = Send("complaint", "receive", g.complaint, when=g.is_low, courtesy=True)
IMPROVE = Send("improvement_cycle", "open", cycle("survey", g.plan_of_report))
NEXT = Send("survey", "plan", g.next_round, when=lambda attempt: attempt.facts.is_regular)

SURVEY = Machine(
    "survey",
    f.SurveyFacts,
    zh="满意度调查",
    en="survey",
    shares="purpose customer overall",
    blanks=(Blank(g.QUESTIONS, "map", "Indicators per area.", "SUR-002"),),
    states=(
        State(S.PLANNED, "已计划", "planned", Kind.INITIAL, requires=PLANNED),
        State(S.ISSUED, "已发放", "issued", Kind.WAITING, requires=ISSUED),
        State(S.COLLECTED, "已回收", "collected", requires=COLLECTED),
        State(S.ANALYSED, "已分析", "analysed", requires=ANALYSED),
        State(S.REPORTED, "已出报告", "reported", requires=REPORTED),
        State(S.SORTED, "已整理", "sorted", requires=SORTED),
        State(S.CHECKED, "已核查", "checked", requires=SORTED),
        State(
            S.FILED, "已归档", "filed", Kind.FINAL, requires=(*SORTED, "archived_as", "filed_at")
        ),
        State(S.CANCELLED, "已取消", "cancelled", Kind.FINAL, requires=(*PLANNED, "reason")),
    ),
    rows=(
        Row(
            UNBORN, "plan", S.PLANNED, form=f.SurveyPlan, guards=(g.NAMES_WHOM,),
            sets=copied(
                "purpose", "scope", "customer", "tier", "is_regular", "after_at", "origin"
            ),
            send=(KNOW_CUSTOMER,),
            rules="SUR-001 SUR-014 SUR-017 TIE-017",
        ),
        Row(
            S.PLANNED, "come_due", KEEP, who="system", sets=stamped("due_at"),
            tasks=(Open("issue", AFTER_SALES),),
            rules="SUR-001 SUR-014",
        ),
        Row(
            S.PLANNED, "issue", S.ISSUED, form=f.Questionnaire,
            guards=(g.IS_DUE, g.COVERS_AREAS, g.NAMES_DIFFER), sets=g.issued, done="issue",
            rules="SUR-002 SUR-015",
        ),
        Row(
            S.ISSUED, "add_answer", KEEP, form=f.Answer,
            guards=(g.KNOWS_ITEMS, g.ON_SCALE, g.FIRST_ANSWER), sets=g.answered,
            send=(TELL_SATISFACTION, COMPLAIN),
            rules="SUR-013 SUR-017",
        ),
        Row(
            S.ISSUED, "collect", S.COLLECTED, guards=(g.HAS_ANSWERS,),
            tasks=(Open("analyse", AFTER_SALES),),
            rules="SUR-013",
        ),
        Row(
            S.COLLECTED, "analyse", S.ANALYSED, form=f.Analysis, sets=g.analysed,
            tasks=(Open("report", AFTER_SALES),), done="analyse",
            rules="SUR-003 SUR-004 SUR-005 SUR-006",
        ),
        Row(
            S.ANALYSED, "report", S.REPORTED, form=f.SurveyReport, who=AFTER_SALES,
            sets=g.reported, tasks=(Open("sort", AFTER_SALES),), done="report",
            rules="SUR-007 SUR-008",
        ),
        Row(
            S.REPORTED, "sort", S.SORTED, form=f.Sorting, who=AFTER_SALES,
            sets=copied("summary", "classes"), done="sort",
            rules="SUR-009",
        ),
        Row(
            S.SORTED, "check", S.CHECKED, who=MANAGER, vote="approve",
            tasks=(Open("file", AFTER_SALES),),
            rules="SUR-010",
        ),
        Row(
            S.SORTED, "return_sort", S.REPORTED, form=Reason, who=MANAGER, vote="return",
            sets=copied("reason"), tasks=(Open("sort", AFTER_SALES),),
            rules="SUR-010",
        ),
        Row(
            S.CHECKED, "file", S.FILED, form=f.Filing, who=AFTER_SALES, sets=g.filed,
            send=(IMPROVE, NEXT),
            rules="SUR-011 SUR-012 SUR-016",
        ),
        Row(
            (S.PLANNED, S.ISSUED, S.COLLECTED), "cancel", S.CANCELLED, form=Reason,
            sets=copied("reason"), send=(NEXT,),
        ),
    ),
)  # fmt: skip
"""The machine `survey`."""
