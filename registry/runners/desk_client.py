"""The lease desk as a web process sees it: `Desk` over HTTP, on the worker's Unix socket or at its address."""

import http.client
import json
from collections.abc import Callable
from dataclasses import asdict
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from builders.bases import Base
from builders.identity import Recipe
from builders.spec import EnvironmentSpec
from registry.domain.entities import Json
from registry.domain.errors.document import from_document
from registry.domain.errors.lake import BuilderUnavailable
from registry.domain.ports.desk import Runtimes
from registry.domain.ports.runner import Ending
from registry.domain.signature import key
from registry.runners.remote import Address
from registry.runners.run_folder import RunFolders
from registry.runners.unix_socket import UnixHttpConnection
from registry.settings import Settings

DESK = "desk"


def desk_client(settings: Settings, seconds: float) -> "DeskClient":
    """The client for the desk that the settings name: at an address, or on the socket of this home."""
    folders = RunFolders(settings.run_folder)
    if not settings.desk_url:
        return DeskClient(lambda wait: UnixHttpConnection(settings.desk_socket, wait), seconds, folders)
    folders.prepare()
    place = urlsplit(settings.desk_url)
    host, port = place.hostname or "", place.port or 80
    return DeskClient(
        lambda wait: HTTPConnection(host, port, timeout=wait), seconds, folders, key(settings.secret, DESK).hex()
    )


class DeskClient:
    """The `Desk` and `Doctor` ports. `seconds` bounds the wait for a container to load its model.

    `connect(seconds)` gives a connection to the worker, `key` (hex) proves who asks where strangers could. What the
    desk says of containers elsewhere is kept in `folders`, this machine's own.
    """

    def __init__(
        self, connect: Callable[[float], HTTPConnection], seconds: float, folders: RunFolders, key: str = ""
    ) -> None:
        self._connect = connect
        self._seconds = seconds
        self._folders = folders
        self._key = key

    def lease(self, version_id: str) -> Path:
        granted = self._ask("POST", f"/leases/{version_id}")
        if granted.get("address") is None:
            return Path(granted["folder"])
        return self._folders.adopt(version_id, Path(granted["folder"]).name, Address.from_json(granted["address"]))

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
        connection = self._connect(self._seconds)
        try:
            content = None if body is None else json.dumps(body)
            headers = {"Content-Type": "application/json"} if content else {}
            if self._key:
                headers["Authorization"] = f"Bearer {self._key}"
            connection.request(method, path, content, headers)
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
