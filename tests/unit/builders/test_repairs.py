"""What is changed in an environment so that it can be built, each repair with its reason; and what is refused."""

import pytest

from builders.addresses import is_built_by_conda, is_repository, version_in_address
from builders.errors import InvalidSpec
from builders.pins import Pin
from builders.spec import parse_requirements


def parse(text, version="3.11"):
    return parse_requirements(text, version=version)


@pytest.mark.parametrize(
    ("name", "address", "version"),
    [
        ("numpy", "file:///croot/numpy_1/work/dist/numpy-1.26.4-cp311-cp311-linux_x86_64.whl#sha256=ab", "1.26.4"),
        ("torch", "https://files.example.org/whl/cpu/torch-2.3.0%2Bcpu-cp311-cp311-linux_x86_64.whl", "2.3.0+cpu"),
        ("scikit-learn", "file:///tmp/scikit_learn-1.5.2.tar.gz", "1.5.2"),
        ("pandas", "file:///home/task/conda-bld/pandas-2.2.2_1718300000000/work", "2.2.2"),
        ("pandas", "file:///tmp/build/80754af9/pandas-2.2.2-py39_0/work", None),
        ("python-dateutil", "file:///croot/python_dateutil-2.9.0/work", "2.9.0"),
        ("numpy", "file:///croot/numpy_1672336189034/work", None),
        ("numpy", "file:///home/ann/numpy-1.26.4", None),
        ("numpy", "file:///croot/scipy-1.13.1/work", None),
        ("numpy", "git+https://git.example.org/numpy-1.26.4.tar.gz", None),
        ("numpy", "https://[bad/numpy-1.26.4.tar.gz", None),
        ("numpy", "file:///", None),
    ],
)
def test_the_version_is_read_from_an_address_where_it_stands(name, address, version):
    assert version_in_address(name, address) == version


def test_condas_folders_and_repositories_are_told_apart():
    assert is_built_by_conda("file:///croot/attrs_1695717823297/work")
    assert is_built_by_conda("file:///C:/ci_py311/attrs_16757/work")
    assert is_built_by_conda("file:///tmp/build/80754af9/attrs_1620827162558/work")
    assert not is_built_by_conda("file:///home/ann/project")
    assert not is_built_by_conda("https://example.org/croot/x")
    assert is_repository("git+ssh://git@example.org/x.git")
    assert not is_repository("https://example.org/x.whl")


@pytest.mark.parametrize("extra", ["", " ; python_version >= '3'"])
def test_a_wheel_of_the_session_becomes_the_published_version(extra):
    parsed = parse(f"numpy @ file:///tmp/numpy-1.26.4-cp311-cp311-linux_x86_64.whl{extra}")
    assert parsed.spec.pins == (Pin("numpy", "1.26.4"),)
    (repair,) = parsed.repairs
    assert (repair.action, "published numpy==1.26.4" in repair.reason) == ("rewritten", True)


def test_the_clients_note_tells_what_condas_path_does_not():
    line = "attrs @ file:///croot/attrs_1695717823297/work"
    assert parse(f"# Installed as attrs==23.1.0\n{line}").spec.pins == (Pin("attrs", "23.1.0"),)
    for note in ("# Installed as numpy==23.1.0", "# Installed as attrs==$(id)", ""):
        with pytest.raises(InvalidSpec, match="conda built attrs"):
            parse(f"{note}\n{line}")


def test_the_clients_note_makes_no_published_package_of_a_folder():
    with pytest.raises(InvalidSpec, match="from an address"):
        parse("# Installed as mine==0.1\nmine @ file:///home/ann/mine")


@pytest.mark.parametrize(
    "line",
    [
        "-e git+https://git.example.org/mine.git@abc#egg=mine",
        "mine @ git+https://git.example.org/mine.git@abc",
        "mine @ file:///home/ann/mine",
        "-e /home/ann/mine",
    ],
)
def test_what_no_index_has_is_refused_unless_the_model_does_not_need_it(line):
    with pytest.raises(InvalidSpec, match=r"publish|address|editable"):
        parse(line)
    parsed = parse(f"joblib==1.4.2\n# The model does not need mine\n{line}\nnumpy==1.26.4")
    assert [str(pin) for pin in parsed.spec.pins] == ["joblib==1.4.2", "numpy==1.26.4"]
    (repair,) = parsed.repairs
    assert (repair.line, repair.action, "the model does not name it" in repair.reason) == (3, "dropped", True)


def test_the_note_says_nothing_of_another_line_or_of_a_pin():
    with pytest.raises(InvalidSpec):
        parse("# The model does not need other\nmine @ git+https://git.example.org/mine.git")
    assert parse("# The model does not need numpy\nnumpy==1.26.4").spec.pins == (Pin("numpy", "1.26.4"),)


@pytest.mark.parametrize("name", ["pywin32", "pywinpty", "PyObjC-Framework-Cocoa", "appnope", "pywin32_ctypes"])
def test_packages_of_another_system_are_dropped(name):
    parsed = parse(f"{name}==1.0\njoblib==1.4.2")
    assert parsed.spec.pins == (Pin("joblib", "1.4.2"),)
    assert "models run on Linux" in parsed.repairs[0].reason


@pytest.mark.parametrize(
    ("name", "version", "kept"),
    [
        ("dataclasses", "3.11", False),
        ("dataclasses", "3.6", True),
        ("enum34", "3.11", False),
        ("typing", "3.9", False),
        ("pickle5", "3.7", True),
        ("backports.zoneinfo", "3.8", True),
        ("backports.zoneinfo", "3.11", False),
    ],
)
def test_backports_are_dropped_where_python_has_what_they_bring(name, version, kept):
    parsed = parse(f"{name}==0.8", version)
    assert bool(parsed.spec.pins) is kept
    assert kept or "is part of Python" in parsed.repairs[0].reason


@pytest.mark.parametrize(
    ("version", "installed", "repaired"),
    [
        ("2.3.0+cu121", "2.3.0", True),
        ("2.1.0+rocm5.6", "2.1.0", True),
        ("0.4.23+cuda12.cudnn89", "0.4.23", True),
        ("2.3.0+cpu", "2.3.0+cpu", False),
        ("1.0+acme.3", "1.0+acme.3", False),
        ("2.3.0", "2.3.0", False),
    ],
)
def test_builds_for_a_graphics_card_become_plain_versions(version, installed, repaired):
    parsed = parse(f"torch=={version}")
    assert parsed.spec.pins == (Pin("torch", installed),)
    assert bool(parsed.repairs) is repaired
