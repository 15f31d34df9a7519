"""Throw-away containers: the only places where foreign code runs, or the network is used, before there is an image."""

import io
import tarfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, Literal, cast

import docker
import requests
from docker.errors import APIError, NotFound
from docker.utils.socket import frames_iter

from builders.engine import engine_errors
from builders.site import Mount
from builders.watch import Watch

Role = Literal["resolve", "fetch", "compile", "inspect"]

WORK = "/weles-work"
INPUT = f"{WORK}/in"
OUTPUT = f"{WORK}/out"
NOBODY = 65534
OUTPUT_BYTES = 32 << 20
ERROR_BYTES = 256 << 10
PROCESSES = 1024
MEMORY_BYTES = 8 << 30
FILE_BYTES = 16 << 30
_START_ATTEMPTS = 3
_STDOUT = 1
_CHUNK_BYTES = 1 << 18


@dataclass(frozen=True, slots=True)
class Finished:
    """How the command ended. `stdout` keeps its first 32 MiB, `stderr` its last 256 KiB, secrets masked."""

    exit_code: int
    stdout: bytes
    stderr: str
    timed_out: bool


@dataclass(frozen=True, slots=True)
class ThrowAway:
    """A container that was made and not started yet, and that `throw_away` removes."""

    client: docker.DockerClient
    id: str
    secrets: tuple[str, ...] = ()

    def put(self, files: Mapping[str, bytes | Path]) -> None:
        """Give the container files by name in INPUT, and an empty OUTPUT that it may write to."""
        with io.BytesIO() as spool, engine_errors():
            with tarfile.open(fileobj=spool, mode="w") as tar:
                for folder in (WORK, INPUT, OUTPUT):
                    tar.addfile(_entry(folder, tarfile.DIRTYPE, 0o755))
                for name, content in files.items():
                    data = content if isinstance(content, bytes) else content.read_bytes()
                    tar.addfile(_entry(f"{INPUT}/{name}", tarfile.REGTYPE, 0o644, len(data)), io.BytesIO(data))
            self.client.api.put_archive(self.id, "/", spool.getvalue())

    def run(
        self,
        watch: Watch,
        on_error_line: Callable[[str], None] = lambda line: None,
        on_output_line: Callable[[str], None] = lambda line: None,
    ) -> Finished:
        """Start the command and wait for its end; kill it when the watch is over. Callbacks get lines as they come.

        Raises Unwanted, and BuilderUnavailable.
        """
        watch.check()
        stdout, stderr, output = bytearray(), _Lines(on_error_line, self.secrets), _Lines(on_output_line, self.secrets)
        with engine_errors(), self._attached() as frames:
            self._start()
            with watch.beside(lambda: self.client.api.kill(self.id)) as stopped:
                for stream, data in frames:
                    if stream == _STDOUT:
                        stdout += data[: max(0, OUTPUT_BYTES - len(stdout))]
                    (output if stream == _STDOUT else stderr).feed(data)
                exit_code = int(self.client.api.wait(self.id)["StatusCode"])
        output.end()
        errors = stderr.end()
        if stopped.is_set():
            watch.check()
        return Finished(exit_code, bytes(stdout), errors, stopped.is_set())

    def output(self) -> Iterator[tuple[str, BinaryIO]]:
        """Name and content of every regular file directly in OUTPUT; anything else there is passed over."""
        api = self.client.api
        address = f"{api.base_url}/v{api.api_version}/containers/{self.id}/archive"
        with engine_errors(), api.get(address, params={"path": OUTPUT}, stream=True) as response:
            response.raise_for_status()
            chunks = _Stream(response.iter_content(_CHUNK_BYTES))
            with tarfile.open(fileobj=cast(IO[bytes], chunks), mode="r|") as tar:
                for member in tar:
                    folder, _, name = member.name.rpartition("/")
                    content = tar.extractfile(member) if member.isreg() else None
                    if folder == OUTPUT.rpartition("/")[2] and content is not None:
                        yield name, cast(BinaryIO, content)

    @contextmanager
    def _attached(self) -> Iterator[Iterator[tuple[int, bytes]]]:
        """Output as it comes, as (stream, bytes). docker-py's own `attach` leaves its connection open."""
        connection = self.client.api.attach_socket(self.id, params={"stdout": 1, "stderr": 1, "stream": 1})
        try:
            yield frames_iter(connection, tty=False)  # type: ignore[no-untyped-call]
        finally:
            connection._response.close()
            connection.close()

    def _start(self) -> None:
        for attempt in range(1, _START_ATTEMPTS + 1):
            try:
                self.client.api.start(self.id)
            except APIError as error:
                # The bridge can be gone for a moment while another daemon of the host rewrites its network.
                if attempt == _START_ATTEMPTS or "bridge" not in str(error.explanation):
                    raise
                time.sleep(attempt)
            else:
                return


@contextmanager
def throw_away(
    client: docker.DockerClient,
    *,
    image: str,
    command: Sequence[str],
    lake: str,
    role: Role,
    network: bool,
    environment: Mapping[str, str] | None = None,
    mounts: Sequence[Mount] = (),
    secrets: tuple[str, ...] = (),
) -> Iterator[ThrowAway]:
    """A container without rights that is removed at the end, whatever happens. Raises BuilderUnavailable.

    Folders of `mounts` are mounted; files are copied, so that the engine's machine need not have them.
    """
    files = [mount for mount in mounts if mount.source.is_file()]
    folders = [mount for mount in mounts if mount not in files]
    # The name is known before the engine is asked, so that there is no moment at which nobody could remove it.
    name = f"weles-{role}-{uuid.uuid4().hex}"
    try:
        with engine_errors():
            created = client.api.create_container(
                image,
                command=list(command[1:]),
                entrypoint=list(command[:1]),
                name=name,
                user=f"{NOBODY}:{NOBODY}",
                environment={"HOME": WORK, **(environment or {})},
                working_dir="/",
                labels={"weles": lake, "weles.role": role},
                network_disabled=not network,
                host_config=client.api.create_host_config(
                    binds={str(mount.source): {"bind": mount.target, "mode": "ro"} for mount in folders},
                    cap_drop=["ALL"],
                    security_opt=["no-new-privileges"],
                    pids_limit=PROCESSES,
                    mem_limit=MEMORY_BYTES,
                    memswap_limit=MEMORY_BYTES,
                    ulimits=[docker.types.Ulimit(name="fsize", soft=FILE_BYTES, hard=FILE_BYTES)],
                    network_mode=None if network else "none",
                    log_config=docker.types.LogConfig(type="none"),
                    init=True,
                ),
            )
            if files:
                client.api.put_archive(created["Id"], "/", _archive(files))
        yield ThrowAway(client, created["Id"], secrets)
    finally:
        with engine_errors():
            _remove(client, name)


def _archive(files: Sequence[Mount]) -> bytes:
    """The files at their targets, each in a folder that everybody may look into."""
    with io.BytesIO() as spool:
        with tarfile.open(fileobj=spool, mode="w") as tar:
            for file in files:
                data = file.source.read_bytes()
                tar.addfile(_entry(str(Path(file.target).parent), tarfile.DIRTYPE, 0o755))
                tar.addfile(_entry(file.target, tarfile.REGTYPE, 0o444, len(data)), io.BytesIO(data))
        return spool.getvalue()


def _remove(client: docker.DockerClient, name: str) -> None:
    try:
        client.api.remove_container(name, force=True, v=True)
    except NotFound:
        return
    except APIError as error:
        # Somebody else, a sweep by label for example, is removing it at this moment.
        if error.status_code != requests.codes.conflict:
            raise


class _Lines:
    """Bytes in pieces → masked lines for the callback, and their bounded end."""

    def __init__(self, on_line: Callable[[str], None], secrets: tuple[str, ...]) -> None:
        self._on_line = on_line
        self._secrets = secrets
        self._rest = b""
        self._kept = ""

    def feed(self, data: bytes) -> None:
        *lines, rest = (self._rest + data).split(b"\n")
        self._rest = rest[-ERROR_BYTES:]
        for line in lines:
            self._take(line)

    def end(self) -> str:
        if self._rest:
            self._take(self._rest)
            self._rest = b""
        return self._kept

    def _take(self, line: bytes) -> None:
        text = line.decode("utf-8", "replace").rstrip("\r")
        for secret in self._secrets:
            text = text.replace(secret, "***")
        self._kept = (self._kept + text + "\n")[-ERROR_BYTES:]
        self._on_line(text)


class _Stream(io.RawIOBase):
    """An iterator of bytes as a file that tarfile can read."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = iter(chunks)
        self._rest = b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        parts = [self._rest]
        length = len(self._rest)
        while size < 0 or length < size:
            chunk = next(self._chunks, None)
            if chunk is None:
                break
            parts.append(chunk)
            length += len(chunk)
        data = b"".join(parts)
        self._rest = data[size:] if size >= 0 else b""
        return data[:size] if size >= 0 else data


def _entry(path: str, kind: bytes, mode: int, size: int = 0) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(path.lstrip("/"))
    entry.type, entry.mode, entry.size = kind, mode, size
    entry.uid = entry.gid = NOBODY
    return entry
