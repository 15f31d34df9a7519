"""Storing and giving back datasets: immutable typed tables, addressed by the hash of their content."""

from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from registry.domain.entities import Dataset, DatasetAlias, User, now
from registry.domain.errors.state import Exists, NotFound
from registry.domain.ports.blobs import Blobs
from registry.domain.ports.datasets import Datasets
from registry.services import staging
from registry.services.staging import StagedTable
from registry.tables import arrow_format, arrow_streams
from registry.tables.stream import TableStream
from registry.tables.table import Table

# Text may be compressed to a tenth in Parquet; what unfolds to more than that is meant to fill the disk.
_UNFOLDS_TO = 20


class DatasetService:
    """Datasets of the lake. `folder` is for tables on their way in, on the disk of the blobs."""

    def __init__(self, datasets: Datasets, blobs: Blobs, folder: Path) -> None:
        self._datasets = datasets
        self._blobs = blobs
        self._folder = folder

    def stage(self, content_type: str, sent: BinaryIO, *, max_bytes: int) -> StagedTable:
        """Read a table that was sent; it is to be closed. Raises UnsupportedMediaType, InvalidInput, TooLarge."""
        return staging.stage(content_type, sent, self._folder, max_bytes=max_bytes * _UNFOLDS_TO)

    def stage_stream(self, table: TableStream) -> StagedTable:
        """As `stage`, of a table that the lake has made itself. What its parts raise is raised."""
        return staging.write(table, self._folder)

    def add(self, user: User, table: StagedTable, name: str, description: str) -> Dataset:
        """Store the table (once, however often it is sent) and name it for the user."""
        dataset = Dataset(
            hash=table.hash,
            blob=self._stored(table),
            rows=table.rows,
            columns=len(table.schema.fields),
            missing=table.missing,
            schema=table.schema.to_json(),
            statistics=table.statistics,
            created_at=now(),
        )
        self._datasets.add(dataset, DatasetAlias(name, description, user.name, dataset.created_at), user.id)
        return self._datasets.get(dataset.hash)

    def get(self, content_hash: str) -> Dataset:
        """Raises NotFound."""
        return self._datasets.get(content_hash)

    def described(self, content_hash: str) -> Dataset:
        """The dataset with its statistics, counted now if nobody has done that before. Raises NotFound."""
        dataset = self._datasets.get(content_hash)
        if dataset.statistics is not None:
            return dataset
        with self._blobs.get(dataset.blob) as file:
            description = staging.describe(file)
        self._datasets.describe(content_hash, description.missing, description.columns())
        return replace(dataset, missing=description.missing, statistics=description.columns())

    def aliases(self, content_hash: str, viewer: User | None) -> list[DatasetAlias]:
        """The names that `viewer` may see, oldest first; None for a caller without a token."""
        return self._datasets.aliases(content_hash, viewer)

    def name(self, user: User, content_hash: str, name: str, description: str) -> None:
        """Give a stored dataset a name of the user's own. Raises NotFound, Exists."""
        if not self._datasets.add_alias(content_hash, DatasetAlias(name, description, user.name, now()), user.id):
            raise Exists("alias", name)

    def edit_alias(self, user: User, content_hash: str, alias: str, owner: str | None, **changes: str) -> None:
        """Change an alias's `name` or `description`. Raises NotFound for one that is not theirs, Exists."""
        self._datasets.edit_alias(content_hash, _owner(user, owner, alias), alias, **changes)

    def remove_alias(self, user: User, content_hash: str, alias: str, owner: str | None) -> None:
        """Take a name away. A dataset without a name goes after the time of grace, unless a model was made with it.

        Raises NotFound for an alias that is not there or not theirs.
        """
        self._datasets.remove_alias(content_hash, _owner(user, owner, alias), alias)

    def table(self, dataset: Dataset, rows: int | None = None) -> Table:
        """All of it in memory, or its first `rows`; no more is read than they need. Raises BlobUnavailable."""
        with self._blobs.get(dataset.blob) as file:
            return arrow_format.from_parquet(file, rows)

    def parquet(self, dataset: Dataset) -> AbstractContextManager[BinaryIO]:
        """The stored file. Raises BlobUnavailable."""
        return self._blobs.get(dataset.blob)

    def parts(self, file: BinaryIO) -> TableStream:
        """The table in a stored file, which stays open as long as parts are taken."""
        return arrow_streams.stored(file)

    def _stored(self, table: StagedTable) -> str:
        """The blob of the table: the one that is there already, or a new one."""
        try:
            known = self._datasets.get(table.hash)
            if known.deleted_at is None and self._blobs.holds(known.blob):
                return known.blob
        except NotFound:
            pass
        return self._blobs.put(table.file, what="dataset")[0]


def _owner(user: User, owner: str | None, alias: str) -> str:
    """Whose alias is meant: the user's own; an administrator may name another's."""
    if owner is not None and owner != user.name and not user.is_admin:
        raise NotFound("alias", alias, next="Name one of yours: the dataset's info lists them.")
    return owner or user.name
