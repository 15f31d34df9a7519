import io
import json
import pickle
import subprocess
import sys

import pytest
from sklearn.dummy import DummyClassifier
from weles import cli, config, connection
from weles.tables import from_values

from .fake_lake import Answer, problem

HASH = "sha256:" + "c" * 64


@pytest.fixture
def at_lake(lake, monkeypatch):
    monkeypatch.setenv("WELES_URL", lake.url)
    monkeypatch.setenv("WELES_TOKEN", "t")
    yield lake
    if connection._current:
        connection._current._session.close()


def _stdin(monkeypatch, content: bytes):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))


def test_upload_sends_a_model_file(at_lake, tmp_path, capsys):
    data = {"x": [1, 2], "y": ["a", "a"]}
    (tmp_path / "m.pkl").write_bytes(pickle.dumps(DummyClassifier().fit([[1], [2]], data["y"])))
    (tmp_path / "d.csv").write_text("x,y\n1,a\n2,a\n")
    (tmp_path / "r.txt").write_text("scikit-learn==1.5.2\n")
    at_lake.on("POST", "/datasets", Answer({"hash": HASH, "rows": 2, "columns": []}, 201))
    at_lake.on("GET", f"/datasets/{HASH}/info", {"rows": 2})
    at_lake.on("GET", f"/datasets/{HASH}", from_values(data).document())
    at_lake.on("POST", "/models", Answer({"model": "m", "version": 1, "job": "j", "state": "queued"}, 202))
    done = cli.main(
        ["upload", "--model", str(tmp_path / "m.pkl"), "--name", "m", "--target", "y", "--tags", "a, b",
         "--data", str(tmp_path / "d.csv"), "--requirements", str(tmp_path / "r.txt")]
    )  # fmt: skip
    assert done == 0
    assert json.loads(capsys.readouterr().out)["job"] == "j"
    parts = at_lake.requests("POST", "/models")[0].parts()
    assert json.loads(parts["metadata"][1])["tags"] == ["a", "b"]
    assert parts["requirements"][1] == b"scikit-learn==1.5.2\n"


def test_predict_passes_csv_and_json_through(at_lake, tmp_path, capsysbinary, monkeypatch):
    at_lake.on("POST", "/models/m/predict", Answer(body=b"prediction\r\n1\r\n", headers={"Content-Type": "text/csv"}))
    (tmp_path / "x.csv").write_text("x\n1\n")
    assert cli.main(["predict", "m", str(tmp_path / "x.csv"), "--mode", "prob", "--model-version", "3"]) == 0
    assert capsysbinary.readouterr().out == b"prediction\r\n1\r\n"
    asked = at_lake.asked[-1]
    assert (asked.headers["content-type"], asked.headers["accept"], asked.body) == ("text/csv", "text/csv", b"x\n1\n")
    assert asked.query == {"mode": "prob", "version": "3"}
    _stdin(monkeypatch, b'[{"x": 1}]')
    assert cli.main(["predict", "m", "--input", "json", "--output", "csv"]) == 0
    asked = at_lake.asked[-1]
    assert (asked.headers["content-type"], asked.headers["accept"]) == ("application/json", "text/csv")
    assert asked.body == b'[{"x": 1}]'


def test_predict_refuses_a_file_of_another_form(at_lake, tmp_path, capsys):
    (tmp_path / "x.parquet").write_bytes(b"PAR1")
    assert cli.main(["predict", "m", str(tmp_path / "x.parquet")]) == 1
    assert "CSV or JSON" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("slug", "status", "code"), [("not-found", 404, 1), ("model-raised", 502, 3), ("builder-unavailable", 503, 4)]
)
def test_exit_codes_say_whose_fault_it_is(at_lake, capsys, slug, status, code):
    at_lake.on("GET", "/models/m", problem(slug, status, "It is so.", next="Do this."))
    assert cli.main(["info", "m"]) == code
    captured = capsys.readouterr()
    assert captured.err == "weles: It is so.\nNext: Do this.\n"
    assert captured.out == ""


def test_a_failed_version_has_the_exit_code_of_its_reason(at_lake, capsys):
    at_lake.on("GET", "/models/m", {"name": "m", "version": 1, "state": "failed", "job": "j"})
    reason = {"type": "/problems/answers-differ", "detail": "They differ.", "family": "model"}
    at_lake.on("GET", "/jobs/j", {"model": "m", "version": 1, "state": "failed", "problem": reason})
    assert cli.main(["status", "m"]) == 3
    assert "They differ." in capsys.readouterr().err
    assert cli.main(["status", "m", "--no-wait"]) == 0
    assert json.loads(capsys.readouterr().out)["state"] == "failed"


@pytest.mark.parametrize("arguments", [[], ["upload"], ["dataset"], ["nonsense"], ["predict", "m", "--mode", "x"]])
def test_wrong_usage_is_2(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments)
    assert caught.value.code == 2
    assert "usage: weles" in capsys.readouterr().err


def test_login_reads_the_password_and_keeps_the_token(lake, monkeypatch, capsys):
    lake.on("POST", "/tokens", Answer({"token": "t1"}, 201))
    _stdin(monkeypatch, b"pass word\n")
    assert cli.main(["login", lake.url, "--name", "ann", "--password-stdin"]) == 0
    assert lake.asked[0].json() == {"name": "ann", "password": "pass word"}
    assert config.load() == config.Login(lake.url, "t1")
    captured = capsys.readouterr()
    assert "t1" not in captured.out + captured.err
    connection._current._session.close()


def test_user_create_asks_for_the_password(at_lake, monkeypatch, capsys):
    monkeypatch.setattr("getpass.getpass", lambda prompt: "asked for")
    at_lake.on("POST", "/users", Answer({"name": "ann", "role": "member", "token": "t2"}, 201))
    assert cli.main(["user", "create", "ann"]) == 0
    assert at_lake.asked[0].json() == {"name": "ann", "password": "asked for", "role": "member"}
    assert json.loads(capsys.readouterr().out) == {"name": "ann", "role": "member", "token": "t2"}
    monkeypatch.setattr("getpass.getpass", lambda prompt: "")
    assert cli.main(["user", "create", "ann"]) == 1


def test_datasets(at_lake, tmp_path, capsysbinary):
    csv = Answer(body=b"x\r\n1\r\n", headers={"Content-Type": "text/csv"})
    at_lake.on("GET", f"/datasets/{HASH}", csv)
    at_lake.on("GET", f"/datasets/{HASH}/head", csv)
    at_lake.on("GET", f"/datasets/{HASH}/info", {"rows": 1})
    at_lake.on("POST", "/datasets", Answer({"hash": HASH, "rows": 1, "columns": []}, 201))
    assert cli.main(["dataset", "get", HASH, "--output", "json"]) == 0
    assert at_lake.asked[-1].headers["accept"] == "application/json"
    assert cli.main(["dataset", "head", HASH, "-n", "7"]) == 0
    assert at_lake.asked[-1].query == {"rows": "7"}
    assert capsysbinary.readouterr().out == b"x\r\n1\r\n" * 2
    assert cli.main(["dataset", "info", HASH]) == 0
    (tmp_path / "d.csv").write_text("x\n1\n")
    assert cli.main(["dataset", "upload", str(tmp_path / "d.csv"), "--name", "d"]) == 0
    assert HASH in capsysbinary.readouterr().out.decode()


def test_it_runs_as_a_module_too():
    done = subprocess.run([sys.executable, "-m", "weles", "--help"], capture_output=True, text=True, check=True)
    assert "login" in done.stdout
