"""Explanations as PNG and SVG, by matplotlib, from their documents alone."""

import io
import textwrap
from collections.abc import Callable
from itertools import cycle
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from registry.analysis.looks import BAR, COLOURS, DOWN, UP, Panel, panels

_WIDTH, _BAR_HEIGHT, _PANEL_HEIGHT, _MARGIN = 8.0, 0.28, 2.6, 1.1
_COLUMNS = 2
_LABEL = 28

mpl.use("Agg")
mpl.rcParams.update(
    {
        "text.parse_math": False,  # a column's name is a text, whatever dollars are in it
        "svg.hashsalt": "weles",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
        "grid.alpha": 0.3,
        "font.size": 9,
    }
)


def draw(document: dict[str, Any]) -> dict[str, bytes]:
    """{media type: file} of the explanation's plot."""
    figure = _figure(document)
    png, svg = io.BytesIO(), io.BytesIO()
    figure.savefig(png, format="png", dpi=120)
    figure.savefig(svg, format="svg", metadata={"Date": None})
    return {"image/png": png.getvalue(), "image/svg+xml": svg.getvalue()}


def _figure(document: dict[str, Any]) -> Figure:
    every = panels(document)
    columns = 1 if every[0].kind in ("bars", "waterfall") else _COLUMNS
    lines = -(-len(every) // columns)
    height = max((_BAR_HEIGHT * len(panel.labels) + 0.9 for panel in every), default=0) if columns == 1 else 0
    height = max(height, _PANEL_HEIGHT if columns > 1 else 1.5)
    figure = Figure(figsize=(_WIDTH, _MARGIN + lines * height), layout="constrained")
    for position, panel in enumerate(every, 1):
        axes = figure.add_subplot(lines, columns, position)
        _DRAW[panel.kind](axes, panel)
        axes.set_title(panel.title, fontsize=9, loc="left")
    figure.suptitle(textwrap.fill(document["title"], 90), fontsize=11)
    return figure


def _bars(axes: Any, panel: Panel) -> None:
    axes.barh(panel.labels, panel.values, color=BAR)
    if panel.reference is not None:
        axes.axvline(panel.reference, color="#444444", linestyle="--", linewidth=1)
    axes.invert_yaxis()
    axes.set_xlabel(panel.x_title)
    _short_labels(axes, panel)


def _waterfall(axes: Any, panel: Panel) -> None:
    colours = [UP if value >= 0 else DOWN for value in panel.values]
    bars = axes.barh(panel.labels, panel.values, left=panel.starts, color=colours)
    axes.bar_label(bars, [f"{value:+.3g}" for value in panel.values], padding=3, fontsize=8)
    for reference, name in ((panel.reference, "mean"), (panel.end, "prediction")):
        if reference is not None:
            axes.axvline(reference, color="#444444", linestyle="--" if name == "mean" else "-", linewidth=1)
    axes.use_sticky_edges = False
    axes.margins(x=0.15)
    axes.invert_yaxis()
    axes.set_xlabel(panel.x_title)
    _short_labels(axes, panel)


def _lines(axes: Any, panel: Panel) -> None:
    for series, colour in zip(panel.series, cycle(COLOURS)):
        if panel.numeric:
            axes.plot(series.x, series.y, color=colour, linewidth=1.5)
        else:
            axes.plot([str(each)[:_LABEL] for each in series.x], series.y, "_", color=colour, markersize=18)
        if series.mark is not None:
            x = series.mark[0] if panel.numeric else str(series.mark[0])[:_LABEL]
            axes.plot([x], [series.mark[1]], "o", color=colour, markersize=4)
    if not panel.numeric:
        axes.tick_params("x", rotation=30)
        axes.margins(x=0.2)
    axes.set_ylabel(panel.x_title)


def _short_labels(axes: Any, panel: Panel) -> None:
    axes.set_yticks(range(len(panel.labels)), [textwrap.shorten(each, _LABEL * 2) for each in panel.labels])


_DRAW: dict[str, Callable[[Any, Panel], None]] = {"bars": _bars, "waterfall": _waterfall, "lines": _lines}
