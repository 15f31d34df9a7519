"""What a requirements text becomes, line by line."""

import pytest

from builders.errors import InvalidSpec
from builders.pins import Pin
from builders.spec import TEXT_BYTES, TEXT_LINES, EnvironmentSpec, parse_requirements


def parse(text, version="3.11"):
    return parse_requirements(text, version=version)


def problems(text, version="3.11"):
    with pytest.raises(InvalidSpec) as caught:
        parse(text, version)
    return caught.value.problems


def test_a_pip_freeze_is_read():
    parsed = parse("joblib==1.4.2\nNumPy==1.26.4\nscikit_learn==1.5.2\n")
    assert parsed.spec.pins == (Pin("joblib", "1.4.2"), Pin("numpy", "1.26.4"), Pin("scikit-learn", "1.5.2"))
    assert parsed.spec.constraints == ()
    assert parsed.repairs == ()


def test_comments_blank_lines_line_ends_and_a_byte_order_mark_say_nothing():
    text = "\ufeff# frozen\r\n\r\nnumpy == 1.26.4  # why not\r\n   \rjoblib==1.4.2"
    assert [str(pin) for pin in parse(text).spec.pins] == ["joblib==1.4.2", "numpy==1.26.4"]


def test_extras_are_kept_normalised_and_sorted():
    assert parse("Dask[Diagnostics,array]==2024.1.0").spec.pins == (Pin("dask", "2024.1.0", ("array", "diagnostics")),)


def test_versions_get_their_normal_form():
    assert [str(pin) for pin in parse("a==1.0-RC1\nb==2.1.0+CPU\nc==v3").spec.pins] == [
        "a==1.0rc1",
        "b==2.1.0+cpu",
        "c==3",
    ]


def test_hashes_are_left_out_and_that_is_said():
    parsed = parse("numpy==1.26.4 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\njoblib==1.4.2")
    assert parsed.spec.pins == (Pin("joblib", "1.4.2"), Pin("numpy", "1.26.4"))
    (repair,) = parsed.repairs
    assert (repair.line, repair.action) == (1, "rewritten")
    assert "hashes" in repair.reason


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("a==1; sys_platform == 'linux'", True),
        ("a==1; sys_platform == 'win32'", False),
        ("a==1; platform_machine == 'x86_64' and python_version >= '3.11'", True),
        ("a==1; python_version < '3.11'", False),
        ("a==1; python_full_version >= '3.11.5'", False),
        ("a==1; platform_system == 'Darwin'", False),
        ("a==1; extra == 'dev'", False),
    ],
)
def test_markers_are_evaluated_for_the_lakes_platform(line, kept):
    parsed = parse(line, "3.11.2")
    assert (len(parsed.spec.pins) == 1) is kept
    assert [repair.action for repair in parsed.repairs] == ([] if kept else ["dropped"])


@pytest.mark.parametrize(
    "text",
    [
        "weles==0.1.0",
        "weles @ file:///home/me/weles/clients/python",
        "Weles @ git+https://example.org/weles.git@abc",
        "-e git+ssh://git@example.org/weles.git@abc#egg=weles&subdirectory=clients/python",
        "--editable=git+https://example.org/x.git#egg=weles",
        "# Editable install with no version control (weles==0.1.0)\n-e /home/me/weles/clients/python",
    ],
)
def test_the_lakes_client_is_left_out(text):
    parsed = parse(f"joblib==1.4.2\n{text}\n")
    assert parsed.spec.pins == (Pin("joblib", "1.4.2"),)
    (repair,) = parsed.repairs
    assert repair.action == "dropped"
    assert "client" in repair.reason


@pytest.mark.parametrize("name", ["pip", "setuptools", "wheel", "distribute", "uv", "SetupTools"])
def test_tooling_becomes_a_constraint(name):
    parsed = parse(f"{name}==65.0.0\njoblib==1.4.2")
    assert parsed.spec.pins == (Pin("joblib", "1.4.2"),)
    assert parsed.spec.constraints == (Pin(name.lower(), "65.0.0"),)
    assert [repair.action for repair in parsed.repairs] == ["constraint"]


def test_debians_pkg_resources_is_dropped():
    parsed = parse("pkg-resources==0.0.0")
    assert parsed.spec.constraints == ()
    assert [repair.action for repair in parsed.repairs] == ["dropped"]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("numpy", "pin it"),
        ("numpy>=1.26", "pin it"),
        ("numpy>=1.26,<2", "pin it"),
        ("numpy~=1.26", "pin it"),
        ("numpy!=1.26", "pin it"),
        ("numpy==1.*", "wildcard"),
        ("numpy===1.26.4", "==="),
        ("numpy @ https://example.org/numpy.whl", "address"),
        ("pandas @ file:///tmp/build/pandas", "address"),
        ("https://example.org/numpy.whl", "addresses and paths"),
        ("git+https://example.org/numpy.git", "addresses and paths"),
        ("./numpy", "addresses and paths"),
        ("/srv/numpy.whl", "addresses and paths"),
        ("-r other.txt", "options"),
        ("-c constraints.txt", "options"),
        ("--index-url https://example.org/simple", "options"),
        ("-f https://example.org", "options"),
        ("--pre", "options"),
        ("-e .", "editable"),
        ("numpy==1.26.4 --global-option=x", "not part"),
        ("numpy==one", "requirement"),
        ("numpy 1.26.4", "requirement"),
        ("numpy==1.26.4; python_version ** '3'", "requirement"),
        ("Package    Version", "requirement"),
    ],
)
def test_what_is_no_plain_pin_is_refused_with_what_to_do(line, says):
    (problem,) = problems(f"joblib==1.4.2\n{line}\n")
    assert problem.line == 2
    assert problem.text == line
    assert says in problem.reason


def test_every_bad_line_is_named_not_only_the_first():
    found = problems("numpy\njoblib==1.4.2\n-r x\n\nscipy>1\n")
    assert [problem.line for problem in found] == [1, 3, 5]


def test_a_continued_line_is_named_by_its_first_number():
    (problem,) = problems("a==1\nnumpy>=1, \\\n  <2\n")
    assert problem.line == 2


def test_lines_that_contradict_each_other_are_refused():
    (problem,) = problems("numpy==1.26.4\nNumPy==2.0.0\n")
    assert problem.line == 2
    assert "contradicts line 1, numpy==1.26.4" in problem.reason


def test_the_same_line_twice_is_one_pin():
    assert parse("numpy==1.26.4\nnumpy==1.26.4\nnumpy[x]==1.26.4").spec.pins == (Pin("numpy", "1.26.4", ("x",)),)


def test_credentials_of_an_address_are_not_shown_back():
    (problem,) = problems("--extra-index-url https://me:hunter2@example.org/simple")
    assert "hunter2" not in problem.text + problem.reason


@pytest.mark.parametrize("text", ["a" * (TEXT_BYTES + 1), "\n" * (TEXT_LINES + 1)])
def test_a_text_over_the_limits_is_refused_as_a_whole(text):
    (problem,) = problems(text)
    assert problem.line == 0
    assert "more than" in problem.reason or "larger than" in problem.reason


def test_a_text_at_the_limit_is_read():
    assert len(parse("a==1\n" * TEXT_LINES).spec.pins) == 1


@pytest.mark.parametrize("version", ["", "3", "3.11.2.1", "3.x", "latest", "3.11\nRUN x", "３.11", "3.11 "])
def test_a_version_that_is_none_is_refused(version):
    (problem,) = problems("a==1", version)
    assert "is not a Python version" in problem.reason


def test_an_empty_text_is_an_environment_without_packages():
    assert parse("").spec == EnvironmentSpec("python", "3.11", (), ())


@pytest.mark.parametrize(
    "arguments",
    [("NumPy", "1"), ("a b", "1"), ("a", "1.0-1"), ("a", "1\n"), ("a", "1", ("B",)), ("a", "1", ("c", "b"))],
)
def test_a_pin_that_is_not_valid_cannot_be_made(arguments):
    with pytest.raises(ValueError, match="normalised"):
        Pin(*arguments)
