"""Settings: what is given for blanks, and what is said of it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crmflow.core.machine import Blank
from crmflow.core.reading import FieldError
from crmflow.profiles.loading import Scope, settings_of
from crmflow.profiles.settings import Settings
from tests.profiles.kinds import machine, own, shipped

LIMIT = Blank("box.limit", "duration", "How long it stands.", "BOX-003")
VISIT = Blank("visit.owner", "text", "Who visits.", "VIS-001")
ODD = Blank("odd.key", "text", "What nobody describes.", "ODD-001")


def settings(values: dict[str, object]) -> Settings:
    """Return settings of a machine `box`, `visit` being off."""
    on = machine("box", LIMIT, ODD)
    layer = shipped({}).over(own({"settings": values}))
    return settings_of(layer, Scope({"box": on}, (machine("visit", VISIT),)))[0]


def test_every_value_that_fits_is_kept() -> None:
    """A machine's own as its functions read it, a table of values as a whole."""
    found = settings({"box": {"limit": "2d", "limits": {"a": "1d"}, "role": "", "words": {}}})
    assert found.values() == {"box.limit": timedelta(days=2), "box.limits": {"a": "1d"}}


def test_a_source_is_where_a_key_or_what_lies_below_it_was_written() -> None:
    """None where nothing was."""
    found = settings({"box": {"limits": {"a": "1d"}}})
    assert found.source("box.limits") == found.source("box.limits.a")
    assert found.source("box.role") is None


def test_unknown_keys_are_told_with_the_nearest() -> None:
    """Those of machines that are off are known, and so is what lies below a table of values."""
    found = settings({"box": {"rloe": "x", "limits": {"a": "1d"}}, "visit.owner": "x"})
    assert list(found.unknown()) == [
        "own.toml: $.settings.box.rloe: unknown. Did you mean 'box.role'?"
    ]


def test_a_value_with_values_below_it_is_a_fault() -> None:
    """One of the two was written by mistake."""
    found = settings({"box.words": 3, "box.words.a": 1})
    assert list(found.unknown()) == [
        "own.toml: $.settings.box.words.a: doubled, box.words is a value itself"
    ]


def test_a_need_tells_what_the_blank_means() -> None:
    """A machine's own words come before those of the table; what nothing describes has none."""
    found = settings({})
    need = found.need("box.limit", ("machine 'box'", "machine 'box'"))
    assert (need.kind, need.meaning_en, need.meaning_zh) == ("duration", LIMIT.meaning, "含义。")
    assert (need.rules, need.feature, need.needed_by) == (
        ("BOX-003",),
        "always",
        ("machine 'box'",),
    )
    assert found.need("odd.key", ()).meaning_zh == ODD.meaning
    assert found.need("odd.key", ()).feature == ""
    assert found.need("box.limits.a", ()).kind == "measure"
    assert found.need("box.words.a", ()).kind == "value"
    with pytest.raises(KeyError):
        found.need("no.key", ())


def test_values_that_do_not_fit_are_told_where_they_stand() -> None:
    """Needed or not; each once, an entry of a table of values by its own key."""
    found = settings({"box": {"limit": "soon", "role": 3, "limits": {"a": "1d", "b": "x"}}})
    need = found.need("box.limit", ("machine 'box'",))
    told = [fault.partition(" (")[0].partition(",")[0] for fault in found.faults([need])]
    assert told == [
        "own.toml: $.settings.box.limit: type",
        "own.toml: $.settings.box.limits.b: type",
        "own.toml: $.settings.box.role: blank",
    ]


def test_a_need_without_a_value_says_who_needs_it() -> None:
    """With its meaning and rules."""
    found = settings({})
    needs = [found.need("box.role", ("limits 'answer'",))]
    assert list(found.faults(needs)) == []
    (fault,) = found.missing(needs)
    assert fault == (
        "box.role: missing, expected a role (What box.role is. BOX-001; needed by limits 'answer')"
    )


def test_what_nothing_describes_has_no_value() -> None:
    """And says what there is."""
    with pytest.raises(FieldError, match=r"Did you mean 'box\.role'"):
        settings({}).value("box.roles")
