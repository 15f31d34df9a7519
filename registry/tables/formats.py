"""Content types ↔ the typed table: which format a request or an answer is in, and who reads and writes it."""

from collections.abc import Iterator
from typing import BinaryIO, Literal

from registry.domain.errors.invalid import UnsupportedMediaType
from registry.domain.schema import Schema
from registry.tables import accept, json_format
from registry.tables.stream import TableStream
from registry.tables.table import Table

JSON = "application/json"
CSV = "text/csv"
ARROW = "application/vnd.apache.arrow.stream"
PARQUET = "application/vnd.apache.parquet"
MEDIA_TYPES = (JSON, CSV, ARROW, PARQUET)
# Those that can be read part by part in a known schema.
IN_PARTS = (ARROW, PARQUET)

Orient = Literal["split", "records"]
DEFAULT_MAX_BYTES = 1 << 30


def media_type(content_type: str | None) -> str:
    """The one of MEDIA_TYPES that a Content-Type header names. Raises UnsupportedMediaType."""
    name = (content_type or "").split(";", 1)[0].strip().lower()
    if name not in MEDIA_TYPES:
        raise UnsupportedMediaType(name[:100], MEDIA_TYPES)
    return name


def negotiate(accepted: str | None) -> str:
    """The one of MEDIA_TYPES that an Accept header likes best; JSON when it does not care. Raises NotAcceptable."""
    return accept.best(accepted, MEDIA_TYPES)


def read(
    content_type: str | None,
    body: bytes | BinaryIO,
    schema: Schema | None = None,
    *,
    max_bytes: int = DEFAULT_MAX_BYTES,
) -> Table:
    """The table in a request's body: in the schema's types and order, or in types found from the data without one.

    `max_bytes` bounds what a compressed body may unfold to.
    Raises UnsupportedMediaType, InvalidInput (with column, row, expected, got), TooLarge.
    """
    kind = media_type(content_type)
    if kind == JSON:
        return json_format.read(body if isinstance(body, bytes) else body.read(), schema)
    if kind == CSV:
        from registry.tables import csv_format

        return csv_format.read(body, schema)
    from registry.tables import arrow_format

    source = arrow_format.source(body)
    if kind == ARROW:
        return arrow_format.from_stream(source, schema, max_bytes=max_bytes)
    return arrow_format.from_parquet(source, None, schema, max_bytes=max_bytes)


def content_type(kind: str) -> str:
    """The Content-Type header of an answer of that media type."""
    return f"{kind}; charset=utf-8" if kind == CSV else kind


def stream(content_type: str | None, file: BinaryIO, *, max_bytes: int = DEFAULT_MAX_BYTES) -> TableStream:
    """The table in an open file, in types found from the data, part by part; errors as `read`, some of them later."""
    kind = media_type(content_type)
    if kind == JSON:
        from registry.tables import json_stream

        return json_stream.stream(file)
    if kind == CSV:
        from registry.tables import csv_format

        return csv_format.stream(file)
    from registry.tables import arrow_streams

    read_file = arrow_streams.ipc if kind == ARROW else arrow_streams.parquet
    return read_file(file, max_bytes=max_bytes)


def parts(kind: str, file: BinaryIO, schema: Schema, *, max_bytes: int = DEFAULT_MAX_BYTES) -> TableStream:
    """The table in an open file of one of IN_PARTS, in the schema's types and order; errors as `read`, on the way."""
    from registry.tables import arrow_streams

    read_file = arrow_streams.ipc if kind == ARROW else arrow_streams.parquet
    return read_file(file, schema, max_bytes=max_bytes)


def write_stream(kind: str, table: TableStream) -> Iterator[bytes]:
    """A table as JSON (split), CSV or an Arrow stream, part by part."""
    if kind == JSON:
        from registry.tables import json_stream

        return json_stream.write(table)
    if kind == CSV:
        from registry.tables import csv_format

        return csv_format.write_stream(table)
    from registry.tables import arrow_streams

    return arrow_streams.write_ipc(table)


def write(accepted: str | None, table: Table, *, orient: Orient = "split") -> tuple[str, bytes]:
    """(content type, body) of an answer to that Accept header; `orient` is JSON's form. Raises NotAcceptable."""
    kind = negotiate(accepted)
    if kind == JSON:
        return kind, json_format.write(table, orient)
    if kind == CSV:
        from registry.tables import csv_format

        return content_type(kind), csv_format.write(table)
    from registry.tables import arrow_format

    return kind, arrow_format.to_stream(table) if kind == ARROW else arrow_format.parquet_bytes(table)
