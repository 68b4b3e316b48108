"""Laws of overlaid profiles: grouping, order and silence change nothing; no fault hides another."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from crmflow.profiles.dating import dated
from crmflow.profiles.files import Document, layer_of
from crmflow.profiles.layer import Layer
from tests.profiles.kinds import Limit, limit, loaded, own, shipped

DAYS = st.sampled_from([None, "2026-01-01", "2027-01-01", "2027-06-30"])
ROWS = st.fixed_dictionaries(
    {"name": st.sampled_from("abc")},
    optional={"from_on": DAYS.filter(bool), "c": st.integers(0, 3), "d": st.integers(0, 3)},
)
UNIQUE = st.lists(ROWS, max_size=5, unique_by=lambda row: (row["name"], row.get("from_on")))
DOCUMENTS = st.fixed_dictionaries(
    {},
    optional={
        "notes": UNIQUE,
        "limits": UNIQUE,
        "settings": st.dictionaries(
            st.sampled_from(["a", "b.c", "b.d"]), st.integers(), max_size=3
        ),
    },
)
LAYERS = st.builds(
    lambda name, document: layer_of({name: document}), st.sampled_from("xyz"), DOCUMENTS
)


@given(LAYERS, LAYERS, LAYERS)
def test_overlaying_is_associative(a: Layer, b: Layer, c: Layer) -> None:
    """Profiles that are put together beforehand say the same, origin and order included."""
    left, right = a.over(b).over(c), a.over(b.over(c))
    assert left == right
    assert [[*rows] for rows in left.tables.values()] == [[*rows] for rows in right.tables.values()]


@given(LAYERS)
def test_an_empty_overlay_changes_nothing(layer: Layer) -> None:
    """Above as below."""
    assert layer.over(Layer()) == Layer().over(layer) == layer


@given(LAYERS)
def test_overlaying_the_same_again_changes_nothing(layer: Layer) -> None:
    """A file that is read twice says nothing new."""
    assert layer.over(layer).tables == layer.tables


@given(st.dictionaries(st.sampled_from("uvwxyz"), DOCUMENTS, max_size=4), st.randoms())
def test_the_order_of_files_is_irrelevant(documents: dict[str, Document], chance: object) -> None:
    """Rows, settings and faults are the same in the same order."""
    names = list(documents)
    chance.shuffle(names)  # type: ignore[attr-defined]
    shuffled = layer_of({name: documents[name] for name in names})
    assert shuffled == layer_of(documents)
    assert list(shuffled.tables) == list(layer_of(documents).tables)


@given(st.lists(LAYERS, min_size=1, max_size=4))
def test_the_last_layer_that_gives_a_column_decides(layers: list[Layer]) -> None:
    """Of every column of every row."""
    found = Layer()
    for layer in layers:
        found = found.over(layer)
    for table, rows in found.tables.items():
        for key, draft in rows.items():
            givers = [one.tables[table][key] for one in layers if key in one.tables.get(table, {})]
            for column, given_ in draft.columns.items():
                assert (
                    given_ == [one.columns[column] for one in givers if column in one.columns][-1]
                )


@given(
    st.sets(st.dates(date(2026, 1, 1), date(2027, 12, 31)), max_size=5), st.booleans(), st.data()
)
def test_on_every_day_one_row_of_a_name_is_in_force(
    days: set[date], always: bool, data: st.DataObject
) -> None:
    """From the first day on there is neither a gap nor an overlap, whatever the order."""
    rows = [limit(from_on=day.isoformat()) for day in days] + ([limit()] if always else [])
    shuffled = data.draw(st.permutations(rows))
    zone = {"settings": {"company.zone": "UTC"}}
    found = loaded(shipped({"limits": shuffled}), own(zone))
    assert found.faults == ()
    limits = found.tables.of("limits", Limit)
    first = date.min if always else min(days, default=date.max)
    for day in {*days, *(one - timedelta(days=1) for one in days), date(2026, 1, 1)}:
        assert sum(row.in_force(day) for row in limits) == (day >= first)


@given(UNIQUE)
def test_settling_days_keeps_every_row(rows: list[dict[str, object]]) -> None:
    """Each once, with at least the columns it was written with."""
    drafts = list(own({"t": rows}).tables.get("t", {}).values())
    settled = list(dated(drafts))
    assert len(settled) == len(drafts)
    for draft in drafts:
        assert any(draft.columns.items() <= one.draft.columns.items() for one in settled)


FAULTS = st.sampled_from(
    [
        {"target": "soon"},
        {"target": 3},
        {"target": {"blank": "box.rloe"}},
        {"target": {"blank": "no.such"}},
        {"traget": "1d"},
        {"role": ""},
        {"machine": "crate"},
        {"rules": "X-1"},
        {"enabled": "no"},
        {"from_on": "2027-02-30"},
        {"parts": [{"within": "1d"}]},
        {"parts": [{"role": "x", "within": 7}]},
        {"version": "7"},
        {"calendar": "nowhere"},
        {"target": "101d"},
    ]
)
ZONE: Document = {"settings": {"company.zone": "UTC"}}


@given(st.lists(FAULTS, max_size=8), st.lists(st.booleans(), min_size=8, max_size=8))
def test_independent_faults_are_told_one_by_one(
    wrong: list[dict[str, object]], ours: list[bool]
) -> None:
    """So many faulty rows, in whichever file: so many messages, each with its row."""
    rows = [limit(f"row{index}", **columns) for index, columns in enumerate(wrong)]
    # A shipped row waits for a machine that is not there yet; a company's does not.
    company = [own_ or "machine" in row for own_, row in zip(ours, wrong, strict=False)]
    base = [row for row, mine in zip(rows, company, strict=True) if not mine]
    mine = [row for row, mine in zip(rows, company, strict=True) if mine]
    found = loaded(shipped({"limits": base}), own({**ZONE, "limits": mine}))
    assert len(found.faults) == len(wrong)
    for index in range(len(wrong)):
        assert sum(f"(row{index})" in fault for fault in found.faults) == 1
