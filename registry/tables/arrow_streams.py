"""Arrow IPC streams and Parquet files ↔ the typed table in parts: no more of it in memory than a few of its rows."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, Self

import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.types as types

from registry.domain.errors.invalid import InvalidInput, TooLarge
from registry.domain.schema import Schema
from registry.tables import arrow_columns, arrow_format, arrow_messages, arrow_types
from registry.tables.mapped import Mapped
from registry.tables.stream import TableStream
from registry.tables.table import Table

MAX_LEVELS = 100_000
_PART_BYTES, _PART_ROWS = 8 << 20, 65_536
_READ_BUFFER_BYTES = 1 << 18
# A batch that is not compressed needs no memory, however large it is.
_BATCH_BYTES = 256 << 20
_FILE_BEGINS = b"ARROW1\0\0"
# A row group is large enough to be compressed well, and its columns' parts are not too many nor too small.
_GROUP_BYTES, _GROUP_BYTES_PER_COLUMN, _GROUP_ROWS = 16 << 20, 16 << 10, 1 << 20


def parquet(file: BinaryIO, schema: Schema | None = None, *, max_bytes: int) -> TableStream:
    """The table in an open Parquet file, in the schema's types and order; without one, in that of its metadata.

    Failing that, in types found from the data. Raises InvalidInput, TooLarge (when unfolded).
    """
    with _understood("a Parquet file"):
        source = pq.ParquetFile(file, buffer_size=_READ_BUFFER_BYTES, pre_buffer=False)
        arrow_schema = source.schema_arrow
        rows_at_once = _rows_at_once(source.metadata)
        _require_flat(arrow_schema)

    def batches(columns: list[str] | None = None) -> Iterator[pa.RecordBatch]:
        yield from source.iter_batches(rows_at_once, columns=columns)

    return _stream(arrow_schema, batches, "a Parquet file", schema, max_bytes)


def ipc(file: BinaryIO, schema: Schema | None = None, *, max_bytes: int) -> TableStream:
    """The table in an open file with an Arrow IPC stream, or in an Arrow IPC file, which has one inside; see `parquet`.

    Raises InvalidInput, TooLarge (when unfolded).
    """
    source = Mapped(file)
    start = len(_FILE_BEGINS) if source.begins_with(_FILE_BEGINS) else 0
    with _understood("an Arrow stream"):
        arrow_schema = pa.ipc.open_stream(source.reader(start)).schema
        arrow_messages.require_bounded(source.reader(start), _BATCH_BYTES)
        _require_flat(arrow_schema)

    def batches(columns: list[str] | None = None) -> Iterator[pa.RecordBatch]:
        with pa.ipc.open_stream(source.reader(start)) as reader:
            for batch in reader:
                batch.validate(full=True)
                chosen = batch if columns is None else batch.select(columns)
                step = max(1, min(_PART_ROWS, _PART_BYTES * batch.num_rows // max(batch.nbytes, 1)))
                for row in range(0, batch.num_rows, step):
                    yield chosen.slice(row, step)
                    source.let_go()

    return _stream(arrow_schema, batches, "an Arrow stream", schema, max_bytes)


def write_ipc(table: TableStream) -> Iterator[bytes]:
    """The table as an Arrow IPC stream, part by part."""
    sink = _Pieces()
    with pa.ipc.new_stream(sink, arrow_format.arrow_schema(table.schema)) as writer:
        for part in table.parts:
            writer.write_table(arrow_format.to_arrow(part))
            yield sink.take()
    yield sink.take()


class ParquetWriter:
    """Writes the parts of a table into an open binary file, as row groups of a size of their own."""

    def __init__(self, file: BinaryIO, schema: Schema) -> None:
        fields = schema.fields
        texts = [each.name for each in fields if not types.is_primitive(arrow_columns.arrow_type(each))]
        self._writer = pq.ParquetWriter(
            file, arrow_format.arrow_schema(schema), compression="zstd", use_dictionary=texts
        )
        self._group_bytes = max(_GROUP_BYTES, _GROUP_BYTES_PER_COLUMN * len(fields))
        self._waiting: list[pa.Table] = []

    def write(self, part: Table) -> None:
        self._waiting.append(arrow_format.to_arrow(part))
        if (
            sum(each.nbytes for each in self._waiting) >= self._group_bytes
            or sum(each.num_rows for each in self._waiting) >= _GROUP_ROWS
        ):
            self._flush()

    def _flush(self) -> None:
        if self._waiting:
            whole = pa.concat_tables(self._waiting)
            self._writer.write_table(whole, row_group_size=max(1, whole.num_rows))
            self._waiting.clear()

    def close(self) -> None:
        """Write what waits and the file's end, without which it is no Parquet file."""
        self._flush()
        self._writer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, failure: object, *_: object) -> None:
        if failure is None:
            self.close()
        else:
            self._writer.close()


def stored(file: BinaryIO, *, columns: list[str] | None = None) -> TableStream:
    """The table in a Parquet file that `ParquetWriter` wrote, or some columns of it."""
    source = pq.ParquetFile(file, buffer_size=_READ_BUFFER_BYTES, pre_buffer=False)
    schema = arrow_format.declared(source.schema_arrow) or Schema(())
    chosen = schema if columns is None else schema.select(columns)
    rows_at_once = _rows_at_once(source.metadata)

    def parts() -> Iterator[Table]:
        for batch in source.iter_batches(rows_at_once, columns=columns):
            yield arrow_format.from_arrow(pa.Table.from_batches([batch]), chosen)

    return TableStream(chosen, parts())


def _rows_at_once(metadata: Any) -> int:
    """As many rows as make a part of some megabytes, by what the file says of itself."""
    size = sum(metadata.row_group(index).total_byte_size for index in range(metadata.num_row_groups))
    return int(max(1, min(_PART_ROWS, _PART_BYTES * metadata.num_rows // max(size, 1))))


def _stream(arrow_schema: pa.Schema, batches: Any, what: str, wanted: Schema | None, max_bytes: int) -> TableStream:
    kept = [index for index, name in enumerate(arrow_schema.names) if not arrow_types.is_pandas_index(name)]
    names = [arrow_schema.names[index] for index in kept]
    with _understood(what):
        schema = wanted or arrow_format.declared(arrow_schema) or _inferred(arrow_schema, names, batches)

    def parts() -> Iterator[Table]:
        row = unfolded = 0
        with _understood(what):
            for batch in batches():
                unfolded += batch.nbytes
                if unfolded > max_bytes:
                    raise TooLarge(max_bytes, "table, unfolded,")
                part = arrow_format.from_arrow(pa.Table.from_batches([batch.select(kept)]), schema, first_row=row)
                yield part
                row += part.rows

    return TableStream(schema, parts())


def _inferred(arrow_schema: pa.Schema, names: list[str], batches: Any) -> Schema:
    texts = [name for name in names if arrow_types.is_text_dictionary(arrow_schema.field(name).type)]
    levels = _levels(texts, batches) if texts else {}
    fields = []
    for name in names:
        kind = arrow_schema.field(name).type
        known = levels.get(name)
        if known is not None:
            empty = pa.DictionaryArray.from_arrays(
                pa.nulls(0, pa.int32()), pa.array(known, pa.string()), ordered=kind.ordered
            )
            fields.append(arrow_types.infer(name, empty))
        else:
            kind = kind.value_type if types.is_dictionary(kind) else kind
            fields.append(arrow_types.infer(name, pa.nulls(0, kind)))
    return Schema(tuple(fields))


def _levels(names: list[str], batches: Any) -> dict[str, list[str] | None]:
    """The texts in the dictionaries of each column, in the order in which they come; None where one is null."""
    found: dict[str, dict[str, None] | None] = {name: {} for name in names}
    seen: dict[str, pa.Array] = {}
    for batch in batches(names):
        for name, column in zip(names, batch.columns, strict=True):
            levels = found[name]
            if levels is None or (name in seen and column.dictionary.equals(seen[name])):
                continue
            seen[name] = column.dictionary
            texts = column.dictionary.to_pylist()
            if None in texts or len(set(texts)) != len(texts):
                found[name] = None
                continue
            levels.update(dict.fromkeys(texts))
            if len(levels) > MAX_LEVELS:
                raise InvalidInput(
                    f"The categorical column {name!r:.80} has more than {MAX_LEVELS} levels; send it as text.",
                    column=name,
                    expected=f"at most {MAX_LEVELS} levels",
                )
    return {name: None if levels is None else list(levels) for name, levels in found.items()}


def _require_flat(schema: pa.Schema) -> None:
    """Raises InvalidInput for two columns of one name, none at all, and a type that has no place in a table."""
    names = [name for name in schema.names if not arrow_types.is_pandas_index(name)]
    if not names:
        raise InvalidInput("The table has no columns.")
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InvalidInput("Two columns have one name.", column=twice)
    for name in names:
        kind = schema.field(name).type
        arrow_types.infer(name, pa.nulls(0, kind.value_type if types.is_dictionary(kind) else kind))


@contextmanager
def _understood(what: str) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise arrow_format.unreadable(error, what) from None


class _Pieces(io.RawIOBase):
    """What has been written since it was last taken."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:
        self._pieces.append(bytes(piece))
        return len(self._pieces[-1])

    def take(self) -> bytes:
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken
