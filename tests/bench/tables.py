"""The tables of the bench: which servers, which questions, which figures."""

import contextlib
import json
import statistics
import time
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.bench import measures
from tests.bench.lake import Weles
from tests.bench.measures import memory_mib
from tests.bench.peers import BareFlask, BentoML, MLflow, MLServer, Question, Running, Server
from tests.bench.report import number, table

MANY = 50


def servers(folder: Path) -> list[Server]:
    """Weles and those that it is measured against; the bare server comes last."""
    return [
        Weles(folder),
        MLServer(folder),
        MLServer(folder, 1, "MLServer, default"),
        BentoML(folder),
        MLflow(folder),
        BareFlask(folder, "gthread", "Flask + gunicorn gthread, bare handler"),
        BareFlask(folder),
    ]


@contextlib.contextmanager
def serving(server: Server, models: Sequence[str], folder: Path) -> Iterator[Running]:
    """A started server whose answer for the first model has been checked."""
    running = server.start(models)
    try:
        measures.check(server, running, folder, models[0])
        yield running
    finally:
        running.stop()


def one_row(folder: Path, quick: bool) -> str:
    """One row at one connection, each server between two blocks of the bare one."""
    parts = []
    for model, what in (("logistic", "logistic regression on iris"), ("forest", "777 trees on wine")):
        rows = []
        bare = BareFlask(folder)
        with serving(bare, [model], folder) as yardstick:
            for server in servers(folder):
                with serving(server, [model], folder) as running:
                    found = measures.latency(
                        (running, measures.rows_of(server, folder, model, 1)),
                        (yardstick, measures.rows_of(bare, folder, model, 1)),
                        2 if quick else measures.BLOCKS,
                    )
                rows.append([server.name, number(found.p50), number(found.p99), number(found.ratio)])
        columns = ["server", "p50 ms", "p99 ms", "× bare Flask sync, interleaved"]
        parts.append(table(f"One row, warm: {what}", columns, rows))
    return "\n".join(parts)


def under_load(folder: Path, quick: bool) -> str:
    """One row at 16 connections."""
    parts = []
    for model, what in (("logistic", "logistic regression on iris"), ("forest", "777 trees on wine")):
        rows = []
        for server in servers(folder):
            with serving(server, [model], folder) as running:
                question = measures.rows_of(server, folder, model, 1)
                measures.throughput(running, question, 2)
                at_work = measures.descendants(running.process.pid)
                if isinstance(server, Weles):
                    at_work += server.container_processes()
                before = measures.scheduled(at_work)
                found = measures.throughput(running, question, 3 if quick else measures.LOAD_SECONDS)
                after = measures.scheduled(at_work)
            rows.append([server.name, number(found.per_second, 0), number(found.p50, 1), number(found.p99, 1)])
            rows[-1].append(number(found.errors, 0))
            rows[-1] += [number((b - a) * 1000 / found.requests) for a, b in zip(before, after, strict=True)]
        columns = [
            "server",
            "requests/s",
            "p50 ms",
            "p99 ms",
            "errors",
            "at work, ms each",
            "in wait for a processor, ms each",
        ]
        parts.append(table(f"One row, 16 connections: {what}", columns, rows))
    return "\n".join(parts)


def more_rows(folder: Path, quick: bool) -> str:
    """1k and 100k rows as JSON, and a million by the quickest form, with peak memory of the server."""
    rows = []
    for server in servers(folder):
        with serving(server, ["boosting"], folder) as running:
            cells = [server.name]
            for count in (1_000, 100_000):
                question = measures.rows_of(server, folder, "boosting", count)
                cells.append(number(measures.seconds_of(running, question, 1 if quick else 3)))
            batch = server.batch("boosting", folder / "batch.parquet")
            with measures.peak_of(running.process.pid) as peak:
                cells.append(number(None if batch is None else measures.seconds_of(running, batch, 1 if quick else 3)))
            cells.append("–" if batch is None else batch.content_type.rpartition(".")[2].rpartition("/")[2])
            container = server.container_peak_mib() if isinstance(server, Weles) else 0.0
            cells.append(number(None if batch is None else peak[0] + container, 0))
        rows.append(cells)
    columns = ["server", "1k rows JSON, s", "100k rows JSON, s", "1M rows, s", "in the form", "peak of all, MiB"]
    return table("Many rows: gradient boosting, 20 columns", columns, rows)


def cold(folder: Path, quick: bool) -> str:
    """From nothing to the first prediction."""
    rows = []
    for server in servers(folder):
        if isinstance(server, Weles):
            bare, first, ahead, load = _cold_containers(server, folder)
            rows.append(["docker run, import, load and predict, without a lake", number(bare)])
            rows.append(["Weles, no container of the model", number(first)])
            rows.append(["Weles, a container of the environment waits", number(ahead)])
            rows.append(["importing done, load and predict in a session", number(load)])
            continue
        question = measures.rows_of(server, folder, "logistic", 1)
        rows.append([f"{server.name}: launch", number(measures.launch_to_answer(server, ["logistic"], question))])
    return table("First prediction, nothing warm", ["server", "s"], rows)


def _cold_containers(server: Weles, folder: Path) -> tuple[float, float, float, float]:
    """Medians in seconds: of a bare container, of the lake without any, of one that waits, of loading alone."""
    bare, first, ahead, load = [], [], [], []
    with serving(server, ["logistic", "logistic-1"], folder) as running:
        question, another = (measures.rows_of(server, folder, name, 1) for name in ("logistic", "logistic-1"))
        image = json.loads(running.ask(question))["image"]
        for _ in range(5):
            seconds, loading = measures.bare_container(image, folder, "logistic")
            bare.append(seconds)
            load.append(loading)
            server.end_containers()
            time.sleep(1)
            first.append(_seconds(running, question))
        for _ in range(5):
            server.end_containers()
            time.sleep(1)
            running.ask(question)
            server.wait_for_waiting()
            ahead.append(_seconds(running, another))
    medians = [statistics.median(each) for each in (bare, first, ahead, load)]
    return medians[0], medians[1], medians[2], medians[3]


def _seconds(running: Running, question: Question) -> float:
    begun = time.perf_counter()
    running.ask(question)
    return time.perf_counter() - begun


def memory(folder: Path, quick: bool) -> str:
    """Proportional memory of a server with 1, 10 and 50 registered models, all idle."""
    rows = []
    for server in servers(folder):
        cells = [server.name]
        for count in (1, 10, MANY):
            if isinstance(server, MLflow) and count > 1:
                cells.append("a server each")
                continue
            models = ["logistic", *(f"logistic-{number}" for number in range(1, count))]
            if isinstance(server, Weles):
                # What uploading them costs is not what having them costs.
                with serving(server, models, folder):
                    pass
            with serving(server, models, folder) as running:
                if isinstance(server, Weles):
                    server.end_containers()
                cells.append(number(memory_mib(running.process.pid), 0))
        rows.append(cells)
    return table("Memory with so many idle models, MiB", ["server", "1", "10", str(MANY)], rows)


def upload(folder: Path, quick: bool) -> str:
    """Upload to ready with the environment's image there."""
    server, rows = Weles(folder), []
    with serving(server, ["forest"], folder):
        for model in ("forest", "neighbours"):
            found = []
            for _ in range(2 if quick else 5):
                # A person's uploads do not follow one another within a second: the next waits until a container does.
                server.wait_for_waiting()
                found.append(server.upload(model, f"{model}-{uuid.uuid4().hex[:8]}"))
            size = (folder / f"{model}.pkl").stat().st_size / 1e6
            rows.append([f"{model}, {size:.0f} MB", number(statistics.median(found))])
    return table("Upload to ready, environment cached", ["model", "s"], rows)
