"""Asking in a life: foreseen before, decided, and asked once more."""

from __future__ import annotations

import attrs

from crmflow.core.decision import Decision
from crmflow.core.refusal import Because, Refusal
from crmflow.flow.options import OptionAnswer
from crmflow.testing.walking.life import Life
from crmflow.testing.walking.steps import Ask


@attrs.frozen
class Foreseen:
    """What was said of an event before it was asked: by `options`, and by `explain`."""

    option: OptionAnswer | None
    explained: OptionAnswer | None


def asked(life: Life, ask: Ask) -> Refusal | None:
    """
    Ask, and return why it was refused, or None.

    It is what was foreseen; a refusal changes nothing; asked again it is the same.
    """
    foreseen, before = _foresee(life, ask), life.image()
    decision = life.take(ask)
    if not isinstance(decision, Decision):
        assert life.image() == before, "what no store keeps changed what is stored"
        return None
    _came_true(foreseen, decision)
    if decision.refusal is not None:
        assert life.image() == before, "a refusal changed what is stored"
        return decision.refusal
    stored, again = life.image(), ask.take(life)
    assert isinstance(again, Decision)
    assert again.repeated, "a key was asked twice and decided twice"
    assert life.image() == stored, "a repeat changed what is stored"
    if not decision.held:
        assert again.record == decision.record, "a key was given another answer"
    return None


def _foresee(life: Life, ask: Ask) -> Foreseen:
    if not life.born:
        return Foreseen(None, None)
    options = {one.event: one.answer for one in life.engine.options(life.ref, actor=ask.actor)}
    found = life.engine.explain(life.ref, ask.event, ask.payload, actor=ask.actor)
    return Foreseen(options.get(ask.event), found.answer)


def _came_true(foreseen: Foreseen, decision: Decision) -> None:
    """What the facts alone said holds for whatever the form brings, what the form said too."""
    became = OptionAnswer.REFUSED
    if decision.accepted:
        became = OptionAnswer.HELD if decision.held else OptionAnswer.ALLOWED
    # Whether another entity has a claim is known only when it is taken.
    elif decision.refusal is not None and decision.refusal.because is Because.CLAIM:
        return
    for said in (foreseen.option, foreseen.explained):
        if said not in (None, OptionAnswer.NEEDS_FORM):
            assert became is said, f"it was said to be {said} and became {became}"
