"""
Diagrams of a machine: Mermaid and Graphviz text, and pictures where a renderer is installed.

All are drawn from the markup of the machine that runs, never from the declared rows,
so that a diagram cannot differ from what happens.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import attrs

from crmflow.core.compiled import Compiled
from crmflow.core.errors import DefinitionError
from crmflow.core.machine import Kind
from crmflow.core.ref import UNBORN
from crmflow.texts import Texts

__all__ = [
    "FORMATS",
    "Format",
    "NotDrawnError",
    "Picture",
    "chinese_font",
    "dot",
    "mermaid",
    "picture",
]

Format = Literal["mermaid", "dot", "svg", "png"]
Picture = Literal["svg", "png"]
FORMATS: tuple[Format, ...] = ("mermaid", "dot", "svg", "png")

FONT = "Noto Sans CJK SC"
"""Font named where none that has Chinese is found: the one most systems offer."""

_LIMIT = 60
"""Seconds a renderer may take."""

# Mermaid reads these as syntax inside a label.
_ENTITIES = {"#": "#35;", '"': "#quot;", ":": "#58;", ";": "#59;", "<": "#lt;", ">": "#gt;"}

# Mermaid keeps these words for itself.
_KEPT = {"class", "classdef", "click", "default", "direction", "end", "note", "state", "style"}


@attrs.define
class NotDrawnError(DefinitionError):
    """A machine cannot be drawn here; the reason says what would help."""

    reason: str

    def __str__(self) -> str:
        return f"the diagram cannot be drawn: {self.reason}."


def _moves(compiled: Compiled, texts: Texts) -> Mapping[tuple[str, str], list[str]]:
    """Return (from, to) -> labels of the events that lead there, each once."""
    name = compiled.machine.name
    moves: dict[tuple[str, str], list[str]] = {}
    for event, source, to, _kept in compiled.markup()["moves"]:
        labels = moves.setdefault((source, to), [])
        label = texts.text("events", event, name)
        if label not in labels:
            labels.append(label)
    return moves


def _labels(compiled: Compiled, texts: Texts) -> Mapping[str, str]:
    """Return state -> label, in the order of the markup; the unborn state is left out."""
    declared = {state.name: state for state in compiled.machine.states}
    states = compiled.markup()["states"]
    return {name: texts.state(declared[name]) for name in states if name != UNBORN}


def mermaid(compiled: Compiled, texts: Texts) -> str:
    """
    Return a machine as Mermaid text (`stateDiagram-v2`).

    Args:
        compiled: The machine as it runs.
        texts: Labels of states and events.
    """
    lines = ["stateDiagram-v2"]
    for name, label in _labels(compiled, texts).items():
        lines.append(f'    state "{_escaped(label)}" as {_name(name)}')
    for (source, to), labels in _moves(compiled, texts).items():
        start = "[*]" if source == UNBORN else _name(source)
        lines.append(f"    {start} --> {_name(to)}: {_escaped(' / '.join(labels))}")
    lines += [f"    {_name(name)} --> [*]" for name in _final(compiled)]
    return "\n".join(lines) + "\n"


def _escaped(label: str) -> str:
    return "".join(_ENTITIES.get(sign, sign) for sign in " ".join(label.split()))


def _name(state: str) -> str:
    return f"{state}__" if state in _KEPT else state


def _final(compiled: Compiled) -> list[str]:
    return [state.name for state in compiled.machine.states if state.name in compiled.final]


def dot(compiled: Compiled, texts: Texts, font: str = FONT) -> str:
    """
    Return a machine as Graphviz text.

    Args:
        compiled: The machine as it runs.
        texts: Labels of states and events.
        font: A font that has the signs of the labels.
    """
    name, title = _quoted(font), _quoted(texts.machine(compiled.machine))
    lines = [
        f"digraph {_quoted(compiled.machine.name)} {{",
        f"    graph [rankdir=TB, fontname={name}, label={title}];",
        f"    node [shape=box, style=rounded, fontname={name}];",
        f"    edge [fontname={name}, fontsize=10];",
        f'    {_quoted(UNBORN)} [label="", shape=point, width=0.15];',
    ]
    waiting = {s.name for s in compiled.machine.states if s.kind is Kind.WAITING}
    for state, label in _labels(compiled, texts).items():
        look = ", peripheries=2" if state in compiled.final else ""
        look += ', style="rounded,dashed"' if state in waiting else ""
        lines.append(f"    {_quoted(state)} [label={_quoted(label)}{look}];")
    for (source, to), labels in _moves(compiled, texts).items():
        label = _quoted("\n".join(labels))
        lines.append(f"    {_quoted(source)} -> {_quoted(to)} [label={label}];")
    return "\n".join([*lines, "}"]) + "\n"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def chinese_font() -> str | None:
    """Return the name of an installed font that has Chinese, None where none is known."""
    program = shutil.which("fc-list")
    if program is None:
        return None
    done = subprocess.run(  # noqa: S603 - the program found on the path, constant arguments
        [program, ":lang=zh", "family"], capture_output=True, timeout=_LIMIT, check=False
    )
    listed = done.stdout.decode("utf-8", "replace").splitlines()
    families = {line.partition(",")[0].strip() for line in listed}
    # The same signs are drawn as each region writes them: SC is simplified Chinese.
    return min(families, key=lambda name: (" SC" not in name, name), default=None)


def picture(compiled: Compiled, texts: Texts, kind: Picture) -> bytes:
    """
    Return a machine as a picture, by Graphviz (`dot`) or else by the Mermaid command line (`mmdc`).

    Args:
        compiled: The machine as it runs.
        texts: Labels of states and events.
        kind: `svg` or `png`.

    Raises:
        NotDrawnError: No renderer is installed, no font has the labels' signs, or the
            renderer failed; says what to install.
    """
    graphviz, browser = shutil.which("dot"), shutil.which("mmdc")
    if graphviz is None and browser is None:
        fault = (
            f"nothing that draws {kind} is installed: install Graphviz (its program is 'dot') or "
            "the Mermaid command line ('mmdc'), or ask for the format mermaid or dot"
        )
        raise NotDrawnError(fault)
    font = _font(compiled, texts, kind)
    if graphviz is not None:
        return _run([graphviz, f"-T{kind}"], dot(compiled, texts, font))
    with tempfile.TemporaryDirectory() as folder:
        drawn = Path(folder, f"diagram.{kind}")
        _run([str(browser), "--input", "-", "--output", str(drawn)], mermaid(compiled, texts))
        return drawn.read_bytes()


def _font(compiled: Compiled, texts: Texts, kind: Picture) -> str:
    """Return a font for the labels; a raster picture without one would show boxes."""
    font = chinese_font()
    spoken = "".join(_labels(compiled, texts).values())
    if font is None and kind == "png" and not spoken.isascii():
        fault = (
            "no font with Chinese signs is installed: install one such as Noto Sans CJK "
            "(package fonts-noto-cjk), or ask for svg, whose viewer brings its own"
        )
        raise NotDrawnError(fault)
    return font or FONT


def _run(command: list[str], text: str) -> bytes:
    """Return what a renderer prints."""
    try:
        done = subprocess.run(  # noqa: S603 - the renderer found on the path
            command, input=text.encode(), capture_output=True, timeout=_LIMIT, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        said = getattr(error, "stderr", None) or b""
        reason = said.decode("utf-8", "replace").strip() or str(error)
        raise NotDrawnError(f"{command[0]} failed: {reason}") from error
    return done.stdout
