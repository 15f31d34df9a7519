"""Small HTTP servers of this machine for tests, some of which ask for a password."""

import base64
import http.server
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

Server = TypeVar("Server", bound=http.server.HTTPServer)


@contextmanager
def running(server: Server) -> Iterator[Server]:
    """It answers, in threads, for as long as the block lasts."""
    with server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


class PrivateServer(http.server.ThreadingHTTPServer):
    """For who knows the password; `served` are the paths that those asked for."""

    scheme = "http"

    def __init__(self, host: str, handler: Callable[..., http.server.BaseHTTPRequestHandler], credentials: str) -> None:
        super().__init__((host, 0), handler)
        self.host = host
        self.expected = "Basic " + base64.b64encode(credentials.encode()).decode()
        self.served: list[str] = []

    def address(self, credentials: str) -> str:
        return f"{self.scheme}://{credentials}@{self.host}:{self.server_port}"


class Quiet(http.server.BaseHTTPRequestHandler):
    """Without a log."""

    def log_message(self, format: str, *arguments: object) -> None:
        pass


class Private(Quiet):
    """What a PrivateServer answers with."""

    server: PrivateServer
    password_header, refusal = "Authorization", (401, "WWW-Authenticate")

    def lets_in(self) -> bool:
        """Whether the password is right; else that is answered."""
        if self.headers.get(self.password_header) == self.server.expected:
            self.server.served.append(self.path)
            return True
        status, header = self.refusal
        self.send_response(status)
        self.send_header(header, 'Basic realm="private"')
        self.send_header("Content-Length", "0")
        self.end_headers()
        return False
