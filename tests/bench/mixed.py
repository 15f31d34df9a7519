"""Ten minutes of mixed load on one lake: 20 models of 5 environments in both languages, asked in random bursts.

More models than containers, and a short idle time: containers come and go all the while. What is told: how many were
answered rightly, how many were asked to come again and why, and that nothing leaks.
"""

import pickle
import random
import statistics
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
import requests

from builders.report import SilentReport
from builders.runtimes import install_base
from tests.bench.lake import Weles
from tests.bench.measures import memory_mib
from tests.bench.peers import document_of
from tests.bench.report import number, table
from tests.bench.venvs import CACHE
from tests.conftest import remove_lake

SECONDS, ASKERS, OF_EACH = 600, 6, 4
SETTINGS = {"WELES_MAX_CONTAINERS": "8", "WELES_IDLE_SECONDS": "20"}
# What a client is told to come again for; anything else that is not an answer is an error.
PATIENCE = {429, 503}
R_VERSION = "4.2"
_R_SESSION = "# weles-r 1\nstats=={version}  base\n"
_R_FIT = (
    "x <- as.numeric(1:50); set.seed(1); "
    "for (i in 1:4) saveRDS(lm(y ~ x, data.frame(x = x, y = i * x + 1)), sprintf('/out/r-%d.rds', i))"
)


@dataclass(frozen=True)
class Model:
    """A model of the lake, a question to it, and the answer of the session that made it."""

    name: str
    columns: list[str]
    rows: list[list[float]]
    expected: list[float]


class Linear:
    """A pickle that needs no package."""

    def __init__(self, slope: float) -> None:
        self.slope = slope

    def __reduce__(self) -> tuple[Any, ...]:
        return eval, (f"type('L', (), {{'predict': lambda self, rows: [{self.slope} * row[0] for row in rows]}})()",)


class Figures:
    """What the askers have seen."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.again: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()
        self._lock = threading.Lock()

    def note(self, answer: requests.Response, seconds: float, model: Model) -> None:
        with self._lock:
            if answer.status_code == 200:
                got = [row[0] for row in answer.json()["data"]]
                right = len(got) == len(model.expected) and all(
                    abs(one - other) < 1e-6 for one, other in zip(got, model.expected, strict=True)
                )
                if right:
                    self.seconds.append(seconds)
                else:
                    self.errors[f"wrong answer of {model.name}"] += 1
                return
            kind = answer.json().get("type", "?").rpartition("/")[2]
            counted = self.again if answer.status_code in PATIENCE else self.errors
            counted[f"{answer.status_code} {kind}"] += 1

    def failed(self, error: Exception) -> None:
        with self._lock:
            self.errors[type(error).__name__] += 1


def mixed(folder: Path, quick: bool) -> str:
    """The load's figures, and those of the machine before and after."""
    client = docker.from_env()
    seconds = 60 if quick else SECONDS
    lake = Weles(folder, settings=SETTINGS, home=CACHE / "mixed")
    running = lake.start([])
    try:
        models = [*_sklearn(lake, folder), *_python(lake), *_r(lake, client)]
        figures, memory, containers = Figures(), [], []
        label = {"label": [f"weles={(lake.home / 'lake-id').read_text().strip()}", "weles.role=runtime"]}
        with _asking(lake, models, figures):
            begun = time.monotonic()
            while time.monotonic() - begun < seconds:
                time.sleep(2)
                memory.append(memory_mib(running.process.pid))
                containers.append(len(client.api.containers(filters=label)))
        deadline = time.monotonic() + 120
        while left := len(client.api.containers(all=True, filters=label)):
            if time.monotonic() > deadline:
                break
            time.sleep(1)
        folders = len([*(lake.home / "run" / "containers").iterdir()])
    finally:
        running.stop()
        remove_lake(client, (lake.home / "lake-id").read_text().strip())
        client.close()
    third = max(1, len(memory) // 3)
    figures.seconds.sort()
    rows = [
        ["answered, and rightly", number(len(figures.seconds), 0)],
        ["p50 of those, ms", number(statistics.median(figures.seconds) * 1000, 1)],
        ["p99 of those, ms", number(figures.seconds[int(len(figures.seconds) * 0.99)] * 1000, 0)],
        *([f"asked to come again: {kind}", number(count, 0)] for kind, count in sorted(figures.again.items())),
        *([f"errors: {kind}", number(count, 0)] for kind, count in sorted(figures.errors.items())),
        ["errors", number(figures.errors.total(), 0)],
        ["most containers at once (of 8)", number(max(containers), 0)],
        ["containers left when idle", number(left, 0)],
        ["run folders left when idle", number(folders, 0)],
        ["web and worker, first third, MiB (median)", number(statistics.median(memory[:third]), 0)],
        ["web and worker, last third, MiB (median)", number(statistics.median(memory[-third:]), 0)],
    ]
    title = (
        f"{seconds // 60} minutes of mixed load: {len(models)} models, 5 environments, R and Python, {ASKERS} askers"
    )
    return table(title, ["what", "figure"], rows)


@contextmanager
def _asking(lake: Weles, models: list[Model], figures: Figures) -> Iterator[None]:
    stop = threading.Event()
    threads = [threading.Thread(target=_ask, args=(lake, models, figures, seed, stop)) for seed in range(ASKERS)]
    for each in threads:
        each.start()
    try:
        yield
    finally:
        stop.set()
        for each in threads:
            each.join()


def _ask(lake: Weles, models: list[Model], figures: Figures, seed: int, stop: threading.Event) -> None:
    chance = random.Random(seed)
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {lake.token}"
    weights = [1 / (place + 1) for place in range(len(models))]
    order = random.Random(0).sample(models, len(models))
    while not stop.is_set():
        (model,) = chance.choices(order, weights)
        body = {"columns": model.columns, "data": model.rows}
        for _ in range(chance.randint(1, 20)):
            begun = time.perf_counter()
            try:
                answer = session.post(f"{lake.api}/models/{model.name}/predict", json=body, timeout=120)
                figures.note(answer, time.perf_counter() - begun, model)
            except (requests.RequestException, ValueError) as error:
                figures.failed(error)
            if stop.is_set():
                return
        time.sleep(chance.expovariate(2.0))


def _sklearn(lake: Weles, folder: Path) -> list[Model]:
    document = document_of(folder, "logistic")
    models = []
    for number_ in range(OF_EACH):
        name = f"logistic-{number_}"
        lake.have(name)
        models.append(Model(name, document["columns"], document["data"][:4], document["expected"][:4]))
    return models


def _python(lake: Weles) -> list[Model]:
    """Three environments that differ in one small package."""
    models = []
    for version in ("0.12.0", "0.12.1", "1.0.0"):
        for slope in range(1, OF_EACH + 1):
            name = f"linear-{version.replace('.', '-')}-{slope}"
            about = {"name": name, "flavour": "python", "language_version": lake.python_version, "target": "y"}
            lake.have_parts(
                name, about, pickle.dumps(Linear(slope), protocol=4), f"toolz=={version}\n", b"x,y\n1.5,3.0\n"
            )
            models.append(Model(name, ["x"], [[2.5], [4.0]], [2.5 * slope, 4.0 * slope]))
    return models


def _r(lake: Weles, client: docker.DockerClient) -> list[Model]:
    base = install_base(client, "r", R_VERSION, SilentReport())
    models = []
    with tempfile.TemporaryDirectory(prefix="weles-bench-") as out:
        client.containers.run(
            base.image, ["Rscript", "--vanilla", "-e", _R_FIT], remove=True, volumes={out: {"bind": "/out"}}
        )
        for slope in range(1, OF_EACH + 1):
            name = f"r-linear-{slope}"
            about = {"name": name, "flavour": "lm", "format": "rds", "language": "r", "language_version": base.version,
                     "target": "y"}  # fmt: skip
            session = _R_SESSION.format(version=base.version)
            lake.have_parts(name, about, Path(out, f"r-{slope}.rds").read_bytes(), session, b"x,y\n1.5,3.0\n2.5,4.5\n")
            models.append(Model(name, ["x"], [[2.5], [4.0]], [2.5 * slope + 1, 4.0 * slope + 1]))
    return models
