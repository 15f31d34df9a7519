import json

import pytest
import weles
from weles import model
from weles.cli import main

from .fake_lake import Answer, problem

ALIAS = {"name": "production", "version": 2, "moved_by": "ann", "moved_at": "2026-11-25T09:00:00+00:00"}
MOVE = {"version_before": None, "version_after": 2, "moved_by": "ann", "moved_at": "2026-11-25T09:00:00+00:00"}
EDITED = {"name": "wine", "description": "d", "tags": ["a", "b"]}
DELETED = {"kind": "version", "name": "wine", "version": 2, "restorable_until": "2026-12-02T09:00:00+00:00"}
GONE = {"model": "wine", "version": 2, "restorable_until": "2026-12-02T09:00:00+00:00"}


@pytest.fixture
def lake(connected):
    connected.on("GET", "/models/wine", {"name": "wine", "version": 2, "citation": "ann (2026). wine."})
    connected.on("PATCH", "/models/wine", EDITED)
    connected.on("DELETE", "/models/wine", {**GONE, "version": None})
    connected.on("POST", "/models/wine/restore", {"name": "wine"})
    connected.on("GET", "/deleted", {"deleted": [DELETED]})
    connected.on("GET", "/models/wine/versions", {"versions": [{"version": 1}, {"version": 2}]})
    connected.on("DELETE", "/models/wine/versions/2", GONE)
    connected.on("DELETE", "/models/wine/versions/production", GONE)
    connected.on("POST", "/models/wine/versions/2/restore", {"name": "wine"})
    connected.on("GET", "/models/wine/aliases", {"aliases": [ALIAS]})
    connected.on("GET", "/models/wine/aliases/production", {**ALIAS, "history": [MOVE]})
    connected.on("PUT", "/models/wine/aliases/production", ALIAS)
    connected.on("DELETE", "/models/wine/aliases/production", Answer(body=b"", status=204))
    connected.on(
        "GET", "/models/wine/card", Answer(body="# Wine ü\n".encode(), headers={"Content-Type": "text/markdown"})
    )
    connected.on("PUT", "/models/wine/card", Answer(body=b""))
    connected.on("GET", "/models/wine/warm", {"min_warm": 0, "hours": None})
    connected.on("PUT", "/models/wine/warm", {"min_warm": 1, "hours": "07:00-19:00"})
    return connected


def test_a_model_is_kept_warm_and_let_go(lake, capsys):
    assert model.warmth("wine") == {"min_warm": 0, "hours": None}
    assert model.keep_warm("wine", hours="07:00-19:00")["min_warm"] == 1
    assert main(["warm", "wine", "--off"]) == 0
    assert main(["warm", "wine", "--show"]) == 0
    assert '"min_warm": 0' in capsys.readouterr().out
    sent = [each.json() for each in lake.requests("PUT", "/models/wine/warm")]
    assert sent == [{"min_warm": 1, "hours": "07:00-19:00"}, {"min_warm": 0, "hours": None}]


def test_aliases(lake):
    assert model.aliases("wine") == {"production": 2}
    assert model.set_alias("wine", "production", "latest", expected=0) == 2
    assert lake.requests("PUT", "/models/wine/aliases/production")[0].json() == {"version": "latest", "expected": 0}
    assert model.alias_history("wine", "production") == [MOVE]
    model.remove_alias("wine", "production", expected=2)
    assert lake.requests("DELETE", "/models/wine/aliases/production")[0].query == {"expected": "2"}


def test_an_alias_that_somebody_else_moved(lake):
    moved = problem("alias-moved", 409, "It is at 1.", alias="production", expected=2, found=1)
    lake.on("PUT", "/models/wine/aliases/production", moved)
    with pytest.raises(weles.AliasMoved) as caught:
        model.set_alias("wine", "production", 3, expected=2)
    assert caught.value.fields["found"] == 1


def test_texts(lake):
    assert model.card("wine") == "# Wine ü\n"
    model.set_card("wine", "# Ü")
    assert lake.requests("PUT", "/models/wine/card")[0].body == "# Ü".encode()
    assert model.edit("wine", tags=("a", "b"))["tags"] == ["a", "b"]
    assert lake.requests("PATCH", "/models/wine")[0].json() == {"tags": ["a", "b"]}
    with pytest.raises(weles.InvalidRequest, match="one text"):
        model.edit("wine", tags="a")
    assert model.cite("wine", "production") == "ann (2026). wine."


def test_deleting_and_restoring(lake):
    assert model.delete("wine", 2) == GONE
    assert model.delete("wine")["version"] is None
    assert model.deleted() == [DELETED]
    model.restore("wine", 2)
    model.restore("wine")
    assert [each.path for each in lake.asked] == [
        "/models/wine/versions/2", "/models/wine", "/deleted",
        "/models/wine/versions/2/restore", "/models/wine/restore",
    ]  # fmt: skip


def test_what_was_deleted_says_so(lake):
    lake.on("POST", "/models/wine/predict", problem("deleted", 410, "It was deleted.", next="Restore it."))
    with pytest.raises(weles.Deleted, match="Restore it"):
        model.predict("wine", [{"x": 1}])


@pytest.mark.parametrize(
    ("arguments", "asked", "printed"),
    [
        (["versions", "wine"], ("GET", "/models/wine/versions"), [{"version": 1}, {"version": 2}]),
        (["alias", "wine"], ("GET", "/models/wine/aliases"), {"production": 2}),
        (["alias", "wine", "production"], ("GET", "/models/wine/aliases/production"), [MOVE]),
        (["alias", "wine", "production", "2"], ("PUT", "/models/wine/aliases/production"), 2),
        (["alias", "wine", "production", "--remove"], ("DELETE", "/models/wine/aliases/production"), None),
        (["edit", "wine", "--tags", "a, b"], ("PATCH", "/models/wine"), EDITED),
        (["delete", "wine", "--model-version", "2"], ("DELETE", "/models/wine/versions/2"), GONE),
        (["deleted"], ("GET", "/deleted"), [DELETED]),
        (["restore", "wine", "--model-version", "2"], ("POST", "/models/wine/versions/2/restore"), None),
    ],
)  # fmt: skip
def test_the_commands(lake, capsys, arguments, asked, printed):
    assert main(arguments) == 0
    assert (lake.asked[-1].method, lake.asked[-1].path) == asked
    out = capsys.readouterr().out
    assert (json.loads(out) if out else None) == printed


def test_what_was_deleted_is_restored_by_the_command_that_is_named(lake, capsys):
    assert main(["delete", "wine"]) == 0
    assert main(["delete", "wine", "--model-version", "production"]) == 0
    said = [line.rpartition(": ")[2] for line in capsys.readouterr().err.splitlines()]
    assert said == ["weles restore wine", "weles restore wine --model-version 2"]


def test_the_commands_for_texts(lake, capsys, tmp_path):
    assert main(["card", "wine"]) == 0
    assert main(["cite", "wine"]) == 0
    assert capsys.readouterr().out == "# Wine ü\nann (2026). wine.\n"
    (tmp_path / "card.md").write_text("# Ü", encoding="utf-8")
    assert main(["card", "wine", str(tmp_path / "card.md")]) == 0
    assert lake.requests("PUT", "/models/wine/card")[0].body == "# Ü".encode()
    assert main(["card", "wine", str(tmp_path / "nosuch.md")]) == 1
