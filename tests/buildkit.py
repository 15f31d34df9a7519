"""A real BuildKit for tests, with an image store of its own, that answers only to who shows a certificate.

`tests/buildkit_program.sh` makes its program once for a machine (`make test-buildkit`).
"""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.integration.lake import free_port

_SCRIPT = Path(__file__).with_name("buildkit_program.sh")
_START_SECONDS = 30


def programs() -> Path | None:
    """The folder with buildkitd and docker-buildx; None where they have not been made."""
    done = subprocess.run([_SCRIPT, "if-there"], capture_output=True, text=True, timeout=60, check=False)
    return Path(done.stdout.strip()) if done.returncode == 0 and os.getuid() == 0 else None


@dataclass(frozen=True)
class BuildKit:
    """`certificates` has ca.pem, cert.pem and key.pem for who wants to speak to it; `socket` asks for none."""

    address: str
    certificates: Path
    socket: str
    log: Path


@contextmanager
def server(program: Path, folder: Path, registry: str) -> Iterator[BuildKit]:
    """A BuildKit that reaches `registry` without TLS; it, what it mounts and what it runs end with the block."""
    folder.mkdir(parents=True)
    certificates, port, socket = folder / "certificates", free_port(), f"unix://{folder}/buildkitd.sock"
    group = f"weles-buildkit-{port}"
    _sign(certificates)
    settings, log = folder / "buildkitd.toml", folder / "log"
    settings.write_text(
        f'root = "{folder}/root"\n'
        f'[grpc]\naddress = ["tcp://127.0.0.1:{port}", "{socket}"]\n'
        f'[grpc.tls]\nca = "{certificates}/ca.pem"\ncert = "{certificates}/server.pem"\n'
        f'key = "{certificates}/server.key"\n'
        "[worker.containerd]\nenabled = false\n"
        f'[worker.oci]\nenabled = true\nsnapshotter = "overlayfs"\ndefaultCgroupParent = "{group}"\n'
        f'[registry."{registry}"]\nhttp = true\n'
    )
    inside = ["unshare", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child"]
    with log.open("w") as output:
        process = subprocess.Popen([*inside, program / "buildkitd", "--config", settings], stdout=output, stderr=output)
    try:
        deadline = time.monotonic() + _START_SECONDS
        while "running server on 127.0.0.1" not in log.read_text():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        yield BuildKit(f"tcp://127.0.0.1:{port}", certificates, socket, log)
    finally:
        process.kill()
        process.wait(30)
        _forget_groups(group)


def _forget_groups(name: str) -> None:
    """Remove the control groups of what it has run, once the kernel has done with them."""
    for _ in range(20):
        tops = [each for pattern in (name, f"*/{name}") for each in Path("/sys/fs/cgroup").glob(pattern)]
        left = [each for top in tops for each in (*top.glob("**/"), top)]
        for each in sorted(left, reverse=True):
            with suppress(OSError):
                each.rmdir()
        if not left:
            break
        time.sleep(0.1)


def _sign(folder: Path) -> None:
    """An authority, and a certificate by it for the server and one for its clients."""
    folder.mkdir()

    def run(*words: str) -> None:
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True, timeout=60)

    run("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=test")
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1\n")
    for name, key, certificate in (("server", "server.key", "server.pem"), ("client", "key.pem", "cert.pem")):
        run("req", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", f"{name}.csr", "-subj", f"/CN={name}")
        run(
            "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
            "-out", certificate, "-extfile", "names",
        )  # fmt: skip
