"""Arrow tables, Arrow streams and Parquet ↔ the typed table. Our schema travels in the files' metadata.

A body that was sent may unfold to far more than its own size: it is read in batches, up to a limit.
"""

import io
import json
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from registry.domain.errors.invalid import InvalidInput, TooLarge
from registry.domain.schema import Schema
from registry.tables import arrow_columns, arrow_types
from registry.tables.problems import Problems, match_columns
from registry.tables.table import Table

_SCHEMA_KEY = b"weles.schema"
_NO_LIMIT = 1 << 62
_BATCH_ROWS = 16_384


def to_arrow(table: Table) -> pa.Table:
    """A pyarrow.Table that shares the table's buffers."""
    arrays = [arrow_columns.to_array(column) for column in table.columns]
    return pa.Table.from_arrays(arrays, schema=arrow_schema(table.schema))


def arrow_schema(schema: Schema) -> pa.Schema:
    """Arrow's schema, with ours in its metadata."""
    fields = [pa.field(each.name, arrow_columns.arrow_type(each), each.nullable) for each in schema.fields]
    return pa.schema(fields, metadata={_SCHEMA_KEY: json.dumps(schema.to_json(), separators=(",", ":"))})


def from_arrow(arrow: pa.Table, schema: Schema | None = None, *, first_row: int = 0) -> Table:
    """The typed table: in the schema's types and order; without one, in that of its metadata, or of Arrow's types.

    Raises InvalidInput with column, row (counted from `first_row`), expected and got of up to 20 problems.
    """
    try:
        names = arrow.column_names
    except UnicodeDecodeError as error:
        raise InvalidInput(f"A column's name is not UTF-8: {error.reason}.") from None
    kept = [index for index, name in enumerate(names) if not arrow_types.is_pandas_index(name)]
    arrow, names = arrow.select(kept), [names[index] for index in kept]
    if len(set(names)) != len(names):
        raise InvalidInput("Two columns have one name.", column=next(name for name in names if names.count(name) > 1))
    try:
        arrow.validate(full=True)
        arrays = {name: arrow_types.whole(arrow.column(name)) for name in names}
    except pa.ArrowException as error:
        raise InvalidInput(f"The data are not valid Arrow: {error!s:.200}") from None
    if schema is None:
        schema = declared(arrow.schema) or Schema(tuple(arrow_types.infer(name, arrays[name]) for name in names))
    problems = Problems(first_row)
    order = match_columns(names, schema, problems)
    columns = [
        arrow_types.column(field, arrays[field.name], problems) for field in schema.fields if field.name in order
    ]
    problems.raise_if_any()
    return Table.of((column for column in columns if column is not None), arrow.num_rows)


def to_stream(table: Table) -> bytes:
    """The table as an Arrow IPC stream."""
    sink = pa.BufferOutputStream()
    arrow = to_arrow(table)
    with pa.ipc.new_stream(sink, arrow.schema) as writer:
        writer.write_table(arrow)
    return sink.getvalue().to_pybytes()  # type: ignore[no-any-return]


def from_stream(file: Any, schema: Schema | None = None, *, max_bytes: int = _NO_LIMIT) -> Table:
    """The table in an Arrow IPC stream. Raises InvalidInput, TooLarge."""
    try:
        with pa.ipc.open_stream(file) as reader:
            arrow = pa.Table.from_batches(_bounded(reader, max_bytes), reader.schema)
    except (pa.ArrowException, OSError) as error:
        raise unreadable(error, "an Arrow stream") from None
    return from_arrow(arrow, schema)


def to_parquet(table: Table, file: Any) -> None:
    """Write the table to an open binary file (or anything that pyarrow can write to) as Parquet."""
    pq.write_table(to_arrow(table), file, compression="zstd")


def parquet_bytes(table: Table) -> bytes:
    """The table as a Parquet file."""
    sink = io.BytesIO()
    to_parquet(table, sink)
    return sink.getvalue()


def from_parquet(
    file: Any, rows: int | None = None, schema: Schema | None = None, *, max_bytes: int = _NO_LIMIT
) -> Table:
    """The table in an open Parquet file, or its first `rows` alone. Raises InvalidInput, TooLarge."""
    try:
        with pq.ParquetFile(file) as parquet:
            groups = None if rows is None else [*first_groups(parquet.metadata, rows)]
            batches = _bounded(parquet.iter_batches(_BATCH_ROWS, groups), max_bytes)
            arrow = pa.Table.from_batches(_first(batches, rows), parquet.schema_arrow)
    except (pa.ArrowException, OSError) as error:
        raise unreadable(error, "a Parquet file") from None
    return from_arrow(arrow if rows is None else arrow.slice(0, rows), schema)


def first_groups(metadata: Any, rows: int) -> range:
    """The row groups of a Parquet file that hold its first rows."""
    for index in range(metadata.num_row_groups):
        rows -= metadata.row_group(index).num_rows
        if rows <= 0:
            return range(index + 1)
    return range(metadata.num_row_groups)


def source(body: bytes | BinaryIO) -> Any:
    """Bytes or an open file as what `from_stream` and `from_parquet` read."""
    return pa.BufferReader(body) if isinstance(body, bytes) else body


def unreadable(error: Exception, what: str) -> Exception:
    """What to raise: Arrow tells of wrong bytes by an OSError without a number; one with a number is the disk's."""
    if isinstance(error, OSError) and error.errno is not None:
        return error
    return InvalidInput(f"The body is not {what}: {error!s:.200}")


def declared(schema: pa.Schema) -> Schema | None:
    """Our schema in the metadata of Arrow's, if it is there. Raises InvalidInput."""
    text = (schema.metadata or {}).get(_SCHEMA_KEY)
    if text is None:
        return None
    try:
        return Schema.from_json(json.loads(text))
    except (ValueError, RecursionError):
        raise InvalidInput(f"The file's metadata {_SCHEMA_KEY.decode()} is not a schema.") from None


def _bounded(batches: Iterable[pa.RecordBatch], max_bytes: int) -> Iterator[pa.RecordBatch]:
    total = 0
    for batch in batches:
        total += batch.nbytes
        if total > max_bytes:
            raise TooLarge(max_bytes, "table, unfolded,")
        yield batch


def _first(batches: Iterable[pa.RecordBatch], rows: int | None) -> Iterator[pa.RecordBatch]:
    if rows == 0:
        return
    seen = 0
    for batch in batches:
        yield batch
        seen += batch.num_rows
        if rows is not None and seen >= rows:
            return
