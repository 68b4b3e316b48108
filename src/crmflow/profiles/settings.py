"""Settings: the values given for blanks, whose they are, and what is missing or does not fit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import attrs

from crmflow.core.errors import did_you_mean
from crmflow.core.machine import Blank
from crmflow.core.reading import FieldError
from crmflow.profiles.blanks import BlankRow, described, nested, of_machine, read
from crmflow.profiles.layer import Given, Source


@attrs.frozen
class Need:
    """
    A blank that something in use needs.

    Attributes:
        key: Its dotted key.
        kind: What a value of it is.
        meaning_en: One sentence, in English.
        meaning_zh: The same in Chinese; English where a plugin has no other.
        rules: Rule ids.
        feature: Where it is needed; empty for a machine's own.
        needed_by: The machines and rows that need it.
        choices: What may be chosen, for the kind `choice` alone.
    """

    key: str
    kind: str
    meaning_en: str
    meaning_zh: str
    rules: tuple[str, ...]
    feature: str
    needed_by: tuple[str, ...]
    choices: tuple[str, ...] = ()

    def told(self, error: FieldError, place: str) -> str:
        """Return the fault of its value, at the place where it is or should be."""
        rules = ", ".join(self.rules)
        needed = f"; needed by {', '.join(self.needed_by)}" if self.needed_by else ""
        about = f"{self.meaning_en} {rules}{needed}"
        return f"{place}: {error.code}, expected {error.expected} ({about})"


@attrs.frozen
class Settings:
    """
    Values given for blanks.

    Attributes:
        given: What was written, by dotted key.
        rows: Blanks that are described, by key.
        blanks: Blanks of the machines that are on, by key.
        allowed: Keys of the blanks of machines that are off.
    """

    given: Mapping[str, Given] = attrs.field(factory=dict)
    rows: Mapping[str, BlankRow] = attrs.field(factory=dict)
    blanks: Mapping[str, Blank] = attrs.field(factory=dict)
    allowed: frozenset[str] = frozenset()
    _nested: Mapping[str, object] = attrs.field(init=False, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        plain = {key: one.value for key, one in self.given.items()}
        object.__setattr__(self, "_nested", nested(plain))

    def written(self, key: str) -> object:
        """Return what was written for a key, or the table below it; None for nothing."""
        return self._nested.get(key)

    def source(self, key: str) -> Source | None:
        """Return where a key, or the first one below it, was written."""
        found = self.given.get(key)
        if found is None and key in self._nested:
            found = next(one for name, one in self.given.items() if name.startswith(f"{key}."))
        return None if found is None else found.source

    def described(self, key: str) -> bool:
        """Say whether a key is a blank, or lies below one."""
        return key in self.blanks or described(key, self.rows) is not None

    def value(self, key: str) -> object:
        """
        Return the value of a blank.

        Raises:
            FieldError: It is missing, does not fit, or there is no such blank.
        """
        if key in self.blanks:
            return of_machine(self.blanks[key], self.written(key))
        found = described(key, self.rows)
        if found is None:
            raise FieldError("unknown", did_you_mean(key, [*self.rows, *self.blanks]))
        row, kind = found
        return read(kind, self.written(key), row.choices)

    def values(self) -> dict[str, object]:
        """Return the value of every blank that is given and fits."""
        found: dict[str, object] = {}
        for key in (*self.rows, *self.blanks):
            if self.written(key) is not None and self.fits(key):
                found[key] = self.value(key)
        return dict(sorted(found.items()))

    def fits(self, key: str) -> bool:
        """Say whether a key has a value that can be used."""
        try:
            self.value(key)
        except FieldError:
            return False
        return True

    def need(self, key: str, needed_by: Iterable[str]) -> Need:
        """Return what is to be said of a blank; KeyError where nothing describes it."""
        users = tuple(dict.fromkeys(needed_by))
        found = described(key, self.rows)
        own = self.blanks.get(key)
        if own is not None:
            # What a machine says of its own blank is about that key alone.
            zh = self.rows[key].meaning_zh if key in self.rows else own.meaning
            feature = "" if found is None else found[0].feature
            return Need(key, own.kind, own.meaning, zh, own.rules, feature, users)
        if found is None:
            raise KeyError(key)
        row, kind = found
        return Need(
            key,
            str(kind or "value"),
            row.meaning_en,
            row.meaning_zh,
            row.rules,
            row.feature,
            users,
            row.choices,
        )

    def unknown(self) -> Iterator[str]:
        """Yield the fault of every key that is no blank of anything."""
        known = {*self.rows, *self.blanks, *self.allowed}
        for key, one in sorted(self.given.items()):
            if not self.described(key) and key not in self.allowed:
                yield f"{one.source.at()}: unknown. {did_you_mean(key, known)}"
            elif (above := self._value_above(key)) is not None:
                yield f"{one.source.at()}: doubled, {above} is a value itself"

    def _value_above(self, key: str) -> str | None:
        parts = key.split(".")
        above = (".".join(parts[:length]) for length in range(1, len(parts)))
        return next((one for one in above if one in self.given), None)

    def faults(self, needs: Iterable[Need]) -> Iterator[str]:
        """Yield every fault of what was written: unknown keys, values that do not fit."""
        yield from self.unknown()
        asked = {need.key: need for need in needs}
        for key in sorted({*self._written(), *asked}):
            source = self.source(key)
            if source is None:
                continue
            try:
                self.value(key)
            except FieldError as error:
                yield (asked.get(key) or self.need(key, ())).told(error, source.at())

    def missing(self, needs: Iterable[Need]) -> Iterator[str]:
        """Yield the needs that nothing was written for."""
        for need in needs:
            if self.written(need.key) is None:
                yield need.told(FieldError("missing", f"a {need.kind}"), need.key)

    def _written(self) -> Iterator[str]:
        """Yield the keys that have a value, and those of the entries of tables of values."""
        for key in {*self.rows, *self.blanks}:
            value = self.written(key)
            if value is not None:
                yield key
            if isinstance(value, Mapping) and key in self.rows:
                yield from (f"{key}.{name}" for name in value)
