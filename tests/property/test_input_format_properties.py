"""However an environment is written down, it is the same environment."""

import json

import pytest
from environment_strategies import pin_lists
from hypothesis import assume, given
from hypothesis import strategies as st
from packaging.version import Version

from builders.errors import InvalidSpec
from builders.identity import spec_digest
from builders.spec import EnvironmentSpec, parse_requirements


def listed(values):
    return "[" + ", ".join(json.dumps(value) for value in values) + "]"


def uv_lock(pins):
    edges = [f'{{ name = "{pin.name}", version = "{pin.version}", extra = {listed(pin.extras)} }}' for pin in pins]
    packages = "".join(
        f'[[package]]\nname = "{pin.name}"\nversion = "{pin.version}"\nsource = {{ registry = "x" }}\n\n'
        + "[package.optional-dependencies]\n"
        + "".join(f'"{extra}" = []\n' for extra in pin.extras)
        for pin in pins
    )
    root = f'[[package]]\nname = "the-root"\nsource = {{ editable = "." }}\ndependencies = [{", ".join(edges)}]\n'
    return f'version = 1\nrequires-python = ">=3.9"\n\n{packages}{root}'


def poetry_project(pins):
    entries = [f'"{pin.name}" = {{version = "=={pin.version}", extras = {listed(pin.extras)}}}' for pin in pins]
    return "\n".join(["[tool.poetry.dependencies]", *entries, ""])


def project(pins):
    return f"[project]\nname = 'x'\ndependencies = {listed(map(str, pins))}\n"


def pipfile_lock(pins):
    default = {pin.name: {"version": f"=={pin.version}", "extras": [*pin.extras]} for pin in pins}
    return json.dumps({"_meta": {}, "default": default, "develop": {}}, indent=4)


def environment(pins):
    return "dependencies:\n- pip:\n" + "".join(f"  - {json.dumps(str(pin))}\n" for pin in pins)


def requirements(pins):
    return "".join(f"{pin}\n" for pin in pins)


def read(text, filename=""):
    """What was parsed, or the error: anything else that is raised fails the test."""
    try:
        return parse_requirements(text, version="3.11", filename=filename)
    except InvalidSpec as error:
        return error


WRITERS = [requirements, uv_lock, poetry_project, project, pipfile_lock, environment]


@pytest.mark.parametrize("writer", WRITERS, ids=lambda writer: writer.__name__)
@given(data=st.data(), pins=pin_lists.filter(len))
def test_the_form_and_the_order_never_change_a_specification(writer, data, pins):
    assume(all(pin.name != "python" for pin in pins))
    text = writer(data.draw(st.permutations(pins)))
    comment = "" if writer is pipfile_lock else "# a comment, numpy==0\n"
    expected = EnvironmentSpec("python", "3.11", tuple(pins))
    for each in (text, comment + text, text.replace("\n", "\r\n")):
        assert spec_digest(parse_requirements(each, version="3.11").spec) == spec_digest(expected)


@given(st.text(max_size=300), st.sampled_from(["", "uv.lock", "poetry.lock", "environment.yml", "Pipfile.lock"]))
def test_any_text_under_any_name_is_read_or_refused(text, filename):
    outcome = read(text, filename)
    if isinstance(outcome, InvalidSpec):
        assert outcome.problems
    else:
        assert all(str(Version(pin.version)) == pin.version for pin in outcome.spec.pins)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=4,
)
KEYS = [
    "name",
    "version",
    "source",
    "dependencies",
    "marker",
    "extra",
    "default",
    "markers",
    "extras",
    "git",
    "path",
    "file",
]


@given(st.dictionaries(st.sampled_from(KEYS), VALUES | st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=4)))
def test_a_lock_with_values_of_any_type_is_read_or_refused(entry):
    text = json.dumps({"_meta": {"requires": entry}, "default": {"joblib": entry, "a": entry.get("source")}})
    outcome = read(text)
    assert not isinstance(outcome, InvalidSpec) or all(problem.reason for problem in outcome.problems)
