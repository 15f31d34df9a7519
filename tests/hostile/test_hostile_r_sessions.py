"""R sessions that want to get into the Dockerfile, the resolver's input or the compiler's."""

import json

import pytest

from builders.errors import InvalidSpec
from builders.parse import parse_environment

NAMES = [
    "../../etc/passwd",
    "a1/../b2",
    "a1;id",
    "$(id)",
    "`id`",
    "a1\tb2",
    "a1'b",
    '"a1"',
    "a1\x00",
    "a1\u2028RUN",
    "а1а",  # Cyrillic letters
    "a1\uff11",
    "-a1",
    ".a1",
    "a1.",
    "a" * 129,
    "a1\\",
]
VERSIONS = [
    "1.0;id",
    "1.0$(id)",
    "1.0\\",
    "1.0\u0661",
    "../1.0",
    "1.0-",
    "1..0",
    "1.0\x1b[31m",
    "1." * 60 + "0",
    "9" * 10 + ".0",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_is_none_is_refused_in_every_form(name):
    lock = json.dumps({"Packages": {name: {"Version": "1.0", "Source": "Repository", "Repository": "CRAN"}}})
    for text in (f"# weles-r 1\n{name}==1.0  cran", lock, f"Package: {name}\nVersion: 1.0\nRepository: CRAN"):
        with pytest.raises(InvalidSpec):
            parse_environment("r", text, version="4.2")


@pytest.mark.parametrize("version", VERSIONS)
def test_a_version_that_is_none_is_refused_in_every_form(version):
    lock = json.dumps({"Packages": {"a1": {"Version": version, "Source": "Repository", "Repository": "CRAN"}}})
    for text in (f"# weles-r 1\na1=={version}  cran", lock, f"Package: a1\nVersion: {version}\nRepository: CRAN"):
        with pytest.raises(InvalidSpec):
            parse_environment("r", text, version="4.2")


@pytest.mark.parametrize("separator", ["\x0b", "\x0c", "\u0085", "\u2028", "\x1c"])
def test_a_line_end_that_nobody_sees_ends_no_line(separator):
    text = f"# weles-r 1\na1==1.0  cran{separator}b2==1.0  cran"
    with pytest.raises(InvalidSpec) as caught:
        parse_environment("r", text, version="4.2")
    assert [each.line for each in caught.value.problems] == [2]
    assert caught.value.problems[0].text.isprintable()


def test_messages_are_bounded_whatever_was_sent():
    with pytest.raises(InvalidSpec) as caught:
        parse_environment("r", "# weles-r 1\n" + "x" * 100_000 + "==1.0  github:" + "y" * 100_000, version="4.2")
    assert len(str(caught.value)) < 2000
