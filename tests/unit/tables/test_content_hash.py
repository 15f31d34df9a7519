import struct
from array import array
from hashlib import sha256

from registry.domain.schema import ColumnType, Field
from registry.tables.content_hash import content_hash
from registry.tables.table import Column, Table

TEXT = Field("s", ColumnType.STRING)
NUMBER = Field("x", ColumnType.FLOAT64)


def test_the_hash_is_what_its_description_says():
    """Written out by hand, as another language would compute it."""
    table = Table.of([Column.from_values(NUMBER, [1.5, None]), Column.from_values(TEXT, ["é", "ab"])])
    schema = b'[{"name":"x","type":"float64"},{"name":"s","type":"string"}]'
    parts = [b"\1\0", struct.pack("<dd", 1.5, 0.0), b"", struct.pack("<ii", 2, 2), "éab".encode()]
    whole = (
        b"weles-table-1\n" + schema + b"\n" + struct.pack("<Q", 2) + b"".join(sha256(each).digest() for each in parts)
    )
    assert content_hash(table) == "sha256:" + sha256(whole).hexdigest()
    assert content_hash(table) == "sha256:9de05d6a2c9ae8309e6413da358343b3c74aa6ec0d90cf58d30949423fb6cb5a"


def test_what_is_in_null_slots_is_not_content():
    clean = Table.of([Column.from_values(NUMBER, [None, 2.0]), Column.from_values(TEXT, [None, "b"])])
    dirty = Table.of(
        [
            Column(NUMBER, array("d", [7.0, 2.0]), None, b"\0\1"),
            Column(TEXT, b"junkb", array("i", [0, 4, 5]), b"\0\1"),
        ]
    )
    assert content_hash(dirty) == content_hash(clean)


def test_validity_that_says_nothing_is_not_content():
    assert content_hash(Table.of([Column(NUMBER, array("d", [7.0]), None, b"\1")])) == content_hash(
        Table.of([Column(NUMBER, array("d", [7.0]))])
    )


def test_every_nan_is_one_and_zeros_are_two():
    def hash_of(raw):
        return content_hash(Table.of([Column(NUMBER, raw)]))

    assert hash_of(struct.pack("<Q", 0x7FF80000000007A2)) == hash_of(struct.pack("<Q", 0xFFF8000000000000))
    assert hash_of(struct.pack("<d", 0.0)) != hash_of(struct.pack("<d", -0.0))


def test_where_one_text_ends_is_content():
    def hash_of(*values):
        return content_hash(Table.of([Column.from_values(TEXT, values)]))

    assert hash_of("ab", "c") != hash_of("a", "bc")
