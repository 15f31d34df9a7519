"""The life of a model on a real lake: uploaded again, named, fetched, deleted while it is called, restored, purged."""

import json
import threading
import time
from collections.abc import Iterator
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

import docker
import pytest
import weles

from tests.conftest import remove_lake
from tests.integration import creator
from tests.integration.contents import contents
from tests.integration.lake import Lake
from tests.integration.test_upload_and_predict import split, upload

pytestmark = pytest.mark.docker
# Another version of one main package, and the smallest of them: an environment that this session has not.
OTHER_JOBLIB = "1.4.0" if installed("joblib") != "1.4.0" else "1.4.2"


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory, engine: docker.DockerClient, python_base: str) -> Iterator[Lake]:
    lake = Lake(tmp_path_factory.mktemp("lives"), {"WELES_GRACE_SECONDS": "3600"})
    lake.start()
    yield lake
    if lake.process is not None and lake.process.poll() is None:
        lake.stop()
    remove_lake(engine, lake.name)


@pytest.fixture(scope="module")
def iris(lake: Lake) -> dict[str, Any]:
    """Two versions of one model; the second has seen less."""
    model, data = creator.iris()
    small = type(model)(max_iter=500).fit(data.drop(columns="target")[::2], data["target"][::2])
    jobs = [upload(lake, "iris", model, data), upload(lake, "iris", small, data)]
    assert [job["state"] for job in jobs] == ["succeeded"] * 2, jobs
    return {"model": model, "small": small, "data": data, "rows": data.drop(columns="target"), "jobs": jobs}


@pytest.fixture
def client(lake: Lake) -> Iterator[None]:
    weles.connect(lake.url, lake.token)
    yield
    weles.connection._current = None


def predict(lake: Lake, rows: Any, name: str = "iris", version: object = "latest") -> Any:
    return lake.call("POST", f"/models/{name}/predict", params={"version": version}, json=split(rows))


def test_the_same_content_again_costs_nothing(lake: Lake, iris: dict[str, Any]) -> None:
    stored = contents(lake.settings).names()
    response = lake.call("POST", "/models", files=creator.form(iris["model"], iris["data"], "iris"))
    assert response.status_code == 200, response.text
    assert (response.json()["version"], response.json()["job"]) == (1, iris["jobs"][0]["id"])
    assert response.json()["state"] == "succeeded"
    assert lake.call("GET", "/models/iris").json()["versions"] == [1, 2]
    assert contents(lake.settings).names() == stored


def test_predictions_by_alias_follow_it(lake: Lake, iris: dict[str, Any], client: None) -> None:
    rows = iris["rows"]
    for number, model in ((1, iris["model"]), (2, iris["small"])):
        assert weles.model.set_alias("iris", "production", number) == number
        answer = predict(lake, rows, version="production")
        assert answer.headers["Weles-Version"] == str(number)
        assert weles.model.predict("iris", rows, version="production").tolist() == model.predict(rows).tolist()
    version_hash = weles.model.info("iris", version=1)["hash"]
    assert predict(lake, rows.head(1), version=version_hash).headers["Weles-Version"] == "1"
    moves = [
        (each["version_before"], each["version_after"]) for each in weles.model.alias_history("iris", "production")
    ]
    assert moves == [(None, 1), (1, 2)]


def test_a_model_comes_back_into_a_session_like_its_own(iris: dict[str, Any], client: None, tmp_path: Path) -> None:
    got = weles.model.get("iris", version=1)
    assert got.predict(iris["rows"]).tolist() == iris["model"].predict(iris["rows"]).tolist()
    kept = weles.model.download("iris", tmp_path, version=1)
    assert kept.name == "iris-1.pkl"
    known = weles.model.info("iris", version=1)
    assert kept.stat().st_size == known["size"]
    assert known["environment"]["packages"]["scikit-learn"] == installed("scikit-learn")


def test_in_another_session_it_says_what_differs(lake: Lake, iris: dict[str, Any], client: None) -> None:
    requirements = creator.freeze(without=("joblib",)) + f"joblib=={OTHER_JOBLIB}\n"
    job = upload(lake, "elsewhere", iris["small"], iris["data"], requirements=requirements)
    assert job["state"] == "succeeded", job["problem"]
    with pytest.raises(weles.SessionDiffers) as caught:
        weles.model.get("elsewhere")
    assert caught.value.differences == [{"what": "joblib", "expected": OTHER_JOBLIB, "got": installed("joblib")}]
    forced = weles.model.get("elsewhere", force=True)
    assert forced.predict(iris["rows"]).tolist() == iris["small"].predict(iris["rows"]).tolist()


def test_everything_that_is_known_is_one_document(lake: Lake, iris: dict[str, Any], client: None) -> None:
    known = weles.model.info("iris")
    assert known["found_tags"][:5] == ["python", "sklearn", "classification", "3 classes", "scikit-learn"]
    assert {column["name"]: column["statistics"]["unique"] for column in known["columns"]}["target"] == 3
    assert known["dataset"]["rows"] == 150
    assert [column["name"] for column in known["columns"]] == list(iris["data"].columns)
    assert f"/v/{known['hash'].removeprefix('sha256:')}" in known["citation"]
    assert lake.call("GET", f"/versions/{known['hash']}").json()["version"] == known["version"]


def test_deleted_while_it_is_called(lake: Lake, iris: dict[str, Any], engine: docker.DockerClient) -> None:
    """Every answer is whole, or says that the version was deleted; then it is gone, container and all."""
    rows, answers, stop = iris["rows"].head(20), [], threading.Event()
    right = iris["model"].predict(rows).tolist()

    def call() -> None:
        while not stop.is_set():
            answers.append(predict(lake, rows, version=1))

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(1)
    deleted = lake.call("DELETE", "/models/iris/versions/1")
    assert deleted.status_code == 200, deleted.text
    time.sleep(1)
    stop.set()
    for thread in threads:
        thread.join()
    statuses = {answer.status_code for answer in answers}
    assert statuses == {200, 410}, [answer.text for answer in answers if answer.status_code not in (200, 410)][:3]
    assert all([row[0] for row in each.json()["data"]] == right for each in answers if each.status_code == 200)
    assert {each.json()["type"] for each in answers if each.status_code == 410} == {"/problems/deleted"}
    until(lambda: not containers(engine, lake, 1))

    restored = lake.call("POST", "/models/iris/versions/1/restore")
    assert restored.status_code == 200
    assert predict(lake, rows, version=1).status_code == 200


def containers(engine: docker.DockerClient, lake: Lake, number: int) -> list[Any]:
    """The containers of that version of `iris`."""
    ((version,),) = lake.sql("SELECT id FROM versions WHERE model = 'iris' AND number = :number", number=number)
    labels = [f"weles={lake.name}", f"weles.folder={lake.run_folder(version)}"]
    return engine.containers.list(ignore_removed=True, filters={"label": labels})


def until(condition: Any, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_what_is_purged_frees_its_bytes(lake: Lake, iris: dict[str, Any]) -> None:
    """Deleted, and the time of grace over: the file goes, unless another model has the same; so do files of no use."""
    copy = upload(lake, "copy", iris["small"], iris["data"])
    broken = lake.call("POST", "/models", files=creator.form(None, iris["data"], "broken", model=b"no pickle"))
    assert lake.job(broken.json()["job"])["problem"]["type"] == "/problems/model-not-loadable"
    assert copy["state"] == "succeeded"
    known = [lake.call("GET", f"/models/iris?version={number}").json() for number in (1, 2)]
    useless = lake.call("GET", "/models/broken").json()
    alone, shared, unloadable = (each["sha256"] for each in (*known, useless))
    stored = contents(lake.settings)
    assert {alone, shared, unloadable} <= {*stored.names()}

    # As if all had been uploaded long ago: what is young is never freed.
    lake.stop()
    stored.begin(b"half", 7200)
    stored.age(7200)
    lake.environ["WELES_GRACE_SECONDS"] = "1"
    lake.start()
    until(lambda: unloadable not in stored.names() and not stored.begun())
    assert alone in stored.names()
    # Why it failed stays readable.
    assert lake.call("GET", "/models/broken").json()["problem"]["type"] == "/problems/model-not-loadable"

    assert lake.call("DELETE", "/models/iris").status_code == 200
    assert predict(lake, iris["rows"].head(1)).status_code == 410
    until(lambda: alone not in stored.names())
    assert shared in stored.names()
    assert lake.call("POST", "/models/iris/restore").status_code == 404
    assert lake.call("GET", "/models/iris").status_code == 404
    assert predict(lake, iris["rows"], "copy").status_code == 200
    # The name is free again.
    again = upload(lake, "iris", iris["model"], iris["data"])
    assert (again["state"], again["version"]) == ("succeeded", 1)
    assert json.loads(predict(lake, iris["rows"].head(1)).text)["version"] == 1
