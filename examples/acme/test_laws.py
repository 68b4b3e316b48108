"""What Acme's plugin judges and remembers keeps the laws of every policy: run it with pytest."""

from typing import ClassVar

from crmflow_acme.limits import SampleLimit
from crmflow_acme.sample import SAMPLE, SampleFacts
from hypothesis import given
from hypothesis import strategies as st

from crmflow import Money
from crmflow.testing import PolicySuite, Strategies

WORTHS = st.sampled_from([Money(900), Money(1000), Money(1001)])
DRAWN = Strategies({(one, "worth"): WORTHS for one in (SAMPLE.form("request"), SampleFacts)})


class TestSamples(PolicySuite):
    """Limits, deadline and watch over samples that are lent."""

    plugin = "crmflow_acme"
    machines = ("sample",)
    settings: ClassVar = {"acme.sample.return_within": "14d"}
    drawn = DRAWN


class TestLeads(PolicySuite):
    """What it adds to leads."""

    plugin = "crmflow_acme"
    machines = ("lead",)


@given(DRAWN.facts_for(SAMPLE))
def test_samples_are_worth_something_near_the_limit(facts: SampleFacts) -> None:
    """Drawn samples lie on both sides of the limit, which the judge is about."""
    assert abs(facts.worth.amount - 1000) <= 100


@given(
    Strategies({(SampleLimit, "product"): st.none()}).rows_for(
        "sample_limits",
        "sample",
        plugins=["crmflow_acme"],
        config={"acme.sample.return_within": "14d"},
    )
)
def test_limits_name_who_lends(row: dict[str, str]) -> None:
    """A row that the table takes names somebody who may lend at all."""
    lend = next(one for one in SAMPLE.rows if one.event == "lend")
    assert row["role"] in lend.who
