"""GET /metrics: figures of the lake for Prometheus, in its text format 0.0.4.

They are read from the database when they are asked for, so every web process tells the same.
"""

from collections.abc import Iterable

from flask import Blueprint, Response
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from registry import __version__
from registry.api.services import services
from registry.domain.ports.census import Count

pages = Blueprint("metrics", __name__)


class _Figures(Collector):
    def __init__(self, counts: Iterable[Count]) -> None:
        self._counts = counts

    def collect(self) -> Iterable[GaugeMetricFamily]:
        families: dict[str, GaugeMetricFamily] = {}
        for each in self._counts:
            names, values = [name for name, _ in each.labels], [value for _, value in each.labels]
            if each.name not in families:
                families[each.name] = GaugeMetricFamily(f"weles_{each.name}", each.what, labels=names)
            families[each.name].add_metric(values, each.figure)
        info = GaugeMetricFamily("weles_info", "the version of the lake", labels=["version"])
        info.add_metric([__version__], 1)
        return [*families.values(), info]


@pages.get("/metrics")
def page() -> Response:
    """Figures for Prometheus"""
    registry = CollectorRegistry()
    registry.register(_Figures(list(services().census.counts())))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)
