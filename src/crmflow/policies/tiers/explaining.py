"""Explaining: which tier, why, what waits and what it gives, line by line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from crmflow.core.entity import Snapshot
from crmflow.core.policy import Line
from crmflow.core.tables import edition
from crmflow.policies.tiers.binding import Binding
from crmflow.policies.tiers.scheme import UNRATED, Scheme
from crmflow.policies.tiers.standing import Standing, TierState


def lines_of(binding: Binding, state: TierState, snapshot: Snapshot[Any]) -> Iterator[Line]:
    """Yield the lines of every scheme an entity stands in."""
    on = binding.tables.day(snapshot.at)
    for standing in state.standings:
        bound = binding.schemes.get(standing.scheme)
        if bound is not None:
            yield from _lines(bound.latest(on).scheme, standing)


def _lines(scheme: Scheme, standing: Standing) -> Iterator[Line]:
    row = edition(scheme.name, standing.version)
    rules = {tier.name: tier.rules for tier in scheme.tiers}
    held = standing.held or UNRATED
    values = {"scheme": scheme.name, "since": standing.since, **labelled(scheme, "tier", held)}

    def line(code: str, **more: object) -> Line:
        return Line(code, {**values, **more}, rules.get(held, ()) or scheme.rules, row)

    override = standing.override
    if override is not None:
        yield line(
            "tier_overridden",
            approver=override.approver,
            reason=override.reason,
            until=override.until,
            **labelled(scheme, "otherwise", standing.tier),
        )
    elif standing.because:
        yield line("tier_because", because="; ".join(standing.because))
    else:
        yield line("tier_held")
    if standing.lacking:
        yield line("tier_lacking", lacking=", ".join(standing.lacking))
    if standing.against is not None:
        yield line("tier_kept", **labelled(scheme, "against", standing.against))
    if standing.pending is not None:
        waiting = labelled(scheme, "waiting", standing.pending.tier)
        yield line("tier_pending", until=standing.pending.until, **waiting)
    if standing.moves:
        move = standing.moves[-1]
        known = ", ".join(f"{name} {value}" for name, value in move.metrics.items())
        before = labelled(scheme, "before", move.before)
        yield line("tier_moved", at=move.at, metrics=known, **before)
    gets = [f"{name}: {_said(what)}" for name, what in _gets(scheme, held).items()]
    if gets:
        yield line("tier_gets", gets="; ".join(gets))


def labelled(scheme: Scheme, word: str, tier: str | None) -> dict[str, str]:
    """Return a tier under a word: its name, and its label in each language."""
    name = tier or UNRATED
    labels = {one.name: (one.en, one.zh) for one in scheme.tiers}
    # A tier that the table no longer has is told by its name.
    en, zh = ("unrated", "未评级") if name == UNRATED else labels.get(name, (name, name))
    return {word: name, f"{word}_en": en, f"{word}_zh": zh}


def _gets(scheme: Scheme, tier: str) -> dict[str, object]:
    return dict(scheme.tier(tier).gets) if tier in scheme.names else {}


def _said(what: object) -> str:
    return ", ".join(map(str, what)) if isinstance(what, list | tuple) else str(what)
