"""Properties of specifications, locks, ids, Dockerfiles and contexts."""

import dataclasses
import io
import json
import re

import pytest
from environment_strategies import hashes, locks, pin_lists, texts, versions
from hypothesis import assume, given
from hypothesis import strategies as st

from builders.bases import Base
from builders.context import write_context
from builders.dockerfile import render
from builders.errors import InvalidSpec
from builders.identity import Recipe, environment_id, spec_digest
from builders.lock import Lock
from builders.pins import Pin
from builders.spec import EnvironmentSpec, parse_requirements

BASE = Base("python", "3.11.2", "weles-base/python:3.11.2", "sha256:" + "1" * 64)
RECIPE = Recipe("python/1", "sha256:" + "2" * 64)


@given(st.data(), pin_lists)
def test_order_case_and_comments_never_change_a_specification(data, pin_list):
    expected = EnvironmentSpec("python", "3.11", tuple(pin_list))
    for _ in range(2):
        parsed = parse_requirements(data.draw(texts(pin_list)), version="3.11")
        assert parsed.spec == expected
        assert spec_digest(parsed.spec) == spec_digest(expected)
        assert parsed.repairs == ()


@given(pin_lists)
def test_what_is_written_out_is_read_back(pin_list):
    spec = EnvironmentSpec("python", "3.11", tuple(pin_list))
    assert parse_requirements("\n".join(map(str, spec.pins)), version="3.11").spec == spec
    assert EnvironmentSpec.from_json(json.loads(json.dumps(spec.to_json()))) == spec


@given(pin_lists.filter(len), versions, st.data())
def test_a_changed_version_changes_the_digest(pin_list, version, data):
    changed = data.draw(st.sampled_from(pin_list))
    assume(version != changed.version)
    other = [pin if pin is not changed else Pin(pin.name, version, pin.extras) for pin in pin_list]
    digests = {spec_digest(EnvironmentSpec("python", "3.11", tuple(each))) for each in (pin_list, other, pin_list[1:])}
    assert len(digests) == (3 if pin_list[1:] != other else 2)


@given(pin_lists.filter(len), st.data())
def test_other_extras_and_another_name_change_the_digest(pin_list, data):
    changed = data.draw(st.sampled_from(pin_list))
    more = Pin(changed.name, changed.version, tuple(sorted({*changed.extras, "zz-all"})))
    another = Pin(f"{changed.name}-2", changed.version, changed.extras)
    assume(another.name not in {pin.name for pin in pin_list})
    lists = [pin_list, *([new if pin is changed else pin for pin in pin_list] for new in (more, another))]
    assert len({spec_digest(EnvironmentSpec("python", "3.11", tuple(each))) for each in lists}) == 3


@given(pin_lists.filter(len))
def test_a_pin_is_another_thing_than_a_constraint_and_the_python_counts(pin_list):
    pins = tuple(pin_list)
    specs = [
        EnvironmentSpec("python", "3.11", pins),
        EnvironmentSpec("python", "3.11", (), pins),
        EnvironmentSpec("python", "3.11.2", pins),
        EnvironmentSpec("r", "3.11", pins),
    ]
    assert len({spec_digest(spec) for spec in specs}) == 4


@given(locks)
def test_a_lock_is_the_same_after_json(lock):
    assert Lock.from_json(json.loads(json.dumps(lock.to_json()))) == lock


@given(locks, st.data())
def test_order_and_sizes_never_change_an_environment_id(lock, data):
    shuffled = [
        dataclasses.replace(package, file=dataclasses.replace(package.file, size=data.draw(st.integers(0, 9))))
        for package in data.draw(st.permutations(lock.packages))
    ]
    other = dataclasses.replace(lock, packages=tuple(shuffled))
    assert environment_id(other, BASE, RECIPE) == environment_id(lock, BASE, RECIPE)


@given(locks.filter(lambda lock: lock.packages), hashes)
def test_any_other_content_is_another_environment(lock, sha):
    first, *rest = lock.packages
    assume(first.file.sha256 != sha)
    changed = dataclasses.replace(first, file=dataclasses.replace(first.file, sha256=sha))
    ids = {
        environment_id(lock, BASE, RECIPE),
        environment_id(dataclasses.replace(lock, packages=tuple(rest)), BASE, RECIPE),
        environment_id(dataclasses.replace(lock, packages=(changed, *rest)), BASE, RECIPE),
        environment_id(dataclasses.replace(lock, version="3.11.3"), BASE, RECIPE),
        environment_id(dataclasses.replace(lock, platform="linux/aarch64"), BASE, RECIPE),
        environment_id(lock, dataclasses.replace(BASE, image_id="sha256:" + "9" * 64), RECIPE),
        environment_id(lock, BASE, dataclasses.replace(RECIPE, name="python/2")),
        environment_id(lock, BASE, dataclasses.replace(RECIPE, runtime_digest="sha256:" + "9" * 64)),
    }
    assert len(ids) == 8


LINE = re.compile(
    r"|# [ -~]+|ARG TOOLS|FROM \$\{TOOLS\} AS tools|FROM [a-z0-9./:-]+|USER [0-9:]+|WORKDIR /|CMD \[\]"
    r"|RUN --mount=[a-z0-9=,/.-]+ \\|    --mount=[a-z0-9=,/.-]+ \\|    /mnt/uv (venv|pip install) [a-z0-9 ./-]+( \\)?"
    r"|    --python [a-z/]+ --find-links /media( \\)?|    [a-z0-9-]+==[a-z0-9.!+]+( \\)?"
    r"|COPY runtime/ [a-z/]+/|RUN /opt/weles/env/bin/python -I -m compileall -q /opt/weles/runtime"
    r'|ENTRYPOINT \["/opt/weles/env/bin/python", "-I", "/opt/weles/runtime"\]'
)


@given(locks)
def test_a_dockerfile_has_no_line_but_those_that_are_known(lock):
    text = render(lock, BASE, RECIPE)
    assert text == render(Lock.from_json(lock.to_json()), BASE, RECIPE)
    assert [line for line in text.split("\n") if LINE.fullmatch(line) is None] == []
    for package in lock.packages:
        assert text.count(f"    {package.name}=={package.version}") >= 1


def read(text):
    """What was parsed, or the error: anything else that is raised fails the test."""
    try:
        return parse_requirements(text, version="3.11")
    except InvalidSpec as error:
        return error


@given(st.text(max_size=200) | st.text(alphabet="abz019.-_=<>!~;@#[](),\\ \t\r\n$`'\"&|", max_size=60))
def test_any_text_is_read_or_refused_and_what_is_read_is_valid(text):
    outcome = read(f"numpy==1.26.4\n{text}")
    if isinstance(outcome, InvalidSpec):
        assert outcome.problems
        assert all(problem.line > 1 and problem.reason for problem in outcome.problems)
    else:
        assert EnvironmentSpec.from_json(outcome.spec.to_json()) == outcome.spec
        assert "numpy" in {pin.name for pin in outcome.spec.pins}


@given(st.dictionaries(st.from_regex(r"[a-z]{1,8}(/[a-z]{1,8})?", fullmatch=True), st.binary(max_size=50), max_size=5))
def test_a_context_is_the_same_bytes_twice(files):
    first, second = io.BytesIO(), io.BytesIO()
    write_context(files, first)
    write_context(dict(reversed(files.items())), second)
    assert first.getvalue() == second.getvalue()


@pytest.mark.parametrize("mark", ["RUN", "\n", "$("])
def test_the_known_lines_would_notice(mark):
    assert LINE.fullmatch(f"{mark} evil") is None
