"""Where questions wait long, the model gets further processes, as far as processors and memory go."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from runtime_process import FromSource

from registry.domain.errors.model import ModelRaised
from registry.runners.channel import ContainerGone

# Answers with the process that answers; each answer takes long. Some rows are not liked, some are deadly.
SLOW = FromSource(
    "import os, signal, time\n"
    "class Slow:\n"
    "    def predict(self, given):\n"
    "        if given[0, 0] == 13.0: raise ValueError('not thirteen')\n"
    "        if given[0, 0] == 66.0: os.kill(os.getpid(), signal.SIGKILL)\n"
    "        time.sleep(0.4)\n"
    "        return [os.getpid()] * len(given)\n"
    "model = Slow()\n"
)
# What is loaded a second time, while its first process lives, is killed.
LOADED_ONCE = (
    "import os, signal\n"
    "if os.path.exists({path!r}): os.kill(os.getpid(), signal.SIGKILL)\n"
    "open({path!r}, 'w').close()\n"
)


def answers(runtime, count):
    """The processes that answered so many questions, asked at the same time."""
    with ThreadPoolExecutor(count) as pool:
        return [each["prediction"][0] for each in pool.map(runtime.predict, [[1.0]] * count)]


def grown(runtime, processes, seconds=30):
    """Ask until so many processes have answered at the same time; all that have."""
    deadline, seen = time.monotonic() + seconds, set()
    while len(seen) < processes:
        assert time.monotonic() < deadline, seen
        seen |= set(answers(runtime, processes + 1))
    return seen


def test_who_waits_long_gets_a_process_more_up_to_the_limit(start):
    runtime = start(SLOW, PROCESSES=2).ready()
    both = grown(runtime, 2)
    begun = time.monotonic()
    assert set(answers(runtime, 8)) == both
    # One process alone would have taken 8 × 0.4 seconds.
    assert time.monotonic() - begun < 3.0


def test_nobody_waits_so_nothing_is_started(start):
    runtime = start(SLOW, PROCESSES=2).ready()
    assert len({runtime.predict([1.0])["prediction"][0] for _ in range(4)}) == 1


@pytest.mark.parametrize("limits", [{"PROCESSES": 1}, {"PROCESSES": 4, "MEMORY_BYTES": 16 << 20}])
def test_no_more_than_processors_and_memory_allow(start, limits):
    runtime = start(SLOW, **limits).ready()
    answers(runtime, 4)
    time.sleep(1.0)
    assert len(set(answers(runtime, 4))) == 1


def test_a_large_question_is_not_answered_beside_another_large_one(start):
    runtime = start(SLOW, PROCESSES=2).ready()
    (alone,) = set(answers(runtime, 1))
    grown(runtime, 2)
    with ThreadPoolExecutor(3) as pool:
        large = [pool.submit(runtime.predict, [1.0] * 5000) for _ in range(3)]
        assert {each.result()["prediction"][0] for each in large} == {alone}


def test_an_error_of_another_process_is_told_as_the_models_own(start):
    runtime = start(SLOW, PROCESSES=2).ready()
    grown(runtime, 2)
    slow = threading.Thread(target=runtime.predict, args=([1.0],))
    slow.start()
    time.sleep(0.2)
    with pytest.raises(ModelRaised) as raised:
        runtime.predict([13.0])
    slow.join()
    assert raised.value.fields["error_class"] == "ValueError"
    assert "not thirteen" in raised.value.fields["traceback"]
    assert len(set(answers(runtime, 4))) == 2


def test_a_process_that_dies_of_a_question_ends_the_runtime_with_its_code(start):
    runtime = start(SLOW, PROCESSES=2).ready()
    grown(runtime, 2)
    with ThreadPoolExecutor(2) as pool:
        other = pool.submit(runtime.predict, [1.0])
        time.sleep(0.2)
        with pytest.raises(ContainerGone):
            runtime.predict([66.0])
        assert isinstance(other.exception(), ContainerGone)
    assert runtime.exit_code() == 137


def test_a_process_that_dies_of_loading_is_done_without(start, tmp_path):
    path = str(tmp_path / "loaded")
    runtime = start(FromSource(LOADED_ONCE.format(path=path) + SLOW.source), PROCESSES=2).ready()
    assert Path(path).exists()
    answers(runtime, 4)
    time.sleep(1.0)
    assert len(set(answers(runtime, 4))) == 1


def test_the_processes_end_with_the_runtime(start):
    runtime = start(SLOW, PROCESSES=3).ready()
    pids = grown(runtime, 3)
    runtime.process.terminate()
    assert runtime.exit_code() == 0
    deadline = time.monotonic() + 5
    while any(Path(f"/proc/{pid}").exists() for pid in pids):
        assert time.monotonic() < deadline
        time.sleep(0.05)
