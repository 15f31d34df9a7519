"""fetch.py, the program of the fetch container, against a real HTTP server on this machine."""

import ast
import base64
import hashlib
import http.server
import json
from pathlib import Path

import pytest

from builders.in_container import fetch
from tests import small_server

CONTENT = b"wheel" * 100_000
SHA = hashlib.sha256(CONTENT).hexdigest()


class Index(small_server.Quiet, http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.seen.append((self.path, self.headers.get("Authorization")))
        if self.path == "/redirect":
            self.send_response(302)
            self.send_header("Location", f"http://localhost:{self.server.server_port}/file")
            self.end_headers()
            return
        if self.path == "/flaky" and len(self.server.seen) == 1:
            self.send_error(503)
            return
        if self.path == "/missing":
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT)


@pytest.fixture
def index():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Index)
    server.seen = []
    with small_server.running(server):
        yield server


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setattr(fetch.time, "sleep", lambda seconds: None)
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "UV_DEFAULT_INDEX", "UV_INDEX"):
        monkeypatch.delenv(name, raising=False)


def run(tmp_path, *items):
    plan, folder = tmp_path / "plan.json", tmp_path / "out"
    plan.write_text(json.dumps([{"url": url, "sha256": sha, "label": "a==1"} for url, sha in items]))
    folder.mkdir()
    return fetch.main([str(plan), str(folder)]), folder


def url(index, path, credentials=""):
    return f"http://{credentials}127.0.0.1:{index.server_port}{path}"


def test_a_file_is_fetched_under_its_hash_and_progress_is_told(index, tmp_path, capsys):
    code, folder = run(tmp_path, (url(index, "/file"), SHA))
    assert code == 0
    assert [path.name for path in folder.iterdir()] == [SHA]
    assert (folder / SHA).read_bytes() == CONTENT
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == {"files": 1, "bytes": len(CONTENT)}


def test_a_local_file_is_fetched_too(tmp_path):
    (tmp_path / "a.whl").write_bytes(CONTENT)
    assert run(tmp_path, (f"file://{tmp_path}/a.whl", SHA))[0] == 0


def test_a_file_with_another_hash_is_not_kept(index, tmp_path, capsys):
    code, folder = run(tmp_path, (url(index, "/file"), "0" * 64))
    assert code == 1
    assert list(folder.iterdir()) == []
    assert "hash mismatch for a==1" in capsys.readouterr().err


def test_a_missing_file_is_said_at_once_and_the_others_come(index, tmp_path, capsys):
    code, folder = run(tmp_path, (url(index, "/missing"), "0" * 64), (url(index, "/file"), SHA))
    assert code == 1
    assert [path.name for path in folder.iterdir()] == [SHA]
    assert "failed to download `a==1`: HTTPError: HTTP Error 404" in capsys.readouterr().err
    assert sum(path == "/missing" for path, _ in index.seen) == 1


def test_a_moment_of_trouble_is_waited_out(index, tmp_path):
    assert run(tmp_path, (url(index, "/flaky"), SHA))[0] == 0
    assert len(index.seen) == 2


def test_nobody_listening_is_a_failure(tmp_path, capsys):
    assert run(tmp_path, ("http://127.0.0.1:9/file", SHA))[0] == 1
    assert "failed to download" in capsys.readouterr().err


def test_the_indexs_credentials_go_to_its_own_origin_only(index, tmp_path, monkeypatch):
    monkeypatch.setenv("UV_INDEX", f"private={url(index, '/simple', 'me:s%40cret@')}")
    assert run(tmp_path, (url(index, "/redirect"), SHA))[0] == 0
    expected = "Basic " + base64.b64encode(b"me:s@cret").decode()
    # localhost and 127.0.0.1 are two origins: the redirect must not carry the credentials along.
    assert index.seen == [("/redirect", expected), ("/file", None)]


def test_credentials_in_the_address_itself_are_used(index, tmp_path):
    assert run(tmp_path, (url(index, "/file", "me:pw@"), SHA))[0] == 0
    assert index.seen[0][1] == "Basic " + base64.b64encode(b"me:pw").decode()


def test_it_is_written_for_the_oldest_python_of_a_base():
    source = Path(fetch.__file__).read_text()
    ast.parse(source, feature_version=(3, 6))
    assert "from __future__ import annotations" not in source
