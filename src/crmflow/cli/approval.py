"""`crmflow approval`: what waits for whose approval, and the actions on it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import attrs
import click

from crmflow.cli.acting import Who, acting
from crmflow.cli.answers import show_decision
from crmflow.cli.faults import REFUSED
from crmflow.cli.output import Record
from crmflow.cli.payload import moment_of, payload_of
from crmflow.cli.session import misused, session
from crmflow.cli.task import AFTER, LIMIT, tell_of_more
from crmflow.cli.verbs import Noun, Verb, flag

if TYPE_CHECKING:
    from crmflow.core.ref import EntityRef
    from crmflow.engine.engine import Engine
    from crmflow.policies.approvals import Waiting

EVERYTHING = 2**31
"""More than any store has to show: who leaves leaves all of it."""

approval = Noun("approval", help="Approvals: what waits for whom.", no_args_is_help=True)

COLUMNS = (
    "machine", "id", "request", "kind", "step", "person", "assignee", "requester", "since_at",
    "due_at", "overdue",
)  # fmt: skip


@approval.command("list", help="List what waits for approval, what is overdue first.")
@flag("--mine", metavar="ID", help="Of this person only.")
@flag("--role", help="Of those who have this role only.")
@flag("--all", "every", is_flag=True, help="Of everybody; the default.")
@LIMIT
@AFTER
def list_approvals(
    mine: str | None, role: str | None, *, every: bool, limit: int, after: str | None
) -> None:
    """List what waits for approval, what is overdue first."""
    if [mine is not None, role is not None, every].count(True) > 1:
        raise misused("--mine, --role and --all exclude each other")
    here = session()
    with here.engine() as engine:
        page = engine.inbox_page(person=mine, role=role, limit=limit, after=after)
        here.rows(COLUMNS, (_row(ref, one) for ref, one in page.rows))
        tell_of_more(here, page.after)


def _row(ref: EntityRef, one: Waiting) -> Record:
    return {
        "machine": ref.machine,
        "id": ref.id,
        "request": one.request,
        "kind": one.kind,
        "step": one.step,
        "person": one.person,
        "assignee": one.assignee,
        "requester": one.requester,
        "since_at": one.since_at.isoformat(),
        "due_at": None if one.due_at is None else one.due_at.isoformat(),
        "overdue": one.overdue,
    }


Option = Callable[[Callable[..., Any]], Callable[..., Any]]

COMMENT = flag("--comment", help="What is said with it.")
REASON = flag("--reason", required=True, help="Why; journaled.")
PERSON = flag("--person", required=True, metavar="ID", help="Who is meant.")
TO = flag("--to", required=True, metavar="ID", help="Who gets it.")
FORM = flag("--payload", metavar="JSON|@FILE|-", help="The event's form, as a JSON object.")


@attrs.frozen
class Deed:
    """
    One verb that acts on a request.

    Attributes:
        verb: The word.
        event: The reserved event it fires.
        help: One sentence.
        options: What it takes beside the entity, the request and the actor.
    """

    verb: str
    event: str
    help: str
    options: tuple[Option, ...]


BACK = flag("--to", default="requester", help="An earlier step, or the requester.")
RESUME = flag(
    "--resume",
    type=click.Choice(("again", "jump")),
    default="again",
    show_default=True,
    help="Walk all steps again, or jump straight back.",
)
PLACE = flag(
    "--place",
    type=click.Choice(("before", "after", "beside")),
    default="before",
    show_default=True,
    help="Where the signer stands to one's own approval.",
)
READERS = flag("--person", "people", multiple=True, required=True, help="Who reads; repeat.")

DEEDS = (
    Deed("approve", "$approve", "Approve the open step.", (COMMENT, FORM)),
    Deed("refuse", "$refuse", "Refuse the open step.", (REASON, FORM)),
    Deed("return", "$return", "Send a request back.", (REASON, BACK, RESUME)),
    Deed("resubmit", "$resubmit", "Hand a returned request in again.", (COMMENT, FORM)),
    Deed("withdraw", "$withdraw", "Withdraw one's own request.", (COMMENT,)),
    Deed("take-back", "$take_back", "Take one's own vote back.", (COMMENT,)),
    Deed("transfer", "$transfer", "Let another decide in one's place.", (TO, REASON)),
    Deed("delegate", "$delegate", "Ask another for an opinion.", (TO, REASON)),
    Deed("add-signer", "$add_signer", "Let another sign too.", (PERSON, REASON, PLACE)),
    Deed("remove-signer", "$remove_signer", "Take a signer away.", (PERSON, REASON)),
    Deed("copy-to", "$copy_to", "Let people read along.", (READERS, COMMENT)),
    Deed("remind", "$remind", "Remind those who are awaited.", (COMMENT,)),
    Deed("stop", "$stop", "End a request, as an administrator.", (REASON,)),
)
"""The verbs of one entity; `hand-over` is about all."""


def _brought(given: Mapping[str, Any]) -> dict[str, object]:
    """Return the form of an action: what was given of its fields."""
    found = {name: value for name, value in given.items() if value is not None}
    if "payload" in found:
        found["payload"] = payload_of(None, (), found["payload"])
    if "people" in found:
        found["people"] = list(found["people"])
    return found


def _verb(deed: Deed) -> click.Command:
    """Return the command of a verb."""

    def run(
        machine: str,
        id_: str,
        who: Who,
        at: datetime | None,
        **given: object,
    ) -> None:
        here = session()
        with here.engine() as engine:
            form = _brought(given) or None
            decision = engine.fire((machine, id_), deed.event, form, actor=who.on(engine), at=at)
            show_decision(here, engine, decision)

    function: Callable[..., Any] = run
    at = flag("--at", type=moment_of, metavar="INSTANT", help="When it happens, with its offset.")
    request = flag("--request", help="The held event or the state, where several are open.")
    for option in reversed((request, *deed.options, acting, at)):
        function = option(function)
    function = click.argument("id_", metavar="ID")(function)
    function = click.argument("machine")(function)
    return click.command(deed.verb, cls=Verb, help=deed.help)(function)


for _deed in DEEDS:
    approval.add_command(_verb(_deed))


@approval.command("hand-over", help="Give another all that waits for someone who leaves.")
@click.argument("person", metavar="ID")
@TO
@REASON
@acting
def hand_over(
    person: str,
    to: str,
    reason: str,
    who: Who,
) -> None:
    """Give another all that waits for someone who leaves."""
    here = session()
    with here.engine() as engine:
        form = {"person": person, "to": to, "reason": reason}
        refs = list(_concerned(engine, person))
        rows = []
        for ref in refs:
            decision = engine.fire(ref, "$hand_over", form, actor=who.on(engine))
            reasons = [one.reason for one in decision.verdicts] if decision.refusal else []
            told = {"handed_over": decision.accepted, "reasons": ", ".join(reasons)}
            rows.append({"machine": ref.machine, "id": ref.id, **told})
        here.rows(("machine", "id", "handed_over", "reasons"), rows)
        if not all(row["handed_over"] for row in rows):
            click.get_current_context().exit(REFUSED)


def _concerned(engine: Engine, person: str) -> Iterable[EntityRef]:
    """Return the entities on which something waits for a person, or for their stand-in."""
    return dict.fromkeys(
        ref
        for ref, one in engine.inbox(limit=EVERYTHING)
        if one.kind == "approve" and person in {one.person, one.assignee}
    )
