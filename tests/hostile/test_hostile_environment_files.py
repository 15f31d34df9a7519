"""Lock files and conda files that want to get into the Dockerfile, or to keep the web process busy."""

import json
import time

import pytest
from test_hostile_requirements import BASE, RECIPE

from builders.dockerfile import render
from builders.errors import InvalidSpec
from builders.lock import Lock, LockedPackage, PackageFile
from builders.spec import parse_requirements

EVIL = [
    "numpy\nRUN id",
    "numpy\r\nRUN id",
    "numpy\u2028RUN id",
    "numpy\u0085RUN id",
    "numpy\x00",
    "numpy; rm -rf /",
    "numpy && id",
    "$(id)",
    "`id`",
    "${HOME}",
    "num\u0440y",
    "nu\u212ay",
    "numpy\u200b",
    "\uff11",
    "../../etc/passwd",
    "-r /etc/passwd",
    "--index-url https://evil.example.org",
    "-e /",
    "numpy==1 --global-option=x",
    "numpy \\",
    "numpy\\\nRUN id",
    "numpy #",
    "numpy'\"",
    "[x]",
    "a" * 500,
    "1.26.4\nRUN id",
    "1.26.4 --hash=x",
    "1.26.4; sys_platform",
    "1.0+$(id)",
]


def toml(value):
    """The value as a TOML string, whatever is in it."""
    out = "".join(c if " " <= c <= "~" and c not in '"\\' else f"\\U{ord(c):08x}" for c in value)
    return f'"{out}"'


def uv_lock(name="joblib", version="1.4.2", marker="", extra=""):
    edge = f"name = {toml(name)}" + (f", marker = {toml(marker)}" if marker else "")
    edge += f", extra = [{toml(extra)}]" if extra else ""
    return f"""version = 1
requires-python = ">=3.9"

[[package]]
name = {toml(name)}
version = {toml(version)}
source = {{ registry = "https://index.example.org" }}

[[package]]
name = "root"
version = "1"
source = {{ virtual = "." }}
dependencies = [{{ {edge} }}]
"""


def poetry_lock(name="joblib", version="1.4.2", marker="", extra=""):
    return f"""[[package]]
name = {toml(name)}
version = {toml(version)}
optional = false
groups = ["main"]
{f"markers = {toml(marker)}" if marker else ""}

[metadata]
python-versions = {toml(extra) if extra else '"^3.9"'}
content-hash = "x"
"""


def pylock(name="joblib", version="1.4.2", marker="", extra=""):
    mark = f"marker = {toml(marker)}" if marker else ""
    head = f'lock-version = "1.0"\ncreated-by = {toml(extra)}\n'
    return f"{head}[[packages]]\nname = {toml(name)}\nversion = {toml(version)}\n{mark}\n"


def pipfile_lock(name="joblib", version="1.4.2", marker="", extra=""):
    entry = (
        {"version": f"=={version}"} | ({"markers": marker} if marker else {}) | ({"extras": [extra]} if extra else {})
    )
    return json.dumps({"_meta": {}, "default": {name: entry}, "develop": {}})


def poetry_project(name="joblib", version="1.4.2", marker="", extra=""):
    entry = f"version = {toml(version)}" + (f", markers = {toml(marker)}" if marker else "")
    entry += f", extras = [{toml(extra)}]" if extra else ""
    return f"[tool.poetry.dependencies]\n{toml(name)} = {{ {entry} }}\n"


def project(name="joblib", version="1.4.2", marker="", extra=""):
    text = f"{name}{f'[{extra}]' if extra else ''}=={version}" + (f" ; {marker}" if marker else "")
    return f"[project]\ndependencies = [{toml(text)}]\n"


def environment(name="joblib", version="1.4.2", marker="", extra=""):
    own = json.dumps(f"{name}={version}=py311_0")
    pips = json.dumps(f"{name}[{extra}]=={version} ; {marker}" if extra or marker else f"{name}=={version}")
    return f"dependencies:\n- {own}\n- pip:\n  - {pips}\n"


def conda_list(name="joblib", version="1.4.2", marker="", extra=""):
    return f"numpy=1.26.4=py311h1_0\n{name}={version}=py311{marker}{extra}_0\n"


def pip_table(name="joblib", version="1.4.2", marker="", extra=""):
    return f"Package Version\n------- -------\n{name}{extra} {version}{marker}\n"


def read(text):
    """What was parsed, or the error: anything else that is raised fails the test."""
    try:
        return parse_requirements(text, version="3.11")
    except InvalidSpec as error:
        return error


MAKERS = [
    uv_lock,
    poetry_lock,
    pylock,
    pipfile_lock,
    poetry_project,
    project,
    environment,
    conda_list,
    pip_table,
]


def dockerfile(parsed):
    packages = tuple(
        LockedPackage(pin.name, pin.version, PackageFile(f"{pin.name}.whl", "ab" * 32, 1), "wheel")
        for pin in parsed.spec.pins
    )
    return render(Lock("python", "3.11.2", "linux/x86_64", packages), BASE, RECIPE)


@pytest.mark.parametrize("place", ["name", "version", "marker", "extra"])
@pytest.mark.parametrize("evil", EVIL, ids=ascii)
@pytest.mark.parametrize("maker", MAKERS, ids=lambda maker: maker.__name__)
def test_nothing_of_it_reaches_a_dockerfile(maker, evil, place):
    outcome = read(maker(**{place: evil}))
    said = outcome.problems if isinstance(outcome, InvalidSpec) else outcome.repairs
    assert all((each.text + each.reason).isprintable() for each in said), "nothing shown back can forge a line"
    if isinstance(outcome, InvalidSpec):
        return
    text = dockerfile(outcome)
    for mark in (
        "RUN id",
        "$(",
        "evil",
        "`",
        "rm -rf",
        "etc/passwd",
        "&&",
        "\r",
        "\u2028",
        "\x85",
        "--hash",
        "--global",
    ):
        assert mark not in text


@pytest.mark.parametrize("maker", MAKERS, ids=lambda maker: maker.__name__)
def test_the_makers_make_what_is_read(maker):
    assert "joblib==1.4.2" in map(str, parse_requirements(maker(), version="3.11").spec.pins)


@pytest.mark.parametrize(
    "text",
    [
        "dependencies:\n" + "- !!python/object/apply:os.system [id]\n",
        "dependencies:\n- pip: !!python/object/new:os.system [id]\n",
        "dependencies: !!python/name:os.system\n",
    ],
)
def test_yaml_makes_no_objects(text):
    with pytest.raises(InvalidSpec):
        parse_requirements(text, version="3.11")


@pytest.mark.parametrize(
    "text",
    [
        "dependencies:\n" + "".join(f"- p{n}=1.0.{n}=py311_0\n" for n in range(9_000)),
        "dependencies: " + "{a: " * 60_000,
        "a: &a [x]\n" + "".join(f"b{n}: &b{n} [*a, *a]\n" for n in range(8_000)) + "dependencies: []\n",
        'version = 1\nrequires-python = ">=3"\n'
        + "".join(f'[[package]]\nname = "p{n}"\nversion = "1"\nsource = {{ registry = "x" }}\n' for n in range(20_000)),
        '{"_meta": {}, "default": ' + '{"a": ' * 50_000,
        'lock-version = "1.0"\n[[packages]]\nname = "a"\nversion = "1"\nmarker = "' + "(" * 100_000 + '"\n',
        "[project]\ndependencies = " + "[" * 100_000,
        "numpy @ file:///" + "a/" * 100_000,
        "\n".join("numpy @ file:///croot/" + "numpy-" * 150 + "/work" for _ in range(1000)),
        "\n".join(f"- {'a-' * 100}" for _ in range(1000)) + "\ndependencies:\n",
        "a=1\n" + "a-" * 200_000,
    ],
    ids=lambda text: text[:24],
)
def test_a_large_or_deep_file_is_over_soon(text):
    started = time.process_time()
    read(text)
    assert time.process_time() - started < 15
