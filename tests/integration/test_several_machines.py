"""Two machines of one lake: each with its web process, worker and home, one Postgres and one bucket between them."""

import pickle
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import docker
import pandas as pd
import pytest

from registry.runners.docker import sweep
from tests.conftest import remove_lake
from tests.integration import creator
from tests.integration.lake import Lake
from tests.integration.test_upload_and_predict import split
from tests.stores import Stores

pytestmark = pytest.mark.docker


@pytest.fixture(scope="module")
def machines(
    tmp_path_factory: pytest.TempPathFactory,
    engine: docker.DockerClient,
    python_base: str,
    postgres_server: str,
    s3_server: str,
) -> Iterator[tuple[Lake, Lake]]:
    stores = Stores(postgres_server, s3_server).environ()
    environ = {"WELES_WEB_PROCESSES": "2"}
    both = tuple(Lake(tmp_path_factory.mktemp(name), environ, stores=stores) for name in ("one", "other"))
    one, other = both
    one.start()
    other.start()
    # It was there already when the other machine came, which has no token of it, therefore.
    assert not (other.home / "admin-token").exists()
    (other.home / "admin-token").write_text(one.token)
    yield one, other
    for lake in both:
        if lake.process is not None and lake.process.poll() is None:
            lake.stop()
    # One's image is also in the other's containers.
    for lake in both:
        sweep(engine, lake.name)
    for lake in both:
        remove_lake(engine, lake.name)


def _upload(lake: Lake, name: str, **changes: Any) -> dict[str, Any]:
    response = lake.call("POST", "/models", files=creator.form(*creator.iris(), name, **changes))
    # 200: it had just been accepted, and is no new version.
    assert response.status_code in (200, 202), response.text
    return dict(response.json())


def _rows() -> Any:
    model, data = creator.iris()
    rows = data.drop(columns="target").head(20)
    return split(rows), model.predict(rows).tolist()


@pytest.fixture(scope="module")
def iris(machines: tuple[Lake, Lake]) -> str:
    """A model that both machines were sent at once, four times each."""
    with ThreadPoolExecutor(8) as threads:
        accepted = [*threads.map(lambda lake: _upload(lake, "iris"), machines * 4)]
    for each in accepted:
        job = machines[0].job(each["job"])
        assert job["state"] == "succeeded", job["problem"]
    return "iris"


def test_what_both_were_sent_at_once_is_one_version_of_one_environment(
    machines: tuple[Lake, Lake], iris: str, engine: docker.DockerClient
) -> None:
    for lake in machines:
        versions = lake.call("GET", f"/models/{iris}/versions").json()["versions"]
        assert [each["version"] for each in versions] == [1]
    assert len(_images(machines, engine)) == 1


def _images(machines: tuple[Lake, Lake], engine: docker.DockerClient) -> list[str]:
    """The environments of the images that were built, one for each image."""
    return [
        image.labels["weles.environment"]
        for lake in machines
        for image in engine.images.list(filters={"label": [f"weles={lake.name}", "weles.installed"]})
    ]


def test_each_machine_answers_in_a_container_of_its_own(
    machines: tuple[Lake, Lake], iris: str, engine: docker.DockerClient
) -> None:
    rows, expected = _rows()
    with ThreadPoolExecutor(8) as threads:
        answers = [*threads.map(lambda lake: lake.call("POST", f"/models/{iris}/predict", json=rows), machines * 8)]
    for answer in answers:
        assert answer.status_code == 200, answer.text
        assert [row[0] for row in answer.json()["data"]] == expected
    for lake in machines:
        assert len(lake.answering(engine)) == 1


def test_an_alias_that_both_move_at_once_is_somewhere_and_the_same_for_both(
    machines: tuple[Lake, Lake], iris: str
) -> None:
    job = machines[0].job(_upload(machines[1], iris, description="the same, again", model=_another())["job"])
    assert job["state"] == "succeeded", job["problem"]
    path = f"/models/{iris}/aliases/production"
    assert machines[0].call("PUT", path, json={"version": 1}).status_code in (200, 201)
    rows, _ = _rows()

    def move(number: int) -> int:
        here, there = (1, 2) if number % 4 < 2 else (2, 1)
        return machines[number % 2].call("PUT", path, json={"expected": here, "version": there}).status_code

    def ask(number: int) -> int:
        return machines[number % 2].call("POST", f"/models/{iris}/predict?version=production", json=rows).status_code

    with ThreadPoolExecutor(8) as threads:
        moves, asked = threads.map(move, range(24)), threads.map(ask, range(8))
        codes = [*moves]
    # Each move says where the alias must be: of those who say the same at once, one moves it.
    assert set(codes) <= {200, 409}, codes
    assert 200 in codes
    assert {*asked} == {200}
    found = [lake.call("GET", path).json() for lake in machines]
    assert found[0] == found[1]
    history = found[0]["history"]
    assert len(history) == 1 + codes.count(200)
    assert all(one["version_after"] == next["version_before"] for one, next in pairwise(history))


def _another() -> bytes:
    model, data = creator.iris()
    model.set_params(C=0.5).fit(data.drop(columns="target"), data["target"])
    return pickle.dumps(model, protocol=4)


def test_a_machine_that_goes_leaves_the_other_at_work(machines: tuple[Lake, Lake], iris: str) -> None:
    one, other = machines
    rows, expected = _rows()
    assert other.stop() == 0
    answer = one.call("POST", f"/models/{iris}/predict?version=1", json=rows)
    assert [row[0] for row in answer.json()["data"]] == expected
    accepted = _upload(one, "after")
    assert one.job(accepted["job"])["state"] == "succeeded"
    other.start()
    answer = other.call("POST", "/models/after/predict", json=rows)
    assert [row[0] for row in answer.json()["data"]] == expected


class Constant:
    """A pickle that defines its class where it is loaded: the environment is as small as the test wants it."""

    def __reduce__(self) -> Any:
        source = "class Model:\n    def predict(self, rows):\n        return [1.0] * len(rows)\n"
        return eval, (f"(lambda names: (exec({source!r}, names), names['Model']())[1])({{}})",)


def test_ten_models_of_one_new_environment_make_one_build(
    machines: tuple[Lake, Lake], iris: str, engine: docker.DockerClient
) -> None:
    data = pd.DataFrame({"x": [0.0, 1.0], "target": [0.0, 1.0]})
    forms = [
        creator.form(Constant(), data, f"many-{number}", flavour="python", requirements="toolz==0.12.1\n")
        for number in range(10)
    ]
    before = _images(machines, engine)

    def upload(number: int) -> str:
        response = machines[number % 2].call("POST", "/models", files=forms[number])
        assert response.status_code == 202, response.text
        return str(response.json()["job"])

    with ThreadPoolExecutor(10) as threads:
        jobs = [*threads.map(upload, range(10))]
    ended = [machines[number % 2].job(job) for number, job in enumerate(jobs)]
    assert [job["state"] for job in ended] == ["succeeded"] * 10, ended
    (environment,) = {job["environment"] for job in ended}
    assert sorted(_images(machines, engine)) == sorted([*before, environment])
    # Both machines' workers write into one log: it was resolved by one of them, once; who built it may have had to
    # fetch its own files.
    log = machines[0].call("GET", f"/jobs/{jobs[0]}/log").text
    resolving, *building = log.split("[internal] load remote build context")
    again = resolving.count("fetching it again")
    assert again <= 1, resolving
    assert resolving.count("Resolved 1 package in") == 1 + again, resolving
    assert len(building) == 1, building
