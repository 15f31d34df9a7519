"""Every type, from each client, through a model of each language that answers what it is asked: docs/types.md.

`WELES_WRITE_DOCS=1 pytest tests/integration/types` writes the table anew.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest
from weles.connection import connect

from builders.report import SilentReport
from builders.runtimes import install_base
from tests.integration import creator
from tests.integration.lake import Lake
from tests.integration.r_session import RSession, r_session
from tests.integration.types import probes

pytestmark = pytest.mark.docker

HERE = Path(__file__).parent
PAGE = HERE.parents[2] / "docs" / "types.md"
BEGIN, END = "<!-- measured: begin -->\n", "<!-- measured: end -->\n"
HEAD = ("", "Python → Python", "Python → R", "R → Python", "R → R")
LARGE = "int64 beyond 2^53"
SITE_LIBRARY = "/usr/lib/R/site-library"


@pytest.fixture(scope="module")
def r(engine: docker.DockerClient, r_lake: Lake, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RSession]:
    install_base(engine, "r", "4.5", SilentReport())
    connect(r_lake.url, r_lake.token)
    with r_session(engine, tmp_path_factory.mktemp("types")) as session:
        yield session


def _run(r: RSession, lake: Lake, code: str) -> str:
    return r.run((HERE / "probes.R").read_text() + code, WELES_URL=lake.url, WELES_TOKEN=lake.token)


def _asked_in_r(r: RSession, lake: Lake, *names: str) -> dict[str, dict[str, str]]:
    quoted = ", ".join(f'"{name}"' for name in names)
    _run(r, lake, f'jsonlite::write_json(ask(c({quoted})), "/exchange/asked.json", auto_unbox = TRUE)\n')
    found: dict[str, dict[str, str]] = json.loads((r.folder / "asked.json").read_text())
    return found


@pytest.fixture(scope="module")
def rows(r: RSession, r_lake: Lake) -> list[tuple[str, ...]]:
    """The table's rows: the type, and what came back in each of the four ways."""
    probes.upload("identity-python", creator.freeze())
    _run(r, r_lake, 'upload("identity-r", NULL)\nupload("identity-r-plain", "# weles-r 1\\n")\n')
    python = {name: probes.ask(name) for name in ("identity-python", "identity-r", "identity-r-plain")}
    r_with = _asked_in_r(r, r_lake, "identity-python", "identity-r", "identity-r-plain")
    hide = f"mv {SITE_LIBRARY}/bit64 /tmp/bit64"
    assert r.container.exec_run(["sh", "-c", hide]).exit_code == 0
    r_without = _asked_in_r(r, r_lake, "identity-python", "identity-r")

    assert list(python["identity-r"]) == list(r_with["identity-r"]) == list(r_without["identity-r"])
    ways = (python["identity-python"], python["identity-r"], r_with["identity-python"], r_with["identity-r"])
    measured = [(label, *(way[label] for way in ways)) for label in python["identity-r"]]
    plain = (python["identity-r-plain"][LARGE], "–", r_with["identity-r-plain"][LARGE])
    caller = ("–", "–", r_without["identity-python"][LARGE], r_without["identity-r"][LARGE])
    measured.append((f"{LARGE}; the model's R has no bit64", "–", *plain))
    measured.append((f"{LARGE}, sent as text; the caller's R has no bit64", *caller))
    return measured


def test_the_page_says_what_was_measured(rows: list[tuple[str, ...]]) -> None:
    lines = [HEAD, ("---",) * len(HEAD), *rows]
    table = "".join(f"| {' | '.join(line)} |\n" for line in lines)
    text = PAGE.read_text()
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    made = f"{before}{BEGIN}\n{table}\n{END}{after}"
    if os.environ.get("WELES_WRITE_DOCS"):
        PAGE.write_text(made)
    assert text == made


def test_what_both_languages_hold_comes_back_as_it_was(rows: list[tuple[str, ...]]) -> None:
    """Whatever the page says: these are promised."""
    found = {label: ways for label, *ways in rows}
    differ = {label for label, ways in found.items() if set(ways) != {"same"}}
    assert differ == {
        "int32, NA",
        "double, NA",
        "a level that the model has not seen",
        f"{LARGE}; the model's R has no bit64",
        f"{LARGE}, sent as text; the caller's R has no bit64",
    }
    assert found["int32, NA"][1] == found["int32, NA"][3] == found["double, NA"][3] == "same"
    assert set(found["a level that the model has not seen"]) == {"refused: column level, row 1"}
