"""Layers: a later one replaces the columns it gives, and says so."""

from __future__ import annotations

from crmflow.profiles.layer import Layer
from tests.profiles.kinds import limit, own, shipped


def test_a_later_row_replaces_the_columns_it_gives() -> None:
    """The others stay, and each knows where it was written."""
    base = shipped({"limits": [limit(role="clerk")]})
    found = base.over(own({"limits": [{"name": "answer", "target": "1d"}]}))
    draft = found.tables["limits"]["answer", ""]
    assert (draft.value("target"), draft.value("role"), draft.value("calendar")) == (
        "1d",
        "clerk",
        None,
    )
    assert draft.source("target").at(".target") == "own.toml: $.limits[0].target"
    assert draft.source("role").at() == "base/limits.toml: $.limits[0]"
    assert draft.source("calendar").file == "own.toml"
    assert draft.origin == "base/limits.toml + own.toml"
    assert draft.version.startswith("2026.1+own-")
    assert draft.own
    assert not base.tables["limits"]["answer", ""].own


def test_the_version_of_an_own_row_is_told_by_what_it_says() -> None:
    """The same columns have the same version, another value has another."""
    versions = [
        own({"limits": [limit(target=target)]}).tables["limits"]["answer", ""].version
        for target in ("1d", "1d", "2d")
    ]
    assert versions[0] == versions[1] != versions[2]


def test_settings_are_replaced_key_by_key() -> None:
    """However they are nested."""
    base = shipped({"settings": {"box": {"role": "clerk", "limit": "2d"}}})
    found = base.over(own({"settings": {"box.role": "head"}}))
    assert {key: one.value for key, one in found.settings.items()} == {
        "box.role": "head",
        "box.limit": "2d",
    }
    assert found.settings["box.role"].source.file == "own.toml"


def test_faults_of_all_layers_are_kept() -> None:
    """None hides another's."""
    found = Layer(faults=("a",)).over(Layer(faults=("b",)))
    assert found.faults == ("a", "b")
