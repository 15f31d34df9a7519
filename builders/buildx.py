"""A BuildKit elsewhere, spoken to by buildx, Docker's own client for it."""

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, cast

from builders.errors import BuilderUnavailable
from builders.watch import Watch

_ADDRESS = re.compile(r"tcp://[A-Za-z0-9][A-Za-z0-9.-]*:[0-9]{1,5}|unix:///[\w./-]+")
_NAME = re.compile(r"[A-Za-z][\w.-]{0,62}", re.ASCII)
_PROGRAM = "docker-buildx"
_PLUGINS = (
    "/usr/local/lib/docker/cli-plugins",
    "/usr/local/libexec/docker/cli-plugins",
    "/usr/lib/docker/cli-plugins",
    "/usr/libexec/docker/cli-plugins",
)
_OURS = "weles"
_CERTIFICATES = {"cacert": "ca.pem", "cert": "cert.pem", "key": "key.pem"}
_CREATE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be built: by `repository`'s digest, with no name, for the platform (`linux/amd64`).

    `contexts` says by which reference of a registry an image is to be had that the Dockerfile names.
    """

    repository: str
    platform: str
    labels: Mapping[str, str]
    arguments: Mapping[str, str]
    contexts: Mapping[str, str]

    def words(self, metadata: Path) -> list[str]:
        """What buildx is to be told, after the program's name; the build context comes by standard input.  (pure)"""
        output = (
            f"type=image,name={self.repository},push=true,push-by-digest=true,name-canonical=true,oci-mediatypes=false"
        )
        words = ["build", "-", "--network", "none", "--platform", self.platform, "--output", output]
        words += ["--progress", "rawjson", "--provenance=false", "--sbom=false", "--metadata-file", str(metadata)]
        words += [word for name, value in self.labels.items() for word in ("--label", f"{name}={value}")]
        words += [word for name, value in self.arguments.items() for word in ("--build-arg", f"{name}={value}")]
        for name, reference in self.contexts.items():
            words += ["--build-context", f"{name}=docker-image://{reference}"]
        return words


class Buildx:
    """`builder` is the address of a BuildKit (`tcp://host:port`, `unix:///path`) or a builder's name in buildx.

    `certificates` is a folder with ca.pem, cert.pem and key.pem for an address. Raises ValueError for anything else.
    """

    def __init__(self, builder: str, certificates: Path | None = None) -> None:
        self._is_address = _ADDRESS.fullmatch(builder) is not None
        if not self._is_address and _NAME.fullmatch(builder) is None:
            raise ValueError(f"{builder!r} is neither the address of a BuildKit (tcp://host:port) nor a builder's name")
        if certificates is not None and not self._is_address:
            raise ValueError(f"{builder!r} is a name of buildx, which knows its certificates: give none")
        self.builder = builder
        self._certificates = certificates

    def build(
        self, order: Order, context: BinaryIO, watch: Watch, take: Callable[[str], None]
    ) -> tuple[str | None, bool]:
        """The digest of what was built and pushed, None when nothing was; whether it was ended for the watch's sake.

        `take` gets what buildx prints, line by line. Raises BuilderUnavailable when there is no buildx.
        """
        with self._configured() as (words, environment, folder):
            metadata = folder / "metadata.json"
            process = subprocess.Popen(
                [*words, *order.words(metadata)],
                stdin=context,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env=environment,
                text=True,
                encoding="utf-8",
                errors="replace",
                start_new_session=True,
            )
            # Told once, buildx tells the BuildKit; told three times, it ends whatever that does.
            with process, watch.beside(process.terminate) as stopped:
                try:
                    for line in cast(IO[str], process.stderr):
                        take(line.rstrip("\r\n"))
                    process.wait()
                except BaseException:
                    process.kill()
                    raise
            built = process.returncode == 0 and not stopped.is_set()
            return (_digest(metadata) if built else None), stopped.is_set()

    @contextmanager
    def _configured(self) -> Iterator[tuple[list[str], dict[str, str], Path]]:
        """The program and its environment; a builder by address is known to this build alone, and leaves nothing."""
        program = _program()
        environment = {name: value for name, value in os.environ.items() if not name.startswith("WELES_")}
        with tempfile.TemporaryDirectory(prefix="weles-buildx-") as name:
            if not self._is_address:
                yield [program, "--builder", self.builder], environment, Path(name)
                return
            environment["BUILDX_CONFIG"] = name
            create = [program, "create", "--name", _OURS, "--driver", "remote", *self._options(), self.builder]
            try:
                done = subprocess.run(
                    create,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    text=True,
                    errors="replace",
                    timeout=_CREATE_SECONDS,
                    check=False,
                )
            except subprocess.TimeoutExpired as error:
                raise BuilderUnavailable(f"buildx does not answer within {_CREATE_SECONDS:.0f} seconds") from error
            if done.returncode != 0:
                raise BuilderUnavailable(f"buildx does not take the builder {self.builder}: {done.stderr.strip()}")
            yield [program, "--builder", _OURS], environment, Path(name)

    def _options(self) -> Iterator[str]:
        if self._certificates is not None:
            for option, file in _CERTIFICATES.items():
                yield from ("--driver-opt", f"{option}={self._certificates / file}")


def _program() -> str:
    """buildx, from PATH or from where Docker has its plugins; called by itself, it needs no docker command."""
    own = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker") / "cli-plugins"
    found = shutil.which(_PROGRAM) or shutil.which(_PROGRAM, path=os.pathsep.join((str(own), *_PLUGINS)))
    if found is None:
        raise BuilderUnavailable(f"WELES_BUILDER needs Docker's buildx, and there is no {_PROGRAM} on this machine")
    return found


def _digest(metadata: Path) -> str | None:
    try:
        return str(json.loads(metadata.read_bytes())["containerimage.digest"])
    except (OSError, ValueError, KeyError):
        return None
