"""What every verb has at hand: settings, language, output, and an engine when it asks for one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import attrs
import click

from crmflow.cli.output import Record, Sheet, write_document, write_rows
from crmflow.cli.settings import Settings, resolve, spoken
from crmflow.cli.words import said
from crmflow.core.errors import CrmflowError

if TYPE_CHECKING:
    from crmflow.core.machine import Machine
    from crmflow.directory import Directory
    from crmflow.engine.engine import Engine
    from crmflow.plugins.loading import Plugins
    from crmflow.profiles.features import Feature
    from crmflow.profiles.loading import Loaded
    from crmflow.storage.port import Store
    from crmflow.texts import Texts


@attrs.define
class Session:
    """
    One run of the command line; `ctx.obj` of every verb.

    Attributes:
        flags: Values of the global flags that were given, by their key in the file.
        feature: The features that were chosen, as one, or None.
    """

    flags: dict[str, object] = attrs.field(factory=dict)
    feature: Feature | None = None
    _settings: Settings | None = attrs.field(default=None, init=False)

    def keep(self, name: str, value: object) -> None:
        """Keep the value of a global flag."""
        self.flags[name] = value
        self._settings = None

    def use(self, names: Iterable[str]) -> None:
        """
        Run with these features, in place of machines that a file or variable names.

        Args:
            names: Names of features; where there are none nothing changes.

        Raises:
            ConfigurationError: There is no feature of a name.
        """
        from crmflow.profiles.features import chosen_features

        if names:
            self.feature = chosen_features(names)
            self.flags.setdefault("machines", self.feature.machines)
            if self.feature.plugins:
                self.flags.setdefault("plugins", self.feature.plugins)
            if self.feature.profiles:
                self.flags.setdefault("profile", ",".join(self.feature.profiles))
            self._settings = None

    @property
    def settings(self) -> Settings:
        """
        What the command runs with, read when first asked for.

        Raises:
            ConfigurationError: The file or a variable is wrong.
        """
        if self._settings is None:
            found = resolve(self.flags)
            if self.feature is not None:
                found = attrs.evolve(found, tables=_under(self.feature.rows(), found.tables))
            self._settings = found
        return self._settings

    @property
    def lang(self) -> str:
        """Language of the output: `zh` or `en`; never fails, so that an error can be told."""
        return self._either("lang") or str(spoken(dict(_environ())).value)

    @property
    def output(self) -> str:
        """Form of the output: `table`, `json` or `jsonl`; never fails."""
        return self._either("output") or "table"

    def _either(self, name: str) -> str | None:
        if name in self.flags:
            return str(self.flags[name])
        try:
            return self.settings.text(name)
        except CrmflowError:
            return None

    def say(self, text: str) -> str:
        """Return an English text of the command line in the chosen language."""
        return said(text, self.lang)

    def note(self, text: str) -> None:
        """Print a message on stderr."""
        click.echo(text, err=True)

    def rows(self, columns: Iterable[str], rows: Iterable[Record], title: str = "") -> None:
        """Write rows to stdout in the chosen form; the columns are those of the table."""
        write_rows(self.output, Sheet(tuple(columns), (), title), rows, self.say)

    def document(self, document: Record, parts: Callable[[], Iterable[Sheet | str]]) -> None:
        """Write one thing to stdout: the document as JSON, or the parts for people."""
        shown = parts() if self.output == "table" else ()
        write_document(self.output, document, shown, self.say)

    def engine(
        self,
        retiring: Iterable[str] = (),
        *,
        tenant: str | None = None,
        store: Store | None = None,
    ) -> Engine:
        """
        Return an engine over the chosen store; leaving it as a context closes the store.

        Args:
            retiring: Policies that may be missing, because they are about to be retired.
            tenant: Whose entities, in place of the chosen tenant's.
            store: In place of the chosen one, which is open already.

        Raises:
            DefinitionError: A machine, plugin or setting is wrong or missing.
            StoreError: The store cannot be opened.
        """
        from crmflow.engine.engine import Engine

        chosen = self.settings
        return Engine(
            store or self.store,
            machines=chosen.names("machines") or None,
            profile=chosen.text("profile"),
            config=chosen.own,
            tenant=tenant or str(chosen.text("tenant")),
            plugins=chosen.names("plugins"),
            directory=self.directory(),
            retiring=retiring,
        )

    @property
    def store(self) -> str:
        """URL of the store."""
        return str(self.settings.text("store"))

    def directory(self) -> Directory | None:
        """
        Return the directory of people, or None where none is chosen.

        Raises:
            ConfigurationError: The file cannot be read, or is wrong.
        """
        from crmflow.directory import toml_directory

        path = self.settings.text("directory")
        return None if path is None else toml_directory(path)

    def plugins(self) -> Plugins:
        """
        Return the plugins, loaded.

        Raises:
            PluginDefinitionError: One cannot be used.
        """
        from crmflow.plugins.loading import load_plugins

        return load_plugins(self.settings.names("plugins"))

    def machines(self, manager: Plugins, names: Iterable[str] = ()) -> Mapping[str, Machine]:
        """
        Return machines, without opening a store.

        Args:
            manager: The plugins.
            names: Which; empty for those that are switched on.

        Raises:
            UnknownMachineError: There is none of that name.
        """
        from crmflow.plugins.bringing import find_machines

        wanted = tuple(names) or self.settings.names("machines")
        return find_machines(wanted or None, manager)

    def rules(self, manager: Plugins, file: str | None = None) -> Loaded:
        """
        Return all rule data, in use or not, with every fault.

        Args:
            manager: The plugins.
            file: Read in place of what the company's own file says, or None.

        Raises:
            ConfigurationError: There is no such profile, or the file cannot be read.
        """
        from crmflow.engine.starting import examined

        chosen = self.settings
        own = file or chosen.own
        return examined(manager, self.machines(manager), chosen.text("profile"), own)

    def texts(self, manager: Plugins, lang: str | None = None) -> Texts:
        """
        Return the texts of a language, those of the plugins included.

        Args:
            manager: The plugins.
            lang: `zh` or `en`, or None for the chosen one.
        """
        from crmflow.plugins.bringing import texts_of

        return texts_of(manager, lang or self.lang)


def _under(
    rows: Mapping[str, list[Mapping[str, object]]], own: Mapping[str, list[Any]]
) -> Mapping[str, list[Any]]:
    """Return rows with the columns of a file's rows of the same names over them."""
    found = {table: list(written) for table, written in own.items()}
    for table, added in rows.items():
        there = {one["name"]: one for one in added}
        written = [{**there.pop(one.get("name"), {}), **one} for one in found.get(table, ())]
        found[table] = [*there.values(), *written]
    return found


def _environ() -> Mapping[str, str]:
    import os

    return os.environ


def misused(text: str) -> click.UsageError:
    """Return the error of a wrong combination of arguments, in the chosen language."""
    return click.UsageError(session().say(text))


def session() -> Session:
    """Return the session of the running command."""
    found = click.get_current_context().find_object(Session)
    if found is None:
        message = "no command of crmflow is running"
        raise RuntimeError(message)
    return found
