"""
Alert (告警): a detected anomaly of a supply (catalogue 3.27).

Monitoring raises it, nobody has to report anything. A fault of the supply is told at once and
the repair crew sent, day and night; a fault of a meter goes to the metering department; the
inspection brigade closes what was abnormal use, and so counts it.
"""

from __future__ import annotations

from crmflow.core.dealing import KNOW_CUSTOMER, tell_customer
from crmflow.core.machine import Kind, Machine, Open, Row, Send, Start, State
from crmflow.core.ref import UNBORN
from crmflow.core.reserved import ASK
from crmflow.core.updates import both, copied, stamped
from crmflow.states.power.alert import forms as f
from crmflow.states.power.alert import guards as g

__all__ = ["ALERT"]

S = f.AlertState
MANAGER, INSIDE, BRIGADE = g.MANAGER, g.INSIDE, g.BRIGADE
STAFF = f"{MANAGER} {INSIDE} power_field"

KNOW_RECORD = Send(
    "large_customer_record", ASK, lambda _attempt: {}, lambda attempt: attempt.facts.customer,
    "record", courtesy=True,
)  # fmt: skip
TELL_FED_BACK = tell_customer(
    "note_dealing",
    lambda attempt: {"kind": "service", "detail": attempt.form.advice[0].text},
)

DETECTED = ("kind", "finding", "source", "customer", "detected_at")
HANDLED = (*DETECTED, "notified_at", "measure", "handled_at")

ALERT = Machine(
    "alert",
    f.AlertFacts,
    zh="告警",
    en="alert",
    states=(
        State(S.DETECTED, "已发现", "detected", Kind.INITIAL, requires=DETECTED),
        State(S.NOTIFIED, "已通知", "notified", requires=(*DETECTED, "notified_at")),
        State(
            S.DISPATCHED, "已派工", "dispatched",
            requires=(*DETECTED, "notified_at", "crew", "repair_plan", "dispatched_at"),
        ),
        State(S.HANDLED, "已处理", "handled", requires=HANDLED),
        State(S.FED_BACK, "已反馈", "fed back", requires=(*HANDLED, "advice", "fed_back_at")),
        State(
            S.CLOSED, "已关闭", "closed", Kind.FINAL, requires=(*HANDLED, "advice", "fed_back_at")
        ),
        State(
            S.FALSE_ALARM, "误报", "false alarm", Kind.FINAL,
            requires=(*DETECTED, "checked_by", "reason"),
        ),
    ),
    rows=(
        Row(
            UNBORN, "detect", S.DETECTED, form=f.Detection, who=f"system {INSIDE} dispatch_office",
            guards=(g.MONITORED, g.FINDING_FITS), sets=g.detected,
            send=(KNOW_CUSTOMER, KNOW_RECORD),
            start=(Start("notify", "notify", g.at_once),), tasks=(Open("check_alert", INSIDE),),
            rules="PWR-016 PWR-019 PWR-020 PWR-021 PWR-023",
        ),
        Row(
            S.DETECTED, "notify", S.NOTIFIED, who=f"system {INSIDE}", sets=stamped("notified_at"),
            stop="notify", tasks=(Open("handle_alert", g.handler),), done="check_alert",
            rules="PWR-021 PWR-027 PWR-041",
        ),
        Row(
            S.NOTIFIED, "dispatch", S.DISPATCHED, form=f.Dispatch,
            who=f"system {INSIDE} dispatch_office", guards=(g.PLAN_LOOKED_UP,), sets=g.dispatched,
            rules="PWR-033 PWR-034 PWR-043",
        ),
        Row(
            (S.NOTIFIED, S.DISPATCHED), "handle", S.HANDLED, form=f.Handling,
            who=f"repair_crew metering {BRIGADE} {STAFF}", guards=(g.IS_DONE,),
            sets=both(
                copied("measure", "metering_report", "cleared_with", "analysis"),
                stamped("handled_at"),
            ),
            tasks=(Open("feed_back", MANAGER),), done="handle_alert",
            rules="PWR-022 PWR-026",
        ),
        Row(
            S.HANDLED, "feed_back", S.FED_BACK, form=f.Feedback, who=STAFF,
            sets=both(copied("advice"), stamped("fed_back_at")), send=(TELL_FED_BACK,),
            tasks=(
                Open("close_alert", g.closer),
            ),
            done="feed_back",
            rules="PWR-028 PWR-042",
        ),
        Row(
            S.FED_BACK, "close", S.CLOSED, form=f.Closing, who=f"{BRIGADE} {STAFF}",
            guards=(g.COUNTED,), sets=copied("satisfied", "pursued"), done="close_alert",
            rules="PWR-013",
        ),
        Row(
            (S.DETECTED, S.NOTIFIED, S.DISPATCHED), "dismiss", S.FALSE_ALARM, form=f.Dismissal,
            who=f"{INSIDE} repair_crew {BRIGADE} metering", sets=copied("checked_by", "reason"),
            stop="notify", done="check_alert handle_alert",
            rules="PWR-051 PWR-055",
        ),
    ),
)  # fmt: skip
"""The machine `alert`."""
