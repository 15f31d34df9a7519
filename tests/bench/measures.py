"""What is measured, each as a function over started servers. Milliseconds and seconds, medians; nothing is asserted
but that the answers are those of the session that trained the model."""

import json
import math
import os
import statistics
import subprocess
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

from tests.bench.peers import Question, Running, Server, document_of
from tests.bench.venvs import CACHE, HERE

BLOCKS, BLOCK = 8, 50
WARM_UP = 30
CONNECTIONS, LOAD_SECONDS = 16, 8
_WRK_SCRIPT = HERE / "servers" / "post.lua"


@dataclass(frozen=True)
class Latency:
    """`p50` and `p99` in ms; `ratio`: the median of the blocks' p50 over the p50 of the blocks of the yardstick."""

    p50: float
    p99: float
    ratio: float


@dataclass(frozen=True)
class Throughput:
    """Requests per second at CONNECTIONS connections; latencies in ms; `errors` are answers other than 2xx or 3xx."""

    requests: int
    per_second: float
    p50: float
    p99: float
    errors: int


def check(server: Server, running: Running, folder: Path, model: str, rows: int = 8) -> None:
    """The server's answer is the session's own."""
    document = document_of(folder, model)
    body = running.first_answer(server.question(model, document["data"][:rows], document["columns"]))
    got, expected = server.predictions(body), document["expected"][:rows]
    assert all(math.isclose(a, b, rel_tol=1e-9) for a, b in zip(got, expected, strict=True)), (server.name, got)


def rows_of(server: Server, folder: Path, model: str, rows: int) -> Question:
    """A question of so many rows; the sample is repeated when it is shorter."""
    document = document_of(folder, model)
    data = document["data"] * (rows // len(document["data"]) + 1)
    return server.question(model, data[:rows], document["columns"])


def latency(asked: tuple[Running, Question], yardstick: tuple[Running, Question], blocks: int = BLOCKS) -> Latency:
    """One connection, one request after another, in blocks that alternate with blocks of the yardstick."""
    ours, theirs = _Stream(*asked), _Stream(*yardstick)
    ours.block(WARM_UP)
    theirs.block(WARM_UP)
    mine: list[float] = []
    ratios: list[float] = []
    for _ in range(blocks):
        before, block, after = theirs.block(BLOCK // 2), ours.block(BLOCK), theirs.block(BLOCK // 2)
        mine += block
        ratios.append(statistics.median(block) / statistics.median(before + after))
    mine.sort()
    return Latency(statistics.median(mine), mine[int(len(mine) * 0.99)], statistics.median(ratios))


class _Stream:
    """One kept connection; the time of a request is that of this process, encoding not included."""

    def __init__(self, running: Running, question: Question) -> None:
        self._connection = HTTPConnection("127.0.0.1", running.port, timeout=600)
        self._question = question
        self._headers = {"Content-Type": question.content_type, **question.headers}

    def block(self, count: int) -> list[float]:
        """Milliseconds of so many requests. A server may have closed the connection meanwhile: that is not counted."""
        found = []
        self._connection.close()
        self._ask()
        for _ in range(count):
            begun = time.perf_counter()
            self._ask()
            found.append((time.perf_counter() - begun) * 1000)
        return found

    def _ask(self) -> None:
        self._connection.request("POST", self._question.path, self._question.body, self._headers)
        answer = self._connection.getresponse()
        answer.read()
        assert answer.status == 200, answer.status


def throughput(running: Running, question: Question, seconds: int = LOAD_SECONDS) -> Throughput:
    """`wrk` on the same processors."""
    body = CACHE / "body"
    body.write_bytes(question.body)
    environ = {**os.environ, "BENCH_BODY": str(body), "BENCH_TYPE": question.content_type}
    if token := question.headers.get("Authorization"):
        environ["BENCH_TOKEN"] = token.removeprefix("Bearer ")
    url = f"http://127.0.0.1:{running.port}{question.path}"
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "30s", "-s", _WRK_SCRIPT, url]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environ)
    report = json.loads(done.stdout.strip().splitlines()[-1])
    asked = report["requests"]
    return Throughput(asked, asked / report["seconds"], report["p50"], report["p99"], report["errors"])


def seconds_of(running: Running, question: Question, runs: int) -> float:
    """The median seconds of a question."""
    found = []
    for _ in range(runs):
        begun = time.perf_counter()
        running.ask(question)
        found.append(time.perf_counter() - begun)
    return statistics.median(found)


def launch_to_answer(server: Server, models: Sequence[str], question: Question) -> float:
    """Seconds from the start of the server's process to its first answer."""
    begun = time.perf_counter()
    running = server.start(models)
    try:
        running.first_answer(question)
        return time.perf_counter() - begun
    finally:
        running.stop()


@contextmanager
def peak_of(pid: int) -> Iterator[list[float]]:
    """A list of one figure: the most memory, in MiB, that the process and its children had while the block ran."""
    found, over = [0.0], threading.Event()

    def look() -> None:
        while not over.wait(0.05):
            found[0] = max(found[0], memory_mib(pid))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield found
    finally:
        over.set()
        thread.join()


_ALONE = """
import time
begun = time.perf_counter()
import pickle, pandas, sklearn.linear_model, sklearn.pipeline
imported = time.perf_counter()
with open("/bench/{model}.pkl", "rb") as file:
    model = pickle.load(file)
model.predict(pandas.read_csv("/bench/{model}.csv", nrows=1).drop(columns="target"))
print(time.perf_counter() - imported)
"""


def bare_container(image: str, folder: Path, model: str) -> tuple[float, float]:
    """Seconds of a container that imports, loads and predicts a row, without any lake; and of its last two steps."""
    command = ["docker", "run", "--rm", "--network", "none", "-v", f"{folder}:/bench:ro", "--entrypoint",
               "/opt/weles/env/bin/python", image, "-c", _ALONE.format(model=model)]  # fmt: skip
    begun = time.perf_counter()
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return time.perf_counter() - begun, float(done.stdout)


def memory_mib(pid: int) -> float:
    """Proportional memory of a process and all its children, in MiB."""
    total = 0.0
    for each in descendants(pid):
        with suppress(FileNotFoundError, ProcessLookupError):
            for line in Path(f"/proc/{each}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) / 1024
    return total


def scheduled(pids: Iterable[int]) -> tuple[float, float]:
    """Seconds that these processes have had a processor, and seconds that they have waited for one, ready to run."""
    ran = waited = 0
    for pid in pids:
        for task in Path(f"/proc/{pid}/task").glob("*/schedstat"):
            with suppress(FileNotFoundError, ProcessLookupError):
                had, lacked, _ = task.read_text().split()
                ran, waited = ran + int(had), waited + int(lacked)
    return ran / 1e9, waited / 1e9


def descendants(pid: int) -> list[int]:
    """The process and all its children."""
    found, waiting = [], [pid]
    while waiting:
        found.append(waiting.pop())
        with suppress(FileNotFoundError, ProcessLookupError):
            for task in Path(f"/proc/{found[-1]}/task").iterdir():
                waiting += map(int, (task / "children").read_text().split())
    return found
