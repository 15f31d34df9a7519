"""From start to exit code: read the manifest, load the model, serve, end."""

import json
import os
import signal
import socket
import sys
import threading
import time
from contextlib import contextmanager

from weles_runtime import flavours, manifest, model_file, settings, warm
from weles_runtime.connection import Connection
from weles_runtime.errors import ContractError, describe
from weles_runtime.lifetime import Lifetime
from weles_runtime.operations import Operations
from weles_runtime.server import Server

ENDED, MODEL_NOT_LOADED, CONTRACT_BROKEN = 0, 3, 4
_THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "LOKY_MAX_CPU_COUNT",
)
_LOOK_SECONDS = 0.5


class _Ending:
    """The first reason to end, and what to do about it: leave at once while loading, then drain."""

    def __init__(self):
        self.reason = None
        self.act = lambda: _exit(ENDED)

    def because(self, reason):
        if self.reason is None:
            self.reason = reason
            self.act()


def run(environ):
    """Run the runtime and end the process with the contract's exit code."""
    run_dir = environ.get("WELES_RUN_DIR", "/weles/run")
    with _contract_kept(run_dir):
        chosen = settings.from_environ(environ)
        order = warm.read(chosen.model_dir) if warm.wanted(chosen.model_dir) else None
    lifetime, ending = Lifetime(chosen), _Ending()
    signal.signal(signal.SIGTERM, lambda *_: ending.because("SIGTERM"))
    threading.Thread(target=_watch, args=(lifetime, ending), daemon=True).start()
    # Importing and loading count as work: only the loss of the lease ends it.
    if order is not None:
        _use_threads(environ, order.threads)
        lifetime.begin()
        warm.import_all(order.imports)
        lifetime.finish(is_use=True)
        warm.wait(chosen.model_dir, run_dir)

    lifetime.begin()
    with _contract_kept(run_dir):
        described = manifest.read(chosen.model_dir)
        flavour = flavours.find(described.flavour)
        model_file.check(described.format)
    _use_threads(environ, described.threads)
    model, load_seconds = _load(flavour, described, run_dir)
    lifetime.finish(is_use=True)

    operations = Operations(described, flavour, model, load_seconds, chosen.processes, chosen.memory_bytes)
    server = Server(chosen, lifetime, operations.answer)
    ending.act = server.end
    server.listen()
    server.serve()
    server.drain(lifetime.lease_is_lost)
    _exit(ENDED)


def join(environ, descriptor):
    """Load the model of a running runtime, too, and answer on a connected socket until the runtime closes it."""
    chosen = settings.from_environ(environ)
    described = manifest.read(chosen.model_dir)
    flavour = flavours.find(described.flavour)
    operations = Operations(described, flavour, flavour.load(described), 0.0)
    stream = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, fileno=descriptor)
    Connection(stream, operations.answer, Lifetime(chosen), chosen.max_frame_bytes).serve()
    _exit(ENDED)


@contextmanager
def _contract_kept(run_dir):
    """End with the contract's exit code for what is not as the contract says."""
    try:
        yield
    except ContractError as error:
        _write_failure(run_dir, dict(describe("contract", error), traceback=""))
        _exit(CONTRACT_BROKEN)


def _use_threads(environ, threads):
    """What the libraries read when they are imported."""
    for name in _THREAD_VARIABLES if threads else ():
        environ.setdefault(name, str(threads))


def _load(flavour, described, run_dir):
    started = time.monotonic()
    try:
        return flavour.load(described), time.monotonic() - started
    except BaseException as error:  # A model file's code may raise anything, SystemExit too.
        _write_failure(run_dir, describe("model_load", error))
        return _exit(MODEL_NOT_LOADED)


def _watch(lifetime, ending):
    while ending.reason is None:
        time.sleep(_LOOK_SECONDS)
        lifetime.note_use()
        reason = lifetime.reason_to_end()
        if reason is not None:
            ending.because(reason)


def _write_failure(run_dir, document):
    path = os.path.join(run_dir, "failure.json")
    try:
        with open(path + ".new", "w", encoding="utf-8") as file:
            json.dump(document, file)
        os.rename(path + ".new", path)
    except OSError:
        pass
    sys.stderr.write("{class}: {message}\n".format(**document))


def _exit(code):
    """End now. Threads, pools and exit hooks of a model's libraries may not hold the process."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:  # Also a signal's handler ends here, in the middle of a write to that very stream.
            pass
    os._exit(code)
