"""The straight line for R, over plain HTTP: a session of R 4.2 uploads, any caller predicts."""

import io
import json
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
import pytest

from builders.bases import Base
from builders.report import SilentReport
from builders.runtimes import install_base
from tests.integration.lake import Lake

pytestmark = pytest.mark.docker

SESSION = "# weles-r 1\njsonlite==1.8.4  cran\nrpart==4.1.19  recommended\nstats==4.2.2  base\n"
COLUMNS = ["Sepal.Length", "Sepal.Width", "Petal.Length", "Petal.Width"]
FIT = """
model <- rpart::rpart(Species ~ ., iris)
saveRDS(model, "/tmp/model.rds")
write.csv(iris, "/tmp/iris.csv", row.names = FALSE)
write.table(predict(model, iris), "/tmp/prob.txt", row.names = FALSE)
"""


@dataclass
class Creator:
    """What the creator's session left: the model, its data, its own probabilities of every row."""

    model: bytes
    data: bytes
    columns: list[str]
    prob: list[list[float]]

    @property
    def rows(self) -> list[list[float]]:
        lines = self.data.decode().splitlines()[1:]
        return [[float(value) for value in line.split(",")[:-1]] for line in lines]


@pytest.fixture(scope="module")
def creator(engine: docker.DockerClient, r_base: Base) -> Creator:
    return creator_in(engine, r_base)


def creator_in(engine: docker.DockerClient, base: Base) -> Creator:
    """A session of this R that fits a tree."""
    container = engine.containers.create(base.image, ["Rscript", "--vanilla", "-e", FIT], labels={"weles.test": "r"})
    try:
        container.start()
        assert container.wait()["StatusCode"] == 0, container.logs().decode()
        files = {name: _file(container, f"/tmp/{name}") for name in ("model.rds", "iris.csv", "prob.txt")}
    finally:
        container.remove(force=True)
    header, *lines = files["prob.txt"].decode().splitlines()
    prob = [[float(value) for value in line.split()] for line in lines]
    return Creator(files["model.rds"], files["iris.csv"], [name.strip('"') for name in header.split()], prob)


def _file(container: Any, path: str) -> bytes:
    chunks, _ = container.get_archive(path)
    with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as tar:
        member = tar.extractfile(Path(path).name)
        assert member is not None
        return member.read()


def parts(creator: Creator, name: str, session: str = SESSION, **changes: Any) -> dict[str, Any]:
    metadata = {
        "name": name,
        "target": "Species",
        "flavour": "rpart",
        "format": "rds",
        "language": "r",
        "language_version": "4.2.2",
        **changes,
    }
    return {
        "metadata": ("metadata.json", json.dumps(metadata), "application/json"),
        "model": ("model.rds", creator.model, "application/octet-stream"),
        "requirements": ("session.txt", session, "text/plain"),
        "data": ("iris.csv", creator.data, "text/csv"),
    }


@pytest.fixture(scope="module")
def iris(r_lake: Lake, creator: Creator) -> dict[str, Any]:
    response = r_lake.call("POST", "/models", files=parts(creator, "iris-tree"))
    assert response.status_code == 202, response.text
    job = r_lake.job(response.json()["job"])
    assert job["state"] == "succeeded", json.dumps(job["problem"], indent=1)
    return job


def test_an_r_model_answers_as_its_creators_session(r_lake: Lake, creator: Creator, iris: dict[str, Any]) -> None:
    body = {"columns": COLUMNS, "data": creator.rows}
    response = r_lake.call("POST", f"/models/{iris['model']}/predict", params={"mode": "prob"}, json=body)
    assert response.status_code == 200, response.text
    answer = response.json()
    assert [column["name"] for column in answer["columns"]] == creator.columns
    assert len(answer["data"]) == len(creator.prob) == 150
    for got, expected in zip(answer["data"], creator.prob, strict=True):
        assert got == pytest.approx(expected, abs=1e-9)


# jsonlite 1.8.4 cannot be loaded by R 4.5.
@pytest.mark.parametrize(("minor", "jsonlite"), [("4.0", "1.8.4"), ("4.5", "1.9.1")])
def test_every_r_that_debian_has_takes_the_whole_line(
    engine: docker.DockerClient, r_lake: Lake, minor: str, jsonlite: str
) -> None:
    base = install_base(engine, "r", minor, SilentReport())
    creator = creator_in(engine, base)
    session = f"# weles-r 1\njsonlite=={jsonlite}  cran\n"
    uploaded = parts(creator, f"tree-{minor}", session, language_version=base.version)
    job = r_lake.job(r_lake.call("POST", "/models", files=uploaded).json()["job"])
    assert job["state"] == "succeeded", json.dumps(job["problem"], indent=1)
    body = {"columns": COLUMNS, "data": creator.rows}
    response = r_lake.call("POST", f"/models/tree-{minor}/predict", params={"mode": "prob"}, json=body)
    for got, expected in zip(response.json()["data"], creator.prob, strict=True):
        assert got == pytest.approx(expected, abs=1e-9)
    environment = r_lake.call("GET", f"/environments/{job['environment']}").json()
    assert (environment["base"]["version"], environment["installed"]) == (base.version, {"jsonlite": jsonlite})


def test_what_was_left_out_is_said_and_what_is_installed_is_known(r_lake: Lake, iris: dict[str, Any]) -> None:
    assert "rpart==4.1.19  recommended: dropped; it comes with R" in " ".join(iris["notes"])
    environment = r_lake.call("GET", f"/environments/{iris['environment']}").json()
    assert environment["installed"] == {"jsonlite": "1.8.4"}
    assert environment["base"]["language"] == "r"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"session": "# weles-r 1\nmine==1.0  github:me/mine@abc\n"}, "mine was installed from github"),
        ({"session": "numpy==1.26.4\n"}, "an R environment begins with"),
        ({"language_version": "3.6.1"}, "r 3.6.1 is not installed in this lake"),
    ],
)
def test_an_environment_that_cannot_be_used_is_refused_at_once(
    r_lake: Lake, creator: Creator, changes: dict[str, Any], said: str
) -> None:
    response = r_lake.call("POST", "/models", files=parts(creator, "refused", **changes))
    assert response.status_code == 422, response.text
    assert said in response.json()["detail"]


def test_a_version_that_does_not_exist_fails_with_the_nearest(r_lake: Lake, creator: Creator) -> None:
    response = r_lake.call("POST", "/models", files=parts(creator, "nearest", "# weles-r 1\njsonlite==1.8.5  cran\n"))
    assert response.status_code == 202, response.text
    job = r_lake.job(response.json()["job"])
    assert job["state"] == "failed"
    assert "nearest 1.8.4, newest 1.9.1" in json.dumps(job["problem"])
