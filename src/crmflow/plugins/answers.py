"""Asking plugins: each by itself, in the order of their names, so that a failure has a name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs
import pluggy

from crmflow.core.errors import PluginDefinitionError, PolicyFailedError
from crmflow.core.machine import Extension

KINDS: Mapping[str, tuple[Any, str]] = {
    "commands": (Sequence, "a list of click commands"),
    "handlers": (Mapping, "delivery handlers by the name messages are addressed to"),
    "judge_for": (Callable, "a function (before, proposal) -> Verdict or None"),
    "lookups_for": (Sequence, "a list of lookups"),
    "machines": (Sequence, "a list of machines"),
    "policies_for": (Sequence, "a list of policies"),
    "rows_for": (Extension, "an Extension"),
    "table_rows": (Mapping, "lists of rows by table"),
    "tables": (Sequence, "a list of tables"),
    "texts": (Mapping, "tables of texts"),
}
"""What each hook is answered with."""

HOOKS = tuple(KINDS)
"""The questions of `crmflow.hookspecs`."""


@attrs.frozen
class Answers:
    """One hook's answers, each with the name of its plugin."""

    manager: pluggy.PluginManager

    def ask(
        self, hook: str, question: Mapping[str, object] | None = None, event: str = ""
    ) -> list[tuple[str, Any]]:
        """
        Return (plugin, answer) for every plugin that answers, in order of plugin names.

        Args:
            hook: Name of the hook.
            question: Its arguments, by name.
            event: Event it is about, for the error.

        Raises:
            PolicyFailedError: A plugin raised; names it and the hook.
            PluginDefinitionError: A plugin answered with something else than the hook asks for.
        """
        kind, expected = KINDS[hook]
        answers = []
        implementations = getattr(self.manager.hook, hook).get_hookimpls()
        for implementation in sorted(implementations, key=lambda found: found.plugin_name):
            taken = {name: (question or {})[name] for name in implementation.argnames}
            try:
                answer = implementation.function(**taken)
            except Exception as error:
                raise PolicyFailedError(implementation.plugin_name, hook, event) from error
            if answer is None:
                continue
            if not isinstance(answer, kind) or isinstance(answer, str):
                fault = f"hook {hook!r} gave {answer!r}, expected {expected}"
                raise PluginDefinitionError(implementation.plugin_name, (fault,))
            answers.append((implementation.plugin_name, answer))
        return answers
