"""Environments from Python and from the command line, against a lake that answers what is said here."""

import json
import platform

import pytest
from sklearn.dummy import DummyClassifier
from weles import environment, model
from weles.cli import main
from weles.errors import EnvironmentNotReady

from .fake_lake import Answer

ONE, TWO = "sha256:" + "1" * 64, "sha256:" + "2" * 64
GOOD = {
    "ok": True,
    "base": {"language": "python", "version": "3.11.2", "image": "x"},
    "note": "python 3.11.9 is not installed; 3.11.2, the nearest patch, is used",
    "environment": ONE,
    "image": {"exists": False, "bytes": None},
    "packages": [{"name": "numpy", "version": "1.26.4", "kind": "wheel", "bytes": 18_000_000}],
    "compiles": ["docopt==0.6.2"],
    "package_bytes": 18_000_000,
    "download_bytes": 3_000_000,
    "repairs": [{"line": 1, "text": "pywin32==308", "action": "dropped", "reason": "it is only for Windows"}],
    "problems": [],
    "shares": {"environment": TWO, "packages": 1, "bytes": 15_000_000, "layers": 1, "layer_bytes": 12_000_000},
    "diagnosis": None,
    "next": "",
}
BAD = {
    **GOOD,
    "ok": False,
    "base": None,
    "note": None,
    "environment": None,
    "packages": [],
    "repairs": [],
    "shares": None,
    "problems": [{"line": 2, "text": "numpy>=1", "reason": "it allows more than one version"}],
    "next": "Send the output of `pip freeze`.",
}


def test_a_verdict_in_data_and_in_words(connected):
    connected.on("POST", "/environments/resolve", GOOD)
    verdict = environment.check("pywin32==308\nnumpy==1.26.4\n")
    asked = connected.requests("POST", "/environments/resolve")[0].json()
    assert asked == {
        "requirements": "pywin32==308\nnumpy==1.26.4\n",
        "filename": "",
        "language": "python",
        "language_version": platform.python_version(),
    }
    assert (verdict.ok, verdict.environment, verdict.base, verdict.packages) == (True, ONE, "python 3.11.2", 1)
    assert str(verdict).splitlines() == [
        "repair: pywin32==308: dropped; it is only for Windows",
        "python 3.11.9 is not installed; 3.11.2, the nearest patch, is used",
        "It can be built on python 3.11.2: 1 packages, 18 MB, 3 MB to download.",
        "Without a wheel, to be compiled: docopt==0.6.2.",
        f"It shares 1 packages (15 MB) with {TWO}, 12 MB of them as layers.",
    ]


def test_without_a_file_the_models_needs_are_checked(connected):
    connected.on("POST", "/environments/resolve", GOOD)
    environment.check(mod=DummyClassifier().fit([[0]], [0]), language_version="3.11.2")
    asked = connected.requests("POST", "/environments/resolve")[0].json()
    assert "scikit-learn==" in asked["requirements"]
    assert "requests==" not in asked["requirements"]
    assert asked["language_version"] == "3.11.2"


def test_what_is_wrong_is_in_the_verdict(connected):
    connected.on("POST", "/environments/resolve", BAD)
    assert str(environment.check("numpy>=1\n")).splitlines() == [
        "line 2: numpy>=1: it allows more than one version",
        "It cannot be built. Send the output of `pip freeze`.",
    ]


@pytest.fixture
def environments(connected):
    connected.on("GET", "/models/wine", {"name": "wine", "environment": {"id": ONE}})
    connected.on("GET", "/models/new", {"name": "new", "environment": {"id": None}})
    connected.on("GET", f"/environments/{ONE}", {"id": ONE})
    connected.on("GET", f"/environments/{ONE}/packages", {"packages": GOOD["packages"], "repairs": []})
    connected.on("GET", f"/environments/{ONE}/dockerfile", Answer(body=b"FROM base\n"))
    connected.on("GET", f"/environments/{ONE}/diff", {"added": [], "same": 1})
    connected.on("GET", "/models/wine/requirements", Answer(body=b"numpy==1.26.4\n"))
    return connected


def test_an_environment_is_named_by_its_id_or_by_a_model(environments):
    assert environment.info(ONE) == environment.info("wine") == {"id": ONE}
    assert environment.packages("wine") == GOOD["packages"]
    assert environment.dockerfile("wine") == "FROM base\n"
    assert environment.diff("wine", TWO) == {"added": [], "same": 1}
    assert environments.requests("GET", f"/environments/{ONE}/diff")[0].query == {"other": TWO}
    with pytest.raises(EnvironmentNotReady, match="'new' is not resolved yet"):
        environment.packages("new")


def test_a_models_requirements(environments):
    assert model.requirements("wine") == "numpy==1.26.4\n"
    model.requirements("wine", version=2, declared=True)
    assert environments.requests("GET", "/models/wine/requirements")[1].query == {"version": "2", "declared": "true"}


def test_the_command(environments, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("WELES_URL", environments.url)
    monkeypatch.setenv("WELES_TOKEN", "secret-token")
    environments.on("POST", "/environments/resolve", GOOD, BAD, GOOD)
    file = tmp_path / "requirements.txt"
    file.write_text("numpy==1.26.4\n")
    assert main(["env", "check", str(file)]) == 0
    assert "It can be built on python 3.11.2" in capsys.readouterr().out
    assert main(["env", "check", str(file)]) == 1
    assert "It cannot be built." in capsys.readouterr().out
    assert main(["env", "check", str(file), "--json", "--python", "3.9"]) == 0
    assert json.loads(capsys.readouterr().out) == GOOD
    assert environments.requests("POST", "/environments/resolve")[2].json()["language_version"] == "3.9"
    for command, out in (
        (["packages", "wine"], "numpy==1.26.4\n"),
        (["dockerfile", ONE], "FROM base\n"),
        (["requirements", "wine"], "numpy==1.26.4\n"),
    ):
        assert main(["env", *command]) == 0
        assert capsys.readouterr().out == out
    assert main(["env", "diff", "wine", TWO]) == 0
    assert json.loads(capsys.readouterr().out) == {"added": [], "same": 1}
