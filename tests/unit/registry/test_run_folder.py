"""What model code can do to its run folder must not reach anything outside."""

import json
import os
import socket
import time
from pathlib import Path

import pytest

from registry.runners.run_folder import RunFolder


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    folder = RunFolder(tmp_path / "version")
    folder.make(os.getuid(), os.getgid())
    return folder


def test_ready_means_a_socket(folder: RunFolder) -> None:
    assert not folder.is_ready
    (folder.path / "socket").write_text("")
    assert not folder.is_ready
    (folder.path / "socket").unlink()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(folder.path / "socket"))
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


def test_making_a_folder_anew_empties_it(folder: RunFolder) -> None:
    (folder.path / "left").write_text("by an earlier container")
    folder.make(os.getuid(), os.getgid())
    assert [each.name for each in folder.path.iterdir()] == ["lease"]
