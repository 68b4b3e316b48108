"""
Write the pages of the shipped machines: `python scripts/processes.py [FOLDER]`.

A page is read off the machine's table: states, rows with their rule ids, forms, blanks
and a diagram, in English and in Chinese. Time limits are those of the profile `default`.
"""  # noqa: INP001 - run as a program

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from crmflow.analysis.diagram import mermaid
from crmflow.config import settings_for
from crmflow.core.compiled import compile_machine
from crmflow.core.machine import ANY, KEEP, Machine, Row
from crmflow.core.ref import UNBORN
from crmflow.profiles.files import BASE, profile_layer
from crmflow.profiles.layer import Draft
from crmflow.states import EVERY, load
from crmflow.texts import LANGUAGES, Texts

FOLDER = Path(__file__).parents[1] / "docs" / "processes"
WORDS = {
    "states": ("States", "状态"),
    "rows": ("Rows", "流转"),
    "forms": ("Forms", "表单"),
    "deadlines": ("Deadlines", "时限"),
    "deadline": ("Deadline", "时限"),
    "limit": ("Within", "期限"),
    "begins": ("Begins", "起算"),
    "ends": ("Ends", "终止"),
    "fires": ("If missed", "逾期时"),
    "else": ("else", "其他"),
    "blanks": ("What each company decides", "由各公司自行规定"),
    "state": ("State", "状态"),
    "label": ("Label", "名称"),
    "kind": ("Kind", "类型"),
    "requires": ("Facts it has", "必备信息"),
    "from": ("From", "从"),
    "event": ("Event", "事件"),
    "to": ("To", "到"),
    "who": ("Who", "角色"),
    "refused": ("Refused where", "何时拒绝"),
    "effects": ("Effects", "效果"),
    "rules": ("Rules", "制度编号"),
    "brings": ("Brings", "须填写"),
    "may": ("May bring", "可填写"),
    "key": ("Setting", "配置项"),
    "any": ("any that is not final", "任一未结束状态"),
    "unborn": ("(new)", "（新建）"),
    "keep": ("(stays)", "（不变）"),
    "starts": ("starts", "启动"),
    "stops": ("stops", "停止"),
    "opens": ("opens", "待办"),
    "sends": ("sends", "发送"),
    "initial": ("initial", "初始"),
    "open": ("open", "进行中"),
    "waiting": ("waiting", "等待"),
    "final": ("final", "结束"),
    "made": (
        "This page is written by `scripts/processes.py` from the machine's table.",
        "本页由 `scripts/processes.py` 根据流程表生成。",
    ),
}


@attrs.frozen
class Page:
    """One machine in one language."""

    machine: Machine
    texts: Texts

    def say(self, word: str) -> str:
        """Return a word of this script."""
        return WORDS[word][self.texts.lang == "zh"]

    def text(self) -> str:
        """Return the page."""
        settings = settings_for([self.machine], "demo")
        drawn = mermaid(compile_machine(self.machine, settings), self.texts)
        parts = [
            f"# {self.texts.machine(self.machine)} (`{self.machine.name}`)",
            self.say("made"),
            f"```mermaid\n{drawn}```",
            self._section("states", ("state", "label", "kind", "requires"), self._states()),
            self._section(
                "rows", ("from", "event", "to", "who", "refused", "effects", "rules"), self._rows()
            ),
            self._section("forms", ("event", "brings", "may"), self._forms()),
        ]
        deadlines = list(self._deadlines())
        if deadlines:
            columns = ("deadline", "limit", "begins", "ends", "fires", "rules")
            parts.append(self._section("deadlines", columns, deadlines))
        if self.machine.blanks:
            parts.append(self._section("blanks", ("key", "kind", "label", "rules"), self._blanks()))
        return "\n\n".join(parts) + "\n"

    def _section(self, title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
        lines = [[self.say(name) for name in columns], ["---"] * len(columns), *rows]
        table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        return f"## {self.say(title)}\n\n{table}"

    def _states(self) -> Iterator[Sequence[str]]:
        for state in self.machine.states:
            facts = self._fields(state.requires)
            yield f"`{state.name}`", self.texts.state(state), self.say(state.kind.value), facts

    def _rows(self) -> Iterator[Sequence[str]]:
        for row in self.machine.rows:
            label = self.texts.text("events", row.event, self.machine.name)
            yield (
                "<br>".join(self._state(name) for name in row.source),
                f"`{row.event}`<br>{label}",
                self._state(row.to),
                "<br>".join(self._role(role) for role in sorted(row.who)),
                "<br>".join(self._reasons(row)),
                "<br>".join(self._effects(row)),
                ", ".join(row.rules),
            )

    def _state(self, name: str) -> str:
        words = {ANY: "any", UNBORN: "unborn", KEEP: "keep"}
        return self.say(words[name]) if name in words else f"`{name}`"

    def _role(self, role: str) -> str:
        return self.texts.text("roles", role, self.machine.name)

    def _reasons(self, row: Row) -> Iterator[str]:
        for guard in row.guards:
            yield self.texts.text("reasons", guard.reason, self.machine.name)

    def _effects(self, row: Row) -> Iterator[str]:
        name = self.machine.name
        for timer in row.start:
            yield f"{self.say('starts')} {self.texts.text('timers', timer.name, name)}"
        for stopped in row.stop:
            yield f"{self.say('stops')} {self.texts.text('timers', stopped, name)}"
        for task in row.tasks:
            yield f"{self.say('opens')}: {self.texts.text('tasks', task.name, name)}"
        for send in row.send:
            yield f"{self.say('sends')} `{send.machine}.{send.event}`"

    def _forms(self) -> Iterator[Sequence[str]]:
        for event in self.machine.events:
            form = self.machine.form(event)
            fields = () if form is None else attrs.fields(form)
            must = [field.name for field in fields if field.default is attrs.NOTHING]
            may = [field.name for field in fields if field.default is not attrs.NOTHING]
            if fields:
                yield f"`{event}`", self._fields(must), self._fields(may)

    def _fields(self, names: Iterable[str]) -> str:
        name = self.machine.name
        between = "、" if self.texts.lang == "zh" else ", "
        return between.join(f"`{one}` {self.texts.text('fields', one, name)}" for one in names)

    def _deadlines(self) -> Iterator[Sequence[str]]:
        """Yield the machine's time limits as the table has them, blanks by their keys."""
        for draft in profile_layer(BASE).tables["deadlines"].values():
            if draft.value("machine") == self.machine.name:
                label = self.texts.text("timers", f"sla:{draft.name}:due", self.machine.name)
                fires = draft.value("fire")
                yield (
                    f"`{draft.name}`<br>{label}",
                    "<br>".join(self._limits(draft)),
                    "<br>".join(self._conditions(draft, "start")),
                    "<br>".join(self._conditions(draft, "stop")),
                    f"`{fires}`" if fires else "",
                    ", ".join(map(str, _listed(draft.value("rules")))),
                )

    def _limits(self, draft: Draft) -> Iterator[str]:
        own = draft.value("target")
        for row in (*_listed(draft.value("targets")), *([{"target": own}] if own else [])):
            when = row.get("match", {})
            named = ", ".join(f"`{name}` {value}" for name, value in when.items())
            others = bool(draft.value("targets")) and not when
            before = f"{named or self.say('else')}: " if named or others else ""
            yield f"{before}{_measure(row['target'])}"

    def _conditions(self, draft: Draft, column: str) -> Iterator[str]:
        for one in _listed(draft.value(column)):
            events = [
                f"`{event}` {self.texts.text('events', event, self.machine.name)}"
                for event in one.get("events", ())
            ]
            states = [f"`{state}`" for state in one.get("states", ())]
            facts = [
                f"`{name}` {str(value).lower()}" for name, value in one.get("match", {}).items()
            ]
            between = "、" if self.texts.lang == "zh" else ", "
            yield between.join((*events, *states, *facts))

    def _blanks(self) -> Iterator[Sequence[str]]:
        for blank in self.machine.blanks:
            yield f"`{blank.key}`", f"`{blank.kind}`", blank.meaning, ", ".join(blank.rules)


def _listed(value: object) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


def _measure(value: object) -> str:
    return f"`{value['blank']}`" if isinstance(value, Mapping) else str(value)


def written() -> Iterator[tuple[str, str]]:
    """Yield (file name, text) of every page."""
    for name in EVERY:
        for lang in LANGUAGES:
            yield f"{name}.{lang}.md", Page(load(name), Texts(lang)).text()


def main(folder: Path) -> None:
    """Write every page into *folder*."""
    for name, text in written():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
