"""Features: what a company may say it uses, in place of machines, plugins and rows."""

from __future__ import annotations

import functools
import importlib.resources
import tomllib
from collections.abc import Iterable, Mapping

import attrs

from crmflow.core.errors import ConfigurationError, did_you_mean
from crmflow.core.form import Names, Text, structure

__all__ = ["Feature", "chosen_features", "features"]


@attrs.frozen(kw_only=True)
class Feature:
    """
    A feature, or several put together.

    Attributes:
        name: Its name; of several, their names parted by commas.
        en: What it is, in English.
        zh: What it is, in Chinese.
        machines: Machines it switches on.
        profiles: Shipped profiles it lays over the default one.
        plugins: Plugins it needs.
        enables: Rows it switches on, by their table.
    """

    name: Text
    en: Text
    zh: Text
    machines: Names
    profiles: tuple[Text, ...] = ()
    plugins: tuple[Text, ...] = ()
    enables: Mapping[str, tuple[Text, ...]] = attrs.field(factory=dict)

    def label(self, lang: str) -> str:
        """Return what it is in a language, `en` or `zh`."""
        return self.zh if lang == "zh" else self.en

    def rows(self) -> dict[str, list[Mapping[str, object]]]:
        """Return the rows that switch on what it enables, as a company's own file has them."""
        return {
            table: [{"name": name, "enabled": True} for name in names]
            for table, names in self.enables.items()
        }


@functools.cache
def features() -> Mapping[str, Feature]:
    """Return every feature by its name, in the order of their file."""
    file = importlib.resources.files("crmflow.profiles") / "catalogue" / "features.toml"
    found: dict[str, Feature] = {}
    for row in tomllib.loads(file.read_text("utf-8"))["features"]:
        feature, faults = structure(Feature, row)
        assert isinstance(feature, Feature), faults  # noqa: S101 - the file is our own, and tested
        found[feature.name] = feature
    return found


def chosen_features(names: Iterable[str]) -> Feature:
    """
    Return several features as one.

    Args:
        names: At least one name.

    Raises:
        ConfigurationError: There is no feature of a name; every such name is told.
    """
    wanted, known = tuple(dict.fromkeys(names)), features()
    faults = [
        f"unknown feature {name!r}. {did_you_mean(name, known)}"
        for name in wanted
        if name not in known
    ]
    if faults:
        raise ConfigurationError("features", tuple(faults))
    chosen = [known[name] for name in wanted]
    enables: dict[str, tuple[str, ...]] = {}
    for one in chosen:
        for table, rows in one.enables.items():
            enables[table] = (*enables.get(table, ()), *rows)
    return Feature(
        name=",".join(wanted),
        en="; ".join(one.en for one in chosen),
        zh="；".join(one.zh for one in chosen),
        machines=_together(one.machines for one in chosen),
        profiles=_together(one.profiles for one in chosen),
        plugins=_together(one.plugins for one in chosen),
        enables=enables,
    )


def _together(lists: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for one in lists for name in one))
