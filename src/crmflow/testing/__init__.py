"""
The public test kit: suites to subclass, walks, strategies, and stores that fail on purpose.

Names are loaded when first used, because pytest and Hypothesis are needed only
by those who test.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from crmflow.testing.crashing import CrashingStore
    from crmflow.testing.giving import StateNotGivenError, given_state
    from crmflow.testing.machine_suite import MachineSuite
    from crmflow.testing.policy_suite import PolicySuite
    from crmflow.testing.recording import RecordingError, record, recorded, replay_recorded
    from crmflow.testing.rehearsal import Rehearsal, RehearsalError, Rehearsed, shorten
    from crmflow.testing.store_suite import StoreSuite
    from crmflow.testing.strategies import Faulty, Strategies
    from crmflow.testing.walking import Town, Walk, walk

__all__ = [
    "CrashingStore",
    "Faulty",
    "MachineSuite",
    "PolicySuite",
    "RecordingError",
    "Rehearsal",
    "RehearsalError",
    "Rehearsed",
    "StateNotGivenError",
    "StoreSuite",
    "Strategies",
    "Town",
    "Walk",
    "given_state",
    "record",
    "recorded",
    "replay_recorded",
    "shorten",
    "walk",
]

_HOMES = {
    "CrashingStore": "crashing",
    "Faulty": "strategies",
    "MachineSuite": "machine_suite",
    "PolicySuite": "policy_suite",
    "RecordingError": "recording",
    "Rehearsal": "rehearsal",
    "RehearsalError": "rehearsal",
    "Rehearsed": "rehearsal",
    "StateNotGivenError": "giving",
    "StoreSuite": "store_suite",
    "Strategies": "strategies",
    "Town": "walking",
    "Walk": "walking",
    "given_state": "giving",
    "record": "recording",
    "recorded": "recording",
    "replay_recorded": "recording",
    "shorten": "rehearsal",
    "walk": "walking",
}


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name in _HOMES:
        return getattr(import_module(f"crmflow.testing.{_HOMES[name]}"), name)
    message = f"module 'crmflow.testing' has no attribute {name!r}"
    raise AttributeError(message)
