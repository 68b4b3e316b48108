"""Diagrams: text from the machine that runs, pictures from what is installed."""

from __future__ import annotations

from pathlib import Path

import attrs
import pytest

from crmflow.analysis.diagram import (
    FONT,
    NotDrawnError,
    chinese_font,
    dot,
    mermaid,
    picture,
)
from crmflow.core.compiled import Compiled, compile_machine
from crmflow.core.machine import KEEP, Kind, Machine, Row, State
from crmflow.core.ref import UNBORN
from crmflow.states import MACHINES, load
from crmflow.texts import Texts

ZH, EN = Texts("zh"), Texts("en")


@attrs.frozen
class Facts:
    """Nothing is known."""


TALK = compile_machine(
    Machine(
        "talk",
        Facts,
        zh='"谈":#<1>;',
        en="talk",
        states=(
            State("note", "记\n录", 'a "note": 1; <b> #', Kind.INITIAL),
            State("asked", "已问", "asked", Kind.WAITING),
            State("end", "完", "end", Kind.FINAL),
        ),
        rows=(
            Row(UNBORN, "begin", "note"),
            Row("note", "ask", "asked"),
            Row(("note", "asked"), "leave", "end"),
            Row("asked", "hush", "end"),
            Row("note", "hum", KEEP),
        ),
    )
)


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the only folder where programs are found; it is empty."""
    folder = tmp_path / "tools"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def program(folder: Path, name: str, lines: str) -> None:
    """Put a program of the shell into a folder."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{lines}\n", "utf-8")
    path.chmod(0o755)


@pytest.mark.parametrize("name", MACHINES)
@pytest.mark.parametrize("texts", [ZH, EN], ids=["zh", "en"])
def test_every_state_and_move_is_drawn(name: str, texts: Texts) -> None:
    """With its label, in both kinds of text."""
    compiled = compile_machine(load(name))
    in_mermaid, in_dot = mermaid(compiled, texts), dot(compiled, texts)
    for state in compiled.machine.states:
        assert f'state "{texts.state(state)}" as {state.name}\n' in in_mermaid
        assert f'"{state.name}" [label="{texts.state(state)}"' in in_dot
    for event, source, to, _ in compiled.markup()["moves"]:
        start = "[*]" if source == UNBORN else source
        label = texts.text("events", event, name)
        lines = [line for line in in_mermaid.splitlines() if f" {start} --> {to}: " in line]
        assert len(lines) == 1
        assert label in lines[0].partition(": ")[2].split(" / ")
        assert f'"{source}" -> "{to}" [label=' in in_dot


def test_mermaid_text_is_exact() -> None:
    """Signs that mean something to Mermaid are written as entities, its words avoided."""
    assert mermaid(TALK, EN).splitlines() == [
        "stateDiagram-v2",
        '    state "a #quot;note#quot;#58; 1#59; #lt;b#gt; #35;" as note__',
        '    state "asked" as asked',
        '    state "end" as end__',
        "    [*] --> note__: begin",
        "    note__ --> asked: ask",
        "    note__ --> end__: leave",
        "    asked --> end__: leave / hush",
        "    note__ --> note__: hum",
        "    end__ --> [*]",
    ]
    assert 'state "记 录" as note__' in mermaid(TALK, ZH)


def test_dot_text_tells_kinds_apart() -> None:
    """Final states have two borders, waiting ones a dashed one; signs are escaped."""
    drawn = dot(TALK, ZH, "Song")
    assert drawn.startswith('digraph "talk" {\n')
    assert 'fontname="Song"' in drawn
    assert 'label="\\"谈\\":#<1>;"' in drawn
    assert '"end" [label="完", peripheries=2];' in drawn
    assert '"asked" [label="已问", style="rounded,dashed"];' in drawn
    assert '"asked" -> "end" [label="leave\\nhush"];' in drawn
    assert FONT in dot(TALK, ZH)


def test_diagram_follows_the_machine_that_runs() -> None:
    """A transition taken from the built machine is gone from the drawing."""
    compiled = compile_machine(load("lead"))
    assert "放弃" in mermaid(compiled, ZH)
    del compiled.stock.events["drop"]
    assert "放弃" not in mermaid(compiled, ZH).replace('"已放弃"', "")


def test_chinese_font_is_a_simplified_one_where_there_is(tools: Path) -> None:
    """Else any that has the signs; None where nobody knows."""
    assert chinese_font() is None
    program(tools, "fc-list", "exit 0")
    assert chinese_font() is None
    program(tools, "fc-list", "echo 'Noto Sans CJK HK,其他'; echo 'Noto Sans CJK SC'; echo Arial")
    assert chinese_font() == "Noto Sans CJK SC"
    program(tools, "fc-list", "echo Ming; echo Fang")
    assert chinese_font() == "Fang"


def test_nothing_that_draws_is_named(tools: Path) -> None:
    """With what to install."""
    with pytest.raises(NotDrawnError, match=r"install Graphviz .*'mmdc'") as raised:
        picture(TALK, EN, "svg")
    assert str(raised.value).startswith("the diagram cannot be drawn: nothing that draws svg")


def test_graphviz_draws_with_the_font_that_is_there(tools: Path) -> None:
    """It is given the text on its standard input."""
    program(tools, "fc-list", "echo 'Noto Sans CJK SC'")
    program(tools, "dot", 'echo "$1"; while read -r line; do echo "$line"; done')
    drawn = picture(TALK, ZH, "png").decode()
    assert drawn.startswith("-Tpng\n")
    assert 'fontname="Noto Sans CJK SC"' in drawn
    assert "已问" in drawn


def test_png_without_a_chinese_font_is_refused(tools: Path) -> None:
    """Boxes are no labels; English, or svg, can be drawn."""
    program(tools, "dot", "echo drawn")
    with pytest.raises(NotDrawnError, match="fonts-noto-cjk"):
        picture(TALK, ZH, "png")
    assert picture(TALK, EN, "png") == b"drawn\n"
    assert picture(TALK, ZH, "svg") == b"drawn\n"


def test_mermaid_draws_where_there_is_no_graphviz(tools: Path) -> None:
    """It writes a file of its own, which is read and removed."""
    program(tools, "mmdc", 'while read -r line; do echo "$line"; done > "$4"')
    drawn = picture(TALK, EN, "svg").decode()
    assert drawn.startswith("stateDiagram-v2\n")


@pytest.mark.parametrize(
    ("lines", "reason"), [("echo no such font >&2; exit 1", "no such font"), ("exit 2", "exit")]
)
def test_renderer_that_fails_is_quoted(tools: Path, lines: str, reason: str) -> None:
    """With what it said, else with how it ended."""
    program(tools, "dot", lines)
    with pytest.raises(NotDrawnError, match=reason):
        picture(TALK, EN, "svg")


def test_compiled_machine_is_what_is_drawn() -> None:
    """A diagram needs neither settings nor an engine."""
    assert isinstance(TALK, Compiled)
    assert "[*]" in mermaid(TALK, EN)
