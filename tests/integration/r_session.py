"""A session of R with the client package installed: a container on the host's network, so that it reaches the lake."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import docker
from docker.models.containers import Container

PACKAGE = Path(__file__).parents[2] / "clients" / "r"


@dataclass(frozen=True)
class RSession:
    container: Container
    folder: Path

    def run(self, script: str, **environ: str) -> str:
        """Run R code; what it wrote to standard output. `/exchange` is `folder`. An R error is an AssertionError."""
        (self.folder / "script.R").write_text(script)
        done = self.container.exec_run(
            ["Rscript", "--vanilla", "-e", "library(weles); source('/exchange/script.R')"],
            environment={"R_LIBS": "/tmp/library", **environ},
            demux=True,
        )
        out, err = ((part or b"").decode() for part in done.output)
        assert done.exit_code == 0, f"{out}\n{err}"
        return out


def check_image() -> str:
    """The tag of the image that the R package is checked in, made when it is not there."""
    done = subprocess.run([PACKAGE / "check-image.sh"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@contextmanager
def r_session(engine: docker.DockerClient, folder: Path) -> Iterator[RSession]:
    """A container of the check image with the package installed; `folder` is shared with it as `/exchange`."""
    container = engine.containers.run(
        check_image(),
        ["sleep", "7200"],
        detach=True,
        init=True,
        network_mode="host",
        labels={"weles.test": "r-client"},
        volumes={
            str(PACKAGE): {"bind": "/source", "mode": "ro"},
            str(folder): {"bind": "/exchange", "mode": "rw"},
        },
        environment={"no_proxy": "127.0.0.1", "TZ": "Europe/Warsaw"},
    )
    try:
        # From a copy: R writes into the folder that it installs from.
        install = "R CMD INSTALL --no-docs --library=/tmp/library /tmp/weles"
        done = container.exec_run(["sh", "-c", f"cp -r /source /tmp/weles && mkdir /tmp/library && {install}"])
        assert done.exit_code == 0, done.output.decode()
        yield RSession(container, folder)
    finally:
        container.remove(force=True)
