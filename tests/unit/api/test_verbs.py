"""docs/verbs.md has every route, every function of both clients and every command, and their names agree."""

import argparse
import inspect
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import weles
from flask import Flask
from weles import cli

from registry.api.rules import RULES

ROOT = Path(__file__).parents[3]
ROWS = [
    [[each.strip("`") for each in cell.strip().split(" · ")] for cell in line.strip("|").split(" | ")]
    for line in (ROOT / "docs" / "verbs.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and not line.startswith("| REST")
]
NOUNS = ("model", "dataset", "environment", "explanation", "user", "token", "work")
# What one module of the client has for another, and what is a verb of `model`, too.
NO_VERBS = {"dataset.data_part", "dataset.read", "dataset.shown", "explanation.explain", "explanation.explanations"}
# Other people's protocols; the lake's health, its description and pages, and links in papers.
NO_VERB_OF_OURS = re.compile(r"^(api-docs|docs|metrics|open_inference|mlflow|links|lake\.Health|versions\.ByHash)")
# In R a job is not an object with methods, and waiting is an argument.
OTHER_NAMES = {"model.predict_later": "model_predict", "work.mine": "job_list", "work.get": "job_get"}


def column(number: int) -> list[str]:
    return [each for row in ROWS for each in row[number] if each not in ("", "–")]


def routes(app: Flask) -> set[str]:
    paths = {rule.endpoint: rule.rule for rule in app.url_map.iter_rules()}
    ours = [(method, paths[endpoint]) for endpoint, method in RULES if not NO_VERB_OF_OURS.match(endpoint)]
    return {f"{method} {re.sub('<[^>]*>', '*', path.removeprefix('/api/v1'))}" for method, path in ours}


def test_every_route_is_there(app: Flask) -> None:
    assert {re.sub(r"\b[A-Z]+$|(?<=/)[A-Z]+(?=/)", "*", route) for route in column(0)} == routes(app)


def test_every_function_of_python_is_there() -> None:
    functions = {
        f"{noun}.{name}"
        for noun in NOUNS
        for name in getattr(weles, noun).__all__
        if inspect.isfunction(getattr(getattr(weles, noun), name))
    }
    methods = {each for each in column(1) if each[0].isupper()}
    assert set(column(1)) - methods == functions - NO_VERBS
    for method in methods:
        holder, name = method.split(".")
        assert callable(getattr(getattr(weles.work if holder == "Job" else weles.explanation, holder), name))


def test_every_function_of_r_is_there() -> None:
    namespace = (ROOT / "clients/r/NAMESPACE").read_text(encoding="utf-8")
    exported = set(re.findall(r"^export\((\w+)\)", namespace, re.MULTILINE))
    assert set(column(2)) == exported - {"weles_connect", "session_requirements"}


@pytest.mark.parametrize(("python", "r"), [(row[1][0], row[2][0]) for row in ROWS])
def test_the_names_agree(python: str, r: str) -> None:
    assert r == OTHER_NAMES.get(python, python.replace(".", "_").lower())


def commands(parser: argparse.ArgumentParser, so_far: str = "") -> Iterator[str]:
    """`dataset alias add` …: every command that takes no further command."""
    nested = [each for each in parser._actions if isinstance(each, argparse._SubParsersAction)]
    if not nested:
        yield so_far.strip()
    for action in nested:
        for name, inner in action.choices.items():
            yield from commands(inner, f"{so_far} {name}")


def test_every_command_is_there_and_is_right_usage() -> None:
    known, parser = set(commands(cli.parser())), cli.parser()
    seen = set()
    for line in column(3):
        words = shlex.split(line)[1:]
        assert callable(parser.parse_args(words).run)
        seen |= {name for name in known if words[: len(name.split())] == name.split()}
    # That one is about the shell, not about the lake.
    assert seen == known - {"completion"}
