"""A runtime that waits for a model: what it imports ahead, how it is given one, and how it ends without."""

import json
import time

import pytest
from runtime_process import FromSource

SEEN = FromSource(
    "import sys\nclass Model:\n def predict(self, rows): return ['sklearn.tree' in sys.modules for _ in rows]\n"
    "model = Model()"
)
ORDER = {"contract": 1, "imports": ["numpy", "no.such.module", "sklearn.tree"], "threads": 1}


def _is_warm(runtime, seconds=60):
    deadline = time.monotonic() + seconds
    while not (runtime.run_dir / "warm").exists():
        assert runtime.process.poll() is None, runtime.process.communicate()[0].decode()
        assert time.monotonic() < deadline, "the runtime is not warm"
        time.sleep(0.02)
    return runtime


def test_packages_are_there_before_the_model_is(start):
    runtime = _is_warm(start(SEEN, order=ORDER))
    assert not runtime.socket.exists()
    assert runtime.give().ready().predict([1.0, 2.0]) == {"prediction": [True, True]}
    assert not (runtime.run_dir / "warm").exists()


def test_a_cold_start_imports_nothing_ahead(start):
    runtime = start(SEEN).ready()
    assert runtime.predict([1.0]) == {"prediction": [False]}
    modules = runtime.ask("modules").header["modules"]
    assert "numpy" in modules or modules == []
    assert not any(name.startswith("weles_runtime") for name in modules)


def test_what_is_imported_is_told_in_an_order_that_imports_it_again(start):
    told = _is_warm(start(SEEN, order=ORDER)).give().ready().ask("modules").header["modules"]
    assert {"numpy", "sklearn.tree"} <= set(told)
    again = _is_warm(start(SEEN, order={**ORDER, "imports": told})).give().ready()
    assert set(told) <= set(again.ask("modules").header["modules"])


@pytest.mark.parametrize("ends", [{"IDLE_SECONDS": 1}, {"AGE_SECONDS": 1}, {"LEASE_SECONDS": 1}])
def test_who_gets_no_model_ends(start, ends):
    runtime = start(SEEN, order={**ORDER, "imports": []}, **ends)
    assert runtime.exit_code(20) == 0


def test_a_wait_is_no_use_and_a_load_is(start):
    source = "import time; time.sleep(3)\nclass Model:\n def predict(self, rows): return rows\nmodel = Model()"
    runtime = _is_warm(start(FromSource(source), order={**ORDER, "imports": []}, IDLE_SECONDS=2))
    runtime.give().ready()


def test_an_order_that_cannot_be_read_breaks_the_contract(start):
    runtime = start(SEEN, order={"contract": 2, "imports": []})
    assert runtime.exit_code() == 4
    assert "warm.json" in json.loads((runtime.run_dir / "failure.json").read_text())["message"]


def test_a_model_that_breaks_the_contract_is_told(start):
    runtime = _is_warm(start(SEEN, order={**ORDER, "imports": []}, flavour="unheard of"))
    assert runtime.give().exit_code() == 4
