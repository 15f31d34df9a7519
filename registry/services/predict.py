"""One prediction: straight to the version's container, and to the lease desk only when there is none."""

from pathlib import Path

from registry.domain.entities import ModelVersion, State
from registry.domain.errors import (
    EnvironmentNotReady,
    LakeBusy,
    ModelDied,
    ModelNotUsable,
    ModelOutOfMemory,
    ModelRaised,
    PredictionTimeout,
)
from registry.domain.ports import Desk, Jobs
from registry.runners.channel import BrokenAnswer, Channel, ContainerGone
from registry.tables.table import Table

MODES = ("exact", "prob")
# A kept container may be at its end just now; a new one may be taken away for another model before it is asked.
_TRIES = 3


class Prediction:
    """Asks model containers. `run_folder` holds one folder for each version that has a container."""

    def __init__(self, run_folder: Path, channel: Channel, desk: Desk, *, seconds: float, memory_bytes: int) -> None:
        self._run_folder = run_folder
        self._channel = channel
        self._desk = desk
        self._seconds = seconds
        self._memory_bytes = memory_bytes

    def answer(self, version_id: str, mode: str, table: Table) -> Table:
        """The model's predictions for the rows of `table`, as many rows, in their order.

        Raises the model family, CapacityExceeded, BuilderUnavailable, and LakeBusy when containers end again and again.
        """
        folder = self._run_folder / version_id
        for _ in range(_TRIES):
            try:
                answer = self._channel.call(folder, {"op": "predict", "mode": mode}, table, timeout=self._seconds)
            except BrokenAnswer as broken:
                self._desk.end(version_id)
                raise ModelRaised("BrokenAnswer", broken.reason, "") from broken
            except ContainerGone as gone:
                if gone.sent:
                    self._explain(version_id)
                folder = self._desk.lease(version_id)
            except PredictionTimeout:
                self._desk.end(version_id)
                raise
            else:
                if answer.table is None or answer.table.rows != table.rows:
                    given = "no table" if answer.table is None else f"{answer.table.rows} predictions"
                    raise ModelRaised("WrongShape", f"{given} for {table.rows} rows", "")
                return answer.table
        raise LakeBusy("The model's container ended again and again before it answered.")

    def warm(self, version_id: str) -> None:
        """Have a container that has loaded the model. Raises as `answer` does."""
        self._desk.lease(version_id)

    def end(self, version_id: str) -> None:
        """End the version's container, if it has one."""
        self._desk.end(version_id)

    def _explain(self, version_id: str) -> None:
        """Raise what a container died of; return when it ended of itself, or by the lake's will, or nobody knows."""
        ending = self._desk.ending(version_id)
        if ending.out_of_memory:
            raise ModelOutOfMemory(self._memory_bytes)
        if ending.exit_code:
            raise ModelDied(ending.exit_code)


def require_ready(version: ModelVersion, jobs: Jobs) -> None:
    """Raises EnvironmentNotReady while the version is being prepared, ModelNotUsable when that has failed."""
    if version.state is State.FAILED:
        raise ModelNotUsable(version.model, version.number, version.problem)
    if version.state is not State.READY:
        raise EnvironmentNotReady(version.model, version.number, jobs.of_version(version.id))
