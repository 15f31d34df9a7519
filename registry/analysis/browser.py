"""Explanations as figures of plotly.js, from their documents alone."""

from collections.abc import Callable, Iterator
from itertools import cycle
from typing import Any

import plotly
import plotly.graph_objects as go
from plotly.offline import get_plotlyjs
from plotly.subplots import make_subplots

from registry.analysis.looks import BAR, COLOURS, DOWN, UP, Panel, panels

MEDIA_TYPE = "application/vnd.plotly.v1+json"
VERSION = str(plotly.__version__)
_COLUMNS = 2


def figure(document: dict[str, Any]) -> bytes:
    """The figure as plotly's JSON."""
    every = panels(document)
    columns = 1 if every[0].kind != "lines" else _COLUMNS
    lines = -(-len(every) // columns)
    made = make_subplots(
        lines,
        columns,
        subplot_titles=[_plain(panel.title) for panel in every],
        vertical_spacing=min(0.12, 0.4 / max(lines - 1, 1)),
    )
    for position, panel in enumerate(every):
        where = {"row": position // columns + 1, "col": position % columns + 1}
        for trace in _TRACES[panel.kind](panel):
            made.add_trace(trace, **where)
        if panel.kind == "lines":
            made.update_yaxes(title_text=_plain(panel.x_title), **where)
        else:
            made.update_yaxes(autorange="reversed", type="category", **where)
            made.update_xaxes(title_text=_plain(panel.x_title), **where)
            if panel.reference is not None:
                made.add_vline(panel.reference, line_dash="dash", line_color="#444444", **where)
    tallest = max(len(panel.labels) for panel in every)
    height = 160 + lines * (90 + 24 * tallest if columns == 1 else 260)
    made.update_layout(title_text=_plain(document["title"]), showlegend=False, template="plotly_white", height=height)
    return str(made.to_json()).encode()


def script() -> bytes:
    """plotly.js itself."""
    return str(get_plotlyjs()).encode()


def _bars(panel: Panel) -> Iterator[Any]:
    yield go.Bar(y=[*map(_plain, panel.labels)], x=[*panel.values], orientation="h", marker_color=BAR)


def _waterfall(panel: Panel) -> Iterator[Any]:
    yield go.Bar(
        y=[*map(_plain, panel.labels)],
        x=[*panel.values],
        base=[*panel.starts],
        orientation="h",
        marker_color=[UP if value >= 0 else DOWN for value in panel.values],
        text=[f"{value:+.4g}" for value in panel.values],
    )


def _lines(panel: Panel) -> Iterator[Any]:
    for series, colour in zip(panel.series, cycle(COLOURS)):
        if panel.numeric:
            yield go.Scatter(x=[*series.x], y=[*series.y], mode="lines", line_color=colour)
        else:
            yield go.Bar(x=[_plain(str(each)) for each in series.x], y=[*series.y], marker_color=colour)
        if series.mark is not None:
            x = series.mark[0] if panel.numeric else _plain(str(series.mark[0]))
            yield go.Scatter(x=[x], y=[series.mark[1]], mode="markers", marker_color=colour)


def _plain(text: str) -> str:
    """The text as plotly shows it letter by letter: it would read a few tags of HTML as such."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


_TRACES: dict[str, Callable[[Panel], Iterator[Any]]] = {"bars": _bars, "waterfall": _waterfall, "lines": _lines}
