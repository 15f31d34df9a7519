"""A lake that answers what a test says, over real HTTP, and remembers what it was asked."""

import json
import threading
from collections import defaultdict
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit


@dataclass
class Asked:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    def json(self):
        return json.loads(self.body)

    def parts(self):
        """{name: (content type, bytes)} of a multipart body."""
        head = f"Content-Type: {self.headers['content-type']}\r\n\r\n".encode()
        message = message_from_bytes(head + self.body, policy=HTTP)
        return {
            part.get_param("name", header="content-disposition"): (
                part.get_content_type(),
                part.get_payload(decode=True),
            )
            for part in message.iter_parts()
        }


@dataclass
class Answer:
    document: object = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    hang_up: bool = False


class FakeLake:
    """`on(method, path, *answers)`: the answers in their order, the last one again and again."""

    def __init__(self):
        self.asked: list[Asked] = []
        self._answers: dict[tuple[str, str], list[Answer]] = defaultdict(list)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def on(self, method: str, path: str, *answers: object) -> None:
        made = [each if isinstance(each, Answer) else Answer(each) for each in answers]
        self._answers[(method, path)] = made

    def answer(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        left = self._answers.get((asked.method, asked.path))
        if not left:
            return problem("not-found", 404, f"nothing at {asked.method} {asked.path}")
        return left.pop(0) if len(left) > 1 else left[0]

    def requests(self, method: str, path: str) -> list[Asked]:
        return [each for each in self.asked if (each.method, each.path) == (method, path)]

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def problem(slug: str, status: int, detail: str, *, headers=None, **members) -> Answer:
    document = {"type": f"https://weles.dev/problems/{slug}", "title": slug, "status": status, "detail": detail}
    return Answer({**document, **members}, status, {"Content-Type": "application/problem+json", **(headers or {})})


def _handler_of(lake: FakeLake):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self):
            parts = urlsplit(self.path)
            path = unquote(parts.path)
            assert path.startswith("/api/v1"), path
            assert "Transfer-Encoding" not in self.headers, "bodies must come with their length"
            asked = Asked(
                self.command,
                path.removeprefix("/api/v1"),
                {key: values[0] for key, values in parse_qs(parts.query).items()},
                {key.lower(): value for key, value in self.headers.items()},
                self.rfile.read(int(self.headers.get("Content-Length", 0))),
            )
            answer = lake.answer(asked)
            if answer.hang_up:
                self.close_connection = True
                return
            body = answer.body if answer.body is not None else json.dumps(answer.document).encode()
            self.send_response(answer.status)
            for name, value in {"Content-Type": "application/json", **answer.headers}.items():
                self.send_header(name, value)
            if "Content-Length" not in answer.headers:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815

        def log_message(self, *_):
            pass

    return Handler
