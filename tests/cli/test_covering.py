"""What masks hide is shown by no verb that does not know who asks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmflow.cli.covering import _of_scope, covered_message, covered_reasons
from crmflow.config import Overlay
from crmflow.core.actor import Actor
from crmflow.core.message import Message, MessageKind
from crmflow.core.ref import EntityRef
from crmflow.core.tables import Tables
from crmflow.engine.bulk import Unmoved
from crmflow.engine.engine import Engine
from crmflow.policies.access import Cover, without
from crmflow.policies.access.masks import STARS
from crmflow.policies.access.rows import Mask, MaskKind
from crmflow.storage.rows import MessageRow

if TYPE_CHECKING:
    from tests.cli.conftest import Crm

DAY = date(2026, 3, 2)
# Values of which none is part of another, of a name or of a mark.
WORDS = ("张王李赵钱孙", "周吴郑冯陈", "卫蒋沈韩杨", "朱秦尤许何")
NAMES = ("phone", "address", "note", "city")
leaves = st.sampled_from(WORDS) | st.none() | st.integers(0, 9)
values = leaves | st.lists(leaves, max_size=2) | st.dictionaries(st.sampled_from(NAMES), leaves)
facts = st.dictionaries(st.sampled_from(NAMES), values)
masks = st.lists(
    st.tuples(st.lists(st.sampled_from(NAMES), min_size=1), st.sampled_from(MaskKind)), max_size=3
)


def cover(rows: list[tuple[list[str], MaskKind]]) -> Cover:
    """Return the cover that some masks of cards make."""
    found = [
        Mask(name=str(n), machine="card", fields=tuple(fields), mask=kind, roles=("boss",))
        for n, (fields, kind) in enumerate(rows)
    ]
    other = Mask(name="x", machine="other", fields=NAMES, mask=MaskKind.FULL)
    off = Mask(name="y", machine="card", fields=NAMES, mask=MaskKind.FULL, enabled=False)
    return Cover.of(Tables({"access_masks": (*found, other, off)}), "card", DAY)


@given(known=facts, rows=masks, elsewhere=st.dictionaries(st.sampled_from(WORDS), values))
def test_what_is_masked_stands_nowhere(
    known: Mapping[str, object],
    rows: list[tuple[list[str], MaskKind]],
    elsewhere: Mapping[str, object],
) -> None:
    """Neither under its name nor in any other text; what no mask is about stays as it is."""
    covered = cover(rows)
    hidden = covered.secrets(known)
    told = [f"phone is held by {word}" for word in WORDS]
    document = {"facts": covered.facts(known), "more": list(elsewhere.values()), "told": told}
    shown = json.dumps(without(document, hidden), ensure_ascii=False)
    for word in hidden:
        assert word not in shown
    for word in set(WORDS) - hidden:
        assert f"phone is held by {word}" in shown
    for name, value in known.items():
        if name not in covered.masks:
            assert covered.facts(known)[name] == value


def test_short_texts_are_covered_where_they_stand_alone() -> None:
    """Else no other word could be read; facts that are not there hide nothing."""
    assert without({"a": "A", "b": "A and B", "c": 1}, {"A"}) == {
        "a": STARS,
        "b": "A and B",
        "c": 1,
    }
    assert cover([]).secrets(None) == frozenset()


FILE = """
[[access_masks]]
name = "leads"
machine = "lead"
fields = ["name", "need", "reason", "customer"]
mask = "initial"
roles = ["sales_director"]
"""
HIDDEN = ("Harbour Mill", "Flour for Wuxi", "went elsewhere", "C-SECRET")


@pytest.fixture
def leads(crm: Crm, tmp_path: Path) -> Crm:
    """Return the command line over a lead, most of whose facts are masked."""
    (tmp_path / "crmflow.toml").write_text(FILE)
    return crm.of("lead")


@pytest.mark.parametrize("output", ["table", "json"])
def test_no_verb_shows_what_masks_hide(leads: Crm, output: str) -> None:
    """Create, show, journal, explain, options, find, outbox, and a refusal."""
    sales = ("--actor", "al", "--role", "salesperson")
    given = [f"name={HIDDEN[0]}", f"need={HIDDEN[1]}", f"customer={HIDDEN[3]}", "source=exhibition"]
    said = [word for pair in given for word in ("--set", pair)]
    lead = ("lead", "L-1")
    shown = [leads("entity", "create", "lead", "--id", "L-1", *said, *sales, "-o", output)]
    assert shown[0].exit_code == 0
    because = ("--set", f"reason={HIDDEN[2]}")
    shown += [
        leads(*words, "-o", output)
        for words in (
            ("entity", "create", "lead", "--id", "L-2", *said, "--actor", "al"),
            ("entity", "show", *lead),
            ("entity", "journal", *lead),
            ("entity", "explain", *lead, "give_up", *because, *sales),
            ("entity", "options", *lead, *sales),
            ("entity", "find", "--machine", "lead", "--where", f"name={HIDDEN[0]}"),
            ("entity", "fire", *lead, "give_up", *because, *sales),
            ("outbox", "status"),
            ("audit", "verify"),
            ("timer", "run"),
        )
    ]
    for result in shown:
        for text in HIDDEN:
            assert text not in result.output, result.output
    told = leads("entity", "show", *lead).stdout
    assert "H***" in told
    assert "exhibition" in told


def test_why_a_message_is_parked_is_covered() -> None:
    """A refusal may name what was claimed; the source's masks and the target's both hold."""
    row = {"name": "leads", "machine": "lead", "fields": ["name"], "mask": "full", "roles": ["x"]}
    own = Overlay({"company.zone": "UTC"}, {"access_masks": [row]})
    with Engine("memory:", machines=["lead"], profile="demo", config=own) as engine:
        refs = EntityRef("main", "lead", "L-1"), EntityRef("main", "post", "desk")
        for source, target in (refs, refs[::-1]):
            payload = {"name": HIDDEN[0], "city": "Wuxi"}
            message = Message(0, MessageKind.FIRE, target.machine, target.id, "send", payload)
            body = engine.registry.codec.encode_message(message)
            why = f"name '{HIDDEN[0]}' is held in Wuxi"
            parked = MessageRow(source, 1, 0, target, body, 1, 2, detail=why)
            assert covered_message(engine, parked).detail == f"name '{STARS}' is held in Wuxi"


def test_why_a_bulk_firing_moved_nothing_is_covered() -> None:
    """What was brought and what the entity has; of who is not there nothing is known."""
    row = {
        "name": "leads", "machine": "lead", "fields": ["name", "need"], "mask": "full",
        "roles": ["x"],
    }  # fmt: skip
    own = Overlay({"company.zone": "UTC"}, {"access_masks": [row]})
    sales = Actor("al", {"salesperson"})
    with Engine("memory:", machines=["lead"], profile="demo", config=own) as engine:
        given = {"name": HIDDEN[0], "source": "exhibition"}
        lead = engine.create("lead", given, actor=sales, id="L-1").require().entity
        why = f"{HIDDEN[0]} and {HIDDEN[1]} are held"
        refused, gone = Unmoved(lead, (why,), refused=True), EntityRef("main", "lead", "L-9")
        form = {"need": HIDDEN[1]}
        assert covered_reasons(engine, refused, form) == [f"{STARS} and {STARS} are held"]
        assert covered_reasons(engine, Unmoved(gone, ("gone",), refused=False), form) == ["gone"]


def test_claims_are_told_by_their_scopes(crm: Crm, tmp_path: Path) -> None:
    """A claim is taken on a value; where there are masks, nobody is told which."""
    assert [
        _of_scope(one) for one in ("+claims phone 139 00", "-claims phone 1", "+timers a b")
    ] == [
        "+claims phone",
        "-claims phone",
        "+timers a b",
    ]
