"""Ranges cover exactly what they say; versions sort as people count; anything else is refused with a place."""

import operator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.domain.ranges import Interval, RangeError, number_range, version_key, version_range

OPERATORS = {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le, "=": operator.eq}
numbers = st.integers(0, 200)
spaces = st.sampled_from(["", " ", "  "])
versions = st.lists(st.integers(0, 30), min_size=1, max_size=4).map(lambda parts: ".".join(map(str, parts)))


def written(draw, value):
    sign = draw(st.sampled_from([*OPERATORS]))
    return sign, value, f"{draw(spaces)}{sign}{draw(spaces)}{value}{draw(spaces)}"


@given(st.data(), st.lists(numbers, min_size=1, max_size=4), st.booleans())
def test_a_number_is_in_a_range_when_every_comparison_holds(data, values, closed):
    comparisons = [written(data.draw, value) for value in values]
    text = ";".join(each for _, _, each in comparisons) + (";" if closed else "")
    interval = number_range(text)
    for number in range(202):
        assert (number in interval) is all(OPERATORS[sign](number, value) for sign, value, _ in comparisons)


@given(versions, versions)
def test_versions_sort_by_their_numbers(one, other):
    def parts(version):
        found = [int(part) for part in version.split(".")]
        return found + [0] * (4 - len(found))

    assert (version_key(one) < version_key(other)) is (parts(one) < parts(other))


@given(versions, versions)
def test_a_short_version_is_its_whole_series(version, bound):
    """A version is below, in, or above the series of another, and the five comparisons say which."""
    ours, series = [[int(part) for part in each.split(".")] for each in (version, bound)]
    ours = ours + [0] * (4 - len(ours))
    key, place = version_key(version), ours[: len(series)]
    assert (key in version_range(f"={bound}")) is (place == series)
    assert (key in version_range(f"<{bound}")) is (place < series)
    assert (key in version_range(f"<={bound};")) is (place <= series)
    assert (key in version_range(f">{bound}")) is (place > series)
    assert (key in version_range(f" >= {bound} ;")) is (place >= series)


@given(st.text(max_size=20) | st.text(alphabet="<>=;. 0123456789", max_size=12))
def test_any_text_is_a_range_or_refused_at_a_place_in_it(text):
    for parse in (number_range, version_range):
        try:
            found = parse(text)
        except RangeError as error:
            found = error
        assert isinstance(found, Interval) or 0 <= found.position <= len(text)


@pytest.mark.parametrize(
    ("text", "position", "expected"),
    [
        ("", 0, "one of > >= < <= ="),
        ("12", 0, "one of > >= < <= ="),
        (">", 1, "a whole number"),
        (">x", 1, "a whole number"),
        (">1 <2", 3, "; or the end"),
        (">1;;", 3, "one of > >= < <= ="),
        (">1;<a;", 4, "a whole number"),
        ("=>1", 1, "a whole number"),
        (">-1", 1, "a whole number"),
        (">1.5", 2, "; or the end"),
        (">" + "9" * 51, 1, "a whole number of at most 50 characters"),
    ],
)
def test_what_is_wrong_and_where(text, position, expected):
    with pytest.raises(RangeError) as caught:
        number_range(text)
    assert (caught.value.position, caught.value.expected) == (position, expected)


def test_the_prototypes_examples():
    assert number_range(">1000;<10000;") == Interval(1001, 9999)
    assert number_range("=12;") == Interval(12, 12)
    keys = version_range(">3.3.3;<3.6;")
    inside = ["3.3.4", "3.4", "3.5.9"]
    assert [version for version in ["3.3.3", *inside, "3.6", "3.10"] if version_key(version) in keys] == inside
    assert version_key("3.10") > version_key("3.9")
    assert version_key("3.13.0rc1+") == version_key("3.13.0")
    assert number_range(">99999999999999999999") == Interval(2**63, None)
    with pytest.raises(ValueError, match="does not begin"):
        version_key("devel")
