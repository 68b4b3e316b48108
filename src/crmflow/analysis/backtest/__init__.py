"""
Back-test: what a journal would have come to under another policy set.

`backtest` lives every entity again, by itself, with the inputs that its journal has, and yields
what would have been different: deadlines missed or met, events held or refused, other approvers,
tiers, tasks and messages. What cannot be known is marked and counted, never guessed.
"""

from __future__ import annotations

from crmflow.analysis.backtest.case import Backtest, Case, Unknown
from crmflow.analysis.backtest.difference import Difference, Kind
from crmflow.analysis.backtest.past import Untestable, Untested
from crmflow.analysis.backtest.testing import backtest

__all__ = [
    "Backtest",
    "Case",
    "Difference",
    "Kind",
    "Unknown",
    "Untestable",
    "Untested",
    "backtest",
]
