import io
import json

import pytest
import weles
from weles import cli, connection, dataset, model, token, user
from weles.model import Access

from .fake_lake import Answer, problem

HASH = "sha256:" + "b" * 64
TOKEN = {
    "id": "0123456789ab",
    "label": "nightly",
    "kind": "personal",
    "scopes": ["predict", "read"],
    "created_at": "2026-11-25T10:00:00+00:00",
    "expires_at": None,
    "last_used_at": None,
}


def test_a_token_is_made_listed_and_revoked(connected):
    connected.on("POST", "/users/me/tokens", Answer({**TOKEN, "token": "weles_secret"}, 201))
    made = token.create("nightly", ["read", "predict"], days=None)
    assert connected.asked[0].json() == {"label": "nightly", "scopes": ["read", "predict"], "days": None}
    assert (made.token, made.scopes) == ("weles_secret", ("predict", "read"))
    assert "weles_secret" not in repr(made)
    connected.on("GET", "/users/me/tokens", {"tokens": [TOKEN]})
    assert [each.id for each in token.list()] == ["0123456789ab"]
    connected.on("DELETE", "/users/me/tokens/0123456789ab", Answer(body=b"", status=204))
    token.revoke("0123456789ab")
    assert connected.asked[-1].method == "DELETE"


def test_one_scope_needs_no_list(connected):
    connected.on("POST", "/users/me/tokens", Answer(TOKEN, 201))
    token.create("nightly", "read")
    assert connected.asked[0].json() == {"label": "nightly", "scopes": ["read"], "days": 90}


def test_the_password_is_changed(connected):
    connected.on("PUT", "/users/me/password", Answer(body=b"", status=204))
    user.change_password("old one", "new one")
    assert connected.asked[0].json() == {"old": "old one", "new": "new one"}


def test_guessing_too_often_is_told_at_once(lake, pauses):
    answer = problem("too-many-attempts", 429, "Too often.", headers={"Retry-After": "41"}, retry_after=41)
    lake.on("POST", "/tokens", answer)
    with pytest.raises(weles.TooManyAttempts) as raised:
        user.login("ann", "wrong", url=lake.url)
    assert (raised.value.fields["retry_after"], pauses, len(lake.asked)) == (41, [], 1)


def test_administrators_look_after_users(connected):
    ann = {"name": "ann", "role": "member", "created_at": "2026-11-25T10:00:00+00:00", "disabled_at": None}
    connected.on("GET", "/users", {"users": [ann]})
    assert user.list() == (user.User("ann", "member"),)
    connected.on("GET", "/users/ann", ann)
    assert user.get("ann").role == "member"
    connected.on("PATCH", "/users/ann", Answer({**ann, "disabled_at": "2026-11-25T11:00:00+00:00"}), Answer(ann))
    assert user.disable("ann").disabled_at == "2026-11-25T11:00:00+00:00"
    assert user.enable("ann").disabled_at is None
    assert [each.json() for each in connected.requests("PATCH", "/users/ann")] == [
        {"disabled": True},
        {"disabled": False},
    ]
    connected.on("DELETE", "/users/ann", problem("in-use", 409, "Models belong to 'ann'."))
    with pytest.raises(weles.InUse, match="belong"):
        user.delete("ann")


@pytest.mark.parametrize(
    ("now", "change", "wanted"),
    [
        ({"visibility": "private"}, lambda: model.share("m", "bob"), Access("shared", ("bob",))),
        (
            {"visibility": "shared", "users": ["bob"]},
            lambda: model.share("m", ["eve", "bob"]),
            Access("shared", ("bob", "eve")),
        ),
        ({"visibility": "shared", "users": ["bob"]}, lambda: model.share("m", public=True), Access("public")),
        (
            {"visibility": "shared", "users": ["bob", "eve"]},
            lambda: model.unshare("m", "bob"),
            Access("shared", ("eve",)),
        ),
        ({"visibility": "shared", "users": ["bob"]}, lambda: model.unshare("m", ["bob"]), Access("private")),
        ({"visibility": "public", "users": []}, lambda: model.unshare("m"), Access("private")),
    ],
)
def test_sharing_a_model(connected, now, change, wanted):
    connected.on("GET", "/models/m/access", now)
    connected.on("PUT", "/models/m/access", wanted.document())
    assert change() == wanted
    assert connected.requests("PUT", "/models/m/access")[0].json() == wanted.document()


def test_sharing_needs_someone(connected):
    connected.on("GET", "/models/m/access", {"visibility": "private"})
    for arguments in ({}, {"users": "bob", "public": True}):
        with pytest.raises(weles.InvalidRequest, match="with whom"):
            model.share("m", **arguments)
    assert connected.requests("PUT", "/models/m/access") == []


def test_a_dataset_is_shared_under_ones_own_names(connected):
    connected.on("GET", "/users/me", {"name": "ann", "role": "admin"})
    path = f"/datasets/{HASH}/access"
    aliases = [
        {"name": "mine", "owner": "ann", "visibility": "private", "users": []},
        {"name": "his", "owner": "carl", "visibility": "private", "users": []},
    ]
    connected.on("GET", path, {"aliases": aliases})
    assert dataset.access(HASH) == {"mine": Access("private")}
    connected.on("PUT", path, {"aliases": [{**aliases[0], "visibility": "shared", "users": ["bob"]}]})
    assert dataset.share(HASH, "bob") == {"mine": Access("shared", ("bob",))}
    (asked,) = connected.requests("PUT", path)
    assert (asked.query, asked.json()) == ({"alias": "mine"}, {"visibility": "shared", "users": ["bob"]})


@pytest.fixture
def at_lake(lake, monkeypatch):
    monkeypatch.setenv("WELES_URL", lake.url)
    monkeypatch.setenv("WELES_TOKEN", "t")
    yield lake
    if connection._current:
        connection._current._session.close()


def test_the_commands_about_tokens(at_lake, capsys):
    at_lake.on("POST", "/users/me/tokens", Answer({**TOKEN, "token": "weles_secret"}, 201))
    assert cli.main(["token", "create", "nightly", "--scopes", "read, predict", "--days", "0"]) == 0
    assert json.loads(capsys.readouterr().out)["token"] == "weles_secret"
    assert at_lake.asked[0].json() == {"label": "nightly", "scopes": ["read", "predict"], "days": None}
    at_lake.on("GET", "/users/me/tokens", {"tokens": [TOKEN]})
    assert cli.main(["token", "list"]) == 0
    assert json.loads(capsys.readouterr().out) == [TOKEN]
    at_lake.on("DELETE", "/users/me/tokens/0123456789ab", Answer(body=b"", status=204))
    assert cli.main(["token", "revoke", "0123456789ab"]) == 0


def test_the_commands_about_users(at_lake, capsys, monkeypatch):
    ann = {"name": "ann", "role": "member", "created_at": "2026-11-25T10:00:00+00:00", "disabled_at": None}
    at_lake.on("GET", "/users", {"users": [ann]})
    at_lake.on("GET", "/users/me", ann)
    at_lake.on("PATCH", "/users/ann", ann)
    at_lake.on("DELETE", "/users/ann", Answer(body=b"", status=204))
    at_lake.on("PUT", "/users/me/password", Answer(body=b"", status=204))
    shown = {"name": "ann", "role": "member", "disabled_at": None}
    for arguments, printed in (
        (["list"], [shown]), (["me"], shown), (["disable", "ann"], shown), (["enable", "ann"], shown)
    ):  # fmt: skip
        assert cli.main(["user", *arguments]) == 0
        assert json.loads(capsys.readouterr().out) == printed
    assert cli.main(["user", "delete", "ann"]) == 0
    monkeypatch.setattr("sys.stdin", io.StringIO("old one\nnew one\n"))
    assert cli.main(["user", "password", "--password-stdin"]) == 0
    assert at_lake.asked[-1].json() == {"old": "old one", "new": "new one"}
    assert capsys.readouterr().out == ""


def test_the_command_share(at_lake, capsys):
    at_lake.on("GET", "/models/m/access", {"visibility": "shared", "users": ["bob"]})
    at_lake.on("PUT", "/models/m/access", {"visibility": "public", "users": []})
    for arguments, sent in (
        ([], None),
        (["eve"], {"visibility": "shared", "users": ["bob", "eve"]}),
        (["--public"], {"visibility": "public", "users": []}),
        (["bob", "--take-back"], {"visibility": "private", "users": []}),
        (["--take-back"], {"visibility": "private", "users": []}),
    ):
        assert cli.main(["share", "m", *arguments]) == 0
        assert json.loads(capsys.readouterr().out)["visibility"] in ("shared", "public")
        asked = at_lake.requests("PUT", "/models/m/access")
        assert (asked[-1].json() if asked else None) == sent
