"""Real containers of the R runtime: Debian's R and packages, the runtime laid on top, the lake's own runner."""

import io
import json
import os
import shutil
import subprocess
import tarfile
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
import pytest

from registry.domain.ports.runner import RunnableVersion
from registry.domain.schema import ColumnType, Field, Schema
from registry.runners.channel import Answer, Channel
from registry.runners.docker import DockerRunner, sweep
from registry.settings import Settings
from registry.tables.table import Table

HERE = Path(__file__).parent
RUNTIME = HERE.parents[2] / "runtime-images" / "r" / "runtime"
CLIENT = HERE.parents[2] / "clients" / "r"
SUITE = os.environ.get("WELES_TEST_R_SUITE", "trixie")
PACKAGES = {
    "bullseye": ("randomforest", "rpart", "e1071", "nnet"),
    "bookworm": ("randomforest", "ranger", "rpart", "e1071", "glmnet", "mlr", "caret", "nnet"),
    "trixie": ("randomforest", "ranger", "rpart", "e1071", "glmnet", "mlr", "caret", "bit64", "nnet"),
    "sid": ("xgboost", "nnet"),
}
"""Debian's R packages of the tests' models; the suites have R 4.0, 4.2, 4.5 and the newest."""
X = Schema((Field("x", ColumnType.FLOAT64),))


@dataclass(frozen=True, slots=True)
class Model:
    """A model file, and the manifest's keys that say how it is called."""

    file: Path
    flavour: str
    inputs: Schema


@dataclass(frozen=True, slots=True)
class Running:
    """One container of the runtime, ready to be asked."""

    runner: DockerRunner
    version: str
    folder: Path
    container: Any
    channel: Channel

    def ask(self, op: str = "predict", table: Table | None = None, timeout: float = 30, **header: Any) -> Answer:
        return self.channel.call(self.folder, {"op": op, **header}, table, timeout=timeout)

    def predict(self, values: Table | list[Any], mode: str = "exact", **options: Any) -> dict[str, list[Any]]:
        """Values by column of the predictions, for a table or for rows of the one column x."""
        table = values if isinstance(values, Table) else Table.from_values(X, {"x": values})
        return self.ask(table=table, mode=mode, **options).table.to_values()

    def exit_code(self, seconds: float = 20) -> int | None:
        return self.runner.ending(self.folder, seconds).exit_code


def image_of(engine: docker.DockerClient, base: str) -> str:
    """The image id of `base` with the runtime on top, as an environment's image has it."""
    context = io.BytesIO()
    with tarfile.open(fileobj=context, mode="w") as tar:
        tar.add(RUNTIME, "runtime")
        text = (
            f"FROM {base}\nCOPY runtime/ /opt/weles/runtime/\n"
            "RUN Rscript --vanilla /opt/weles/runtime/compile.R >/dev/null\n"
            'ENTRYPOINT ["/bin/sh", "/opt/weles/runtime/start.sh"]\nLABEL weles.test=r\n'
        ).encode()
        entry = tarfile.TarInfo("Dockerfile")
        entry.size = len(text)
        tar.addfile(entry, io.BytesIO(text))
    context.seek(0)
    image, _ = engine.images.build(fileobj=context, custom_context=True, rm=True, forcerm=True)
    return str(image.id)


@pytest.fixture(scope="session")
def suite(request: pytest.FixtureRequest) -> str:
    """The Debian suite whose R and packages are used."""
    return str(getattr(request, "param", SUITE))


@pytest.fixture(scope="session")
def r_base(engine: docker.DockerClient, suite: str) -> str:
    """The tag of an image with R and the packages of the tests' models; made once on a machine."""
    tag = f"weles-test/r-models:{suite}"
    if not engine.images.list(tag):
        packages = [f"r-cran-{each}" for each in PACKAGES[suite]]
        subprocess.run([HERE / "image.sh", suite, tag, *packages], check=True, capture_output=True, timeout=900)
    return tag


@pytest.fixture(scope="session")
def r_image(engine: docker.DockerClient, r_base: str) -> Iterator[str]:
    image = image_of(engine, r_base)
    yield image
    engine.images.remove(image, force=True)


@pytest.fixture(scope="session")
def run_r(engine: docker.DockerClient, r_base: str) -> Callable[[Path, str], None]:
    """`run_r(folder, code)`: R code in a throw-away container that may write to `folder`, which it has as /made."""

    def run(folder: Path, code: str) -> None:
        (folder / "code.R").write_text(code)
        engine.containers.run(
            r_base, ["Rscript", "--vanilla", "/made/code.R", "/made"], remove=True, network_mode="none",
            labels={"weles.test": "r"}, volumes={str(folder): {"bind": "/made", "mode": "rw"}},
            environment={"LC_ALL": "C.UTF-8"},
        )  # fmt: skip

    return run


@pytest.fixture(scope="session")
def fitted(tmp_path_factory: pytest.TempPathFactory, run_r: Callable[[Path, str], None]) -> Path:
    """The folder with the models and answers of models.R."""
    folder = tmp_path_factory.mktemp("fitted")
    (folder / "client").mkdir()
    for name in ("session_prediction.R", "xgboost.R"):
        shutil.copy(CLIENT / "R" / name, folder / "client")
    run_r(folder, (HERE / "models.R").read_text())
    return folder


@pytest.fixture
def save(tmp_path: Path, run_r: Callable[[Path, str], None]) -> Callable[..., Model]:
    """`save(code, inputs)`: the model that R code leaves in the variable `model`, of the flavour r."""

    def make(code: str, inputs: Schema = X, flavour: str = "r") -> Model:
        folder = tmp_path / uuid.uuid4().hex
        folder.mkdir()
        run_r(folder, f"{code}\nsaveRDS(model, '/made/model.rds')")
        return Model(folder / "model.rds", flavour, inputs)

    return make


@pytest.fixture
def start(engine: docker.DockerClient, r_image: str, tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Starts containers as the lake does, with its isolation: `start(model, SETTING=…, manifest={…}) -> Running`."""
    lake_name = uuid.uuid4().hex[:12]
    runners: list[DockerRunner] = []
    channel = Channel()

    def begin(model: Model, manifest: dict[str, Any] | None = None, **settings: Any) -> Running:
        chosen = Settings(home=tmp_path / f"home{len(runners)}", container_cpus=1.0, **settings)
        chosen.run_folder.mkdir(parents=True)
        runner = DockerRunner(engine, lake_name, chosen)
        runners.append(runner)
        runner.open()
        document = {
            "contract": 1, "flavour": model.flavour, "file": "model", "format": "rds", "target": None,
            "inputs": model.inputs.to_json(), "threads": 1,
        }  # fmt: skip
        version = uuid.uuid4().hex
        model.file.chmod(0o644)
        folder = runner.start(RunnableVersion(version, r_image, model.file, document | (manifest or {})))
        found = engine.containers.list(filters={"label": f"weles.version={version}"}, ignore_removed=True)
        container = found[0] if found else None
        return Running(runner, version, folder, container, channel)

    yield begin
    channel.close()
    sweep(engine, lake_name)


def known(suite: str, fitted: Path, name: str) -> tuple[Model, Table, dict[str, Any]]:
    """A model of models.R, its sample rows, and what its session knows of it."""
    if suite not in ("trixie", "sid") and not (fitted / f"{name}.json").exists():
        pytest.skip(f"{suite} has no package for {name}")
    document = json.loads((fitted / f"{name}.json").read_text())
    schema = Schema.from_json(document["inputs"])
    model = Model(fitted / f"{name}.rds", document["flavour"], schema)
    return model, Table.from_values(schema, document["rows"]), document
