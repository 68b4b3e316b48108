"""
Runs the code blocks of a Markdown page, in order, in one folder.

- `python` runs; engines left open are closed at the end. `console` runs the lines after `$`.
- A `text` block behind either is what it prints; `...` stands for anything. A command may fail
  only where such a block shows what it says.
- A block behind a line such as "`shop.py`:" is written to that file instead.
- `toml` is parsed; `mermaid` is compared with the machines by `test_processes.py`.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import attrs
from click.testing import CliRunner

from crmflow.cli.app import app
from crmflow.engine.engine import Engine

ROOT = Path(__file__).parents[2]
MANIFEST = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
FENCE = re.compile(
    r"^(?P<mark>```+|:::+)\{?(?P<kind>[\w-]*)\}?[^\n]*\n(?P<body>.*?)^(?P=mark)$",
    re.MULTILINE | re.DOTALL,
)
CAPTION = re.compile(r"^`(?P<name>[\w/-]+\.\w+)`:\s*\Z", re.MULTILINE)
DIRECTIVES = {"toctree", "eval-rst"}
_CHECKER = doctest.OutputChecker()


@attrs.frozen
class Block:
    """A fenced block: its language, what stands in it, and the file it is to be written to."""

    kind: str
    body: str
    file: str | None
    line: int


def pages() -> list[Path]:
    """Return every page that may have code blocks."""
    return sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def blocks(text: str) -> Iterator[Block]:
    """Yield a page's blocks; those that only Sphinx reads are left out."""
    for found in FENCE.finditer(text):
        before = text[: found.start()]
        caption = CAPTION.search(before)
        if found["kind"] not in DIRECTIVES:
            file = caption["name"] if caption else None
            yield Block(found["kind"], found["body"], file, before.count("\n") + 1)


@attrs.define
class Run:
    """One page, run in the present folder."""

    env: dict[str, str] = attrs.field(factory=lambda: {"CRMFLOW_LANG": "en", "COLUMNS": "80"})
    names: dict[str, object] = attrs.field(factory=lambda: {"__name__": "__page__"})
    printed: str = ""
    failed: str | None = None

    def page(self, text: str) -> None:
        """Run every block."""
        try:
            for block in blocks(text):
                assert self.failed is None or block.kind == "text", self.failed
                self.failed = None
                self._block(block)
            assert self.failed is None, self.failed
        finally:
            for value in self.names.values():
                if isinstance(value, Engine):
                    value.close()

    def _block(self, block: Block) -> None:
        if block.file is not None:
            Path(block.file).write_text(block.body, encoding="utf-8")
        elif block.kind == "python":
            self.printed = _output(
                compile(block.body, f"line {block.line}", "exec", 0, dont_inherit=True), self.names
            )
        elif block.kind == "console":
            self.printed = "".join(self._command(line) for line in _commands(block.body))
        elif block.kind == "text":
            assert _same(block.body, self.printed), f"line {block.line}:\n{self.printed}"
        elif block.kind == "toml":
            tomllib.loads(block.body)
        else:
            assert block.kind == "mermaid", f"line {block.line}: {block.kind!r} is run by nothing"

    def _command(self, line: str) -> str:
        program, *words = shlex.split(line, comments=True)
        if program == "export":
            self.env |= dict(word.split("=", 1) for word in words)
        elif program == "make":
            assert all(f"\n{word}:" in (ROOT / "Makefile").read_text("utf-8") for word in words), (
                line
            )
        elif program == "pip":
            _installable(words)
        elif program == "pytest":
            _test(words)
        else:
            assert program == "crmflow", f"{line!r} is run by nothing"
            done = CliRunner(env=self.env).invoke(app, words, prog_name="crmflow")
            if done.exit_code:
                self.failed = f"{line}: {done.output}"
            return done.output
        return ""


def _commands(body: str) -> list[str]:
    return [line[2:] for line in body.replace("\\\n", "").splitlines() if line.startswith("$ ")]


def _same(expected: str, printed: str) -> bool:
    return _CHECKER.check_output(expected, printed, doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)


def _output(code: object, names: dict[str, object]) -> str:
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(code, names)  # type: ignore[arg-type]  # noqa: S102 - a page's own example
    return printed.getvalue()


def _test(words: list[str]) -> None:
    """Run pytest in a process of its own, as a reader would who has installed crmflow."""
    ours = ["-p", "crmflow.testing.plugin", "-p", "no:crmflow"]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *ours, *words]
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def _installable(words: list[str]) -> None:
    """Check that `pip install` names this package, extras it has, or what its tests use."""
    assert words[0] == "install"
    for word in words[1:]:
        name, _, extras = word.rstrip("]").partition("[")
        known = MANIFEST["project"]["optional-dependencies"]
        used = {re.split(r"[<>=]", one)[0] for one in (*known["dev"], *known["testing"])}
        assert name in used | {"crmflow"}, word
        assert not extras or set(extras.split(",")) <= known.keys(), word
