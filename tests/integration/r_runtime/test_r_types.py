"""Every type of the table, there and back through a model in R that gives what it was given."""

import math
import struct
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import docker
import pytest

from registry.domain.errors.invalid import InvalidInput
from registry.domain.errors.model import ModelRaised
from registry.domain.schema import ColumnType, Field, Schema
from registry.tables.table import Column, Table
from tests.integration.r_runtime.conftest import RUNTIME, Model, Running

pytestmark = pytest.mark.docker

IDENTITY = "model <- structure(list(m = list(predict = function(newdata) newdata$x)), class = 'nls')"
# What R was given, in its own words.
DESCRIBE = (
    "model <- structure(list(m = list(predict = function(newdata) "
    "rep(paste(class(newdata$x), collapse = '/'), nrow(newdata)))), class = 'nls')"
)
LARGEST = 2**63 - 1
COLUMNS = {
    "bool": (Field("x", ColumnType.BOOL), [True, None, False], "logical"),
    "int32": (Field("x", ColumnType.INT32), [1, None, -(2**31) + 1, 2**31 - 1], "integer"),
    "int64": (Field("x", ColumnType.INT64), [2**53 + 1, None, 1, -(2**53) - 1, LARGEST, -LARGEST], "integer64"),
    "float64": (
        Field("x", ColumnType.FLOAT64), [0.1, None, math.nan, math.inf, -math.inf, -0.0, 5e-324, 1.7e308], "numeric",
    ),
    "string": (
        Field("x", ColumnType.STRING), ["001", None, "", "NA", "zażółć \U0001f333", 'a"b\\c\n\t\x01', "x" * 70_000],
        "character",
    ),
    "categorical": (Field("x", ColumnType.CATEGORICAL, ("hi", "lo", 'ż"\\')), ["lo", None, 'ż"\\', "lo"], "factor"),
    "ordered": (Field("x", ColumnType.CATEGORICAL, ("lo", "hi"), ordered=True), ["hi", None, "lo"], "ordered/factor"),
    "date": (Field("x", ColumnType.DATE), [date(2024, 2, 29), None, date(1, 1, 1), date(9999, 12, 31)], "Date"),
    "timestamp": (
        Field("x", ColumnType.TIMESTAMP),
        [datetime(2024, 3, 31, 2, 30, 0, 123456), None, datetime(1969, 12, 31, 23, 59, 59, 999999)], "POSIXct/POSIXt",
    ),
    "zoned": (
        Field("x", ColumnType.TIMESTAMP, zone="Europe/Warsaw"),
        [datetime(2024, 3, 31, 2, 30, 0, 1, tzinfo=UTC), None, datetime(1800, 1, 1, tzinfo=UTC)], "POSIXct/POSIXt",
    ),
}  # fmt: skip


@pytest.fixture(params=COLUMNS)
def column(request: pytest.FixtureRequest) -> tuple[Field, list[Any], str]:
    return COLUMNS[request.param]


Save = Callable[..., Model]
Start = Callable[..., Running]


def test_there_and_back(save: Save, start: Start, column: tuple[Field, list[Any], str]) -> None:
    field, values, _ = column
    runtime = start(save(IDENTITY, Schema((field,))))
    for given in (values, values[:1], [None], []):
        table = Table.from_values(Schema((field,)), {"x": given})
        answer = runtime.ask(table=table, mode="exact").table.columns[0]
        # Without a number that needs 64 bits an int64 column is a double in R.
        kind = ColumnType.FLOAT64 if field.type is ColumnType.INT64 and not any(given) else field.type
        expected = Field("prediction", kind, field.levels, field.ordered, field.zone)
        assert Table.of([answer]) == Table.of([Column.from_values(expected, given)])


def test_r_sees_its_own_types(save: Save, start: Start, column: tuple[Field, list[Any], str]) -> None:
    field, values, classes = column
    runtime = start(save(DESCRIBE, Schema((field,))))
    assert runtime.predict(Table.from_values(Schema((field,)), {"x": values}))["prediction"][0] == classes


def test_numbers_that_r_has_no_type_for(save: Save, start: Start) -> None:
    small = Schema((Field("x", ColumnType.INT32),))
    runtime = start(save(IDENTITY, small))
    assert runtime.predict(Table.from_values(small, {"x": [-(2**31), 5]})) == {"prediction": [-(2.0**31), 5.0]}
    large = Schema((Field("x", ColumnType.INT64),))
    runtime = start(save(IDENTITY, large))
    # Below 2^53 a double, which nothing in R mistakes for another number.
    answer = runtime.predict(Table.from_values(large, {"x": [2**53 - 1, None, 1 - 2**53]}))["prediction"]
    assert answer == [2.0**53 - 1, None, 1 - 2.0**53]
    assert isinstance(answer[0], float)
    assert runtime.predict(Table.from_values(large, {"x": [-(2**63), None]})) == {"prediction": [str(-(2**63)), None]}


def test_times_of_far_years_are_right_to_30_microseconds(save: Save, start: Start) -> None:
    schema = Schema((Field("x", ColumnType.TIMESTAMP),))
    given = [datetime(1, 1, 1, 0, 0, 1, 7), datetime(9999, 12, 31, 23, 0, 0, 999999)]
    answers = start(save(IDENTITY, schema)).predict(Table.from_values(schema, {"x": given}))["prediction"]
    assert max(abs(answer - moment) for answer, moment in zip(answers, given, strict=True)) <= timedelta(
        microseconds=30
    )


def test_a_zone_that_r_has_no_name_for_is_utc(save: Save, start: Start) -> None:
    moment = datetime(2024, 1, 1, tzinfo=UTC)
    for zone, named in (("+05:30", "UTC"), ("+02:00", "Etc/GMT-2"), ("Mars/Olympus", "UTC")):
        schema = Schema((Field("x", ColumnType.TIMESTAMP, zone=zone),))
        answer = start(save(IDENTITY, schema)).ask(table=Table.from_values(schema, {"x": [moment]})).table
        assert answer.schema.fields[0].zone == named
        assert answer.to_values() == {"prediction": [moment]}


def test_text_that_r_cannot_hold_is_the_callers_mistake(save: Save, start: Start) -> None:
    schema = Schema((Field("x", ColumnType.STRING),))
    with pytest.raises(InvalidInput, match="no text with a NUL"):
        start(save(IDENTITY, schema)).predict(Table.from_values(schema, {"x": ["a\x00b"]}))


def test_many_rows_of_every_type(save: Save, start: Start) -> None:
    """Frames of many packets, with columns of several types side by side."""
    fields = tuple(
        Field(name, each.type, each.levels, each.ordered, each.zone) for name, (each, _, _) in COLUMNS.items()
    )
    schema = Schema(fields)
    rows = 20_000
    values = {name: (given * rows)[:rows] for name, (_, given, _) in COLUMNS.items() if name != "string"}
    values["string"] = [f"text {number}" for number in range(rows)]
    code = "model <- structure(list(m = list(predict = function(newdata) newdata)), class = 'nls')"
    given = Table.from_values(schema, values)
    answer = start(save(code, schema)).ask(table=given).table
    assert answer.schema.names == tuple(f"prediction_{position}" for position in range(len(fields)))
    # Only whether they are the same: what differs in 20,000 rows would take minutes to print.
    wrong = [
        field.name
        for field, ours, theirs in zip(fields, given.columns, answer.columns, strict=True)
        if Table.of([ours]) != Table.of([Column(field, theirs.data, theirs.offsets, theirs.validity)])
    ]
    assert wrong == []


def test_headers_that_are_remembered_are_those_of_the_same_question(save: Save, start: Start) -> None:
    """The runtime works a header out, and writes one, once for as long as the next one says the same."""
    schema = Schema((Field("x", ColumnType.STRING),))
    body = (
        "switch(newdata$x[1], a = rep(1.5, nrow(newdata)), b = nchar(newdata$x), "
        "ab = factor(newdata$x, levels = c('ab', 'c', 'd')), c = factor(newdata$x, levels = c('c', 'd')), "
        "stop('unknown'))"
    )
    code = f"model <- structure(list(m = list(predict = function(newdata) {body})), class = 'nls')"
    runtime = start(save(code, schema))
    questions = [
        (["a", "bc"], "float64", [1.5, 1.5]),
        (["ab", "c"], "categorical", ["ab", "c"]),  # The header of the one before: as many bytes, other texts.
        (["b", None], "int32", [1, None]),
        (["b", "ac"], "int32", [1, 2]),
        (["c", "c"], "categorical", ["c", "c"]),
        (["c", None], "categorical", ["c", None]),
        (["b"], "int32", [1]),
        (["b", "ac", "", "ż"], "int32", [1, 2, 0, 1]),
    ]
    for values, kind, expected in [*questions, *questions[::-1], *questions[::2]]:
        answer = runtime.ask(table=Table.from_values(schema, {"x": values})).table
        assert (answer.schema.fields[0].type.value, answer.to_values()) == (kind, {"prediction": expected})
        with pytest.raises(ModelRaised, match="unknown"):
            runtime.predict(Table.from_values(schema, {"x": ["z", *values[1:]]}))
    levels = [
        runtime.ask(table=Table.from_values(schema, {"x": [first, "d"]})).table.schema.fields[0].levels
        for first in ("ab", "c", "ab")
    ]
    assert levels == [("ab", "c", "d"), ("c", "d"), ("ab", "c", "d")]


def test_integers_without_bit64(engine: docker.DockerClient, r_base: str, tmp_path: Path) -> None:
    """Exact doubles below 2^53, text beyond: of the runtime's own code, where the package is not installed."""
    numbers = [0, 1, -1, 2**32, -(2**32), 10**12, 2**53 + 1, -(2**53) - 1, 10**18, 2**63 - 1, -(2**63), -(2**62) - 5]
    (tmp_path / "small").write_bytes(struct.pack("<4q", 0, -1, 2**53 - 1, 1 - 2**53))
    (tmp_path / "large").write_bytes(struct.pack(f"<{len(numbers)}q", *numbers))
    code = (
        "e <- new.env(); e$requireNamespace <- function(...) FALSE\n"
        "for (f in c('int64.R', 'columns.R')) sys.source(file.path('/runtime/weles', f), e)\n"
        "read <- function(f) readBin(file.path('/data', f), 'raw', 1e4)\n"
        "small <- e$int64_of(read('small'), 4L, NULL, 'n')\n"
        "large <- e$int64_of(read('large'), as.integer(commandArgs(TRUE)), NULL, 'n')\n"
        "writeLines(c(typeof(small), sprintf('%.0f', small), typeof(large), large), '/data/found')"
    )
    (tmp_path / "code.R").write_text(code)
    engine.containers.run(
        r_base, ["Rscript", "--vanilla", "/data/code.R", str(len(numbers))], remove=True, network_mode="none",
        labels={"weles.test": "r"},
        volumes={str(RUNTIME): {"bind": "/runtime", "mode": "ro"}, str(tmp_path): {"bind": "/data", "mode": "rw"}},
    )  # fmt: skip
    expected = ["double", "0", "-1", str(2**53 - 1), str(1 - 2**53), "character", *map(str, numbers)]
    assert (tmp_path / "found").read_text().split() == expected
