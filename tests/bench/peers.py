"""How each server is started with the bench's models, and how each is asked. One class per server."""

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, Protocol

from tests.bench.venvs import CACHE, HERE, python_of

SERVERS = HERE / "servers"
START_SECONDS = 120
JSON, PARQUET, ARROW = "application/json", "application/vnd.apache.parquet", "application/vnd.apache.arrow.stream"
BATCH_SECONDS = 600


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Question:
    """One HTTP request whose answer is `rows` predictions."""

    path: str
    body: bytes
    content_type: str
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Running:
    """A server that has been started; `process` leads a group of its own."""

    process: subprocess.Popen[bytes]
    port: int

    def stop(self) -> None:
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.process.pid, number)
                self.process.wait(15)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                continue

    def ask(self, question: Question) -> bytes:
        """The answer to one question, on a connection of its own. Raises AssertionError for another status than 200."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=BATCH_SECONDS)
        try:
            headers = {"Content-Type": question.content_type, **question.headers}
            connection.request("POST", question.path, question.body, headers)
            answer = connection.getresponse()
            body = answer.read()
            assert answer.status == 200, (answer.status, body[:500])
            return body
        finally:
            connection.close()

    def first_answer(self, question: Question) -> bytes:
        """The answer to one question as soon as the server gives it."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            assert self.process.poll() is None, "the server ended"
            try:
                return self.ask(question)
            except (OSError, HTTPException, AssertionError):
                assert time.monotonic() < deadline, "the server does not answer"
                time.sleep(0.02)


class Server(Protocol):
    name: str

    def start(self, models: Sequence[str]) -> Running:
        """Start it with these models (`logistic`, or `logistic-7` for one of many of the same file)."""
        ...

    def question(self, model: str, rows: list[list[float]], columns: list[str]) -> Question: ...

    def predictions(self, body: bytes) -> list[float]: ...

    def batch(self, model: str, parquet: Path) -> Question | None:
        """The same for a million rows in the quickest form that it takes."""
        ...


def launch(
    command: Sequence[object], environ: dict[str, str], port: int, name: str, cwd: Path | None = None
) -> Running:
    log = CACHE / "logs" / f"{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as file:
        process = subprocess.Popen(
            [str(each) for each in command],
            env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", **environ},
            stdout=file,
            stderr=file,
            start_new_session=True,
            cwd=cwd,
        )
    return Running(process, port)


@dataclass
class BareFlask:
    """A bare handler behind gunicorn: what Flask itself costs."""

    models_folder: Path
    worker_class: str = "sync"
    name: str = "Flask + gunicorn sync, bare handler"

    def start(self, models: Sequence[str]) -> Running:
        port = free_port()
        command = [python_of("flask"), "-m", "gunicorn", "bare:app", "--bind", f"127.0.0.1:{port}", "--timeout", "600"]
        command += ["--chdir", SERVERS, "--worker-class", self.worker_class, "--keep-alive", "30"]
        command += ["--threads", "16"] if self.worker_class == "gthread" else []
        environ = {"BENCH_MODELS": str(self.models_folder), "BENCH_NAMES": ",".join(models)}
        return launch(command, environ, port, "flask")

    def question(self, model: str, rows: list[list[float]], columns: list[str]) -> Question:
        return Question(f"/{model}", json.dumps({"data": rows}).encode(), JSON)

    def predictions(self, body: bytes) -> list[float]:
        return [*json.loads(body)["predictions"]]

    def batch(self, model: str, parquet: Path) -> Question | None:
        return Question(f"/{model}", arrow_of(parquet), ARROW)


@dataclass
class MLflow:
    """`mlflow models serve` with one worker: a server per model, so only the first is started here."""

    models_folder: Path
    name: str = "MLflow"

    def start(self, models: Sequence[str]) -> Running:
        python, model = python_of("mlflow"), models[0].partition("-")[0]
        kept = CACHE / "mlflow-models" / model
        if not (kept / "MLmodel").is_file():
            shutil.rmtree(kept, ignore_errors=True)
            kept.parent.mkdir(parents=True, exist_ok=True)
            command = [python, SERVERS / "mlflow_save.py", self.models_folder, model, kept]
            subprocess.run(command, check=True, capture_output=True, cwd=CACHE)
        port = free_port()
        command = [python.with_name("mlflow"), "models", "serve", "-m", kept, "-p", port, "--env-manager", "local"]
        environ = {"PATH": f"{python.parent}:{os.environ['PATH']}", "MLFLOW_SCORING_SERVER_REQUEST_TIMEOUT": "600"}
        return launch([*command, "--workers", "1", "-t", "600"], environ, port, "mlflow", CACHE)

    def question(self, model: str, rows: list[list[float]], columns: list[str]) -> Question:
        document = {"dataframe_split": {"columns": columns, "data": rows}}
        return Question("/invocations", json.dumps(document).encode(), JSON)

    def predictions(self, body: bytes) -> list[float]:
        return [*json.loads(body)["predictions"]]

    def batch(self, model: str, parquet: Path) -> Question | None:
        return Question("/invocations", parquet.read_bytes(), PARQUET)


@dataclass
class BentoML:
    """`bentoml serve` with one worker."""

    models_folder: Path
    name: str = "BentoML"

    def start(self, models: Sequence[str]) -> Running:
        port = free_port()
        bentoml = python_of("bentoml").with_name("bentoml")
        command = [bentoml, "serve", "bento:Bench", "--port", port, "--working-dir", SERVERS]
        environ = {
            "BENCH_MODELS": str(self.models_folder),
            "BENCH_NAMES": ",".join(models),
            "BENTOML_HOME": str(CACHE / "bentoml-home"),
            "BENTOML_DO_NOT_TRACK": "true",
        }
        return launch(command, environ, port, "bentoml", SERVERS)

    def question(self, model: str, rows: list[list[float]], columns: list[str]) -> Question:
        return Question("/predict", json.dumps({"name": model, "data": rows}).encode(), JSON)

    def predictions(self, body: bytes) -> list[float]:
        return [*json.loads(body)]

    def batch(self, model: str, parquet: Path) -> Question | None:
        return Question("/boosting_parquet", parquet.read_bytes(), "application/vnd.apache.parquet")


@dataclass
class MLServer:
    """MLServer; `workers` 0 keeps the models in the server's own process."""

    models_folder: Path
    workers: int = 0
    name: str = "MLServer, parallel_workers=0"

    def start(self, models: Sequence[str]) -> Running:
        port, folder = free_port(), CACHE / f"mlserver-models-{self.workers}"
        shutil.rmtree(folder, ignore_errors=True)
        for model in models:
            (folder / model).mkdir(parents=True)
            settings = {
                "name": model,
                "implementation": "mlserver_sklearn.SKLearnModel",
                "parameters": {"uri": str(self.models_folder / f"{model.partition('-')[0]}.pkl")},
            }
            (folder / model / "model-settings.json").write_text(json.dumps(settings))
        settings = {
            "debug": False,
            "host": "127.0.0.1",
            "http_port": port,
            "grpc_port": free_port(),
            "metrics_port": free_port(),
            "parallel_workers": self.workers,
        }
        (folder / "settings.json").write_text(json.dumps(settings))
        command = [python_of("mlserver").with_name("mlserver"), "start", folder]
        return launch(command, {}, port, "mlserver", folder)

    def question(self, model: str, rows: list[list[float]], columns: list[str]) -> Question:
        tensor = {"name": "x", "shape": [len(rows), len(columns)], "datatype": "FP64", "data": rows}
        return Question(f"/v2/models/{model}/infer", json.dumps({"inputs": [tensor]}).encode(), JSON)

    def predictions(self, body: bytes) -> list[float]:
        return [*json.loads(body)["outputs"][0]["data"]]

    def batch(self, model: str, parquet: Path) -> Question | None:
        import pyarrow.parquet

        table = pyarrow.parquet.read_table(parquet)
        flat = table.to_pandas().to_numpy().ravel().tolist()
        tensor = {"name": "x", "shape": [table.num_rows, table.num_columns], "datatype": "FP64", "data": flat}
        return Question(f"/v2/models/{model}/infer", json.dumps({"inputs": [tensor]}).encode(), JSON)


def arrow_of(parquet: Path) -> bytes:
    """The table of a Parquet file as an Arrow stream."""
    import pyarrow as pa
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(parquet)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def document_of(folder: Path, model: str) -> dict[str, Any]:
    """{columns, data, expected} of a model, as `servers/train.py` wrote them."""
    document: dict[str, Any] = json.loads((folder / f"{model.partition('-')[0]}.rows.json").read_text())
    return document
