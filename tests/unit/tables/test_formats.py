import io

import pytest

from registry.domain.errors.invalid import NotAcceptable, UnsupportedMediaType
from registry.domain.schema import ColumnType, Field
from registry.tables import formats
from registry.tables.table import Column, Table

TABLE = Table.of([Column.from_values(Field("a", ColumnType.INT64), [2**62, None])])


@pytest.mark.parametrize("media_type", formats.MEDIA_TYPES)
def test_every_format_is_read_as_it_was_written(media_type):
    content_type, body = formats.write(media_type, TABLE)
    assert formats.media_type(content_type) == media_type
    assert formats.read(content_type, body, TABLE.schema) == TABLE
    assert formats.read(content_type.upper(), io.BytesIO(body)) == TABLE


def test_json_in_records():
    assert formats.write(None, TABLE, orient="records")[1] == b'[{"a":4611686018427387904},{"a":null}]'


@pytest.mark.parametrize("content_type", [None, "", "text/plain", "application/x-python-pickle", "application"])
def test_other_content_types_are_refused_with_those_that_are_read(content_type):
    with pytest.raises(UnsupportedMediaType) as caught:
        formats.read(content_type, b"")
    assert caught.value.fields["accepted"] == list(formats.MEDIA_TYPES)


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, formats.JSON),
        ("*/*", formats.JSON),
        ("text/html, */*;q=0.1", formats.JSON),
        ("text/*", formats.CSV),
        ("application/json;q=0.5, text/csv", formats.CSV),
        ("text/csv;q=0.5, application/*", formats.JSON),
        ("application/json;q=0, */*", formats.CSV),
        ("APPLICATION/VND.APACHE.PARQUET", formats.PARQUET),
        ("text/csv;q=nonsense, application/json;q=0.1", formats.JSON),
    ],
)
def test_accept(accept, chosen):
    assert formats.negotiate(accept) == chosen


@pytest.mark.parametrize("accept", ["text/html", "image/*", "*/*;q=0"])
def test_nothing_that_is_accepted_can_be_given(accept):
    with pytest.raises(NotAcceptable):
        formats.negotiate(accept)
