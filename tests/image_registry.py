"""A real OCI registry for tests: Debian's docker-registry on a loopback port, in a folder, gone at the end."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CACHE = ROOT / ".cache" / "docker-registry"
_START_SECONDS = 20


def configuration(folder: Path, port: int) -> str:
    """What the registry is started with; several may serve one folder."""
    return (
        "version: 0.1\n"
        f"storage: {{filesystem: {{rootdirectory: {folder}}}, delete: {{enabled: true}}}}\n"
        f"http: {{addr: '127.0.0.1:{port}'}}\n"
    )


@contextmanager
def server(folder: Path, port: int) -> Iterator[str]:
    """`127.0.0.1:port` of a registry that keeps what it has in `folder`."""
    subprocess.run([ROOT / "tests" / "registry_program.sh", CACHE], check=True, timeout=120)
    folder.mkdir(parents=True, exist_ok=True)
    settings = folder.with_suffix(".yml")
    settings.write_text(configuration(folder, port))
    with folder.with_suffix(".log").open("w") as log:
        process = subprocess.Popen([CACHE / "usr/bin/docker-registry", "serve", settings], stdout=log, stderr=log)
        try:
            _wait_for(port, process)
            yield f"127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(10)


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        assert process.poll() is None, "the registry ended"
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        assert time.monotonic() < deadline
        time.sleep(0.05)
