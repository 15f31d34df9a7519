"""Predictions of a job that is not over, on disk: what was answered before the worker died is not asked again."""

import shutil
from collections.abc import Collection, Iterable, Iterator
from functools import reduce
from pathlib import Path

from registry.domain.schema import Schema
from registry.tables import arrow_format
from registry.tables.joining import common, conformed
from registry.tables.stream import TableStream
from registry.tables.table import Table


class Spool:
    """One job's parts: files named by the number of their first row and the number of rows."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._files: list[Path] = []
        self.rows = 0
        for file in sorted(folder.glob("*.parquet")):
            first, count = map(int, file.stem.split("-"))
            if first != self.rows:
                break
            self._files.append(file)
            self.rows += count

    def write(self, table: Table) -> None:
        """Add the rows that come next; whole or not at all."""
        file = self._folder / f"{self.rows:015d}-{table.rows:09d}.parquet"
        beside = file.with_suffix(".new")
        with beside.open("wb") as opened:
            arrow_format.to_parquet(table, opened)
        beside.replace(file)
        self._files.append(file)
        self.rows += table.rows

    def schema(self) -> Schema:
        """One that all parts fit in; of no columns when there is no part."""
        schemas = (part.schema for part in self._parts())
        return reduce(common, schemas, next(schemas, Schema(())))

    def stream(self) -> TableStream:
        """All parts, in order, in `schema()`."""
        schema = self.schema()
        return TableStream(schema, (conformed(part, schema) for part in self._parts()))

    def remove(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def _parts(self) -> Iterator[Table]:
        for path in self._files:
            with path.open("rb") as file:
                yield arrow_format.from_parquet(file)


def folders(root: Path) -> list[Path]:
    """The spools of all jobs; each is named after its job."""
    return [*root.iterdir()] if root.exists() else []


def remove_all_but(spools: Iterable[Path], jobs: Collection[str]) -> None:
    """Remove those of these spools that belong to no such job."""
    for folder in spools:
        if folder.name not in jobs:
            shutil.rmtree(folder, ignore_errors=True)
