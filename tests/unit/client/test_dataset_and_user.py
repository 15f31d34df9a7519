import json

import pandas as pd
import pytest
import weles
from pandas.testing import assert_frame_equal
from weles import config, connection, dataset, frames, user
from weles.tables import from_values

from .fake_lake import Answer, problem

HASH = "sha256:" + "b" * 64
DOCUMENT = from_values({"id": ["001", None], "n": [2**62 + 1, 3]}).document()


def test_a_table_is_stored_under_a_name(connected):
    columns = [{"name": "id", "type": "string"}]
    connected.on("POST", "/datasets", Answer({"hash": HASH, "rows": 1, "columns": columns, "aliases": []}, 201))
    made = dataset.upload(pd.DataFrame({"id": ["001"]}), "ids", "all of them")
    assert made == dataset.Dataset(HASH, 1, columns)
    parts = connected.asked[0].parts()
    assert json.loads(parts["metadata"][1]) == {"name": "ids", "description": "all of them"}
    assert parts["data"][0] == "application/json"
    assert json.loads(parts["data"][1]) == {"columns": columns, "data": [["001"]]}


@pytest.mark.parametrize(
    ("name", "kind"), [("x.csv", "text/csv"), ("x.PARQUET", "application/vnd.apache.parquet"),
                       ("x.json", "application/json")]
)  # fmt: skip
def test_files_are_sent_as_they_are(connected, tmp_path, name, kind):
    (tmp_path / name).write_bytes(b"\x00content\r\n")
    connected.on("POST", "/datasets", Answer({"hash": HASH, "rows": 1, "columns": []}, 201))
    dataset.upload(tmp_path / name, "x")
    assert connected.asked[0].parts()["data"] == (kind, b"\x00content\r\n")


def test_an_empty_file_is_refused(connected, tmp_path):
    (tmp_path / "x.csv").touch()
    with pytest.raises(weles.InvalidInput, match="empty"):
        dataset.upload(tmp_path / "x.csv", "x")


def test_rows_come_as_a_frame_where_there_is_pandas_else_as_dicts(connected, monkeypatch):
    connected.on("GET", f"/datasets/{HASH}", DOCUMENT)
    connected.on("GET", f"/datasets/{HASH}/head", DOCUMENT)
    expected = pd.DataFrame({"id": ["001", None], "n": [2**62 + 1, 3]})
    assert_frame_equal(dataset.get(HASH), expected)
    assert_frame_equal(dataset.head(HASH, n=2), expected)
    assert connected.asked[-1].query == {"rows": "2"}
    monkeypatch.setattr(frames, "available", lambda: False)
    assert dataset.get(HASH) == [{"id": "001", "n": 2**62 + 1}, {"id": None, "n": 3}]


def test_a_user_is_made_and_the_token_is_not_in_its_text_form(connected):
    connected.on("POST", "/users", Answer({"name": "ann", "role": "member", "token": "new"}, 201))
    made = user.create("ann", "long enough")
    assert (made.name, made.role, made.token) == ("ann", "member", "new")
    assert "new" not in repr(made)
    assert connected.asked[0].json() == {"name": "ann", "password": "long enough", "role": "member"}
    connected.on("POST", "/users", problem("exists", 409, "The user 'ann' is there already."))
    with pytest.raises(weles.Exists, match="ann"):
        user.create("ann", "long enough")
    assert connected.asked[-1].headers["authorization"] == "Bearer secret-token"


def test_a_login_is_kept_for_later_sessions(lake, monkeypatch):
    lake.on("POST", "/tokens", Answer({"token": "t1", "expires_at": None}, 201))
    user.login("ann", "secret", url=lake.url)._session.close()
    assert config.load() == config.Login(lake.url, "t1")
    monkeypatch.setattr(connection, "_current", None)
    lake.on("GET", f"/datasets/{HASH}/info", {})
    dataset.info(HASH)
    assert lake.asked[-1].headers["authorization"] == "Bearer t1"
    connection.current()._session.close()


def test_a_refused_login_keeps_nothing(lake):
    lake.on("POST", "/tokens", problem("unauthenticated", 401, "Wrong name or password."))
    with pytest.raises(weles.Unauthenticated, match="Wrong"):
        user.login("ann", "secret", url=lake.url)
    assert config.load() is None
