"""Exact version, else the nearest patch of the same minor, else an error that says what to do."""

import pickle

import pytest

from builders.bases import Base, choose_base, version_key
from builders.diagnosis import Diagnosis
from builders.errors import BuildFailed, InvalidSpec, LineProblem, NoSuchRuntime


def base(version, language="python"):
    return Base(language, version, f"weles-base/{language}:{version}", "sha256:" + "0" * 64)


BASES = [base("3.9.2"), base("3.10.13"), base("3.11.2"), base("3.11.9"), base("3.11.10"), base("4.2.2", "r")]


@pytest.mark.parametrize(
    ("wanted", "chosen", "noted"),
    [
        ("3.11.2", "3.11.2", False),
        ("3.11.9", "3.11.9", False),
        ("3.11", "3.11.10", False),
        ("3.11.4", "3.11.2", True),
        ("3.11.6", "3.11.9", True),
        ("3.11.99", "3.11.10", True),
        ("3.9", "3.9.2", False),
    ],
)
def test_the_base_for_a_version(wanted, chosen, noted):
    choice = choose_base("python", wanted, BASES)
    assert choice.base.version == chosen
    assert (choice.note is not None) is noted


def test_the_note_names_both_versions():
    assert choose_base("python", "3.11.7", [base("3.11.2")]).note == (
        "python 3.11.7 is not installed; 3.11.2, the nearest patch, is used"
    )


def test_of_two_equally_near_the_newer_is_taken():
    assert choose_base("python", "3.11.5", [base("3.11.4"), base("3.11.6")]).base.version == "3.11.6"


@pytest.mark.parametrize("wanted", ["3.12", "3.1", "3.1.1", "2.7.18", "4.2.2", "3.12\n", "", "three"])
def test_no_base_of_the_minor_version_is_an_error_that_says_how_to_get_one(wanted):
    with pytest.raises(NoSuchRuntime) as caught:
        choose_base("python", wanted, BASES)
    assert caught.value.available == ("3.9.2", "3.10.13", "3.11.2", "3.11.9", "3.11.10")
    assert "weles-admin runtimes install python" in str(caught.value)


def test_versions_are_ordered_as_numbers():
    assert version_key("3.9.20") < version_key("3.10") < version_key("3.10.1")


def test_errors_with_data_survive_the_way_between_processes():
    diagnosis = Diagnosis("resolve", "a", "unknown", "s", "l", "do")
    assert pickle.loads(pickle.dumps(NoSuchRuntime("python", "3.12", ("3.11.2",)))).available == ("3.11.2",)
    assert pickle.loads(pickle.dumps(BuildFailed(diagnosis, "tail"))).diagnosis == diagnosis
    assert pickle.loads(pickle.dumps(InvalidSpec((LineProblem(1, "x", "y"),)))).problems[0].line == 1
