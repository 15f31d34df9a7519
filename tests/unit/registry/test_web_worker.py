"""The threads of the web process stay with who asks again at once, and go to others when they are needed there."""

import http.client
import itertools
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from registry.serve import web_command
from registry.settings import Settings
from tests.bench.peers import free_port
from tests.conftest import ROOT

# Answers with the thread that answers and the body that was sent; does not read it when it is asked not to.
APP = """
import threading

def app(environ, start_response):
    body = b"" if environ["PATH_INFO"] == "/unread" else environ["wsgi.input"].read()
    answer = b"%d %s" % (threading.get_ident(), body)
    start_response("200 OK", [("Content-Length", str(len(answer)))])
    return [answer]
"""


class Web:
    """The web command with its real worker class, on another application; `connection` gives kept connections."""

    def __init__(self, folder: Path, threads: int) -> None:
        self._port = free_port()
        self._opened: list[http.client.HTTPConnection] = []
        (folder / "threads_app.py").write_text(APP)
        settings = Settings(home=folder, port=self._port, web_processes=1, web_threads=threads)
        settings.run_folder.mkdir()
        parts = web_command(settings)
        parts[parts.index("registry.app:serving_app()")] = "threads_app:app"
        self.process = subprocess.Popen([*parts, "--chdir", str(folder)], cwd=ROOT)
        deadline = time.monotonic() + 30
        while True:
            try:
                return self.connection().connect()
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.05)

    def connection(self) -> http.client.HTTPConnection:
        self._opened.append(http.client.HTTPConnection("127.0.0.1", self._port, timeout=10))
        return self._opened[-1]

    def close(self) -> None:
        for each in self._opened:
            each.close()
        self.process.kill()
        self.process.wait()


@pytest.fixture
def web(request: Any, tmp_path: Path) -> Iterator[Web]:
    web = Web(tmp_path, request.param)
    yield web
    web.close()


def ask(connection: http.client.HTTPConnection, body: bytes = b"a question", path: str = "/") -> tuple[int, bytes]:
    """(the thread that answered, what it was sent)."""
    connection.request("POST", path, body)
    thread, _, rest = connection.getresponse().read().partition(b" ")
    return int(thread), rest


@pytest.mark.parametrize("web", [8], indirect=True)
def test_who_asks_again_at_once_is_answered_by_the_same_thread(web: Web) -> None:
    connection = web.connection()
    threads = [ask(connection, b"x" * number)[0] for number in range(200)]
    same = sum(before == after for before, after in itertools.pairwise(threads))
    # gunicorn's own threads take turns; a busy machine may keep us from asking at once now and then.
    assert same > 100


@pytest.mark.parametrize("web", [2], indirect=True)
def test_more_connections_than_threads_are_all_answered(web: Web) -> None:
    connections = [web.connection() for _ in range(7)]
    for number in range(20):
        for each in connections:
            assert ask(each, b"%d" % number)[1] == b"%d" % number


@pytest.mark.parametrize("web", [2], indirect=True)
def test_who_is_silent_holds_no_thread(web: Web) -> None:
    silent = [web.connection() for _ in range(4)]
    for each in silent:
        ask(each)
    begun = time.monotonic()
    assert ask(web.connection())[1] == b"a question"
    assert time.monotonic() - begun < 2


@pytest.mark.parametrize("web", [2], indirect=True)
def test_a_body_that_nobody_read_is_not_the_next_question(web: Web) -> None:
    connection = web.connection()
    assert ask(connection, b"POST /evil HTTP/1.1\r\n\r\n", "/unread")[1] == b""
    assert ask(connection, b"next")[1] == b"next"


@pytest.mark.parametrize("web", [2], indirect=True)
def test_it_stops_when_it_is_told_to(web: Web) -> None:
    connection = web.connection()
    ask(connection)
    web.process.send_signal(signal.SIGTERM)
    assert web.process.wait(15) == 0
