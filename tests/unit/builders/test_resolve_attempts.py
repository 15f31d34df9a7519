"""What resolve tries, in which order, and what it says: uv's answers are given here, word for word."""

import pytest

from builders.bases import Base
from builders.diagnosis import diagnose
from builders.errors import BuilderUnavailable, BuildFailed
from builders.pins import Pin
from builders.resolve import resolve_with
from builders.spec import EnvironmentSpec
from builders.throwaway import Finished

BASE = Base("python", "3.11.2", "weles-base/python:3.11.2", "sha256:" + "0" * 64)
NO_SOLUTION = "error: No solution found when resolving dependencies\n  cause: "
CONTRADICTION = NO_SOLUTION + (
    "Because scipy==1.7.0 depends on numpy<1.23.0 and you require numpy==2.1.0, we can conclude that your requirements "
    "are unsatisfiable.\n"
)
NO_VERSION = NO_SOLUTION + (
    "Because there is no version of scikit-learn==1.5.99 and you require scikit-learn==1.5.99, we can conclude that "
    "your requirements are unsatisfiable.\n"
)


def locked(name, version):
    url = f"https://example.org/{name}-{version}-py3-none-any.whl"
    wheel = f'{{ url = "{url}", size = 9, hashes = {{ sha256 = "{"ab" * 32}" }} }}'
    text = f'[[packages]]\nname = "{name}"\nversion = "{version}"\nwheels = [{wheel}]\n'
    return Finished(0, text.encode(), "Resolved 1 package in 1ms\n", False)


def failed(log):
    return Finished(1, b"", log, False)


class Uv:
    """Answers in turn, and remembers what it was asked."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []

    def __call__(self, requirements, constraints, with_dependencies):
        self.asked.append((list(requirements), list(constraints), with_dependencies))
        return self.answers.pop(0)


def spec(*pins, constraints=()):
    return EnvironmentSpec("python", "3.11", tuple(Pin.of(*pin.split("==")) for pin in pins), constraints)


def test_the_first_answer_is_taken_when_it_is_a_lock():
    uv = Uv(locked("numpy", "1.26.4"))
    resolution = resolve_with(uv, spec("numpy==1.26.4"), BASE, 60)
    assert uv.asked == [(["numpy==1.26.4"], [], True)]
    assert [each.name for each in resolution.lock.packages] == ["numpy"]
    assert resolution.repairs == ()
    assert (resolution.lock.version, resolution.lock.platform) == ("3.11.2", "linux/x86_64")


def test_a_freeze_that_contradicts_itself_is_installed_as_it_is_and_that_is_said():
    uv = Uv(failed(CONTRADICTION), locked("numpy", "2.1.0"))
    resolution = resolve_with(uv, spec("numpy==2.1.0", "scipy==1.7.0"), BASE, 60)
    assert [with_dependencies for _, _, with_dependencies in uv.asked] == [True, False]
    (repair,) = resolution.repairs
    assert repair.action == "rewritten"
    assert "scipy==1.7.0 depends on numpy<1.23.0" in repair.reason


def test_constraints_that_stand_in_the_way_are_given_up_first():
    uv = Uv(failed(CONTRADICTION), locked("numpy", "2.1.0"))
    resolution = resolve_with(uv, spec("numpy==2.1.0", constraints=(Pin("setuptools", "9999"),)), BASE, 60)
    assert [(constraints, deps) for _, constraints, deps in uv.asked] == [(["setuptools==9999"], True), ([], True)]
    (repair,) = resolution.repairs
    assert (repair.action, repair.text) == ("dropped", "setuptools==9999")


def test_a_version_that_does_not_exist_is_answered_with_the_nearest():
    uv = Uv(failed(NO_VERSION), locked("scikit-learn", "1.9.1"), locked("scikit-learn", "1.5.2"))
    with pytest.raises(BuildFailed) as caught:
        resolve_with(uv, spec("scikit-learn==1.5.99"), BASE, 60)
    diagnosis = caught.value.diagnosis
    assert diagnosis.package == "scikit-learn"
    assert "1.5.99 does not exist" in diagnosis.summary
    assert "nearest 1.5.2, newest 1.9.1" in diagnosis.summary
    assert "scikit-learn==1.5.2" in diagnosis.suggestion
    assert uv.asked[2] == (["scikit-learn<=1.5.99"], [], False)


def test_without_any_version_there_is_no_nearest_to_name():
    uv = Uv(failed(NO_VERSION), failed("x"), failed("x"))
    with pytest.raises(BuildFailed, match=r"No version of it fits Python 3\.11\.2"):
        resolve_with(uv, spec("scikit-learn==1.5.99"), BASE, 60)


def test_a_package_of_which_the_client_wrote_nothing_is_not_asked_for():
    uv = Uv(failed(NO_VERSION))
    with pytest.raises(BuildFailed):
        resolve_with(uv, spec("other==1"), BASE, 60)
    assert len(uv.asked) == 1


def test_a_broken_network_is_the_lakes_fault():
    uv = Uv(failed("error: Failed to fetch\n  cause: dns error: failed to lookup address information\n"))
    with pytest.raises(BuilderUnavailable, match="could not reach its package index"):
        resolve_with(uv, spec("numpy==1.26.4"), BASE, 60)


def test_over_the_time_is_a_diagnosis():
    with pytest.raises(BuildFailed) as caught:
        resolve_with(Uv(Finished(137, b"", "", True)), spec("numpy==1.26.4"), BASE, 60)
    assert caught.value.diagnosis.cause == "timeout"
    assert "60 seconds" in caught.value.diagnosis.summary


def test_a_package_without_a_hash_cannot_be_locked():
    text = '[[packages]]\nname = "a"\nversion = "1"\nwheels = [{ url = "https://example.org/a-1.whl", hashes = {} }]\n'
    with pytest.raises(BuildFailed) as caught:
        resolve_with(Uv(Finished(0, text.encode(), "", False)), spec("a==1"), BASE, 60)
    assert (caught.value.diagnosis.cause, caught.value.diagnosis.package) == ("unusable-file", "a")


def test_the_answers_used_here_are_what_they_are_taken_for():
    assert [diagnose("resolve", log).cause for log in (CONTRADICTION, NO_VERSION)] == [
        "contradiction",
        "no-such-version",
    ]


def test_a_build_that_the_index_does_not_have_becomes_the_plain_version_and_that_is_said():
    missing = NO_SOLUTION + "Because there is no version of torch==2.3.0+cpu and you require torch==2.3.0+cpu, …\n"
    uv = Uv(failed(missing), locked("torch", "2.3.0"))
    resolution = resolve_with(uv, spec("torch==2.3.0+cpu"), BASE, 60)
    assert [asked[0] for asked in uv.asked] == [["torch==2.3.0+cpu"], ["torch==2.3.0"]]
    (repair,) = resolution.repairs
    assert (repair.text, repair.action) == ("torch==2.3.0+cpu", "rewritten")
    assert "torch==2.3.0 is installed" in repair.reason
