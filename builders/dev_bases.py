"""The sister of a base that has compilers: made when it is first needed, in the background, once for all who ask."""

import threading
import time
from dataclasses import dataclass, field

import docker

from builders.bases import Base
from builders.errors import BaseInTheMaking, BuilderError, BuilderUnavailable
from builders.report import BuildReport
from builders.runtimes import dev_base, make_dev_base
from builders.watch import LOOK_SECONDS, Watch

# Whoever asks again so soon after it failed is told why, instead of having it tried again and again.
_FAILED_SECONDS = 60.0


@dataclass
class _Making:
    """One that is being made; it is the report of it, too."""

    detail: str
    over: threading.Event = field(default_factory=threading.Event)
    made: Base | None = None
    error: BuilderError | None = None
    ended: float = 0.0

    def phase(self, name: str, fraction: float, detail: str) -> None:
        self.detail = detail

    def log(self, line: str) -> None:
        """Says nothing."""


_lock = threading.Lock()
_makings: dict[str, _Making] = {}


def with_compilers(client: docker.DockerClient, base: Base, report: BuildReport, watch: Watch) -> Base:
    """The base's sister with compilers. Who is patient waits until it is made; who is not is told to come again.

    Raises BaseInTheMaking, Unwanted, BuilderUnavailable. It goes on being made for those who come later.
    """
    there = dev_base(client, base)
    if there is not None:
        return there
    making = _begin(client, base)
    if not watch.patient and making.error is None and making.made is None:
        raise BaseInTheMaking(base.language, base.version, making.detail)
    while not making.over.wait(LOOK_SECONDS):
        report.phase("fetch", 0.0, making.detail)
        watch.check()
        if watch.left == 0.0:
            raise BaseInTheMaking(base.language, base.version, making.detail)
    if making.made is None:
        raise making.error or BuilderUnavailable(f"{base.image} with compilers was not made")
    return making.made


def _begin(client: docker.DockerClient, base: Base) -> _Making:
    """The making that is under way, or has just failed; else a new one."""
    with _lock:
        making = _makings.get(base.image)
        if making is not None and not making.over.is_set():
            return making
        if making is not None and making.error is not None and time.monotonic() - making.ended < _FAILED_SECONDS:
            return making
        making = _makings[base.image] = _Making(f"making {base.language} {base.version} with compilers")
    threading.Thread(target=_make, args=(client, base, making), name="dev-base", daemon=True).start()
    return making


def _make(client: docker.DockerClient, base: Base, making: _Making) -> None:
    try:
        making.made = make_dev_base(client, base, making)
    except BuilderError as error:
        making.error = error
    except Exception as error:
        making.error = BuilderUnavailable(f"{base.image} with compilers cannot be made: {error}")
        raise
    finally:
        making.ended = time.monotonic()
        making.over.set()
