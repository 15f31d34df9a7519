"""A real lake for tests: `weles-registry serve` as people start it, in a folder and on a port of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import docker
import requests
from sqlalchemy import create_engine, text

from registry.runners.containers import Containers
from registry.settings import Settings
from tests import stores

START_SECONDS = 60


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Lake:
    home: Path
    environ: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[str] | None = None
    # Where it keeps its things; those of a run's option, when it is started without any.
    stores: dict[str, str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def api(self) -> str:
        return f"{self.url}/api/v1"

    @property
    def name(self) -> str:
        """The lake's id: the value of the label `weles` on all that is its own."""
        return (self.home / "lake-id").read_text().strip()

    @property
    def token(self) -> str:
        return (self.home / "admin-token").read_text().strip()

    @property
    def settings(self) -> Settings:
        """As its own processes see them; where it was started, its stores are named."""
        return Settings.from_environ({**(self.stores or {}), **self.environ}, home=self.home, port=self.port)

    @property
    def variables(self) -> dict[str, str]:
        """The environment of its processes, and of commands beside it."""
        # One web process, so that a test can say what it holds; several are in test_several_machines and in compose.
        return {**os.environ, "WELES_WEB_PROCESSES": "1", **(self.stores or {}), **self.environ}

    def sql(self, statement: str, **values: Any) -> list[Any]:
        """What a statement does to its database, past the lake; the rows that it gives."""
        engine = create_engine(self.settings.database)
        with engine.begin() as connection:
            done = connection.execute(text(statement), values)
            found = [*done] if done.returns_rows else []
        engine.dispose()
        return found

    @property
    def log(self) -> str:
        return (self.home / "serve.log").read_text()

    def start(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        if self.stores is None:
            self.stores = stores.chosen.environ()
        with (self.home / "serve.log").open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "registry", "serve", "--home", str(self.home), "--port", str(self.port)],
                stdout=log,
                stderr=log,
                text=True,
                env=self.variables,
            )
        deadline = time.monotonic() + START_SECONDS
        begun = self.log.count("Weles is at")
        while self.log.count("Weles is at") == begun:
            assert self.process.poll() is None, self.log
            assert time.monotonic() < deadline, self.log
            time.sleep(0.1)

    def stop(self) -> int:
        """Stop it as an operator would; the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def call(self, method: str, path: str, **kwargs: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token}", **kwargs.pop("headers", {})}
        return requests.request(method, self.api + path, headers=headers, timeout=120, **kwargs)

    def job(self, job: str, seconds: float = 300) -> dict[str, Any]:
        """The job once it is over."""
        deadline = time.monotonic() + seconds
        while True:
            document: dict[str, Any] = self.call("GET", f"/jobs/{job}").json()
            if document["state"] in ("succeeded", "failed"):
                return document
            assert time.monotonic() < deadline, document
            time.sleep(0.2)

    def run_folder(self, version_id: str) -> str | None:
        """The name of the run folder of the container that answers for the version; its label `weles.folder`."""
        link = self.home / "run" / "versions" / version_id
        return link.readlink().name if link.is_symlink() else None

    def answering(self, engine: docker.DockerClient) -> list[str]:
        """Ids of the containers that were given a model; beside them some may wait for one."""
        return [each.id for each in Containers(engine, self.name, self.settings.run_folder).all() if each.version_id]

    def worker_pid(self) -> int:
        """The process id of the worker that `serve` started."""
        assert self.process is not None
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        for child in children:
            if "worker" in Path(f"/proc/{child}/cmdline").read_text().split("\0"):
                return int(child)
        raise AssertionError("there is no worker")
