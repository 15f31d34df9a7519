"""pylock.toml as uv 0.13 writes it."""

import pytest

from builders.pylock import UnusableLock, parse_pylock

WHEEL = "06d478d5674cbc267e7496a410ee875abd68e4340feff4490bcb7afb88060ae6"
SDIST = "49b3a825280bd66b3aa83585ef59c4a8c82f2c8a522dbe754a8bc8d08c85c491"
LOCAL = "666dbfb6ec68962c033a450943ded891bed2d54e6755e35e5835d63f4f6931d5"
FILES = "https://example.org/p"
SDIST_HASH = f'hashes = {{ sha256 = "{SDIST}" }}'
TEXT = f"""
lock-version = "1.0"
created-by = "uv"
requires-python = ">=3.11.2"

[[packages]]
name = "docopt"
version = "0.6.2"
sdist = {{ url = "{FILES}/docopt-0.6.2.tar.gz", upload-time = 2014-06-16T11:18:57Z, size = 25901, {SDIST_HASH} }}

[[packages]]
name = "joblib"
version = "1.4.2"
sdist = {{ url = "https://example.org/p/joblib-1.4.2.tar.gz", size = 2116621, hashes = {{ sha256 = "{"0" * 64}" }} }}
wheels = [{{ url = "{FILES}/joblib-1.4.2-py3-none-any.whl", size = 301817, hashes = {{ sha256 = "{WHEEL}" }} }}]

[[packages]]
name = "torch"
version = "2.1.0+cpu"
wheels = [{{ url = "file:///srv/torch-2.1.0%2Bcpu-cp311-cp311-linux_x86_64.whl", hashes = {{ sha256 = "{LOCAL}" }} }}]
"""


def test_the_wheel_is_taken_where_there_is_one_else_the_source():
    files = parse_pylock(TEXT, lambda url: 77)
    assert [(each.name, each.version, each.kind, each.file.size) for each in files.packages] == [
        ("docopt", "0.6.2", "sdist", 25901),
        ("joblib", "1.4.2", "wheel", 301817),
        ("torch", "2.1.0+cpu", "wheel", 77),
    ]
    assert files.packages[2].file.filename == "torch-2.1.0+cpu-cp311-cp311-linux_x86_64.whl"
    assert set(files.urls) == {SDIST, WHEEL, LOCAL}


def test_no_packages_is_an_empty_lock():
    assert parse_pylock('lock-version = "1.0"\n').packages == ()


GOOD = f'hashes = {{ sha256 = "{WHEEL}" }}'


@pytest.mark.parametrize(
    "entry",
    [
        'name = "a"\nversion = "1"',
        'name = "a"\nversion = "1"\nwheels = [{ url = "https://e.org/a-1.whl", hashes = {} }]',
        'name = "a"\nversion = "1"\nwheels = [{ url = "https://e.org/a-1.whl", hashes = { md5 = "x" } }]',
        f'name = "A b"\nversion = "1"\nwheels = [{{ url = "https://e.org/a-1.whl", {GOOD} }}]',
        f'name = "a"\nwheels = [{{ url = "https://e.org/a-1.whl", {GOOD} }}]',
        f'name = "a"\nversion = "1"\nwheels = [{{ url = "https://e.org/%0aRUN.whl", {GOOD} }}]',
    ],
)
def test_a_package_that_cannot_be_locked_is_named(entry):
    with pytest.raises(UnusableLock) as caught:
        parse_pylock(f"[[packages]]\n{entry}\n")
    assert caught.value.package in ("a", "A b")


def test_what_is_no_toml_is_an_error():
    with pytest.raises(UnusableLock, match="cannot be read"):
        parse_pylock("error: oh no")
