"""Sizes, spans, watermarks and interpreters as operators write them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.domain.amounts import size, size_text, span, span_text
from registry.domain.wanted_runtimes import wanted_runtimes
from registry.domain.watermarks import Disk, Watermarks


@pytest.mark.parametrize(
    ("text", "expected"),
    [("20GB", 20 * 10**9), ("1.5 TiB", 3 * 2**39), ("500m", 500 * 10**6), ("7", 7), ("7B", 7), ("2KiB", 2048)],
)
def test_sizes(text: str, expected: int) -> None:
    assert size(text) == expected


@pytest.mark.parametrize("text", ["", "GB", "-1GB", "1iB", "1e9", "1 2GB"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a size"):
        size(text)


@given(st.integers(1, 10**15))
def test_a_size_is_written_to_about_three_digits(count: int) -> None:
    assert abs(size(size_text(count)) - count) <= 0.06 * count


def test_spans() -> None:
    assert span("30d") == timedelta(days=30)
    assert span("1.5h") == timedelta(minutes=90)
    assert [span_text(each) for each in (8.4, 200, 5 * 3600, 5 * 86400)] == ["8 s", "3 min", "5 h", "5 d"]
    with pytest.raises(ValueError, match="is not a span"):
        span("30")


def test_watermarks() -> None:
    assert Watermarks.parse("", " ") is None
    marks = Watermarks.parse("85%", "80%")
    assert marks is not None
    assert [marks.to_free(Disk(used, 1000 - used)) for used in (100, 850, 851, 900)] == [0, 0, 51, 100]
    alone = Watermarks.parse("200GB", "")
    assert alone is not None
    assert alone.to_free(Disk(201 * 10**9, 1)) == 21 * 10**9


@pytest.mark.parametrize(
    ("high", "low"), [("80%", "85%"), ("80%", "80%"), ("0%", ""), ("120%", ""), ("", "80%"), ("80%", "1GB"), ("x", "")]
)
def test_marks_that_make_no_sense_are_refused(high: str, low: str) -> None:
    with pytest.raises(ValueError):
        Watermarks.parse(high, low)


def test_interpreters() -> None:
    assert wanted_runtimes("python 3.11, r 4.2,Python 3.11") == [("python", "3.11"), ("r", "4.2")]
    assert wanted_runtimes("") == []
    for wrong in ("julia 1.9", "python", "python 3", "python 3.11; rm -rf /"):
        with pytest.raises(ValueError, match="is not an interpreter"):
            wanted_runtimes(wrong)
