"""Runs the commands of an example's README as a reader would, each in a process of its own."""

import importlib.util
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import attrs

EXAMPLES = Path(__file__).parents[2] / "examples"
SRC = EXAMPLES.parent / "src"


@attrs.frozen
class Run:
    """
    One command and what came of it.

    Attributes:
        code: Exit code.
        shown: Lines the README shows of its output.
        out: What it printed.
        peak: Most memory it held, in mebibytes.
    """

    code: int
    shown: tuple[str, ...]
    out: str
    peak: float

    @property
    def report(self) -> dict[str, Any]:
        """The JSON document it printed."""
        found: dict[str, Any] = json.loads(self.out)
        return found

    def missing(self) -> list[str]:
        """Return the lines the README shows that were not printed; commas at ends do not count."""
        printed = {line.strip().rstrip(",") for line in self.out.splitlines()}
        return [line for line in self.shown if line.strip().rstrip(",") not in printed]


def script(path: str) -> ModuleType:
    """Return a script of the examples, such as `olist/olist.py`, as a module."""
    file = EXAMPLES / path
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def shown_by(name: str, command: str) -> dict[str, Any]:
    """Return the JSON document that an example's README shows below a command."""
    text = (EXAMPLES / name / "README.md").read_text("utf-8")
    found = re.search(rf"^\$ {re.escape(command)}.*\n((?:.*\n)*?)```$", text, re.MULTILINE)
    assert found is not None
    document: dict[str, Any] = json.loads(found[1])
    return document


def run_readme(name: str, data: Path, folder: Path) -> list[Run]:
    """
    Run every command of a README in order, in a copy of the example's folder.

    Args:
        name: Name of the example.
        data: What `$DATA` stands for.
        folder: Empty folder to work in.
    """
    here = folder / name
    shutil.copytree(EXAMPLES / name, here)
    text = (here / "README.md").read_text()
    blocks = re.findall(r"^```console\n\$ crmflow (.*)\n((?:.*\n)*?)```$", text, re.MULTILINE)
    return [_run(words.replace("$DATA", str(data)), shown, here) for words, shown in blocks]


# Counted from the start of the program: the peak that `wait4` gives is that of the
# forked test process too.
PROGRAM = """
import atexit, pathlib, re
def tell():
    status = pathlib.Path("/proc/self/status").read_text()
    pathlib.Path("peak.txt").write_text(re.search(r"VmHWM:\\s+([0-9]+)", status)[1])
atexit.register(tell)
from crmflow.cli import main
main()
"""


def _run(words: str, shown: str, folder: Path) -> Run:
    program = [sys.executable, "-c", PROGRAM, *shlex.split(words)]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(SRC), "LANG": "C.UTF-8"}
    with (folder / "out.txt").open("w+") as out:
        done = subprocess.run(program, cwd=folder, env=environment, stdout=out, check=False)
        out.seek(0)
        peak = int((folder / "peak.txt").read_text()) / 1024
        return Run(done.returncode, tuple(shown.splitlines()), out.read(), peak)
