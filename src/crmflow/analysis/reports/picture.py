"""A report as a picture: SVG, drawn by pygal; texts are texts, in the viewer's own fonts."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from crmflow.analysis.reports.told import Told
from crmflow.policies.kpi import Drawn

FONTS = "'Noto Sans CJK SC', 'Source Han Sans SC', 'Microsoft YaHei', 'PingFang SC', sans-serif"
"""Fonts with Chinese signs, of which a viewer takes the first it has."""

MOST_PLACES = 40
"""Places that labels can be read of; a report of more is drawn by its first."""


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
    try:
        import pygal  # type: ignore[import-untyped]
    except ImportError as error:
        message = "pictures of reports need pygal: pip install 'crmflow[charts]'"
        raise ImportError(message) from error
    # It finds maps by an importer of the old kind, at which every later import would warn.
    sys.meta_path[:] = [
        one for one in sys.meta_path if not isinstance(one, pygal.PluginImportFixer)
    ]
    kind = pygal.Line if drawn is Drawn.LINES else pygal.Bar
    chart = kind(
        title=title,
        style=pygal.style.Style(font_family=FONTS, background="white", plot_background="white"),
        js=[],  # pygal's own would be fetched from its site
        no_prefix=True,
        legend_at_bottom=True,
        x_label_rotation=30,
        show_minor_x_labels=True,
        no_data_text="-",
    )
    places = list(dict.fromkeys(str(row.get(told.along)) for row in told.rows))
    places = sorted(places)[:MOST_PLACES] if told.apart else places[:MOST_PLACES]
    chart.x_labels = places
    for name, values in _series(told, names).items():
        chart.add(name, [values.get(place) for place in places])
    drawing: str = chart.render(is_unicode=True)
    return drawing


def _series(told: Told, names: Mapping[str, str]) -> dict[str, dict[str, float | None]]:
    """Return the numbers of each line or kind of bar, by place."""
    found: dict[str, dict[str, float | None]] = {}
    for row in told.rows:
        for column in told.drawn:
            name = str(row[told.apart]) if told.apart else names.get(column, column)
            found.setdefault(name, {})[str(row.get(told.along))] = _number(row.get(column))
    return found


def _number(value: Any) -> float | None:  # noqa: ANN401 - a cell may be anything
    return None if value is None else float(Decimal(str(value)))
