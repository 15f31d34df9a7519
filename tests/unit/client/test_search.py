import json

import pytest
import weles
from weles import model
from weles.cli import main

from .fake_lake import problem

WINE = {"name": "wine", "owner": "ann", "version": 2, "rows": 178}


@pytest.fixture
def lake(connected):
    connected.on("GET", "/models", {"models": [WINE], "total": 7, "page": 3, "per_page": 1})
    return connected


def test_the_prototypes_grammar(lake):
    found = model.search(
        row=">1000;<10000;", column=12, language_version=">3.3.3;<3.6;", missing=0, classes="=2;", owner="ann"
    )
    (asked,) = lake.requests("GET", "/models")
    assert asked.query == {
        **{"row": ">1000;<10000;", "column": "=12;", "missing": "=0;", "classes": "=2;"},
        **{"language_version": ">3.3.3;<3.6;", "owner": "ann", "page": "1", "per_page": "100"},
    }
    assert (found.names, found.total, found.page, len(found), list(found)) == (["wine"], 7, 3, 1, [WINE])


def test_more_than_the_lake_counts(lake, capsys):
    lake.on("GET", "/models", {"models": [WINE], "total": 10_000, "more": True, "page": 1, "per_page": 100})
    found = model.search("wine")
    assert (found.total, found.more) == (10_000, True)
    assert main(["search", "wine"]) == 0
    assert "1 of more than 10,000 models, page 1" in capsys.readouterr().err


def test_words_and_tags(lake):
    model.search("wine quality", tags=["a", "b"], sort="-created", page=3, per_page=1)
    query = lake.requests("GET", "/models")[0].query
    assert (query["q"], query["sort"], query["page"], query["per_page"]) == ("wine quality", "-created", "3", "1")
    assert query["tags"] in ("a", "b")
    with pytest.raises(weles.InvalidRequest, match="one text"):
        model.search(tags="forest")


def test_a_wrong_range_is_said(lake):
    problems = [{"field": "row", "position": 0, "expected": "one of > >= < <= =", "reason": "…"}]
    lake.on("GET", "/models", problem("invalid-request", 400, "`row` is not a range", problems=problems))
    with pytest.raises(weles.InvalidRequest) as caught:
        model.search(row="1000")
    assert caught.value.problems[0]["position"] == 0


def test_the_command(lake, capsys):
    arguments = [
        "search",
        "wine",
        "red",
        "--row",
        ">1;",
        "--tags",
        "a, b",
        "--language-version",
        "=3.11",
        "--sort",
        "name",
    ]
    assert main(arguments) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out) == [WINE]
    assert "1 of 7 models, page 3" in printed.err
    query = lake.requests("GET", "/models")[0].query
    assert (query["q"], query["row"], query["language_version"]) == ("wine red", ">1;", "=3.11")
    assert main(["search", "--names"]) == 0
    assert capsys.readouterr().out == "wine\n"
