"""What `buildx build --progress rawjson` prints → log lines and steps (pure).

A status is a JSON object: of one line in new versions; indented, between lines of one brace, in those before.
"""

import base64
import binascii
import json
from typing import Any

from builders.build_progress import BuildProgress

_ERROR = "ERROR: "
_SAID_BEFORE_IT = ("failed to build: ", "failed to solve: ")


class RawJsonReader(BuildProgress):
    """Reads line by line. `error` is what buildx says in the end of a build that has failed, else empty."""

    def __init__(self) -> None:
        super().__init__()
        self.error = ""
        self._open: list[str] = []

    def feed(self, line: str) -> list[str]:
        """New log lines of one printed line; what is no status gives none."""
        if self._open or line == "{":
            self._open.append(line)
            if line != "}":
                return []
            line, self._open = "".join(self._open), []
        if line.startswith("{"):
            return self._status(line)
        if line.startswith(_ERROR):
            self.error = line.removeprefix(_ERROR)
            for each in _SAID_BEFORE_IT:
                self.error = self.error.removeprefix(each)
        return []

    def _status(self, text: str) -> list[str]:
        try:
            status = json.loads(text)
            return [
                *(line for each in status.get("vertexes") or () for line in self._vertex(each)),
                *(line for each in status.get("logs") or () for line in self._log(each)),
            ]
        except (ValueError, KeyError, TypeError, AttributeError, binascii.Error):
            return []

    def _vertex(self, vertex: dict[str, Any]) -> list[str]:
        return self.vertex(
            str(vertex.get("name", "")),
            started="started" in vertex,
            completed="completed" in vertex,
            cached=bool(vertex.get("cached")),
            error=str(vertex.get("error", "")),
        )

    def _log(self, log: dict[str, Any]) -> list[str]:
        return self.output(log["vertex"], base64.b64decode(log["data"]))
