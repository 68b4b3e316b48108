"""`crmflow audit`: whether journals are whole and lead to what is stored; anchors for later."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import attrs
import click

from crmflow.cli.faults import FINDINGS
from crmflow.cli.output import Record, Sheet, pairs
from crmflow.cli.progress import Progress
from crmflow.cli.session import Session, session
from crmflow.cli.verbs import Noun, flag

if TYPE_CHECKING:
    from crmflow.core.ref import EntityRef
    from crmflow.engine.anchoring import Anchor
    from crmflow.engine.engine import Engine
    from crmflow.engine.findings import Finding

audit = Noun("audit", help="Verify the journals.", no_args_is_help=True)

CAVEAT = (
    "A tail that was cut off, an entity that is gone, or a store that was replaced whole "
    "cannot be seen this way: that needs an anchor kept elsewhere (crmflow audit anchor, --anchor)."
)
UNSIGNED = "The anchor is not signed: it is as trustworthy as the place it was kept at."
UNCHECKED = "The anchor is signed, and no audit key is set: its signature was not checked."


@audit.command(help="Recompute every hash and fold every journal; exit with 1 on findings.")
@click.argument("machine", required=False)
@click.argument("id_", metavar="[ID]", required=False)
@flag("--anchor", metavar="FILE", help="Against an anchor that was kept elsewhere.")
@flag("--hashes", is_flag=True, help="By the hashes alone: no key is needed.")
def verify(machine: str | None, id_: str | None, anchor: str | None, hashes: bool) -> None:
    """Recompute every hash and fold every journal; exit with 1 on findings."""
    here = session()
    entities = records = 0
    findings: list[Record] = []
    anchors: list[Anchor] = []
    with here.engine() as engine, Progress(here.say("entities")) as progress:
        about = machine if machine is None or id_ is None else (machine, id_)
        for one in engine.audit(about, anchor=anchor, told=anchors.append, fold=not hashes):
            entities, records = entities + 1, records + one.records
            findings += (_finding(here, found) for found in one.findings)
            progress.advance()
        note = next((_trust(engine, one) for one in anchors), CAVEAT)
    document: Record = {"entities": entities, "records": records, "findings": findings}

    def parts() -> Iterator[Sheet | str]:
        yield Sheet(("entities", "records", "findings"), [{**document, "findings": len(findings)}])
        if findings:
            yield Sheet(("machine", "id", "version", "message"), findings, here.say("Findings"))

    here.document(document, parts)
    if note:
        here.note(here.say(note))
    if findings:
        click.get_current_context().exit(FINDINGS)


def _finding(here: Session, found: Finding) -> Record:
    return {
        "machine": found.ref.machine,
        "id": found.ref.id,
        "version": found.version,
        "flaw": found.flaw.name.lower(),
        "message": here.say(found.flaw.value).format(**found.values),
    }


def _trust(engine: Engine, anchor: Anchor) -> str:
    """Return what is to be said of who vouches for an anchor; nothing where an audit key does."""
    if engine.registry.codec.vault.auditing:
        return ""
    return UNCHECKED if anchor.signature else UNSIGNED


@audit.command("anchor", help="Write the heads of all journals to a file, to be kept elsewhere.")
@click.argument("file", required=False)
def anchor_(file: str | None) -> None:
    """Write the heads of all journals to a file, to be kept elsewhere."""
    here = session()
    with here.engine() as engine:
        named = file or f"crmflow-{engine.clock.now():%Y%m%dT%H%M%SZ}.anchor"
        made = engine.anchor(named)
    document: Record = {**attrs.asdict(made), "at": made.at.isoformat()}
    here.document(document, lambda: [pairs(document, here.say)])
    if not made.signature:
        here.note(here.say(UNSIGNED))


@audit.command(help="Decide every record again with today's machines; exit with 1 on differences.")
@click.argument("machine", required=False)
@click.argument("id_", metavar="[ID]", required=False)
def redecide(machine: str | None, id_: str | None) -> None:
    """Decide every record again with today's machines; exit with 1 on differences."""
    here = session()
    records = 0
    findings: list[Record] = []
    with here.engine() as engine, Progress(here.say("entities")) as progress:
        for ref in _chosen(engine, machine, id_):
            for again in engine.redecide(ref):
                records += 1
                if again.differs:
                    findings.append(
                        {
                            "machine": ref.machine,
                            "id": ref.id,
                            "version": again.record.version,
                            "event": again.record.event.name,
                            "differs": list(again.differs),
                        }
                    )
            progress.advance()
    document: Record = {"records": records, "findings": findings}

    def parts() -> Iterator[Sheet | str]:
        yield Sheet(("records", "findings"), [{"records": records, "findings": len(findings)}])
        if findings:
            columns = ("machine", "id", "version", "event", "differs")
            yield Sheet(columns, findings, here.say("Findings"))

    here.document(document, parts)
    if findings:
        click.get_current_context().exit(FINDINGS)


def _chosen(engine: Engine, machine: str | None, id_: str | None) -> Iterable[EntityRef]:
    if machine is not None:
        engine.registry.machine(machine)
    if machine is None or id_ is None:
        return (row.ref for row in engine.find(machine))
    return [engine.ref((machine, id_))]
