"""Sphinx builds these pages with MyST and furo; nothing is fetched while building."""

import re
from importlib.metadata import version as installed_version

from pygments.lexers.special import TextLexer
from sphinx.application import Sphinx

project = "crmflow"
author = "The crmflow authors"
copyright = author
release = installed_version("crmflow")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
autodoc_typehints = "description"
default_role = "code"

exclude_patterns: list[str] = []
html_theme = "furo"
html_title = f"crmflow {release}"

_HOOK_PART = re.compile(r"(Called|Return|Combined): ")


def _list_parts_of_hooks(
    _app: Sphinx, _what: str, name: str, _found: object, _options: object, lines: list[str]
) -> None:
    """Show a hook's 'Called', 'Return' and 'Combined' as a list."""
    if not name.startswith("crmflow.hookspecs."):
        return
    inside = False
    for number, line in enumerate(lines):
        begins = _HOOK_PART.match(line)
        inside = bool(begins) or (inside and bool(line))
        if begins:
            lines[number] = f"* **{begins[1]}**: {line[begins.end() :]}"
        elif inside:
            lines[number] = f"  {line.strip()}"


def setup(app: Sphinx) -> None:
    """Show diagrams and comma-separated values as they are written."""
    app.add_lexer("mermaid", TextLexer)
    app.add_lexer("csv", TextLexer)
    # Before napoleon, which would read 'Return' as a section of its own.
    app.connect("autodoc-process-docstring", _list_parts_of_hooks, priority=1)
