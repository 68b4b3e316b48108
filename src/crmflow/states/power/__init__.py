"""
The power company's set (供电公司大客户): off by default, brought by this plugin.

It goes with the profile `power`: `Engine(plugins=["crmflow.states.power"], profile="power",
machines=["alert", ...])`. Requests, visits, meetings and trainings are those every company has.
"""

from __future__ import annotations

from collections.abc import Sequence

from crmflow.core.judging import Judge
from crmflow.core.machine import Machine
from crmflow.core.tables import Table, Tables
from crmflow.hookspecs import hookimpl
from crmflow.states.power import posts
from crmflow.states.power.alert import ALERT
from crmflow.states.power.large_customer import LARGE_CUSTOMER_RECORD
from crmflow.states.power.load_order import LOAD_ORDER
from crmflow.states.power.outage_plan import OUTAGE_PLAN

__all__ = ["judge_for", "machines", "tables"]


@hookimpl
def machines() -> Sequence[Machine]:
    """
    Return the machines of the set.

    They carry the flows that the source names and whose charts are lost (PWR-015, AMB-47), and
    the functions of its system (PWR-016): load management is `load_order`, the alarm of
    anomalies `alert`, remote reading and quality of the supply `large_customer_record`; SMS go
    out by the outputs of all four.
    """
    return (ALERT, OUTAGE_PLAN, LOAD_ORDER, LARGE_CUSTOMER_RECORD)


@hookimpl
def tables() -> Sequence[Table]:
    """Return the table of what posts ask for."""
    return (posts.REQUIREMENTS,)


@hookimpl
def judge_for(machine: Machine, event: str, tables: Tables) -> Judge | None:
    """Return what judges who is able to hold a post, None where no row is about it."""
    return posts.judge_of(machine, event, tables)
