"""Errors say what, why and what now; they pickle with their facts."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmflow.core import errors
from crmflow.core.errors import CrmflowError, did_you_mean
from crmflow.core.ref import EntityRef

REF = EntityRef("acme", "complaint", "C-17")

TOLD: list[tuple[CrmflowError, str]] = [
    (
        errors.MachineDefinitionError("lead", ("one", "two")),
        "machine 'lead' cannot be used:\n  - one\n  - two",
    ),
    (errors.PluginDefinitionError("sla", ("one",)), "plugin 'sla' cannot be used:\n  - one"),
    (
        errors.ConfigurationError("crmflow.toml", ("one",)),
        "configuration from crmflow.toml cannot be used:\n  - one",
    ),
    (
        errors.UnknownMachineError("lad", ("lead", "deal")),
        "unknown machine 'lad'. Did you mean 'lead'?",
    ),
    (
        errors.DeliveryError("erp", "answered 503"),
        "delivery 'erp' failed: answered 503; it is tried again.",
    ),
    (
        errors.DeliveryError("erp", "answered 429", timedelta(seconds=90), 5),
        "delivery 'erp' failed: answered 429; it is tried again, not before 90 s.",
    ),
    (
        errors.DeliveryRejectedError("erp", "answered 404"),
        "delivery 'erp' is rejected: answered 404. Mend that, then `crmflow outbox retry`.",
    ),
    (
        errors.MigrationError(REF, 1, 3, ("no migration leads away from version 2: declare it",)),
        (
            "complaint C-17 is of version 1 of its machine's definition and cannot come to 3:"
            "\n  - no migration leads away from version 2: declare it"
        ),
    ),
    (
        errors.WorkFailedError("message lead/L-1/4/0", "DecodeError"),
        "message lead/L-1/4/0 cannot be worked on (DecodeError, see the cause); the rest goes on.",
    ),
    (errors.UnknownEntityError(REF), "there is no complaint C-17 for tenant 'acme'."),
    (
        errors.UnknownEventError("lead", "zzz", ("accept", "lose")),
        "machine 'lead' has no event 'zzz'. Known: 'accept', 'lose'.",
    ),
    (
        errors.EntityExistsError(REF),
        "complaint C-17 exists already; choose another id or fire an event on it.",
    ),
    (
        errors.FarInstantError(datetime(9000, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)),
        (
            "9000-01-01T00:00:00+00:00 is no instant of a request: it is more than a thousand "
            "years from now (2026-01-01T00:00:00+00:00)."
        ),
    ),
    (
        errors.KeyReusedError(REF, "k"),
        (
            "key 'k' was used for another request on complaint C-17; "
            "a key repeats one request only, so draw a new one."
        ),
    ),
    (
        errors.RefusedError(REF, "resolve", "received", ("no cause", "role"), ("accept",)),
        "complaint C-17 cannot 'resolve' from 'received': no cause; role. Possible: 'accept'.",
    ),
    (
        errors.RefusedError(REF, "resolve", "closed", ("final",), ()),
        "complaint C-17 cannot 'resolve' from 'closed': final. Possible: nothing.",
    ),
    (
        errors.GuardFailedError(REF, "resolve", "an effect"),
        (
            "an effect of event 'resolve' raised on complaint C-17; "
            "nothing was changed. Mend the machine's function (see the cause)."
        ),
    ),
    (
        errors.PolicyFailedError("sla", "judge_for", "resolve"),
        (
            "plugin 'sla' raised in hook 'judge_for' for event 'resolve'; "
            "nothing was changed. Mend or remove the plugin (see the cause)."
        ),
    ),
    (
        errors.PolicyFailedError("sla", "machines", ""),
        (
            "plugin 'sla' raised in hook 'machines'; "
            "nothing was changed. Mend or remove the plugin (see the cause)."
        ),
    ),
    (
        errors.ConflictError(REF, 2, 3),
        "complaint C-17 was expected at version 2 and is at version 3; read it again and retry.",
    ),
    (
        errors.ConflictError(REF, None, None),
        (
            "complaint C-17 was expected unchanged and is changing all the time; "
            "read it again and retry."
        ),
    ),
    (
        errors.UnavailableError("crm.db", "locked"),
        "store crm.db is unavailable: locked. Retry with the same key.",
    ),
    (errors.StoreFileError("crm.db", "full"), "store crm.db cannot be used: full."),
    (
        errors.SchemaOutOfDateError("crm.db", "0001", "0002"),
        (
            "store crm.db has schema '0001', this release needs '0002': "
            "run `crmflow db upgrade`, or use the release that wrote it."
        ),
    ),
    (
        errors.SealedError(REF, "its key is another one"),
        "encrypted values of complaint C-17 cannot be opened: its key is another one.",
    ),
    (
        errors.DamagedError("complaint C-17", "DecodeError"),
        (
            "what is stored of complaint C-17 cannot be read: DecodeError. "
            "See `crmflow audit verify`, and restore a backup."
        ),
    ),
    (
        errors.JournalPrunedError(REF, 9),
        (
            "what complaint C-17 was before version 9 is pruned from its journal; "
            "ask for a later version or instant."
        ),
    ),
    (errors.BackupError("a.db", "it is damaged"), "backup a.db: it is damaged."),
    (errors.AnchorError("a.anchor", "it was changed"), "anchor a.anchor: it was changed."),
    (
        errors.NotSearchableError("lead", "nam", ("name", "owner")),
        "lead is not searched by 'nam'. Did you mean 'name'?",
    ),
    (
        errors.NotSearchableError(None, "name", ()),
        "a search by 'name' names the machine: facts are a machine's own.",
    ),
    (
        errors.UnstorableError(("the id 'a' is one", "the key 'b' another")),
        "this cannot be stored:\n  - the id 'a' is one\n  - the key 'b' another",
    ),
    (
        errors.IndexOutOfDateError("lead"),
        (
            "what 'lead' is searched by is not indexed whole: run `crmflow db reindex`, "
            "once every engine runs this release and configuration."
        ),
    ),
]


@pytest.mark.parametrize(("error", "text"), TOLD, ids=lambda value: type(value).__name__)
def test_messages(error: CrmflowError, text: str) -> None:
    """Each error builds one sentence from its facts."""
    assert str(error) == text


def facts(error: CrmflowError) -> dict[str, object]:
    """Return the attributes of an error; all of them are attrs classes."""
    return {name: getattr(error, name) for name in error.__match_args__}  # type: ignore[attr-defined]


@pytest.mark.parametrize("error", [error for error, _ in TOLD], ids=lambda e: type(e).__name__)
def test_errors_pickle_with_their_facts(error: CrmflowError) -> None:
    """What crosses a process boundary is the same error with the same facts."""
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert type(again) is type(error)
    assert facts(again) == facts(error)
    assert str(again) == str(error)


def test_every_error_is_told_of() -> None:
    """No concrete error is left out of the table above, and all are CrmflowErrors."""
    kinds = [value for value in vars(errors).values() if isinstance(value, type)]
    public = [kind for kind in kinds if issubclass(kind, CrmflowError)]
    told = {type(error).__name__ for error, _ in TOLD}
    assert {kind.__name__ for kind in public if attrs.has(kind)} == told
    assert all(kind.__doc__ for kind in public)


def test_nothing_known() -> None:
    """Where nothing would be right the hint says so."""
    assert did_you_mean("lead", ()) == "None is known."


@given(st.text(), st.sets(st.text()))
def test_a_hint_names_what_is_known(word: str, known: set[str]) -> None:
    """A hint is one sentence that names something known, if there is anything."""
    hint = did_you_mean(word, known)
    assert hint[-1] in ".?"
    assert not known or any(repr(name) in hint for name in known)


@given(st.sets(st.text(min_size=1), min_size=1))
def test_a_known_word_is_its_own_hint(known: set[str]) -> None:
    """The nearest word to a known one is that word."""
    word = min(known)
    assert did_you_mean(word, known) == f"Did you mean {word!r}?"
