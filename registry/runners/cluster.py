"""The cluster as this process reaches it: its API, its errors, its addresses."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from kubernetes import client, config
from kubernetes.client.exceptions import ApiException
from kubernetes.config.config_exception import ConfigException
from urllib3.exceptions import HTTPError

from registry.domain.entities import Json
from registry.domain.errors.lake import BuilderUnavailable
from registry.runners.pods import SITE_KEYS
from registry.settings import Settings

_NAMESPACE_FILE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")


def cluster(settings: Settings) -> tuple[client.CoreV1Api, str]:
    """The API of the cluster that this process runs in (else that of the kubeconfig), and the namespace for pods.

    Raises BuilderUnavailable.
    """
    try:
        try:
            config.load_incluster_config()
        except ConfigException:
            config.load_kube_config()
    except ConfigException as error:
        raise BuilderUnavailable(f"no cluster: {error}") from error
    inside = _NAMESPACE_FILE.read_text(encoding="utf-8").strip() if _NAMESPACE_FILE.exists() else "default"
    return client.CoreV1Api(), settings.kubernetes_namespace or inside


def site(text: str) -> Json:
    """What the site says of its pods. Raises ValueError."""
    document: Any = json.loads(text) if text else {}
    if isinstance(document, dict) and document.keys() <= set(SITE_KEYS):
        return document
    raise ValueError(f"WELES_KUBERNETES_POD must be a JSON object with some of {', '.join(SITE_KEYS)}")


def by_number(address: str) -> str:
    """The address with its host as a number: pods look up no names."""
    parts = urlsplit(address)
    try:
        host = socket.gethostbyname(parts.hostname or "")
    except OSError as error:
        raise BuilderUnavailable(f"{address}: {error}") from error
    return urlunsplit(parts._replace(netloc=f"{host}:{parts.port or 80}")).rstrip("/")


@contextmanager
def api_errors() -> Iterator[None]:
    """Run a block that speaks to the API. Raises BuilderUnavailable."""
    try:
        yield
    except (ApiException, HTTPError) as error:
        raise _unavailable(error) from error


def _unavailable(error: Exception) -> BuilderUnavailable:
    if isinstance(error, ApiException):
        try:
            message = json.loads(error.body or "")["message"]
        except (ValueError, KeyError, TypeError):
            message = error.reason
        return BuilderUnavailable(f"the cluster answered {error.status}: {message}")
    return BuilderUnavailable(f"the cluster does not answer: {error}")
