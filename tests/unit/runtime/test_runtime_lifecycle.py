"""The runtime as a process: ready, at work, and all of its ends."""

import os
import signal
import stat
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from runtime_process import FromSource

from registry.domain.errors.invalid import InvalidInput, InvalidRequest
from registry.domain.errors.model import ModelRaised
from registry.domain.schema import ColumnType, Field, Schema
from registry.runners.channel import ContainerGone
from registry.tables.table import Table

DOUBLE = FromSource("class Model:\n def predict(self, rows): return [row[0] * 2 for row in rows]\nmodel = Model()")
SLOW = FromSource(
    "import time\nclass Model:\n def predict(self, rows):\n  time.sleep(rows[0][0]); return [1.0] * len(rows)\n"
    "model = Model()"
)


def test_hello_tells_what_was_loaded(start):
    hello = start(DOUBLE).ready().ask("hello").header
    assert hello["contract"] == 1
    assert hello["class"].endswith(".Model")
    assert hello["language"] == "python"
    assert hello["modes"] == ["exact"]
    assert hello["packages"]["scikit-learn"].count(".") >= 1


def test_one_connection_carries_many_requests(start):
    runtime = start(DOUBLE).ready()
    for number in range(50):
        assert runtime.predict([float(number)]) == {"prediction": [2.0 * number]}
    assert stat.S_IMODE(runtime.socket.stat().st_mode) == 0o666


def test_ten_threads_get_each_their_own_answer(start):
    runtime = start(DOUBLE).ready()
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda number: runtime.predict([float(number)] * 3), range(200)))
    assert answers == [{"prediction": [2.0 * number] * 3} for number in range(200)]


def test_what_the_model_prints_does_not_disturb(start):
    source = "class Model:\n def predict(self, rows):\n  print('noise' * 100); return [1] * len(rows)\nmodel = Model()"
    runtime = start(FromSource(source)).ready()
    assert runtime.predict([1.0]) == {"prediction": [1]}


@pytest.mark.parametrize(
    ("body", "error_class"),
    [
        ("raise ValueError('no ' + str(len(rows)))", "ValueError"),
        ("raise SystemExit(7)", "SystemExit"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("return [1]", "NotAPrediction"),
        ("return 7", "NotAPrediction"),
        ("return [2 ** 70] * len(rows)", "NotAPrediction"),
        ("return recurse()", "NameError"),
    ],
)
def test_what_the_model_raises_is_told_and_the_runtime_goes_on(start, body, error_class):
    runtime = start(FromSource(f"class Model:\n def predict(self, rows):\n  {body}\nmodel = Model()")).ready()
    for _ in range(2):
        with pytest.raises(ModelRaised) as caught:
            runtime.predict([1.0, 2.0])
        assert caught.value.fields["error_class"] == error_class
    assert runtime.ask("ping").header == {"ok": True}


def test_the_traceback_starts_at_the_model_and_is_bounded(start):
    source = (
        "class Model:\n def predict(self, rows):\n  return self.deep(0)\n"
        " def deep(self, n):\n  if n == 500: raise ValueError('\\udcff' + 'x' * 100_000)\n  return self.deep(n + 1)\n"
        "model = Model()"
    )
    with pytest.raises(ModelRaised) as caught:
        start(FromSource(source)).ready().predict([1.0])
    traceback = caught.value.fields["traceback"]
    assert "weles_runtime" not in traceback
    assert len(traceback) <= 16_000
    assert len(caught.value.fields["message"]) <= 8_000


def test_the_first_frame_is_the_models(start):
    source = "class Model:\n def predict(self, rows):\n  return {}['key']\nmodel = Model()"
    with pytest.raises(ModelRaised) as caught:
        start(FromSource(source)).ready().predict([1.0])
    lines = caught.value.fields["traceback"].splitlines()
    assert lines[0].startswith("Traceback")
    assert lines[1] == '  File "<string>", line 3, in predict'
    assert lines[-1] == "KeyError: 'key'"


def test_an_exception_whose_text_raises(start):
    source = (
        "class Bad(Exception):\n def __str__(self): raise RuntimeError\n"
        "class Model:\n def predict(self, rows): raise Bad\nmodel = Model()"
    )
    with pytest.raises(ModelRaised) as caught:
        start(FromSource(source)).ready().predict([1.0])
    assert caught.value.fields["error_class"] == "Bad"


def test_requests_that_the_contract_does_not_know(start):
    runtime = start(DOUBLE).ready()
    with pytest.raises(InvalidRequest, match="unknown operation 'dance'"):
        runtime.ask("dance")
    with pytest.raises(InvalidRequest, match="needs a table"):
        runtime.ask("predict")
    with pytest.raises(InvalidRequest, match="cannot do mode 'prob'; it can do exact"):
        runtime.predict([1.0], mode="prob")
    other = Schema((Field("y", ColumnType.FLOAT64),))
    with pytest.raises(InvalidInput, match="takes the columns x; got y"):
        runtime.predict(Table.from_values(other, {"y": [1.0]}))


def test_a_frame_over_the_limit_is_refused_and_the_connection_goes_on(start):
    runtime = start(DOUBLE, MAX_FRAME_BYTES=4000).ready()
    runtime.predict([1.0])
    with pytest.raises(InvalidRequest, match="more than 4000 bytes"):
        runtime.predict([1.0] * 100_000)
    assert runtime.predict([1.0]) == {"prediction": [2.0]}


def test_large_tables(start):
    values = [float(number) for number in range(300_000)]
    assert start(DOUBLE).ready().predict(values) == {"prediction": [2.0 * value for value in values]}


def _used(runtime):
    """When the runtime last noted that it was used; 0 for never."""
    path = runtime.run_dir / "used"
    return path.stat().st_mtime if path.exists() else 0


def _wait_for_note(runtime, since):
    deadline = time.monotonic() + 5
    while _used(runtime) < since:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_use_is_noted_within_a_second(start):
    runtime = start(DOUBLE).ready()
    for _ in range(2):
        asked = time.time()
        runtime.predict([1.0])
        _wait_for_note(runtime, asked - 0.01)
        time.sleep(1.1)
    idle = _used(runtime)
    time.sleep(1.1)
    assert _used(runtime) == idle


def test_a_long_request_is_use_all_the_time(start):
    runtime = start(SLOW).ready()
    with ThreadPoolExecutor(1) as threads:
        answer = threads.submit(runtime.predict, [3.0])
        time.sleep(2.5)
        assert time.time() - _used(runtime) < 1.5
        assert answer.result() == {"prediction": [1.0]}


@pytest.mark.parametrize(
    "environ", [{"IDLE_SECONDS": 0.5}, {"AGE_SECONDS": 0.5}, {"LEASE_SECONDS": 0.5}], ids=lambda each: next(iter(each))
)
def test_it_ends_itself_and_takes_its_socket_along(start, environ):
    runtime = start(DOUBLE, **environ).ready()
    assert runtime.exit_code() == 0
    assert not runtime.socket.exists()
    assert not (runtime.run_dir / "failure.json").exists()
    with pytest.raises(ContainerGone) as caught:
        runtime.predict([1.0])
    assert not caught.value.sent


def test_it_ends_when_the_lease_is_taken_away(start):
    runtime = start(DOUBLE).ready()
    runtime.predict([1.0])
    runtime.lease.unlink()
    assert runtime.exit_code() == 0


def test_a_lease_that_is_renewed_keeps_it(start):
    runtime = start(DOUBLE, LEASE_SECONDS=1.5).ready()
    for _ in range(6):
        os.utime(runtime.lease)
        time.sleep(0.5)
    assert runtime.process.poll() is None


def test_idle_counts_since_the_last_answer(start):
    runtime = start(DOUBLE, IDLE_SECONDS=2).ready()
    for _ in range(5):
        time.sleep(0.6)
        runtime.predict([1.0])
    assert runtime.exit_code() == 0


@pytest.mark.parametrize("environ", [{"IDLE_SECONDS": 0.3}, {"AGE_SECONDS": 0.3}], ids=lambda each: next(iter(each)))
def test_a_request_in_work_is_finished_first(start, environ):
    runtime = start(SLOW, **environ).ready()
    assert runtime.predict([2.0]) == {"prediction": [1.0]}
    assert runtime.exit_code() == 0


def test_a_request_in_work_outlives_the_lease(start):
    runtime = start(SLOW, LEASE_SECONDS=3).ready()
    threading.Timer(0.3, runtime.lease.unlink).start()
    assert runtime.predict([2.0]) == {"prediction": [1.0]}
    assert runtime.exit_code() == 0


def test_a_model_that_hangs_without_a_lease_is_left(start):
    runtime = start(SLOW, LEASE_SECONDS=1).ready()
    threading.Timer(0.3, runtime.lease.unlink).start()
    with pytest.raises(ContainerGone) as caught:
        runtime.predict([60.0])
    assert caught.value.sent
    assert runtime.exit_code(5) == 0


def test_sigterm_finishes_the_request_in_work(start):
    runtime = start(SLOW).ready()
    threading.Timer(0.5, runtime.process.send_signal, [signal.SIGTERM]).start()
    assert runtime.predict([1.5]) == {"prediction": [1.0]}
    assert runtime.exit_code(5) == 0
    assert not runtime.socket.exists()


def test_what_had_arrived_before_sigterm_is_answered(start):
    """Five clients wait for one slow prediction; all five have their answer before the runtime ends."""
    runtime = start(SLOW).ready()
    with ThreadPoolExecutor(5) as pool:
        answers = [pool.submit(runtime.predict, [0.4]) for _ in range(5)]
        time.sleep(0.3)
        runtime.process.terminate()
        assert [each.result() for each in answers] == [{"prediction": [1.0]}] * 5
    assert runtime.exit_code(5) == 0


def test_sigterm_while_loading(start):
    runtime = start(FromSource("import time\nprint('loading', flush=True)\ntime.sleep(60)\nmodel = None"))
    assert runtime.process.stdout.readline() == b"loading\n"
    runtime.process.terminate()
    assert runtime.exit_code(5) == 0
    assert not runtime.socket.exists()


def test_sigterm_in_the_middle_of_a_write(start):
    """The handler meets a stream that is being written to: that is no fault of the model."""
    endless = "while True: sys.stdout.write('x'); sys.stdout.flush()"
    runtime = start(FromSource(f"import sys\nprint('loading', flush=True)\n{endless}\nmodel = None"))
    assert runtime.process.stdout.readline() == b"loading\n"
    runtime.process.terminate()
    assert runtime.exit_code(5) == 0


def test_lost_lease_while_loading(start):
    runtime = start(FromSource("import time\ntime.sleep(60)\nmodel = None"), LEASE_SECONDS=0.5, IDLE_SECONDS=0.1)
    assert runtime.exit_code(10) == 0


def test_loading_is_not_idleness(start):
    runtime = start(FromSource("import time\ntime.sleep(2)\nmodel = None"), IDLE_SECONDS=1, AGE_SECONDS=60).ready()
    assert runtime.ask("hello").header["load_seconds"] >= 2


@pytest.mark.parametrize(
    ("model", "error_class", "says"),
    [
        (FromSource("raise ValueError('not today')"), "ValueError", "not today"),
        (FromSource("import sys\nsys.exit(1)"), "SystemExit", "1"),
        (b"not a pickle", "UnpicklingError", ""),
        (b"cno_such_package\nModel\n.", "ModuleNotFoundError", "no_such_package"),
        (b"", "EOFError", ""),
    ],
)
def test_a_model_that_cannot_be_loaded(start, model, error_class, says):
    runtime = start(model)
    assert runtime.exit_code() == 3
    failure = runtime.failure()
    assert (failure["kind"], failure["class"]) == ("model_load", error_class)
    assert says in failure["message"]
    assert "weles_runtime" not in failure["traceback"]
    assert not runtime.socket.exists()


@pytest.mark.parametrize(
    ("manifest", "says"),
    [
        ({"contract": 2}, "not of contract 1"),
        ({"flavour": "prophet"}, "unknown flavour 'prophet'"),
        ({"format": "onnx"}, "unknown format 'onnx'"),
        ({"file": "../model.bin"}, "no model file"),
        ({"file": "other.bin"}, "no model file"),
        ({"file": None}, "no text 'file'"),
        ({"threads": 0}, '"threads" is not'),
        ({"inputs": [1]}, '"inputs" is not'),
    ],
)
def test_a_broken_contract(start, manifest, says):
    runtime = start(DOUBLE, manifest=manifest)
    assert runtime.exit_code() == 4
    assert runtime.failure()["kind"] == "contract"
    assert says in runtime.failure()["message"]


def test_a_setting_that_is_no_number(start):
    runtime = start(DOUBLE, IDLE_SECONDS="soon")
    assert runtime.exit_code() == 4
    assert "WELES_IDLE_SECONDS='soon'" in runtime.failure()["message"]
