"""Clients that die, wait no longer, or come many at once: the FIFOs stay usable, whoever was there before."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from registry.domain.errors.model import PredictionTimeout
from tests.integration.r_runtime.client import wide
from tests.integration.r_runtime.conftest import Model, Running

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.docker

SLEEPY = (
    "model <- structure(list(m = list(predict = function(newdata) "
    "{ if (newdata$x[1] == 1) Sys.sleep(1); newdata$x })), class = 'nls')"
)


@pytest.fixture
def runtime(save: Callable[..., Model], start: Callable[..., Running]) -> Running:
    return start(save(SLEEPY), idle_seconds=5)


def client(folder: Path, *arguments: object) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.integration.r_runtime.client", str(folder), *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT)


def dies(folder: Path, first: float, sent: object, read: int) -> None:
    """A client process that sends so much of a question, reads so much of its answer, and is killed."""
    with client(folder, first, sent, read) as process:
        assert process.wait(60) == -9


def check(runtime: Running) -> None:
    assert runtime.predict([2.0, 3.0]) == {"prediction": [2.0, 3.0]}
    assert runtime.ask(table=wide(5.0)).table.columns[0].buffers == wide(5.0).columns[0].buffers


@pytest.mark.parametrize("sent", [4096, 3 * 4096, 40 * 4096])
def test_killed_in_the_middle_of_its_question(runtime: Running, sent: int) -> None:
    for _ in range(3):
        dies(runtime.folder, 0.0, sent, 0)
        check(runtime)


@pytest.mark.parametrize("read", [0, 4096, 20 * 4096])
@pytest.mark.parametrize("first", [0.0, 1.0])
def test_killed_before_its_answer_was_whole(runtime: Running, read: int, first: float) -> None:
    for _ in range(2):
        dies(runtime.folder, first, "all", read)
        check(runtime)


def test_a_large_question_after_an_answer_that_nobody_took(runtime: Running) -> None:
    dies(runtime.folder, 0.0, "all", 0)
    assert runtime.ask(table=wide(7.0)).table.columns[0].buffers == wide(7.0).columns[0].buffers


def test_over_time_and_then_the_next(runtime: Running) -> None:
    with pytest.raises(PredictionTimeout):
        runtime.predict(wide(1.0), timeout=0.3)
    check(runtime)


def test_an_answer_that_nobody_takes_does_not_keep_it(runtime: Running) -> None:
    dies(runtime.folder, 0.0, "all", 0)
    assert runtime.exit_code() == 0


def test_processes_do_not_hear_each_others_answers(runtime: Running) -> None:
    clients = [client(runtime.folder, worker) for worker in range(4)]
    assert [each.wait(60) for each in clients] == [0] * 4
