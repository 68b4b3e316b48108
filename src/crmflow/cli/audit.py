"""`crmflow audit`: verify that journals are whole and lead to what is stored."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import attrs
import click

from crmflow.cli.faults import FINDINGS
from crmflow.cli.output import Record, Sheet
from crmflow.cli.progress import Progress
from crmflow.cli.session import session
from crmflow.cli.verbs import Noun

if TYPE_CHECKING:
    from crmflow.core.ref import EntityRef
    from crmflow.engine.engine import Engine
    from crmflow.storage.rows import EntityRow, JournalRow

audit = Noun("audit", help="Verify the journals.", no_args_is_help=True)

CAVEAT = (
    "A tail that was cut off, or a store that was replaced whole, cannot be seen this way: "
    "that needs an anchor kept elsewhere, which this release does not make yet."
)


@audit.command(help="Recompute every hash and fold every journal; exit with 1 on findings.")
@click.argument("machine", required=False)
@click.argument("id_", metavar="[ID]", required=False)
def verify(machine: str | None, id_: str | None) -> None:
    """Recompute every hash and fold every journal; exit with 1 on findings."""
    here = session()
    entities = records = 0
    findings: list[Record] = []
    with here.engine() as engine, Progress(here.say("entities")) as progress:
        for row in _chosen(engine, machine, id_):
            entities, records = entities + 1, records + row.version
            findings += verified(engine, row)
            progress.advance()
    document: Record = {"entities": entities, "records": records, "findings": findings}

    def parts() -> Iterator[Sheet | str]:
        yield Sheet(("entities", "records", "findings"), [{**document, "findings": len(findings)}])
        if findings:
            yield Sheet(("machine", "id", "version", "message"), findings, here.say("Findings"))

    here.document(document, parts)
    here.note(here.say(CAVEAT))
    if findings:
        click.get_current_context().exit(FINDINGS)


@audit.command(help="Decide every record again with today's machines; exit with 1 on differences.")
@click.argument("machine", required=False)
@click.argument("id_", metavar="[ID]", required=False)
def redecide(machine: str | None, id_: str | None) -> None:
    """Decide every record again with today's machines; exit with 1 on differences."""
    here = session()
    records = 0
    findings: list[Record] = []
    with here.engine() as engine, Progress(here.say("entities")) as progress:
        for row in _chosen(engine, machine, id_):
            for again in engine.redecide(row.ref):
                records += 1
                if again.differs:
                    findings.append(
                        {
                            "machine": row.ref.machine,
                            "id": row.ref.id,
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


def _chosen(engine: Engine, machine: str | None, id_: str | None) -> Iterable[EntityRow]:
    from crmflow.core.errors import UnknownEntityError

    if machine is None or id_ is None:
        if machine is not None:
            engine.registry.machine(machine)
        return engine.find(machine)
    ref = engine.ref((machine, id_))
    engine.registry.machine(machine)
    (row,) = engine.store.load([ref])
    if row is None:
        raise UnknownEntityError(ref)
    return [row]


def verified(engine: Engine, row: EntityRow) -> list[Record]:
    """
    Return what is wrong with an entity's journal; empty where all is well.

    Args:
        engine: Its store and codec are used; a machine it does not know is checked by
            its hashes alone.
        row: The entity as stored.
    """
    chain = Chain(engine, row.ref)
    try:
        for stored in _journal(engine, row.ref, row.version):
            chain.take(stored)
    except (ValueError, LookupError, TypeError) as error:
        chain.say(chain.version + 1, f"the record cannot be read: {error}")
        return chain.findings
    chain.end(row)
    return chain.findings


def _journal(engine: Engine, ref: EntityRef, until: int) -> Iterator[JournalRow]:
    """Yield an entity's records; those committed since its row was read are left out."""
    after = 0
    while page := engine.store.journal(ref, after=after, limit=200):
        yield from (row for row in page if row.version <= until)
        after = page[-1].version


@attrs.define
class Chain:
    """The journal of one entity, followed from its first record."""

    engine: Engine
    ref: EntityRef
    version: int = 0
    findings: list[Record] = attrs.field(factory=list)
    head: bytes = bytes(32)
    folded: object = None

    def say(self, version: int, message: str) -> None:
        """Add a finding about a version."""
        about = {"machine": self.ref.machine, "id": self.ref.id}
        self.findings.append({**about, "version": version, "message": message})

    def take(self, row: JournalRow) -> None:
        """Follow one record: its place, its hash, and what it does."""
        from crmflow.codec import chained

        if row.version != self.version + 1:
            self.say(row.version, f"record {self.version + 1} is missing")
        if chained(self.head, row.body) != row.hash:
            self.say(row.version, "the hash is not that of the record and the one before")
        # Go on from the stored hash, so that one broken link is one finding.
        self.version, self.head = row.version, row.hash
        if self.ref.machine in self.engine.registry.machines:
            self._fold(row)

    def _fold(self, row: JournalRow) -> None:
        from crmflow.codec import micros
        from crmflow.core.journal import apply, unborn

        registry = self.engine.registry
        record = registry.codec.decode_record(row.body)
        event = record.event
        said = (record.ref, record.version, record.entry, event.name, micros(event.at), event.key)
        if said != (self.ref, row.version, row.entry, row.event, row.at, row.key):
            self.say(row.version, "the columns of the row are not what its record says")
        start = self.folded or unborn(self.ref, event.at)
        facts = registry.machine(self.ref.machine).machine.facts
        self.folded = apply(start, record, facts)  # type: ignore[arg-type]

    def end(self, row: EntityRow) -> None:
        """Compare where the journal leads with what is stored of the entity."""
        from crmflow.flow.commits import snapshot_of

        if self.version != row.version:
            self.say(row.version, f"the journal ends at version {self.version}")
        if self.head != row.head:
            self.say(row.version, "the stored head is not the hash of the last record")
        if self.ref.machine not in self.engine.registry.machines:
            return
        stored = snapshot_of(self.engine.registry.codec, row)
        if stored != self.folded or row.state != stored.state:
            self.say(row.version, "folding the journal does not give the stored snapshot")
