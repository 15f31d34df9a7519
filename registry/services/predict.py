"""One prediction: straight to the version's container, and to the lease desk only when there is none."""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from registry.domain.entities import ModelVersion, State
from registry.domain.errors.invalid import InvalidInput
from registry.domain.errors.lake import EnvironmentNotReady, LakeBusy
from registry.domain.errors.model import ModelDied, ModelNotUsable, ModelOutOfMemory, ModelRaised, PredictionTimeout
from registry.domain.ports.desk import Desk
from registry.domain.ports.jobs import Jobs
from registry.domain.schema import Schema
from registry.runners.channel import BrokenAnswer, Channel, ContainerGone
from registry.runners.run_folder import RunFolders
from registry.tables.joining import concatenated
from registry.tables.table import Table

MODES = ("exact", "prob")
# A kept container may be at its end just now; a new one may be taken away for another model before it is asked.
_TRIES = 4
_MOST_SCHEMAS = 1000
# Rows that go to a container at once where each is answered by itself: neither side holds all of them twice.
_MOST_ROWS = 1 << 16


class Prediction:
    """Asks model containers.

    `seconds`: how long a model may work on one question; `queue_seconds`: how long a question may wait for its turn.
    """

    def __init__(
        self,
        folders: RunFolders,
        channel: Channel,
        desk: Desk,
        *,
        seconds: float,
        queue_seconds: float,
        memory_bytes: int,
    ) -> None:
        self._folders = folders
        self._channel = channel
        self._desk = desk
        self._seconds = seconds
        self._queue_seconds = queue_seconds
        self._memory_bytes = memory_bytes

    def answer(self, version_id: str, mode: str, table: Table, *, together: bool = False) -> Table:
        """The model's predictions for the rows of `table`, as many rows, in their order.

        `together`: they may be asked for in one call with those of others (`ModelVersion.together`).

        Raises the model family, ModelBusy when the question's turn does not come, CapacityExceeded,
        BuilderUnavailable, and LakeBusy when containers end again and again.
        """
        if together and table.rows > _MOST_ROWS:
            starts = range(0, table.rows, _MOST_ROWS)
            parts = (table.slice(start, min(start + _MOST_ROWS, table.rows)) for start in starts)
            answers = [self._answer(version_id, mode, part, together=True) for part in parts]
            # Where the types of a model's answers depend on the rows, only all rows at once have one type.
            with suppress(InvalidInput):
                return concatenated(answers)
        return self._answer(version_id, mode, table, together=together)

    def answer_parts(self, version_id: str, mode: str, parts: Iterable[Table]) -> Table | None:
        """The predictions for the rows of all parts, each asked for by itself, as soon as it is there.

        None when they have no one type, or there is no part: then all rows must be asked about at once. Raises as
        `answer`, and what going through `parts` raises.
        """
        answers = [self._answer(version_id, mode, part, together=True) for part in parts]
        with suppress(InvalidInput):
            return concatenated(answers) if answers else None
        return None

    def _answer(self, version_id: str, mode: str, table: Table, *, together: bool) -> Table:
        header = {"op": "predict", "mode": mode, "wait": self._queue_seconds, "together": together}
        folder = self._folders.current(version_id)
        for _ in range(_TRIES):
            if folder is None:
                folder = self._desk.lease(version_id)
            try:
                return self._channel.call(folder, header, table, timeout=self._seconds + self._queue_seconds).table
            except BrokenAnswer as broken:
                self._desk.end(version_id, folder)
                raise ModelRaised("BrokenAnswer", broken.reason, "") from broken
            except ContainerGone as gone:
                self._channel.forget(folder)
                if gone.sent:
                    self._explain(folder)
                folder = None
            except PredictionTimeout as late:
                self._desk.end(version_id, folder)
                raise PredictionTimeout(self._seconds) from late
        raise LakeBusy("The model's container ended again and again before it answered.")

    def warm(self, version_id: str) -> None:
        """Have a container that has loaded the model. Raises as `answer` does."""
        self._desk.lease(version_id)

    def end(self, version_id: str) -> None:
        """End the version's container, if it has one."""
        folder = self._folders.current(version_id)
        if folder is not None:
            self._desk.end(version_id, folder)

    def _explain(self, folder: Path) -> None:
        """Raise what a container died of; return when it ended of itself, or by the lake's will, or nobody knows."""
        ending = self._desk.ending(folder)
        if ending.out_of_memory:
            raise ModelOutOfMemory(self._memory_bytes)
        if ending.exit_code:
            raise ModelDied(ending.exit_code)


class InputSchemas:
    """The schemas that versions take, each read once from its document: a version never changes."""

    def __init__(self) -> None:
        self._read: dict[str, Schema] = {}

    def of(self, version: ModelVersion) -> Schema:
        schema = self._read.get(version.id)
        if schema is None:
            if len(self._read) >= _MOST_SCHEMAS:
                self._read.clear()
            schema = self._read[version.id] = Schema.from_json(version.inputs)
        return schema


def require_ready(version: ModelVersion, jobs: Jobs) -> None:
    """Raises EnvironmentNotReady while the version is being prepared, ModelNotUsable when that has failed."""
    if version.state is State.FAILED:
        raise ModelNotUsable(version.model, version.number, version.problem)
    if version.state is not State.READY:
        raise EnvironmentNotReady(version.model, version.number, jobs.of_version(version.id))
