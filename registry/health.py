"""Whether the processes of this lake answer, asked from beside them: for `serve`, and for whoever runs containers."""

from http.client import HTTPConnection, HTTPException

from registry.runners.unix_socket import UnixHttpConnection
from registry.settings import Settings

_SECONDS = 2.0
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 (compared, not bound)


def web(settings: Settings) -> bool:
    """The web process of this machine answers."""
    host = _EVERYWHERE.get(settings.host, settings.host)
    return _answers(HTTPConnection(host, settings.port, timeout=_SECONDS), "/api/v1/health")


def worker(settings: Settings) -> bool:
    """The worker of this home serves its lease desk."""
    return _answers(UnixHttpConnection(settings.desk_socket, _SECONDS), "/health")


def _answers(connection: HTTPConnection, path: str) -> bool:
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
