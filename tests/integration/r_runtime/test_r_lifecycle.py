"""The R runtime in its container: at work, misused, and all of its ends."""

import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from registry.domain.errors.invalid import InvalidInput, InvalidRequest
from registry.domain.errors.model import ModelDied, ModelNotLoadable, ModelRaised
from registry.domain.ports.runner import RunnableVersion
from registry.domain.schema import ColumnType, Field, Schema
from registry.runners.channel import ContainerGone
from registry.tables.table import Table
from tests.integration.r_runtime.conftest import SUITE, Model, Running

pytestmark = pytest.mark.docker

Save = Callable[..., Model]
Start = Callable[..., Running]


def calling(body: str) -> str:
    """Code of a model of base R that runs `body` with the rows in `newdata`: a fit of nls carries its own predict."""
    return f"model <- structure(list(m = list(predict = function(newdata) {{ {body} }})), class = 'nls')"


DOUBLE = calling("newdata$x * 2")
SLOW = calling("Sys.sleep(newdata$x[1]); newdata$x")


def test_hello_tells_what_was_loaded(save: Save, start: Start) -> None:
    hello = start(save(DOUBLE)).ask("hello").header
    assert (hello["contract"], hello["language"], hello["flavour"], hello["class"]) == (1, "r", "r", "nls")
    assert hello["modes"] == ["exact"]
    assert hello["version"].count(".") == 2
    assert hello["packages"]["stats"] == hello["version"]
    assert hello["packages"]["randomForest"].count(".") >= 1


def test_ten_threads_get_each_their_own_answer(save: Save, start: Start) -> None:
    runtime = start(save(DOUBLE))
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda number: runtime.predict([float(number)] * 3), range(200)))
    assert answers == [{"prediction": [2.0 * number] * 3} for number in range(200)]


def test_what_the_model_prints_and_warns_does_not_disturb(save: Save, start: Start) -> None:
    runtime = start(save(calling("print(1:1000); message('noise'); warning('careful'); newdata$x")))
    assert runtime.predict([1.0]) == {"prediction": [1.0]}


@pytest.mark.parametrize(
    ("body", "error_class", "says"),
    [
        ("stop('no ', nrow(newdata))", "simpleError", "no 2"),
        ("stop(structure(class = c('odd', 'error', 'condition'), list(message = 'odd', call = NULL)))", "odd", "odd"),
        ("log('a')", "simpleError", "non-numeric"),
        ("1", "NotAPrediction", "1 answers for 2 rows"),
        ("NULL", "NotAPrediction", "gave a NULL"),
        ("list(1, 2)", "NotAPrediction", "gave a list"),
        ("function(x) x", "NotAPrediction", "gave a function"),
        ("f <- function(n) f(n + 1); f(1)", None, ""),
    ],
)  # fmt: skip
def test_what_the_model_raises_is_told_and_the_runtime_goes_on(
    save: Save, start: Start, body: str, error_class: str | None, says: str
) -> None:
    runtime = start(save(calling(body)))
    for _ in range(2):
        with pytest.raises(ModelRaised) as caught:
            runtime.predict([1.0, 2.0])
        assert error_class in (caught.value.fields["error_class"], None)
        assert says in caught.value.fields["message"]
        assert len(caught.value.fields["traceback"]) <= 16_000
    assert runtime.ask("ping").header == {"ok": True}


def test_the_traceback_starts_at_the_model(save: Save, start: Start) -> None:
    deep = "deep <- function(n) if (n == 0) stop(strrep('x', 10000)) else deep(n - 1); deep(3)"
    with pytest.raises(ModelRaised) as caught:
        start(save(calling(deep))).predict([1.0])
    lines = caught.value.fields["traceback"].splitlines()
    assert lines[1] == "  stats::predict(model, rows)"
    assert lines[2].startswith("  predict.nls(")
    assert lines[-2].strip() == "deep(n - 1)"
    assert lines[-1].strip().startswith("stop(")
    assert len(caught.value.fields["message"]) == 8000


def test_requests_that_the_contract_does_not_know(save: Save, start: Start) -> None:
    runtime = start(save(DOUBLE))
    with pytest.raises(InvalidRequest, match="unknown operation 'dance'"):
        runtime.ask("dance")
    with pytest.raises(InvalidRequest, match="needs a table"):
        runtime.ask("predict")
    with pytest.raises(InvalidRequest, match="cannot do mode 'prob'; it can do exact"):
        runtime.predict([1.0], mode="prob")
    other = Schema((Field("y", ColumnType.FLOAT64),))
    with pytest.raises(InvalidInput, match="takes the columns x; got y"):
        runtime.predict(Table.from_values(other, {"y": [1.0]}))
    assert runtime.predict([1.0]) == {"prediction": [2.0]}


def test_columns_come_in_the_order_of_the_manifest(save: Save, start: Start) -> None:
    inputs = Schema((Field("x", ColumnType.FLOAT64), Field('ż "2"\\', ColumnType.FLOAT64)))
    runtime = start(save(calling("newdata[[1]] - newdata[[2]]"), inputs))
    turned = Table.from_values(inputs, {"x": [5.0], 'ż "2"\\': [3.0]}).select(['ż "2"\\', "x"])
    assert runtime.predict(turned) == {"prediction": [2.0]}


@pytest.mark.skipif(SUITE == "bullseye", reason="no package there brings data.table")
def test_a_model_may_rename_its_columns_where_they_lie(save: Save, start: Start) -> None:
    runtime = start(save(calling("data.table::setnames(newdata, 'x', 'renamed'); newdata$renamed * 2")))
    for _ in range(2):
        assert runtime.predict([1.0]) == {"prediction": [2.0]}


def test_a_frame_over_the_limit_is_refused_and_the_runtime_goes_on(save: Save, start: Start) -> None:
    runtime = start(save(DOUBLE), container_memory=200 << 20)
    with pytest.raises(InvalidRequest, match="more than 209715200 bytes"):
        runtime.predict(Table.from_values(X_WIDE, {"x": ["a" * (201 << 20)]}))
    assert runtime.predict([1.0]) == {"prediction": [2.0]}


X_WIDE = Schema((Field("x", ColumnType.STRING),))


def test_use_is_noted_but_a_ping_is_not_use(save: Save, start: Start) -> None:
    runtime = start(save(SLOW))
    runtime.ask("ping")
    assert not (runtime.folder / "used").exists()
    for seconds in (0.0, 0.0, 2.0, 0.0):
        runtime.predict([seconds])
        assert time.time() - (runtime.folder / "used").stat().st_mtime < 1


@pytest.mark.parametrize("setting", ["idle_seconds", "age_seconds", "lease_seconds"])
def test_it_ends_itself(save: Save, start: Start, setting: str) -> None:
    runtime = start(save(DOUBLE), **{setting: 2})
    assert runtime.exit_code() == 0
    assert not (runtime.folder / "ready").exists()
    assert not (runtime.folder / "failure.json").exists()
    with pytest.raises(ContainerGone) as caught:
        runtime.predict([1.0])
    assert not caught.value.sent


def test_a_lease_that_is_renewed_and_use_keep_it(save: Save, start: Start) -> None:
    runtime = start(save(DOUBLE), lease_seconds=2, idle_seconds=2)
    for _ in range(8):
        os.utime(runtime.folder / "lease")
        runtime.predict([1.0])
        time.sleep(0.5)
    assert runtime.predict([1.0]) == {"prediction": [2.0]}
    assert runtime.exit_code() == 0


@pytest.mark.parametrize("setting", ["idle_seconds", "age_seconds", "lease_seconds"])
def test_a_request_in_work_is_finished_first(save: Save, start: Start, setting: str) -> None:
    runtime = start(save(SLOW), **{setting: 2})
    assert runtime.predict([3.5]) == {"prediction": [3.5]}
    assert runtime.exit_code() == 0


def test_a_model_that_hangs_without_a_lease_is_ended(save: Save, start: Start) -> None:
    runtime = start(save(SLOW), lease_seconds=2)
    with pytest.raises(ContainerGone) as caught:
        runtime.predict([120.0], timeout=60)
    assert caught.value.sent
    assert runtime.exit_code() == 0


def test_sigterm_finishes_the_request_in_work(save: Save, start: Start) -> None:
    runtime = start(save(SLOW))
    threading.Timer(0.5, runtime.container.kill, ["SIGTERM"]).start()
    assert runtime.predict([2.0]) == {"prediction": [2.0]}
    assert runtime.exit_code(5) == 0


def test_sigterm_ends_an_idle_one_at_once(save: Save, start: Start) -> None:
    runtime = start(save(DOUBLE))
    began = time.monotonic()
    runtime.container.kill("SIGTERM")
    assert runtime.exit_code(5) == 0
    assert time.monotonic() - began < 3


def test_a_model_that_quits_r_died(save: Save, start: Start) -> None:
    runtime = start(save(calling("quit(status = 0)")))
    with pytest.raises(ContainerGone) as caught:
        runtime.predict([1.0])
    assert caught.value.sent
    assert runtime.exit_code() == 1


def test_a_model_that_takes_all_memory_is_said_to(save: Save, start: Start) -> None:
    runtime = start(save(calling("length(numeric(1e9))")), container_memory=300 << 20)
    with pytest.raises(ContainerGone):
        runtime.predict([1.0])
    ending = runtime.runner.ending(runtime.folder, 20)
    assert (ending.exit_code, ending.out_of_memory) == (137, True)


@pytest.mark.parametrize(
    ("code", "flavour", "says"),
    [
        ("model <- structure(list(), class = 'nobody')", "r", "class nobody has no predict method"),
        ("model <- 7", "r", "class numeric has no predict method"),
        ("model <- lm(dist ~ speed, cars)", "rpart", "class lm, which is no rpart model"),
        ("model <- lm(dist ~ speed, cars)", "xgboost", "xgboost"),
    ],
)
def test_a_model_that_cannot_be_loaded(save: Save, start: Start, code: str, flavour: str, says: str) -> None:
    with pytest.raises(ModelNotLoadable) as caught:
        start(save(code, flavour=flavour))
    assert says in caught.value.fields["message"]


def test_a_file_that_is_no_rds(tmp_path: Path, start: Start) -> None:
    (tmp_path / "model.rds").write_bytes(b"\x80\x04not an rds")
    with pytest.raises(ModelNotLoadable, match="unknown input format"):
        start(Model(tmp_path / "model.rds", "r", Schema(())))


@pytest.mark.parametrize(
    ("manifest", "says"),
    [
        ({"contract": 2}, "not of contract 1"),
        ({"flavour": "prophet"}, "unknown flavour 'prophet'; this runtime has caret,"),
        ({"format": "pickle"}, "unknown format 'pickle'"),
        ({"file": "../model"}, "no model file"),
        ({"file": None}, "no text 'file'"),
        ({"inputs": [1]}, '"inputs" is not'),
    ],
)
def test_a_broken_contract(save: Save, start: Start, manifest: dict[str, Any], says: str) -> None:
    with pytest.raises(ModelNotLoadable) as caught:
        start(save(DOUBLE), manifest=manifest)
    assert caught.value.fields["error_class"] == "ContractError"
    assert says in caught.value.fields["message"]


def test_a_setting_that_is_no_number(save: Save, start: Start) -> None:
    with pytest.raises(ModelNotLoadable, match="WELES_IDLE_SECONDS='soon'"):
        start(save(DOUBLE), idle_seconds="soon")


def test_sigterm_soon_after_the_start(save: Save, start: Start, engine: Any, tmp_path: Path) -> None:
    """While it loads, or just after, as the machine is fast: it ends of itself in either case."""
    model = save(f"{DOUBLE}\nmodel$ballast <- numeric(5e7)")

    def end_it() -> None:
        while not (found := list(tmp_path.glob("home*/run/containers/*/request"))):
            time.sleep(0.01)
        its = {"label": f"weles.folder={found[0].parent.name}"}
        while not (containers := engine.containers.list(filters=its, ignore_removed=True)):
            time.sleep(0.01)
        containers[0].kill("SIGTERM")

    thread = threading.Thread(target=end_it)
    thread.start()
    try:
        code = start(model).exit_code(30)
    except ModelDied as died:
        code = died.fields["exit_code"]
    thread.join()
    assert code == 0


def test_a_container_waits_with_its_packages_for_a_model(save: Save, start: Start, r_image: str) -> None:
    first = start(save("library(randomForest); " + DOUBLE))
    assert first.ask("modules").header["modules"] == []
    runner = first.runner
    waiting = runner.warm(
        RunnableVersion("a" * 32, r_image, Path(), {}), {"contract": 1, "imports": ["randomForest", "no.such.package"]}
    )
    loaded = save(calling("isNamespaceLoaded('randomForest') + 0 * newdata$x"))
    runner.end(first.version, first.folder)
    loaded.file.chmod(0o644)
    manifest = {"contract": 1, "flavour": "r", "file": "model", "format": "rds", "target": None, "inputs": []}
    folder = runner.start(RunnableVersion("b" * 32, r_image, loaded.file, manifest))
    assert folder == waiting
    second = replace(first, version="b" * 32, folder=folder)
    assert second.predict([1.0]) == {"prediction": [1.0]}
    assert second.ask("modules").header["modules"] == ["randomForest"]


def test_an_r_that_gets_no_model_ends(save: Save, start: Start, r_image: str) -> None:
    runner = start(save(DOUBLE), idle_seconds=3).runner
    waiting = runner.warm(RunnableVersion("a" * 32, r_image, Path(), {}), {"contract": 1, "imports": []})
    assert runner.ending(waiting, 20).exit_code == 0
    assert runner.waiting() == {}
