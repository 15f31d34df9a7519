"""The tables of the bench: which servers, which questions, which figures."""

import contextlib
import statistics
import time
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.bench import measures
from tests.bench.lake import Weles
from tests.bench.measures import memory_mib
from tests.bench.peers import BareFlask, BentoML, MLflow, MLServer, Running, Server
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
                found = measures.throughput(running, question, 3 if quick else measures.LOAD_SECONDS)
            rows.append([server.name, number(found.per_second, 0), number(found.p50, 1), number(found.p99, 1)])
            rows[-1].append(number(found.errors, 0))
        columns = ["server", "requests/s", "p50 ms", "p99 ms", "errors"]
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
            cells.append(number(None if batch is None else measures.seconds_of(running, batch, 1 if quick else 3)))
            cells.append("–" if batch is None else batch.content_type.rpartition(".")[2].rpartition("/")[2])
        rows.append(cells)
    columns = ["server", "1k rows JSON, s", "100k rows JSON, s", "1M rows, s", "in the form"]
    return table("Many rows: gradient boosting, 20 columns", columns, rows)


def cold(folder: Path, quick: bool) -> str:
    """From nothing to the first prediction."""
    rows = []
    for server in servers(folder):
        question = measures.rows_of(server, folder, "logistic", 1)
        if isinstance(server, Weles):
            rows.append(["Weles, no container of the model", number(_cold_container(server, folder))])
            continue
        rows.append([f"{server.name}: launch", number(measures.launch_to_answer(server, ["logistic"], question))])
    return table("First prediction, nothing warm", ["server", "s"], rows)


def _cold_container(server: Weles, folder: Path) -> float:
    with serving(server, ["logistic"], folder) as running:
        found = []
        for _ in range(5):
            server.end_containers()
            time.sleep(1)
            begun = time.perf_counter()
            running.ask(measures.rows_of(server, folder, "logistic", 1))
            found.append(time.perf_counter() - begun)
    return statistics.median(found)


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
            with serving(server, models, folder) as running:
                if isinstance(server, Weles):
                    server.end_containers()
                cells.append(number(memory_mib(running.process.pid), 0))
        rows.append(cells)
    return table("Memory with so many idle models, MiB", ["server", "1", "10", str(MANY)], rows)


def upload(folder: Path, quick: bool) -> str:
    """Upload to ready with the environment's image there."""
    server = Weles(folder)
    with serving(server, ["forest"], folder):
        found = [server.upload("forest", f"forest-{uuid.uuid4().hex[:8]}") for _ in range(2 if quick else 5)]
    size = (folder / "forest.pkl").stat().st_size / 1e6
    return table(
        "Upload to ready, environment cached",
        ["model", "s"],
        [[f"forest, {size:.0f} MB", number(statistics.median(found))]],
    )
