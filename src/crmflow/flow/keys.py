"""Keys: a request that is sent again gets the answer it got first."""

from __future__ import annotations

import attrs

from crmflow.core.decision import Decision
from crmflow.core.errors import KeyReusedError
from crmflow.core.journal import Entry, JournalRecord
from crmflow.core.reserved import FORMS
from crmflow.flow.history import History
from crmflow.flow.request import Request
from crmflow.flow.steps import formed
from crmflow.storage.commit import KeyConflict


@attrs.frozen
class Keys:
    """
    The keys of the requests of one registry and store.

    Attributes:
        history: The past that they name.
    """

    history: History

    async def used(self, request: Request) -> KeyConflict | None:
        """Return who used a request's key before, or None."""
        if request.key is None:
            return None
        ref, scope = request.ref, "" if request.creates else request.ref.id
        keyed = self.history.store.keyed
        return await self.history.run(keyed, ref.tenant, ref.machine, scope, request.key)

    async def repeated(self, request: Request, used: KeyConflict) -> Decision | KeyReusedError:
        """Return the decision that first used the key, or what became of it where it was held."""
        record = await self.history.record(used.ref, used.version)
        if not self._same(request, record):
            return KeyReusedError(used.ref, used.key)
        if record.entry is Entry.HELD:
            return await self.history.became(record)
        snapshot = await self.history.at_version(used.ref, used.version)
        return Decision(record.event, snapshot, record, repeated=True)

    def _same(self, request: Request, record: JournalRecord) -> bool:
        if request.event != record.event.name:
            return False
        if request.event in FORMS:
            return bool(request.payload == record.event.form)
        registry, machine = self.history.registry, request.ref.machine
        form, faults = formed(registry, machine, request.event, request.payload)
        return not faults and bool(form == record.event.form)
