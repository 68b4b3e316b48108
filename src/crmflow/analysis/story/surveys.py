"""The service is judged: one sorting in time, one late; and the deal comes to its end."""

from __future__ import annotations

from crmflow.analysis.story.first_contact import CUSTOMER
from crmflow.analysis.story.improvement import looked_into
from crmflow.analysis.story.lines import Said
from crmflow.analysis.story.questions import evaluated
from crmflow.analysis.story.teller import Teller
from crmflow.core.ref import EntityRef

TITLE = Said("A survey", "满意度调查")

REPORT = {
    "present_level": Said("good products, slow answers", "产品好，响应慢"),
    "priorities": Said("answers by phone", "电话响应"),
    "improvement_plan": Said("one more at the phone", "增加一名接线员"),
    "comparison": Said("no survey before", "此前无调查"),
}
SORTED = {"summary": Said("two answers", "两份答卷"), "classes": [Said("buyers", "采购")]}


def play(tell: Teller) -> None:
    """Tell it."""
    survey = asked(tell)
    sorted_out(tell, survey)
    complained(tell)
    judged(tell)
    finished(tell)


def asked(tell: Teller) -> EntityRef:
    """The mill answers; one score is so low that it counts as a complaint."""
    tell.on("2026-09-15", "09:00")
    tell.say(
        "The half-yearly review of the service. The buyer is content; the mill's engineer gives "
        "advice one point of five, and that is a complaint at once.",
        "半年一次的服务评价。采购负责人满意；工程师给咨询打一分（满分五分），随即作为投诉受理。",
    )
    survey = tell.open(
        "survey", "after-1", purpose="service", scope="customer", customer=CUSTOMER,
        is_regular=True,
    )  # fmt: skip
    tell.do(survey, "issue", "after-1", method="online_survey", scale="one_to_five", low_score=1)
    for respondent, score in ((Said("buyer", "采购负责人"), 4), (Said("engineer", "工程师"), 1)):
        scores = [{"item": "quality", "score": 5}, {"item": "advice", "score": score}]
        tell.do(survey, "add_answer", "service-1", respondent=respondent, scores=scores)
    return survey


def sorted_out(tell: Teller, survey: EntityRef) -> None:
    """Who sorts does not check; what is sent back is sorted again, too late."""
    tell.on("2026-09-16", "10:00")
    tell.say(
        "Collected, analysed, reported and sorted within days.", "数日内回收、分析、报告并整理。"
    )
    tell.do(survey, "collect", "after-1")
    tell.do(survey, "analyse", "after-1")
    tell.do(survey, "report", "after-1", **REPORT)
    tell.later(days=1)
    tell.do(survey, "sort", "after-1", **SORTED)
    tell.say("after-head-1 sends it back: a class is missing.", "after-head-1 退回：缺少一类。")
    reason = Said("a class is missing", "缺少一类")
    tell.do(survey, "return_sort", "after-head-1", reason=reason)
    tell.known["survey"] = survey


def complained(tell: Teller) -> None:
    """The engineer takes the complaint back."""
    complaint = tell.newest("complaint")
    tell.on("2026-09-18", "10:00")
    tell.say(
        "Called, the engineer takes the complaint back. It was nobody's work for three days.",
        "致电后工程师撤回投诉。该投诉三天无人处理。",
    )
    reason = Said("it was about another company", "针对的是别家公司")
    tell.do(complaint, "withdraw", "service-1", withdrawal="by_customer", reason=reason)


def judged(tell: Teller) -> None:
    """Sorted anew, checked and filed; the next round is planned."""
    survey = tell.known["survey"]
    tell.on("2026-09-28", "10:00")
    tell.say(
        "Sorted anew after seven working days, checked, filed; the next round is planned.",
        "七个工作日后重新整理，核查归档；安排下一轮。",
    )
    tell.do(survey, "sort", "after-1", **SORTED)
    tell.do(survey, "check", "after-head-1")
    tell.do(survey, "file", "after-1", archived_as=Said("shelf 9", "9 号架"))


def finished(tell: Teller) -> None:
    """The deal is evaluated late, and then it is over."""
    deal = tell.known["deal"]
    tell.on("2026-09-29", "10:00")
    tell.say(
        "The deal is evaluated a second time, seven weeks late. Nothing is open: it is over.",
        "商机第二次评价，晚了七周。无未结事项：结束。",
    )
    evaluated(tell)
    done = Said("the project is over", "项目结束")
    tell.do(deal, "finish", "sales-1", reason=done, nothing_open=True)
    looked_into(tell)
