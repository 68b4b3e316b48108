"""The policy `acme_lending`: what it remembers of a sample, and what it adds to its events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import attrs

from crmflow import (
    Claim,
    Entry,
    Evolve,
    Evolved,
    Line,
    MessageKind,
    Occurrence,
    Outgoing,
    Put,
    Snapshot,
    Task,
)
from crmflow_acme.sample import SampleFacts, SampleState

SALES = "acme_sales"
"""Name of the delivery handler that is told of sales."""


@attrs.frozen
class Lent:
    """
    What the policy remembers of a sample.

    Attributes:
        asked: How often it was asked back.
    """

    asked: int = 0


@attrs.frozen
class Lending:
    """One piece goes to one customer at a time; who keeps it too long, and who buys it."""

    name: str = "acme_lending"
    schema: int = 1
    state: type = Lent
    reserved: Mapping[str, type | None] = attrs.field(factory=dict)

    def evolve_for(self, event: str) -> Evolve | None:
        """Return what runs after an event; a sample may also be adopted, or found, as lent."""
        return {
            "lend": self._handed_out,
            "$adopt": self._handed_out,
            "$attach": self._handed_out,
            "ask_back": self._asked_back,
            "sell": self._sold,
        }.get(event)

    def _handed_out(self, state: Lent | None, seen: Occurrence) -> Evolved | None:
        """Claim the piece (ACM-006); what is held has not left its state."""
        claims = _claimed(seen)
        return Evolved(state or Lent(), claims) if claims else None

    def _asked_back(self, state: Lent | None, seen: Occurrence) -> Evolved | None:
        """Count, and leave it to the department head the second time (ACM-007)."""
        if seen.entry is not Entry.DECISION:
            return None
        asked = (state or Lent()).asked + 1
        if asked != 2:
            return Evolved(Lent(asked))
        version = seen.before.version + 1
        task = Task(f"recover.{version}", "recover", "department_head", seen.event.at)
        return Evolved(Lent(asked), (Put("tasks", task),))

    def _sold(self, state: Lent | None, seen: Occurrence) -> Evolved | None:
        """Tell the world outside (ACM-008)."""
        if seen.entry is not Entry.DECISION:
            return None
        facts, ref = seen.after.facts, seen.after.ref
        payload = {
            "sample": ref.id,
            "customer": facts.customer,
            "product": facts.product,
            "worth": facts.worth,
        }
        sale = Outgoing(SALES, "sold", payload, facts.customer, MessageKind.FIRE)
        return Evolved(state, _claimed(seen), messages=(sale,))

    def upgraded(self, schema: int, value: Mapping[str, object]) -> Mapping[str, object]:
        """Return it as it is: there was one shape only."""
        return value

    def explain(self, state: Lent, snapshot: Snapshot[SampleFacts]) -> Iterator[Line]:
        """Tell which piece it is, and how often it was asked back."""
        yield Line("acme_serial", {"serial": snapshot.facts.serial}, ("ACM-006",))
        if state.asked:
            yield Line("acme_asked", {"times": state.asked}, ("ACM-007",))


def _claimed(seen: Occurrence) -> tuple[Put, ...]:
    """Return the claim of a piece that is out; a final state ends those of the state before it."""
    serial, state = seen.after.facts.serial, seen.after.state
    is_out = state in (SampleState.LENT, SampleState.SOLD) and serial is not None
    return (Put("claims", Claim("acme_serial", serial)),) if is_out else ()
