"""Large tables go to a container in parts, where each row is answered by itself."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from registry.domain.schema import ColumnType, Field, Schema
from registry.services.predict import Prediction
from registry.tables.table import Table

X = Schema((Field("x", ColumnType.INT64),))
MANY = 150_000


class Asked:
    """A channel that answers by `model`, and remembers how many rows each question had."""

    def __init__(self, model: Callable[[Table], Table]) -> None:
        self._model = model
        self.rows: list[int] = []

    def call(self, folder: Path, header: Any, table: Table, *, timeout: float) -> Any:
        self.rows.append(table.rows)
        return SimpleNamespace(table=self._model(table))


def prediction(channel: Any) -> Prediction:
    folders: Any = SimpleNamespace(current=lambda _: Path("/run"))
    desk: Any = SimpleNamespace()
    return Prediction(folders, channel, desk, seconds=1, queue_seconds=1, memory_bytes=1)


def doubled(table: Table) -> Table:
    return Table.from_values(
        Schema((Field("prediction", ColumnType.INT64),)), {"prediction": [2 * x for x in table.to_values()["x"]]}
    )


def by_the_first_row(table: Table) -> Table:
    kind = ColumnType.STRING if table.to_values()["x"][0] else ColumnType.BOOL
    values = ["a" if kind is ColumnType.STRING else True] * table.rows
    return Table.from_values(Schema((Field("prediction", kind),)), {"prediction": values})


def rows(count: int) -> Table:
    return Table.from_values(X, {"x": list(range(count))})


def test_parts_answer_as_the_whole_does() -> None:
    channel = Asked(doubled)
    answer = prediction(channel).answer("v", "exact", rows(MANY), together=True)
    assert answer == doubled(rows(MANY))
    assert channel.rows == [65536, 65536, MANY - 2 * 65536]


def test_a_model_that_wants_all_rows_gets_them_at_once() -> None:
    channel = Asked(doubled)
    prediction(channel).answer("v", "exact", rows(MANY))
    assert channel.rows == [MANY]


def test_answers_that_do_not_fit_together_are_asked_for_at_once() -> None:
    channel = Asked(by_the_first_row)
    answer = prediction(channel).answer("v", "exact", rows(MANY), together=True)
    assert channel.rows[-1] == MANY
    assert answer.rows == MANY


def test_parts_that_come_one_by_one_answer_as_the_whole_does() -> None:
    channel = Asked(doubled)
    whole = rows(MANY)
    answer = prediction(channel).answer_parts(
        "v", "exact", (whole.slice(at, at + 40_000) for at in range(0, MANY, 40_000))
    )
    assert answer == doubled(whole)
    assert channel.rows == [40_000, 40_000, 40_000, 30_000]


def test_of_parts_without_one_type_there_is_no_answer_nor_of_none() -> None:
    parts = [rows(2), Table.from_values(X, {"x": [1, 2]})]
    assert prediction(Asked(by_the_first_row)).answer_parts("v", "exact", parts) is None
    assert prediction(Asked(doubled)).answer_parts("v", "exact", []) is None
