"""`weles-registry serve`: web and worker together, started, watched and stopped as one."""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from registry import first_start, health, home
from registry.settings import Settings

_START_SECONDS = 60.0
_STOP_SECONDS = 20.0
# A process that dies sooner than this after its start, so often in a row, has a fault that no further start will mend.
_SOON_SECONDS, _SOON_TIMES = 5.0, 3
# However `serve` ends, its children are told to: nothing is left that `make stop` could not find.
_DIES_WITH_ITS_PARENT = ("setpriv", "--pdeathsig", "TERM") if shutil.which("setpriv") else ()


class CannotServe(Exception):
    """The lake cannot be started; the message says why and what to do."""


class _Child:
    def __init__(self, name: str, command: list[str], environ: dict[str, str]) -> None:
        self.name = name
        self._command, self._environ = command, environ
        self._soon = 0
        self.start()

    def start(self) -> None:
        # A session of its own: Ctrl-C reaches the parent alone, which then stops both in order.
        command = [*_DIES_WITH_ITS_PARENT, *self._command]
        self.process = subprocess.Popen(command, env=self._environ, start_new_session=True)
        self._started = time.monotonic()

    def ends_again_and_again(self) -> bool:
        """It has just ended, and soon after its start, as the last few times."""
        self._soon = self._soon + 1 if time.monotonic() - self._started < _SOON_SECONDS else 0
        return self._soon >= _SOON_TIMES

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def serve(settings: Settings, say: Callable[[str], None]) -> None:
    """Run the lake until SIGTERM or SIGINT. Raises CannotServe."""
    settings.home.mkdir(parents=True, exist_ok=True)
    with _only_one(settings):
        is_new = first_start.set_up(settings)
        home.sweep_incoming(settings)
        environ = {**os.environ, **settings.to_environ()}
        stopping = _stop_signals()
        worker = _Child("worker", [sys.executable, "-m", "registry", "worker"], environ)
        web = _Child("web", web_command(settings), environ)
        try:
            _wait_until_up(settings, (worker, web), stopping)
            say(f"Weles is at http://{settings.host}:{settings.port} (home: {settings.home})")
            if is_new:
                say(f"The token of the administrator {settings.admin_name!r} is in {settings.admin_token_file}")
            _watch((worker, web), stopping, say)
        finally:
            web.stop()
            worker.stop()


def web_command(settings: Settings) -> list[str]:
    """What starts the web process: gunicorn with one worker process or more."""
    return [
        *(sys.executable, "-m", "gunicorn", "registry.app:serving_app()"),
        *("--bind", f"{settings.host}:{settings.port}"),
        *("--worker-class", "registry.web_worker.LingeringWorker"),
        *("--workers", str(settings.web_processes), "--threads", str(settings.web_threads)),
        *("--graceful-timeout", "10", "--keep-alive", "30", "--log-level", "warning"),
        *("--worker-tmp-dir", str(settings.run_folder)),
    ]


@contextmanager
def _only_one(settings: Settings) -> Iterator[None]:
    with (settings.home / "serve.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise CannotServe(f"A lake is running on {settings.home} already; choose another --home.") from error
        yield


def _stop_signals() -> list[int]:
    """A list that fills when the process is told to stop."""
    received: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _: received.append(number))
    return received


def _wait_until_up(settings: Settings, children: tuple[_Child, ...], stopping: list[int]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not (stopping or (health.web(settings) and settings.desk_socket.is_socket())):
        for child in children:
            if child.process.poll() is not None:
                raise CannotServe(f"The {child.name} process ended at once; what it printed above says why.")
        if time.monotonic() > deadline:
            raise CannotServe(f"The lake does not answer within {_START_SECONDS:g} seconds.")
        time.sleep(0.1)


def _watch(children: tuple[_Child, ...], stopping: list[int], say: Callable[[str], None]) -> None:
    """Start again what dies, until told to stop. Raises CannotServe when it dies again and again."""
    while not stopping:
        for child in children:
            code = child.process.poll()
            if code is None or stopping:
                continue
            if child.ends_again_and_again():
                raise CannotServe(f"The {child.name} process ends as soon as it is started (exit code {code}).")
            say(f"The {child.name} process ended (exit code {code}); starting it again")
            child.start()
        time.sleep(0.2)
