"""A lake's pods, as the cluster's API has them."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from kubernetes import client, watch
from kubernetes.client.exceptions import ApiException

from registry.domain.entities import Json
from registry.runners import pods
from registry.runners.cluster import api_errors

_WATCH_SECONDS = 60
_API_SECONDS = (5, 75)


class PodApi:
    """Every method may raise BuilderUnavailable."""

    def __init__(self, api: client.CoreV1Api, namespace: str, lake: str) -> None:
        self._api = api
        self._namespace = namespace
        self._selector = pods.selector(lake)

    def create(self, document: Json) -> None:
        with api_errors():
            self._api.create_namespaced_pod(self._namespace, document, _request_timeout=_API_SECONDS)

    def label(self, name: str, labels: Mapping[str, str]) -> None:
        document = {"metadata": {"labels": dict(labels)}}
        with api_errors():
            self._api.patch_namespaced_pod(name, self._namespace, document, _request_timeout=_API_SECONDS)

    def delete(self, name: str) -> None:
        """It may be gone already."""
        with api_errors():
            try:
                self._api.delete_namespaced_pod(
                    name, self._namespace, grace_period_seconds=0, _request_timeout=_API_SECONDS
                )
            except ApiException as error:
                if error.status != HTTPStatus.NOT_FOUND:
                    raise

    def all(self) -> tuple[list[Any], str]:
        """Every pod, and the moment (a resource version) at which it was so."""
        with api_errors():
            listed = self._api.list_namespaced_pod(
                self._namespace, label_selector=self._selector, _request_timeout=_API_SECONDS
            )
        return listed.items, listed.metadata.resource_version

    def changes(self, since: str) -> Iterator[tuple[str, Any]]:
        """What happens (`ADDED`, `MODIFIED`, `DELETED`) to which pod after that moment; ends after a while."""
        with api_errors():
            stream = watch.Watch().stream(
                self._api.list_namespaced_pod,
                self._namespace,
                label_selector=self._selector,
                resource_version=since,
                timeout_seconds=_WATCH_SECONDS,
                _request_timeout=_API_SECONDS,
            )
            for event in stream:
                yield event["type"], event["object"]

    def owner(self, config_map: str) -> pods.Owner:
        """The ConfigMap as what pods belong to."""
        with api_errors():
            found = self._api.read_namespaced_config_map(config_map, self._namespace, _request_timeout=_API_SECONDS)
        return pods.Owner("v1", "ConfigMap", config_map, found.metadata.uid)
