"""The tables of the corpus, told at the end of a run, and written where `--measured` says."""

from pathlib import Path

import pytest

from tests.environments.corpus import cases
from tests.environments.measured import OUTCOMES, success_table
from tests.environments.page import write_section


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--measured", type=Path, metavar="PAGE", help="write the tables into this page, if all has run")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[OUTCOMES] = []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    outcomes = config.stash[OUTCOMES]
    if not outcomes:
        return
    told = success_table(outcomes)
    terminalreporter.write(f"\n{told}\n")
    page = config.getoption("--measured", None)
    if page is not None and len(outcomes) == len(cases()):
        write_section(page, "success", told)
