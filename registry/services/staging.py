"""A table that someone has sent, read through once and written as the lake keeps it, before it is the lake's."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Self

from registry.domain.entities import Json
from registry.domain.errors.invalid import InvalidInput
from registry.domain.schema import Schema
from registry.tables import arrow_streams, formats
from registry.tables.content_hash import ContentHash
from registry.tables.statistics import Description
from registry.tables.stream import TableStream

_NEXT = "Correct the table where it is named, and send it again."


@dataclass(frozen=True, slots=True)
class StagedTable:
    """`file` is Parquet and has no name: it is gone when it is closed, or the process ends."""

    file: BinaryIO
    hash: str
    rows: int
    schema: Schema
    missing: int
    statistics: list[Json]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()


def stage(content_type: str, sent: BinaryIO, folder: Path, *, max_bytes: int) -> StagedTable:
    """The table in an open file, in parts: no more of it in memory than some of its rows, whatever its size.

    `folder` is on the disk that has room for it. Raises UnsupportedMediaType, InvalidInput, TooLarge (when unfolded).
    """
    try:
        return write(formats.stream(content_type, sent, max_bytes=max_bytes), folder)
    except InvalidInput as error:
        error.next = _NEXT
        raise


def write(table: TableStream, folder: Path) -> StagedTable:
    """A table that comes in parts, as `stage` would have it. What the parts raise is raised."""
    file: BinaryIO = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 (closed by its owner)
    try:
        content, description, rows = ContentHash(table.schema), Description(table.schema), 0
        with arrow_streams.ParquetWriter(file, table.schema) as writer:
            for part in table.parts:
                content.update(part)
                description.update(part)
                writer.write(part)
                rows += part.rows
        describe_further(description, file)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return StagedTable(file, content.digest(), rows, table.schema, description.missing, description.columns())


def describe(file: BinaryIO) -> Description:
    """The description of a stored table."""
    table = arrow_streams.stored(file)
    description = Description(table.schema)
    for part in table.parts:
        description.update(part)
    describe_further(description, file)
    return description


def describe_further(description: Description, file: BinaryIO) -> None:
    """The second pass of a description, over the stored table."""
    if description.numeric:
        description.second_pass(arrow_streams.stored(file, columns=description.numeric).parts)
