"""
Large customer's record (大客户服务记录): what a power company knows and does of one supply.

It is no machine of the catalogue's part 3 but the form `large_customer_record` of its part 8,
with what is kept beside it: readings, forecast, analysis, plans, services, meetings. Its id is
that of the customer record, so that an alert finds it.
"""

from __future__ import annotations

from crmflow.core.cases import cycle
from crmflow.core.dealing import KNOW_CUSTOMER, Reason, tell_customer
from crmflow.core.machine import ANY, KEEP, Kind, Machine, Open, Row, Send, State
from crmflow.core.ref import UNBORN
from crmflow.core.updates import copied
from crmflow.states.power.large_customer import forms as f
from crmflow.states.power.large_customer import guards as g
from crmflow.states.power.large_customer.facts import (
    Analysis,
    LargeCustomerFacts,
    RecordState,
    Said,
)

__all__ = ["LARGE_CUSTOMER_RECORD"]

S = RecordState
MANAGER, INSIDE, FIELD = "key_account_manager", "power_inside", "power_field"
STAFF = f"{MANAGER} {INSIDE} {FIELD}"
KEPT = ("customer", "manager", "terminal", "supply", "agreed")


def _filed(title: str) -> Send:
    return Send("file_document", "receive", g.document(title), courtesy=True)


COMPLETE_SUPPLY = Send(
    "improvement_cycle", "open", cycle("review", lambda _attempt: "dual or own supply"),
    link="second_supply", when=g.lacks_second, courtesy=True,
)  # fmt: skip

LARGE_CUSTOMER_RECORD = Machine(
    "large_customer_record",
    LargeCustomerFacts,
    zh="大客户服务记录",
    en="large customer's record",
    shares="manager ways repair_plan usage_plan",
    searchable="customer manager terminal",
    states=(
        State(S.SERVED, "服务中", "served", Kind.INITIAL, requires=KEPT),
        State(S.ENDED, "已终止", "ended", Kind.FINAL, requires=(*KEPT, "reason")),
    ),
    rows=(
        Row(
            UNBORN, "open", S.SERVED, form=f.Opening, who=STAFF, sets=g.opened,
            send=(KNOW_CUSTOMER, COMPLETE_SUPPLY), tasks=(Open("prepare_repair", MANAGER),),
            rules="PWR-003 PWR-015 PWR-040 PWR-045",
        ),
        Row(ANY, "keep", KEEP, form=f.Keeping, who=STAFF, sets=g.update, rules="PWR-040"),
        Row(
            ANY, "subscribe", KEEP, form=f.Subscription, who=f"customer {STAFF}",
            sets=copied("ways"),
            rules="PWR-041",
        ),
        Row(ANY, "notify", KEEP, form=f.Notice, who=STAFF, rules="PWR-041"),
        Row(
            ANY, "read", KEEP, form=f.Day, who=f"system {INSIDE}",
            guards=(g.NEW_DAY, g.IN_ORDER, g.COUNTED), sets=g.read,
            send=(Send("alert", "detect", g.alerts, courtesy=True),),
            rules="PWR-016 PWR-019 PWR-020 PWR-021 PWR-049 PWR-050",
        ),
        Row(
            ANY, "forecast", KEEP, form=f.Forecasting, who=f"system {INSIDE} dispatch_office",
            guards=(g.IS_TO_COME, g.HAS_HISTORY), sets=g.forecast,
            send=(Send("alert", "detect", g.foreseen, when=g.is_over, courtesy=True),),
            rules="PWR-023 PWR-053",
        ),
        Row(
            ANY, "analyse", KEEP, form=Analysis, who=f"{INSIDE} {MANAGER}",
            guards=(g.HAS_READINGS,), sets=g.analysed,
            send=(
                Send(
                    "alert", "detect", g.odd_use, courtesy=True,
                    when=lambda attempt: attempt.form.odd is not None,
                ),
            ),
            rules="PWR-006 PWR-022 PWR-052",
        ),
        Row(
            ANY, "plan_usage", KEEP, form=f.Plan, who=f"{INSIDE} {MANAGER}",
            guards=(g.IS_ANALYSED,), sets=lambda attempt: {"usage_plan": attempt.form.plan},
            send=(_filed("usage plan"),),
            rules="PWR-024",
        ),
        Row(
            ANY, "prepare_repair", KEEP, form=f.Plan, who=f"repair_crew {STAFF}",
            sets=lambda attempt: {"repair_plan": attempt.form.plan}, done="prepare_repair",
            send=(_filed("repair plan"),),
            rules="PWR-034 PWR-056",
        ),
        Row(
            ANY, "guide", KEEP, form=f.Guidance, who=f"{FIELD} {MANAGER}",
            guards=(g.HAZARDS_KNOWN, g.HAZARDS_LEFT), sets=g.guided,
            tasks=(Open("remove_hazards", FIELD),),
            rules="PWR-032",
        ),
        Row(
            ANY, "guide", KEEP, form=f.Guidance, who=f"{FIELD} {MANAGER}",
            guards=(g.HAZARDS_KNOWN,), sets=g.guided, done="remove_hazards",
            rules="PWR-032 PWR-056",
        ),
        Row(
            ANY, "serve", KEEP, form=f.Serving, who=STAFF, guards=(g.ONE_TO_ONE, g.PASSES_ON),
            sets=g.served,
            send=(
                tell_customer("note_dealing", g.contact),
                Send(
                    "service_request", "raise", g.need, courtesy=True,
                    when=lambda attempt: attempt.form.need is not None,
                ),
            ),
            rules="PWR-003 PWR-007 PWR-018 PWR-044",
        ),
        Row(
            ANY, "meet", KEEP, form=f.Meeting, who=f"service_centre {MANAGER}", sets=g.met,
            send=(
                Send(
                    "proposal", "receive", courtesy=True,
                    payload=g.heard(
                        Said.SUGGESTION, {"subject": "product_service"}, "content"
                    ),
                ),
                Send("complaint", "receive", g.heard(Said.COMPLAINT, {}), courtesy=True),
            ),
            rules="PWR-036 PWR-037",
        ),
        Row(
            ANY, "complete_supply", KEEP, form=f.Completion, who=f"{FIELD} {MANAGER}",
            guards=(g.NOT_COMPLETED,), sets=g.completed,
            rules="PWR-045 PWR-056",
        ),
        Row(
            ANY, "end", S.ENDED, form=Reason, who=MANAGER, sets=copied("reason"),
            done="prepare_repair remove_hazards",
        ),
    ),
)  # fmt: skip
"""The machine `large_customer_record`."""
