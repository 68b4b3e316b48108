"""Sphinx builds these pages with MyST and furo; nothing is fetched while building."""

from importlib.metadata import version as installed_version

project = "crmflow"
author = "The crmflow authors"
copyright = author
release = installed_version("crmflow")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
autodoc_typehints = "description"

exclude_patterns: list[str] = []
html_theme = "furo"
html_title = f"crmflow {release}"
