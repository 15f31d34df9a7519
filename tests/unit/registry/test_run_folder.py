"""What model code can do to its run folder must not reach anything outside."""

import json
import os
import socket
import time
from pathlib import Path

import pytest

from registry.runners.run_folder import RunFolder, RunFolders
from registry.runners.unix_socket import reachable


def _bind(server: socket.socket, path: Path) -> None:
    with reachable(path) as name:
        server.bind(name)


@pytest.fixture
def folders(tmp_path: Path) -> RunFolders:
    folders = RunFolders(tmp_path / "run")
    folders.prepare()
    return folders


@pytest.fixture
def folder(folders: RunFolders) -> RunFolder:
    return folders.new(os.getuid(), os.getgid())


def test_ready_means_a_socket(folder: RunFolder) -> None:
    assert not folder.is_ready
    (folder.path / "socket").write_text("")
    assert not folder.is_ready
    (folder.path / "socket").unlink()
    with socket.socket(socket.AF_UNIX) as server:
        _bind(server, folder.path / "socket")
        assert folder.is_ready


def test_a_link_is_no_socket(folder: RunFolder, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "other"))
        (folder.path / "socket").symlink_to(tmp_path / "other")
        assert not folder.is_ready


def test_a_failure_is_read_as_texts(folder: RunFolder) -> None:
    (folder.path / "failure.json").write_text(json.dumps({"class": "ValueError", "message": ["no", "text"], "x": 1}))
    assert folder.failure() == {"class": "ValueError", "message": "['no', 'text']", "traceback": ""}


@pytest.mark.parametrize("content", ["", "no json", "[]", '"text"', "9" * 300_000])
def test_a_failure_that_makes_no_sense_is_none(folder: RunFolder, content: str) -> None:
    (folder.path / "failure.json").write_text(content)
    assert folder.failure() is None


def test_a_failure_behind_a_link_is_not_read(folder: RunFolder, tmp_path: Path) -> None:
    secret = tmp_path / "secret.json"
    secret.write_text('{"class": "secret"}')
    (folder.path / "failure.json").symlink_to(secret)
    assert folder.failure() is None


def test_a_failure_that_is_a_pipe_does_not_hang(folder: RunFolder) -> None:
    os.mkfifo(folder.path / "failure.json")
    assert folder.failure() is None


def test_renewing_touches_the_lease_and_nothing_behind_a_link(folder: RunFolder, tmp_path: Path) -> None:
    lease, other = folder.path / "lease", tmp_path / "other"
    os.utime(lease, (0, 0))
    folder.renew()
    assert time.time() - lease.stat().st_mtime < 60
    other.touch()
    os.utime(other, (0, 0))
    lease.unlink()
    lease.symlink_to(other)
    folder.renew()
    assert other.stat().st_mtime == 0


def test_a_time_in_the_future_is_no_use(folder: RunFolder) -> None:
    assert folder.idle_seconds < 60
    (folder.path / "used").touch()
    os.utime(folder.path / "used", (time.time() + 3600,) * 2)
    assert folder.idle_seconds == float("inf")


def test_text_that_no_database_can_hold_is_replaced(folder: RunFolder) -> None:
    (folder.path / "failure.json").write_text('{"class": "\\ud800", "message": "a\\u0000b"}')
    assert folder.failure() == {"class": "?", "message": "a\ufffdb", "traceback": ""}


def test_whatever_a_model_leaves_can_be_removed(folder: RunFolder) -> None:
    """Folders nested deeper than Python follows, and one that its own user may not look into."""
    handle = os.open(folder.path, os.O_RDONLY)
    for _ in range(3000):
        os.mkdir("d", dir_fd=handle)
        deeper = os.open("d", os.O_RDONLY, dir_fd=handle)
        os.close(handle)
        handle = deeper
    os.close(handle)
    closed = folder.path / "closed"
    closed.mkdir()
    (closed / "file").touch()
    closed.chmod(0)
    folder.remove()
    assert not folder.path.exists()
    folder.remove()


def test_who_answers_is_what_was_assigned_last(folders: RunFolders) -> None:
    first, second = (folders.new(os.getuid(), os.getgid()) for _ in range(2))
    assert folders.current("v") is None
    folders.assign("v", first)
    folders.assign("v", second)
    assert folders.current("v") == second.path
    folders.discard("v", first)
    assert folders.current("v") == second.path
    folders.discard("v", second)
    assert folders.current("v") is None


def test_only_what_runs_is_kept(folders: RunFolders) -> None:
    kept, left = (folders.new(os.getuid(), os.getgid()) for _ in range(2))
    folders.assign("kept", kept)
    folders.assign("left", left)
    folders.keep_only({kept.path})
    assert folders.current("kept") == kept.path
    assert folders.current("left") is None
    assert not left.path.exists()
