"""What the suite of policies asks of a verdict, of a text, and of a policy that is retired."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from crmflow.core.actor import Actor
from crmflow.core.policy import Denied, Evolved
from crmflow.core.verdict import Answer, Verdict
from crmflow.engine.attaching import PolicyMissingError, enroll
from crmflow.testing.policy_desk import Desk
from crmflow.testing.policy_stories import Telling
from crmflow.texts import LANGUAGES, Section

ADMIN = Actor("administrator-1", {"administrator"})
"""Who attaches and retires policies."""


def verdicts_in(answer: object) -> Iterable[Verdict]:
    """Return the verdicts in what a hook answered."""
    if isinstance(answer, Evolved | Denied):
        return answer.verdicts
    some = answer if isinstance(answer, tuple) else (answer,)
    return [one for one in some if isinstance(one, Verdict)]


def says_why(desk: Desk, verdict: Verdict) -> None:
    """Assert that a verdict names its policy and, where it does more than allow, a known reason."""
    assert verdict.policy, f"{verdict} names no policy"
    if verdict.answer is not Answer.ALLOW:
        has_text(desk, "reasons", verdict.reason)


def has_text(desk: Desk, section: Section, code: str) -> None:
    """Assert that a code has a text of its own in each language."""
    for lang in LANGUAGES:
        found = desk.engine.texts(lang).find(section, code, desk.machine.name)
        assert found is not None, f"{code!r} of the section {section!r} has no text in {lang!r}"


def retires(desk: Desk, telling: Telling, name: str) -> None:
    """Assert that a policy is missed if it has something open, and leaves nothing behind."""
    snapshot, store = telling.engine.get(telling.ref), telling.engine.store
    open_ = any(timer.name.startswith(f"{name}:") for timer in snapshot.timers) or any(
        hold.policy == name for hold in snapshot.holds
    )
    gone = desk.without(telling.engine.registry)
    others = frozenset(desk.policies) - {name}
    if open_:
        with pytest.raises(PolicyMissingError) as told:
            enroll(gone, store, others)
        assert told.value.policy == name, f"{told.value.policy!r} is missed, not {name!r}"
    else:
        enroll(gone, store, others)
    last = desk.retold(telling, desk.without, retiring=desk.policies)
    last.engine.retire(name, "no longer wanted", actor=ADMIN)
    left = last.engine.get(telling.ref)
    timers = [one.name for one in left.timers if one.name.startswith(f"{name}:")]
    work = name in {*(one.policy for one in left.tasks), *(one.policy for one in left.holds)}
    assert left.policy(name) is None, f"{name!r} still remembers something"
    assert not timers, f"{name!r} still has timers"
    assert not work, f"{name!r} still has tasks or holds"
