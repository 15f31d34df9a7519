"""Weles itself as a server of the bench: a lake in `.cache/bench/lake`, its models uploaded over REST."""

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import requests
import uv

from tests.bench.peers import JSON, PARQUET, Question, Running, document_of, free_port, launch
from tests.bench.venvs import CACHE, python_of

READY_SECONDS = 900


@dataclass
class Weles:
    """`weles-registry serve` with its defaults but for `settings`; every model in a container of its own."""

    models_folder: Path
    settings: dict[str, str] = field(default_factory=dict)
    home: Path = CACHE / "lake"
    name: str = "Weles"
    running: Running | None = None

    def start(self, models: Sequence[str]) -> Running:
        port = free_port()
        environ = {"WELES_MAX_CONTAINERS": "64", **self.settings}
        command = [sys.executable, "-m", "registry", "serve", "--home", self.home, "--port", port]
        self.running = launch(command, environ, port, "weles")
        self._wait_until_up()
        for model in models:
            self.have(model)
        return self.running

    def have(self, model: str) -> None:
        """Upload the model if the lake has not got it."""
        if self.call("GET", f"/models/{model}").status_code != 200:
            self.upload(model, model)

    def upload(self, model: str, name: str) -> float:
        """Upload a model file under a name; the seconds until it is ready."""
        begun = time.perf_counter()
        file, kind = self.models_folder / f"{model.partition('-')[0]}.pkl", model.partition("-")[0]
        metadata = {
            "name": name,
            "target": "target",
            "flavour": "sklearn",
            "language_version": self.python_version,
            "data_name": kind,
        }
        with file.open("rb") as pickled, (self.models_folder / f"{kind}.csv").open("rb") as data:
            parts: dict[str, Any] = {
                "metadata": (None, json.dumps(metadata)),
                "model": pickled,
                "requirements": (None, self.freeze),
                "data": ("data.csv", data, "text/csv"),
                "golden": (None, self._golden(model)),
            }
            answer = self.call("POST", "/models", files=parts)
        assert answer.status_code in (200, 202), answer.text
        self._wait_for(answer.json()["job"])
        return time.perf_counter() - begun

    def have_parts(self, name: str, about: dict[str, str], model: bytes, requirements: str, data: bytes) -> None:
        """Upload a model that is no file of the bench, if the lake has not got it."""
        if self.call("GET", f"/models/{name}").status_code == 200:
            return
        parts: dict[str, Any] = {
            "metadata": (None, json.dumps(about)),
            "model": model,
            "requirements": (None, requirements),
            "data": ("data.csv", data, "text/csv"),
        }
        answer = self.call("POST", "/models", files=parts)
        assert answer.status_code in (200, 202), answer.text
        self._wait_for(answer.json()["job"])

    def end_containers(self) -> None:
        """Nothing is warm after this."""
        import docker

        from registry.runners.docker import sweep

        client = docker.from_env()
        sweep(client, (self.home / "lake-id").read_text().strip())
        client.close()

    def wait_for_waiting(self) -> None:
        """Until a container waits for a model."""
        deadline = time.monotonic() + 30
        while not [*(self.home / "run" / "containers").glob("*/warm")]:
            assert time.monotonic() < deadline, "no container waits"
            time.sleep(0.1)

    def container_processes(self) -> list[int]:
        """The processes of the lake's containers, as this machine numbers them."""
        import docker

        client = docker.from_env()
        label = {"label": [f"weles={(self.home / 'lake-id').read_text().strip()}", "weles.role=runtime"]}
        found = [int(row[1]) for each in client.containers.list(filters=label) for row in each.top()["Processes"]]
        client.close()
        return found

    def container_peak_mib(self) -> float:
        """The most memory that the largest container of the lake has had, its caches included."""
        import docker

        client = docker.from_env()
        label = {"label": [f"weles={(self.home / 'lake-id').read_text().strip()}", "weles.role=runtime"]}
        stats = [each.stats(stream=False)["memory_stats"] for each in client.containers.list(filters=label)]
        client.close()
        return max((each.get("max_usage", each.get("usage", 0)) for each in stats), default=0) / (1 << 20)

    def question(self, model: str, rows: list[list[float]], columns: list[str]) -> Question:
        body = json.dumps({"columns": columns, "data": rows}).encode()
        return Question(f"/api/v1/models/{model}/predict", body, JSON, self._authorization)

    def predictions(self, body: bytes) -> list[float]:
        return [row[0] for row in json.loads(body)["data"]]

    def batch(self, model: str, parquet: Path) -> Question | None:
        headers = {**self._authorization, "Accept": PARQUET}
        return Question(f"/api/v1/models/{model}/predict", parquet.read_bytes(), PARQUET, headers)

    def call(self, method: str, path: str, **kwargs: Any) -> requests.Response:
        return requests.request(method, self.api + path, headers=self._authorization, timeout=300, **kwargs)

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self._port}/api/v1"

    @property
    def token(self) -> str:
        return (self.home / "admin-token").read_text().strip()

    @property
    def _authorization(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    @property
    def _port(self) -> int:
        assert self.running is not None
        return self.running.port

    def _wait_until_up(self) -> None:
        deadline = time.monotonic() + 60
        while True:
            try:
                if self.call("GET", "/runtimes").status_code == 200:
                    return
            except (OSError, requests.RequestException):
                pass
            assert time.monotonic() < deadline, "the lake does not start"
            time.sleep(0.1)

    def _wait_for(self, job: str) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while True:
            document = self.call("GET", f"/jobs/{job}").json()
            if document["state"] == "succeeded":
                return
            assert document["state"] != "failed", document
            assert time.monotonic() < deadline, document
            time.sleep(0.05)

    def _golden(self, model: str) -> str:
        document = document_of(self.models_folder, model)
        exact = {"columns": ["prediction"], "data": [[value] for value in document["expected"]]}
        return json.dumps({"rows": {"columns": document["columns"], "data": document["data"]}, "exact": exact})

    @cached_property
    def python_version(self) -> str:
        """Of the interpreter that the bench's models were trained with."""
        program = "import platform; print(platform.python_version(), end='')"
        return subprocess.run([python_of("flask"), "-c", program], check=True, capture_output=True, text=True).stdout

    @cached_property
    def freeze(self) -> str:
        """What is installed beside it."""
        command = [uv.find_uv_bin(), "pip", "freeze", "-q", "--python", python_of("flask")]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout
