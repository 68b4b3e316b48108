"""
A report as a picture: SVG, drawn by pygal; texts are texts, in the viewer's own fonts.

Bars lie, so that the label of each stands beside it at full length. Charts whose units
differ stand side by side, each with a scale of its own.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape

import attrs

from crmflow.analysis.reports.told import Told
from crmflow.policies.kpi import Drawn

FONTS = "'Noto Sans CJK SC', 'Source Han Sans SC', 'Microsoft YaHei', 'PingFang SC', sans-serif"
"""Fonts with Chinese signs, of which a viewer takes the first it has."""

MOST_PLACES = 40
"""Places that labels can be read of; a report of more is drawn by its first."""

MOST_LINES = 12
"""Lines that can be told apart; of more the first are drawn."""

WIDTH, HEIGHT = 900, 560
"""Size of a chart, in pixels; bars take the height they need."""

PANEL_WIDTH, PANEL_HEIGHT = 450, 260
"""Size of each of several charts; two stand side by side."""

_BAR, _FRAME = 18, 130
_LABEL, _TITLE = 12, 18
_FEW = 10

_SCRIPT = re.compile(r"<script.*?</script>", re.DOTALL)


def picture(told: Told, title: str, drawn: Drawn, names: Mapping[str, str]) -> str:
    """
    Return a report as SVG text that fetches nothing and runs nothing.

    Args:
        told: The report.
        title: What it is called.
        drawn: Bars or lines.
        names: Label of each drawn column.

    Raises:
        ImportError: The extra `charts` is not installed.
    """
    pygal = _library()
    if told.panel is None:
        return _chart(pygal, told, title, drawn, names)
    charts = [
        _chart(pygal, one, told.label(told.panel, name), drawn, names)
        for name, one in _panels(told, told.panel).items()
    ]
    return _sheet(title, charts)


def _library() -> Any:  # noqa: ANN401 - a module without types
    try:
        import pygal  # type: ignore[import-untyped]
    except ImportError as error:
        message = "pictures of reports need pygal: pip install 'crmflow[charts]'"
        raise ImportError(message) from error
    # It finds maps by an importer of the old kind, at which every later import would warn.
    sys.meta_path[:] = [
        one for one in sys.meta_path if not isinstance(one, pygal.PluginImportFixer)
    ]
    return pygal


def _panels(told: Told, panel: str) -> dict[str, Told]:
    """Return what each chart draws, by the value that tells it apart; nothing without a number."""
    found: dict[str, list[Mapping[str, object]]] = {}
    for row in told.rows:
        if any(row.get(column) is not None for column in told.drawn):
            found.setdefault(str(row[panel]), []).append(row)
    return {name: attrs.evolve(told, rows=tuple(rows)) for name, rows in found.items()}


def _sheet(title: str, charts: Sequence[str]) -> str:
    """Return charts under one title, two side by side."""
    top = 2 * _TITLE
    height = top + PANEL_HEIGHT * -(-len(charts) // 2)
    parts = (
        f'<svg x="{place % 2 * PANEL_WIDTH}" y="{top + place // 2 * PANEL_HEIGHT}" '
        f'width="{PANEL_WIDTH}" height="{PANEL_HEIGHT}">{chart}</svg>'
        for place, chart in enumerate(charts)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}">'
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>'
        f'<text x="{WIDTH // 2}" y="{_TITLE + _TITLE // 2}" text-anchor="middle" '
        f'font-family="{FONTS}" font-size="{_TITLE}">{escape(title)}</text>{"".join(parts)}</svg>'
    )


def _chart(
    pygal: Any,  # noqa: ANN401 - as above
    told: Told,
    title: str,
    drawn: Drawn,
    names: Mapping[str, str],
) -> str:
    """Return one chart."""
    width, height = (WIDTH, HEIGHT) if told.panel is None else (PANEL_WIDTH, PANEL_HEIGHT)
    series, places = _series(told, names), _places(told)
    labels = [told.label(told.along, place) or "-" for place in places]
    values = {name: [one.get(place) for place in places] for name, one in series.items()}
    lies = drawn is Drawn.BARS
    if lies:  # the first bar is drawn lowest
        labels, values = labels[::-1], {name: one[::-1] for name, one in values.items()}
        height = _FRAME + _BAR * max(1, len(values)) * len(places)
    chart = (pygal.HorizontalBar if lies else pygal.Line)(
        title=title,
        width=width,
        height=height,
        style=pygal.style.Style(
            font_family=FONTS, background="white", plot_background="white",
            label_font_size=_LABEL, major_label_font_size=_LABEL,
            legend_font_size=_LABEL, title_font_size=_TITLE if told.panel is None else _LABEL,
        ),
        js=[],  # pygal's own would be fetched from its site
        no_prefix=True,
        disable_xml_declaration=True,
        show_legend=told.panel is None or len(values) > 1,
        legend_at_bottom=True,
        legend_at_bottom_columns=min(4, max(1, len(values))),
        truncate_legend=-1,
        truncate_label=-1,
        margin_left=_LABEL + (_widened(labels) if lies else 0),
        no_data_text="-",
    )  # fmt: skip
    chart.x_labels = labels
    if (ticks := _ticks(values.values())) is not None:
        chart.y_labels = ticks
    for name, one in values.items():
        chart.add(name, one)
    return _SCRIPT.sub("", chart.render(is_unicode=True))


def _places(told: Told) -> list[str]:
    places = list(dict.fromkeys(str(row.get(told.along)) for row in told.rows))
    return (sorted(places) if told.apart else places)[:MOST_PLACES]


def _series(told: Told, names: Mapping[str, str]) -> dict[str, dict[str, float | None]]:
    """Return the numbers of each line or kind of bar, by place."""
    found: dict[str, dict[str, float | None]] = {}
    for row in told.rows:
        for column in told.drawn:
            name = names.get(column, column)
            if told.apart is not None:
                name = told.label(told.apart, row.get(told.apart)) or "-"
            found.setdefault(name, {})[str(row.get(told.along))] = _number(row.get(column))
    return dict(list(found.items())[:MOST_LINES])


def _ticks(values: Iterable[Sequence[float | None]]) -> list[int] | None:
    """Return the ticks of an axis that counts a few: no halves of what is whole."""
    known = [one for series in values for one in series if one is not None]
    if known and all(one.is_integer() for one in known) and 0 <= min(known) <= max(known) <= _FEW:
        return list(range(int(max(known)) + 1))
    return None


def _widened(labels: Iterable[str]) -> int:
    """Return by how much labels are wider than pygal thinks, in pixels: Chinese signs are wide."""
    wide = max((sum(map(_is_wide, label)) for label in labels), default=0)
    return wide * _LABEL // 2


def _is_wide(sign: str) -> bool:
    return unicodedata.east_asian_width(sign) in {"W", "F"}


def _number(value: Any) -> float | None:  # noqa: ANN401 - a cell may be anything
    return None if value is None else float(Decimal(str(value)))
