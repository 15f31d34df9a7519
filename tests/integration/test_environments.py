"""Environments on a real lake: found from a model, examined before and looked into after, on a real engine."""

from collections.abc import Iterator

import docker
import pytest
import weles
from weles import environment, errors, model, work

from tests.conftest import remove_lake
from tests.integration import creator
from tests.integration.lake import Lake

pytestmark = pytest.mark.docker


@pytest.fixture(scope="module")
def connected(
    engine: docker.DockerClient, python_base: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lake]:
    """A lake of its own: on that of all tests others have built what is new here."""
    lake = Lake(tmp_path_factory.mktemp("environments"))
    lake.start()
    made = weles.connect(lake.url, token=lake.token, progress="log")
    yield lake
    made._session.close()
    lake.stop()
    remove_lake(engine, lake.name)


def test_from_nothing_but_the_model_to_an_image_that_answers(
    connected: Lake, capsys: pytest.CaptureFixture[str]
) -> None:
    forest, data = creator.wine()
    before = environment.check(mod=forest)
    assert before.ok, str(before)
    assert not before.exists
    assert (before.download_bytes > 0, before.compiles) == (True, ())

    made = model.upload(forest, "found-wine", "", "target", [], data, wait=True)
    assert made.state == "succeeded"
    shown, written = capsys.readouterr().err.splitlines(), work.get(made.job).log().splitlines()
    assert len(written) > 10
    assert set(written) <= set(shown)
    # As it grew, not at the end.
    assert shown.index(written[0]) < shown.index(next(line for line in shown if ": ready (" in line))
    names = {each["name"] for each in environment.packages("found-wine")}
    assert {"scikit-learn", "numpy", "scipy", "joblib", "threadpoolctl", "pandas"} <= names
    assert not names & {"flask", "sqlalchemy", "pytest", "ruff", "weles"}
    assert (
        model.predict("found-wine", data.drop(columns="target")).tolist()
        == forest.predict(data.drop(columns="target")).tolist()
    )

    after = environment.check(mod=forest)
    assert (after.exists, after.download_bytes) == (True, 0)
    assert after.environment == before.environment == environment.info("found-wine")["id"]
    text = environment.dockerfile("found-wine")
    assert text.startswith("# Weles environment, recipe python/2")
    assert all(f"{pin}\n" in text or f"{pin} \\\n" in text for pin in model.requirements("found-wine").splitlines())

    smaller = environment.check(environment="numpy==1.26.4\njoblib==1.4.2\n")
    assert smaller.ok
    assert environment.diff("found-wine", "found-wine")["same"] == len(names)


def test_what_cannot_be_resolved_is_a_verdict(connected: Lake) -> None:
    verdict = environment.check("joblib==1.4.99\n")
    assert not verdict.ok
    assert verdict.diagnosis is not None
    assert (verdict.diagnosis["cause"], verdict.diagnosis["package"]) == ("no-such-version", "joblib")


def test_a_package_that_is_missing_is_told_with_the_way_to_send_all(connected: Lake) -> None:
    forest, data = creator.wine()
    # As when the client had overlooked what the model needs.
    parts = creator.form(
        forest, data, "lacking", requirements="joblib==1.4.2\nnumpy==1.26.4\n", system={"environment": "model"}
    )
    job = connected.job(connected.call("POST", "/models", files=parts).json()["job"])
    assert job["state"] == "failed"
    assert job["problem"]["type"] == "/problems/model-not-loadable"
    assert 'environment="freeze"' in job["problem"]["next"]
    diagnosis = job["problem"]["diagnosis"]
    assert (diagnosis["phase"], diagnosis["package"], diagnosis["cause"]) == (
        "verify", "scikit-learn", "missing-module"
    )  # fmt: skip
    assert "No module named 'sklearn'" in diagnosis["line"]
    assert diagnosis["suggestion"] in job["problem"]["next"]
    with pytest.raises(errors.UploadFailed, match="freeze") as caught:
        model.status("lacking")
    assert "scikit-learn" in str(caught.value)
    again = work.get(job["id"]).retry()
    assert again.id != job["id"]
    with pytest.raises(errors.ModelNotLoadable, match=r"scikit-learn|sklearn"):
        again.wait()
