"""Storing and giving back datasets: immutable typed tables, addressed by the hash of their content."""

import tempfile
from typing import BinaryIO

from registry.domain.entities import Dataset, DatasetAlias, User, now
from registry.domain.ports import Blobs, Datasets
from registry.tables import arrow_format
from registry.tables.content_hash import content_hash
from registry.tables.table import Table

_IN_MEMORY_BYTES = 8 << 20


class DatasetService:
    """Datasets of the lake."""

    def __init__(self, datasets: Datasets, blobs: Blobs) -> None:
        self._datasets = datasets
        self._blobs = blobs

    def add(self, user: User, table: Table, name: str, description: str) -> Dataset:
        """Store the table (once, however often it is sent) and name it for the user."""
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES) as file:
            arrow_format.to_parquet(table, file)
            file.seek(0)
            blob, _ = self._blobs.put(_binary(file), what="dataset")
        dataset = Dataset(
            content_hash(table),
            blob,
            table.rows,
            len(table.columns),
            missing=None,
            schema=table.schema.to_json(),
            statistics=None,
            created_at=now(),
        )
        self._datasets.add(dataset, DatasetAlias(name, description, user.name, dataset.created_at), user.id)
        return self._datasets.get(dataset.hash)

    def get(self, content_hash_: str) -> Dataset:
        """Raises NotFound."""
        return self._datasets.get(content_hash_)

    def aliases(self, content_hash_: str, viewer: User | None) -> list[DatasetAlias]:
        """The names that `viewer` may see; None for a caller without a token."""
        return self._datasets.aliases(content_hash_, viewer)

    def table(self, dataset: Dataset, rows: int | None = None) -> Table:
        """All of it, or its first `rows`. Raises BlobUnavailable."""
        with self._blobs.get(dataset.blob) as file:
            return arrow_format.from_parquet(file, rows)


def _binary(file: "tempfile.SpooledTemporaryFile[bytes]") -> BinaryIO:
    return file  # type: ignore[return-value]  # it has all of BinaryIO, but typeshed's class does not say so
