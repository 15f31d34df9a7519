"""Every form in which people keep a Python environment, as its tool writes it → the same kind of specification."""

from pathlib import Path

import pytest

from builders.errors import InvalidSpec
from builders.inputs.formats import FORMATS, LOCK_BYTES, format_of
from builders.spec import parse_requirements

FILES = Path(__file__).parents[2] / "environments" / "inputs"


def read(filename, version="3.11"):
    return parse_requirements((FILES / filename).read_text(encoding="utf-8"), version=version, filename=filename)


def text_of(filename):
    return (FILES / filename).read_text(encoding="utf-8")


EXPECTED = {
    "uv.lock": (
        "uv.lock",
        "certifi==2024.8.30 numpy==1.26.4 pysocks==1.7.1 requests[socks]==2.32.3 scikit-learn==1.5.2",
    ),
    "poetry.lock": ("poetry.lock", "joblib==1.4.2 mine==0.3.0"),
    "Pipfile.lock": ("Pipfile.lock", "joblib==1.4.2 requests[socks]==2.32.3"),
    "pylock.toml": ("pylock.toml", "gunicorn==23.0.0 joblib==1.4.2"),
    "pyproject.toml": ("pyproject.toml", "joblib==1.4.2 scikit-learn==1.5.2"),
    "poetry-pyproject.toml": ("pyproject.toml", "requests[socks]==2.32.3 scikit-learn==1.5.2"),
    "conda-list-export.txt": (
        "conda list",
        "joblib==1.4.2 matplotlib==3.9.2 numpy==1.26.4 python-dateutil==2.9.0.post0 pytz==2024.1 scikit-learn==1.5.1 "
        "threadpoolctl==3.5.0 xgboost-extras==1.0",
    ),
    "environment.yml": (
        "environment.yml",
        "joblib==1.4.2 numpy==1.26.4 shap==0.46.0 torch==2.3.1 xgboost==2.1.1",
    ),
    "environment-by-hand.yml": ("environment.yml", "joblib==1.4.2 numpy==1.26 scikit-learn==1.5.2"),
    "windows-freeze.txt": ("requirements", "colorama==0.4.6 joblib==1.4.2 numpy==1.26.4 tensorflow==2.16.2"),
    "mac-freeze.txt": ("requirements", "joblib==1.4.2 numpy==1.26.4 tensorflow==2.13.0"),
}


@pytest.mark.parametrize("filename", EXPECTED)
def test_a_file_is_recognised_and_read(filename):
    form, pins = EXPECTED[filename]
    assert format_of(text_of(filename), filename).name == form
    assert format_of(text_of(filename)).name == form, "by its content alone"
    assert " ".join(map(str, read(filename).spec.pins)) == pins


@pytest.mark.parametrize("filename", EXPECTED)
def test_line_ends_and_a_byte_order_mark_change_nothing(filename):
    text = text_of(filename)
    windows = parse_requirements("\ufeff" + text.replace("\n", "\r\n"), version="3.11", filename=filename)
    assert windows.spec == read(filename).spec


def test_another_python_takes_another_branch_of_a_lock():
    assert "numpy==2.1.3" in map(str, read("uv.lock", "3.13").spec.pins)


@pytest.mark.parametrize(
    ("filename", "version", "wanted"),
    [
        ("uv.lock", "3.9", ">=3.11"),
        ("poetry.lock", "3.9", ">=3.10,<4"),
        ("Pipfile.lock", "3.13", "==3.11.*"),
        ("pylock.toml", "3.8", ">=3.9"),
        ("pyproject.toml", "3.9", ">=3.10"),
        ("conda-list-export.txt", "3.9", "==3.11.*"),
        ("environment.yml", "3.12", "==3.11.*"),
    ],
)
def test_a_file_for_another_python_is_refused_and_says_so(filename, version, wanted):
    with pytest.raises(InvalidSpec) as caught:
        read(filename, version)
    (problem,) = caught.value.problems
    assert f"Python {wanted}" in problem.reason
    assert f"session is Python {version}" in problem.reason


def repaired(filename):
    return {repair.text: (repair.action, repair.reason) for repair in read(filename).repairs}


def test_what_a_lock_leaves_out_is_named():
    assert repaired("uv.lock")["wine-model (.)"][1].startswith("it is the project itself")
    assert repaired("uv.lock")["dev"][1].startswith("groups for development")
    assert "matplotlib, pytest" in repaired("poetry.lock")
    assert "pytest" in repaired("Pipfile.lock")
    assert repaired("pyproject.toml")["plots"][0] == "dropped"
    assert repaired("poetry-pyproject.toml")["dev"][0] == "dropped"


def test_what_conda_has_that_is_no_python_package_is_named_at_once():
    repairs = repaired("conda-list-export.txt")
    libraries = next(text for text in repairs if "openssl" in text)
    assert libraries == "_libgcc_mutex, _openmp_mutex, blas, ca-certificates, ld_impl_linux-64, libffi, openssl, tzdata"
    assert repairs["mkl-service"][1].startswith("they are parts of conda")
    assert repairs["matplotlib-base"] == ("rewritten", "on the Python index it is called matplotlib")
    assert any(text == "weles==0.1.0" for text in repairs), "the client is left out"


def test_condas_names_are_translated():
    repairs = repaired("environment.yml")
    assert repairs["pytorch"] == ("rewritten", "on the Python index it is called torch")
    assert repairs["py-xgboost"] == ("rewritten", "on the Python index it is called xgboost")


def test_a_version_that_conda_would_complete_is_taken_as_it_is_and_said():
    assert "conda would take any 1.26.x" in repaired("environment-by-hand.yml")["numpy=1.26"][1]


def test_packages_of_other_systems_are_dropped_with_the_reason():
    assert {text for text, (action, _) in repaired("windows-freeze.txt").items() if action == "dropped"} == {
        "pywin32==308",
        "pywinpty==2.0.13",
        "tensorflow-intel==2.16.2",
    }
    assert "only for Windows" in repaired("windows-freeze.txt")["pywin32==308"][1]
    mac = repaired("mac-freeze.txt")
    assert "only for macOS" in mac["pyobjc-framework-Cocoa==10.3.1"][1]
    assert mac["tensorflow-macos==2.13.0"] == ("rewritten", "on Linux it is called tensorflow")


def test_condas_paths_give_the_version_or_are_refused_by_name():
    with pytest.raises(InvalidSpec) as caught:
        read("conda-freeze.txt")
    assert [problem.line for problem in caught.value.problems] == [1, 2]
    assert "conda built attrs" in caught.value.problems[0].reason
    assert "pip list --format=freeze" in caught.value.problems[0].reason
    rest = "\n".join(text_of("conda-freeze.txt").splitlines()[2:])
    parsed = parse_requirements(rest, version="3.11")
    assert [str(pin) for pin in parsed.spec.pins] == ["numpy==1.26.4", "pandas==2.2.2"]
    assert [repair.action for repair in parsed.repairs] == ["rewritten", "rewritten"]


def test_pips_table_is_read_and_its_editable_install_refused():
    with pytest.raises(InvalidSpec) as caught:
        read("pip-list.txt")
    (problem,) = caught.value.problems
    assert (problem.line, "wine-tools is an editable install" in problem.reason) == (5, True)
    plain = "\n".join(text_of("pip-list.txt").splitlines()[:4])
    assert [str(pin) for pin in parse_requirements(plain, version="3.11").spec.pins] == [
        "joblib==1.4.2",
        "numpy==1.26.4",
    ]


EXPLICIT = """# This file may be used to create an environment using:
@EXPLICIT
https://conda.example.org/conda-forge/linux-64/libblas-3.9.0-24_linux64_openblas.conda#80aea6603a6813b16ec119d00382b772
https://conda.example.org/conda-forge/linux-64/numpy-1.26.4-py311h64a7726_0.conda
https://conda.example.org/conda-forge/noarch/joblib-1.4.2-pyhd8ed1ab_0.tar.bz2
"""
COLUMNS = """# packages in environment at /home/ann/miniconda3/envs/wine:
#
# Name                    Version                   Build  Channel
libblas                   3.9.0           24_linux64_openblas    conda-forge
numpy                     1.26.4          py311h64a7726_0    conda-forge
joblib                    1.4.2                    pypi_0    pypi
"""


@pytest.mark.parametrize("text", [EXPLICIT, COLUMNS])
def test_condas_other_lists_are_read_too(text):
    parsed = parse_requirements(text, version="3.11")
    assert [str(pin) for pin in parsed.spec.pins] == ["joblib==1.4.2", "numpy==1.26.4"]
    assert [repair.text for repair in parsed.repairs] == ["libblas"]


def test_constraints_hold_versions_back_and_complete_what_has_none():
    held = "# weles: constraints\njoblib==1.4.2\nnumpy==1.26.4\nscipy==1.13.1\n# weles: requirements\n"
    parsed = parse_requirements(f"joblib\nnumpy>=1.20\n{held}pandas==2.2.2\n", version="3.11")
    assert [str(pin) for pin in parsed.spec.pins] == ["joblib==1.4.2", "numpy==1.26.4", "pandas==2.2.2"]
    assert "scipy==1.13.1" in map(str, parsed.spec.constraints)


def test_a_constraint_outside_the_range_is_no_pin():
    with pytest.raises(InvalidSpec, match="more than one version"):
        parse_requirements("numpy>=2\n# weles: constraints\nnumpy==1.26.4\n", version="3.11")


@pytest.mark.parametrize(
    ("filename", "text", "says"),
    [
        ("uv.lock", "numpy==1.26.4\n", "says that it is uv.lock"),
        ("environment.yml", "numpy: 1\n", "says that it is environment.yml"),
        ("", '{"packages": {}}', "no Pipfile.lock"),
        ("pyproject.toml", '[project]\nname = "x"\n', "neither"),
        ("pyproject.toml", "[project]\nname = \n", "not valid TOML"),
        ("", "dependencies: [*x]\n", "references"),
        ("", "dependencies: &x\n  - *x\n", "references"),
        ("", "dependencies: " + "[" * 50 + "]" * 50, "too deeply"),
        ("", "dependencies: {a: b}\n", "no list"),
        ("", "dependencies:\n\t- a\n", "YAML"),
        ("", "dependencies:\n- numpy>=1\n", "conda env export"),
    ],
)
def test_what_cannot_be_read_is_said_to_be_so(filename, text, says):
    with pytest.raises(InvalidSpec, match=says):
        parse_requirements(text, version="3.11", filename=filename)


def test_the_line_of_a_problem_is_told_in_toml_and_yaml():
    with pytest.raises(InvalidSpec) as caught:
        parse_requirements("[project]\nname = 'x'\ndependencies = [\n  'numpy>=1',\n]\n", version="3.11")
    assert [problem.line for problem in caught.value.problems] == [4]
    with pytest.raises(InvalidSpec) as caught:
        parse_requirements("name: x\ndependencies:\n- numpy>=1\n", version="3.11")
    assert [problem.line for problem in caught.value.problems] == [3]


def test_repositories_in_locks_are_refused_by_name():
    lock = text_of("uv.lock").replace(
        'name = "certifi"\nversion = "2024.8.30"\nsource = { registry = "https://index.example.org/simple" }',
        'name = "certifi"\nversion = "2024.8.30"\nsource = { git = "https://git.example.org/certifi#abc" }',
    )
    with pytest.raises(InvalidSpec, match="certifi comes from a repository"):
        parse_requirements(lock, version="3.11")


def test_a_lock_may_be_larger_than_a_freeze_but_not_any_size():
    lock = text_of("uv.lock") + "\n" * 3000
    assert len(parse_requirements(lock, version="3.11").spec.pins) == 5
    with pytest.raises(InvalidSpec, match="larger than"):
        parse_requirements(lock + "#" * LOCK_BYTES, version="3.11")


def test_the_last_format_takes_every_text():
    assert FORMATS[-1].is_it("")
    assert all(not each.is_it("numpy==1.26.4\n") for each in FORMATS[:-1])
