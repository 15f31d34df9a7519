"""The lease desk as a web process sees it: `Desk` over HTTP on the worker's Unix socket."""

import http.client
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from builders.bases import Base
from builders.identity import Recipe
from builders.spec import EnvironmentSpec
from registry.domain.entities import Json
from registry.domain.errors import BuilderUnavailable, from_document
from registry.domain.ports import Ending, Runtimes
from registry.runners.unix_socket import UnixHttpConnection


class DeskClient:
    """The `Desk` and `Doctor` ports. `seconds` bounds the wait for a container to load its model."""

    def __init__(self, socket: Path, seconds: float) -> None:
        self._socket = socket
        self._seconds = seconds

    def lease(self, version_id: str) -> Path:
        return Path(self._ask("POST", f"/leases/{version_id}")["folder"])

    def end(self, version_id: str, folder: Path) -> None:
        self._ask("DELETE", f"/leases/{version_id}/{folder.name}")

    def ending(self, folder: Path) -> Ending:
        return Ending(**self._ask("GET", f"/endings/{folder.name}"))

    def rebuild(self, version_id: str) -> str | None:
        job = self._ask("POST", f"/rebuilds/{version_id}")["job"]
        return None if job is None else str(job)

    def runtimes(self) -> Runtimes:
        document = self._ask("GET", "/runtimes")
        recipes = {language: Recipe(**recipe) for language, recipe in document["recipes"].items()}
        return Runtimes(tuple(Base(**base) for base in document["bases"]), recipes)

    def examine(self, spec: EnvironmentSpec, base: Base) -> Json:
        return self._ask("POST", "/examinations", {"spec": spec.to_json(), "base": asdict(base)})

    def _ask(self, method: str, path: str, body: Json | None = None) -> dict[str, Any]:
        connection = UnixHttpConnection(self._socket, self._seconds)
        try:
            content = None if body is None else json.dumps(body)
            connection.request(method, path, content, {"Content-Type": "application/json"} if content else {})
            response = connection.getresponse()
            document: dict[str, Any] = json.loads(response.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise BuilderUnavailable(f"the worker does not answer ({type(error).__name__})") from error
        finally:
            connection.close()
        if response.status == 200:
            return document
        if "error" in document:
            raise from_document(document)
        raise BuilderUnavailable(f"the worker answered {response.status}")
