"""The home folder of a lake: its parts, and the lake's own id."""

import fcntl
import os
import re
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from registry.settings import Settings

_LAKE = re.compile(r"[0-9a-f]{12}")
_FREEING = "freeing.lock"
_LOCK_TRIES, _LOCK_PAUSE_SECONDS = 150, 0.1


def prepare(settings: Settings) -> str:
    """Make the folders that are missing; return the lake's id (12 hex), made once and kept in the home folder."""
    for folder in (settings.home, settings.incoming_folder, settings.packages_folder, settings.run_folder):
        folder.mkdir(parents=True, exist_ok=True)
    settings.home.chmod(0o700)
    return _once(settings.home / "lake-id", uuid.uuid4().hex[:12])


def take_id(settings: Settings, lake: str) -> None:
    """Give a home the id of a lake that is no more; one that has an id keeps it."""
    if _LAKE.fullmatch(lake):
        _once(settings.home / "lake-id", lake)


def sweep_incoming(settings: Settings) -> None:
    """Remove what an upload left half-written when its process was killed; only while no web process runs."""
    for left in settings.incoming_folder.iterdir():
        left.unlink(missing_ok=True)


class HomeTaken(Exception):
    """Another worker looks after this home."""


def only_worker(settings: Settings) -> IO[str]:
    """The lock of the home's one worker, to be kept open; waits for one that is just ending. Raises HomeTaken."""
    file = settings.worker_lock.open("w")
    for _ in range(_LOCK_TRIES):
        with suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return file
        time.sleep(_LOCK_PAUSE_SECONDS)
    file.close()
    raise HomeTaken(f"Another worker is running on {settings.home}; choose another home, or stop it first.")


def has_worker(settings: Settings) -> bool:
    """Does a worker look after this home now?"""
    try:
        with settings.worker_lock.open("r") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


@contextmanager
def nothing_is_freed(settings: Settings) -> Iterator[None]:
    """In the block no stored bytes go: a backup copies them. Waits for a round of freeing to end."""
    with (settings.home / _FREEING).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        yield


@contextmanager
def may_free(settings: Settings) -> Iterator[bool]:
    """Whether stored bytes may be freed in the block: not while a backup copies them."""
    with (settings.home / _FREEING).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
        else:
            yield True


def write_secret(path: Path, text: str) -> None:
    """Write `text` to a new file that only its owner may read; an existing one is replaced whole."""
    beside = path.with_name(path.name + ".new")
    beside.unlink(missing_ok=True)
    with open(os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:  # noqa: PTH123
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def _once(path: Path, text: str) -> str:
    """The content of the file, written first if it is not there; of two that try at once, one wins."""
    beside = path.with_name(f"{path.name}.{uuid.uuid4().hex[:8]}")
    if not path.exists():
        beside.write_text(text + "\n", encoding="utf-8")
        try:
            os.link(beside, path)
        except FileExistsError:
            pass
        finally:
            beside.unlink()
    return path.read_text(encoding="utf-8").strip()
