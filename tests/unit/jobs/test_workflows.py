"""Who comes just when a build is being stopped gets the next attempt, not the stopped one's end."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from dbos import DBOS

from registry.domain.entities import JobKind, Json
from registry.domain.errors.state import Cancelled
from registry.domain.ports.jobs import Unfinished
from registry.jobs.workflows import JobRunner

AT_ONCE = 2
STOPPED = {"problem": Cancelled("build").to_document(), "unwanted": True}


class Steps:
    """Steps of preparations that say what they are told to, one after the other."""

    def __init__(self) -> None:
        self.say_well()

    def say_well(self) -> None:
        self.acquired: list[Json] = [{"environment": "e", "seconds": 7.0}]
        self.built: list[Json] = [{"image": "i"}]
        self.over: set[str] = set()
        self.attempts = {"acquire": 1, "build": 1}
        self.done: list[tuple[Any, ...]] = []
        self.at_work, self.most_at_work, self.seconds = 0, 0, 0.0

    def begin(self, job_id: str, version_id: str) -> tuple[str, int] | None:
        return None if job_id in self.over else (version_id, self.attempts["acquire"])

    def acquire(self, key: str) -> Json:
        self.done.append(("acquire", key))
        self.at_work += 1
        self.most_at_work = max(self.most_at_work, self.at_work)
        time.sleep(self.seconds)
        self.at_work -= 1
        found = self.acquired.pop(0)
        self.attempts["acquire"] += "problem" in found
        return found

    def begin_build(self, key: str, environment: str) -> int | None:
        return self.attempts["build"]

    def build(self, key: str, environment: str, spent: float) -> Json:
        self.done.append(("build", environment, spent))
        found = self.built.pop(0)
        self.attempts["build"] += "problem" in found
        return found

    def verify(self, job_id: str, version_id: str, environment: str) -> Json:
        return {}

    def finish(self, job_id: str, version_id: str, problem: Json | None) -> None:
        self.done.append(("finish", job_id, problem))


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[JobRunner, Steps]]:
    """A process can have one."""
    steps = Steps()
    made = JobRunner(
        f"sqlite:///{tmp_path_factory.mktemp('jobs') / 'jobs.sqlite'}",
        steps,  # type: ignore[arg-type]
        None,  # type: ignore[arg-type]
        executor="test",
        builds_at_once=AT_ONCE,
        jobs_at_once=1,
    )
    made.start()
    yield made, steps
    DBOS.destroy(destroy_registry=False)


@pytest.fixture
def runner(running: tuple[JobRunner, Steps]) -> JobRunner:
    return running[0]


@pytest.fixture
def steps(running: tuple[JobRunner, Steps]) -> Steps:
    running[1].say_well()
    return running[1]


def _finished(steps: Steps) -> dict[str, Any]:
    return {each[1]: each[2] for each in steps.done if each[0] == "finish"}


def _run(runner: JobRunner, steps: Steps, *jobs: str) -> dict[str, Any]:
    for job in jobs:
        runner.run(Unfinished(job, JobKind.PREPARE, f"version of {job}"))
    deadline = time.monotonic() + 30
    while len(_finished(steps)) < len(jobs):
        assert time.monotonic() < deadline, steps.done
        time.sleep(0.05)
    return _finished(steps)


def test_stopped_builds_are_begun_again_for_who_still_waits(runner: JobRunner, steps: Steps) -> None:
    steps.acquired.insert(0, STOPPED)
    steps.acquired.append({"environment": "e", "seconds": 0.0})
    steps.built.insert(0, STOPPED)
    assert _run(runner, steps, "late") == {"late": None}
    assert [each for each in steps.done if each[0] != "finish"] == [
        *[("acquire", "version of late")] * 2, ("build", "e", 7.0), ("build", "e", 7.0)
    ]  # fmt: skip


def test_who_has_cancelled_does_not_begin_again(runner: JobRunner, steps: Steps) -> None:
    steps.over.add("gone")
    assert _run(runner, steps, "gone") == {"gone": None}
    assert [each[0] for each in steps.done] == ["finish"]


def test_a_failed_build_is_what_all_are_told(runner: JobRunner, steps: Steps) -> None:
    problem = {"error": "EnvironmentFailed"}
    steps.acquired = [{"problem": problem}]
    assert _run(runner, steps, "one") == {"one": problem}


def test_no_more_environments_are_made_at_once_than_may_be(runner: JobRunner, steps: Steps) -> None:
    steps.seconds = 0.3
    steps.acquired = [{"problem": {"error": "EnvironmentFailed"}}] * 6
    _run(runner, steps, *(f"one-of-many-{number}" for number in range(6)))
    assert len([each for each in steps.done if each[0] == "acquire"]) == 6
    assert steps.most_at_work == AT_ONCE
