"""
Requirements of posts: who may be found able to hold one, as rows.

A training that qualifies for a post finds nobody able who lacks the degree with its years of
experience, a field of knowledge, or an examination (PWR-008, PWR-009, PWR-010).
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import attrs

from crmflow.core.entity import Snapshot
from crmflow.core.form import Names, Text
from crmflow.core.judging import Judge
from crmflow.core.machine import Machine
from crmflow.core.proposal import Proposal
from crmflow.core.tables import MachineRow, Table, Tables
from crmflow.core.verdict import Answer, Verdict

TABLE = "post_requirements"
POLICY = "power"


@attrs.frozen(kw_only=True)
class Way:
    """A way into the post: one of these degrees, with so many years of experience (PWR-008)."""

    education: Names
    years: Decimal


@attrs.frozen(kw_only=True)
class PostRequirement(MachineRow):
    """
    What a post asks for (`[[post_requirements]]`).

    Attributes:
        qualification: What a training qualifies for.
        ways: Ways into the post, of which one is enough.
        knowledge: What must be known (PWR-009).
        exams: Lists of examinations; of each list one must be passed (PWR-010).
    """

    qualification: Text
    ways: tuple[Way, ...]
    knowledge: tuple[Text, ...] = ()
    exams: tuple[Names, ...] = ()

    def lacks(self, found: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - of another machine
        """
        Yield code and detail of everything a person lacks.

        Args:
            found: What was found of the person: education, years, knowledge, exams.
        """
        years = found.experience_years or Decimal(0)
        if not any(found.education in way.education and years >= way.years for way in self.ways):
            yield "post_education", str(found.education or "-")
        yield from (("post_knowledge", one) for one in self.knowledge if one not in found.knowledge)
        for choice in self.exams:
            if set(choice).isdisjoint(found.exams):
                yield "post_exam", ", ".join(choice)


REQUIREMENTS = Table(TABLE, PostRequirement)


def judge_of(machine: Machine, event: str, tables: Tables) -> Judge | None:
    """Return what judges the assessment of a training, None where no row is about it."""
    rows = tables.about(machine, TABLE, PostRequirement) if event == "assess" else ()
    if not rows:
        return None

    def judge(before: Snapshot[Any], proposal: Proposal) -> tuple[Verdict, ...]:
        day = tables.day(proposal.event.at)
        return tuple(
            row.verdict(
                POLICY, Answer.REFUSE, code, values={"person": one.person, "detail": detail}
            )
            for row in rows
            if row.in_force(day) and row.qualification == before.facts.qualification
            for one in proposal.event.form.assessments
            if one.passed
            for code, detail in row.lacks(one)
        )

    return judge
