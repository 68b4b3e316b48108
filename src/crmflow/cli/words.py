"""The Chinese of the command line's own texts, by their English; labels are in the locale tables."""

from __future__ import annotations

from collections.abc import Mapping

ZH: Mapping[str, str] = {}


def said(text: str, lang: str) -> str:
    """Return an English text in a language, unchanged where it has no other."""
    return ZH.get(text, text) if lang == "zh" else text
