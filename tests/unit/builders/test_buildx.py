"""What buildx is told, and what it prints → lines, progress, and whose fault it is."""

import base64
import json
from pathlib import Path

import pytest

from builders.buildx import Buildx, Order
from builders.buildx_trace import RawJsonReader
from builders.errors import BuilderUnavailable
from builders.watch import Watch

RUN = "[stage-1 2/3] RUN install"


def vertex(name, **facts):
    return {"digest": f"sha256:{name}", "name": name, **facts}


def printed(*vertexes, logs=(), indent=None):
    """As buildx prints it: in one line, or indented as in versions before 0.14."""
    data = {"vertexes": vertexes, "logs": logs} if logs else {"vertexes": vertexes}
    return json.dumps(data, indent=indent).splitlines()


def log(name, text):
    return {"vertex": f"sha256:{name}", "stream": 1, "data": base64.b64encode(text).decode()}


def feed(reader, lines):
    return [said for line in lines for said in reader.feed(line)]


@pytest.mark.parametrize("indent", [None, 2])
def test_steps_and_output_become_lines_once(indent):
    reader = RawJsonReader()
    assert feed(reader, printed(vertex(RUN), indent=indent)) == []
    assert feed(reader, printed(vertex(RUN, started="t"), indent=indent)) == [RUN]
    assert feed(reader, printed(vertex(RUN, started="t"), logs=[log(RUN, b"one\r\ntw")], indent=indent)) == ["one"]
    assert feed(reader, printed(logs=[log(RUN, b"o\n")], indent=indent)) == ["two"]
    assert feed(reader, printed(vertex(RUN, started="t", completed="t", cached=True), indent=indent)) == ["CACHED"]
    assert (reader.step, reader.fraction) == (RUN, 1 / 3)
    assert not reader.step_failed


@pytest.mark.parametrize(
    ("name", "is_the_environments"),
    [
        (RUN, True),
        ("[3/3] COPY runtime/ /opt", True),
        ("[stage-1 1/3] FROM base", False),
        ("[context base:1] load metadata for host/base@sha256:00", False),
        ("[internal] waiting for connection", False),
        ("exporting to image", False),
    ],
)
def test_only_a_step_of_the_dockerfile_is_the_environments_fault(name, is_the_environments):
    reader = RawJsonReader()
    assert feed(reader, printed(vertex(name, started="t", completed="t", error="no"))) == [name, "ERROR: no"]
    assert reader.step_failed is is_the_environments
    assert reader.fraction == 0.0


@pytest.mark.parametrize("before", ["", "failed to solve: ", "failed to build: failed to solve: "])
def test_the_error_in_the_end_is_kept_and_its_picture_is_not(before):
    reader = RawJsonReader()
    lines = ["Dockerfile:7", "-----", "   5 |     USER 0:0", "   7 | >>> RUN false", f"ERROR: {before}exit code: 1"]
    assert feed(reader, lines) == []
    assert reader.error == "exit code: 1"


@pytest.mark.parametrize(
    "line",
    ['{"vertexes":', '{"vertexes":[1]}', '{"vertexes":7}', "{}", "[]", '{"logs":[{"vertex":"x","data":"a"}]}', ""],
)
def test_what_is_no_status_gives_nothing_and_harms_nothing(line):
    reader = RawJsonReader()
    assert reader.feed(line) == []
    assert feed(reader, printed(vertex(RUN, started="t"))) == [RUN]


def test_buildx_is_told_all_that_makes_the_image():
    order = Order(
        "host:5000/weles-env/lake",
        "linux/amd64",
        {"weles": "lake"},
        {"TOOLS": "tools:1"},
        {"tools:1": "host:5000/tools@sha256:00"},
    )
    words = order.words(Path("/x/metadata.json"))
    assert words[:4] == ["build", "-", "--network", "none"]
    for option, value in (
        ("--platform", "linux/amd64"),
        ("--label", "weles=lake"),
        ("--build-arg", "TOOLS=tools:1"),
        ("--build-context", "tools:1=docker-image://host:5000/tools@sha256:00"),
        ("--metadata-file", "/x/metadata.json"),
    ):
        assert words[words.index(option) + 1] == value
    output = words[words.index("--output") + 1].split(",")
    # By digest: what is not whole has no name.
    assert {"name=host:5000/weles-env/lake", "push=true", "push-by-digest=true"} < {*output}


@pytest.mark.parametrize("builder", ["tcp://builder.example:1234", "tcp://127.0.0.1:1", "unix:///run/b.sock", "mine"])
def test_a_builder_is_an_address_or_a_name(builder):
    assert Buildx(builder).builder == builder


@pytest.mark.parametrize(
    "builder", ["", "-x", "a b", "tcp://host", "tcp://host:port", "http://host:1", "tcp://a:1 --x", "unix://x", "a\n"]
)
def test_anything_else_is_refused(builder):
    with pytest.raises(ValueError, match="neither the address of a BuildKit"):
        Buildx(builder)


def test_a_name_has_its_certificates_in_buildx():
    with pytest.raises(ValueError, match="give none"):
        Buildx("mine", Path("/certificates"))


def buildx_that(folder, monkeypatch, script):
    """A program in the place of buildx: what ours does with what it says, and with its end."""
    program = folder / "docker-buildx"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")


def build(watch=None, builder="mine"):
    said = []
    order = Order("host/x", "linux/amd64", {}, {}, {})
    with Path("/dev/null").open("rb") as context:
        return Buildx(builder).build(order, context, watch or Watch(60), said.append), said


def test_the_digest_is_what_buildx_has_noted(tmp_path, monkeypatch):
    note = """for each; do
  [ "$last" = --metadata-file ] && echo '{"containerimage.digest": "sha256:00"}' >"$each"
  last=$each
done"""
    buildx_that(tmp_path, monkeypatch, f"echo one >&2\n{note}")
    assert build() == (("sha256:00", False), ["one"])


def test_a_buildx_that_fails_or_notes_nothing_has_built_nothing(tmp_path, monkeypatch):
    buildx_that(tmp_path, monkeypatch, "exit 1")
    assert build() == ((None, False), [])
    buildx_that(tmp_path, monkeypatch, "exit 0")
    assert build() == ((None, False), [])


def test_a_buildx_that_goes_on_is_ended(tmp_path, monkeypatch):
    buildx_that(tmp_path, monkeypatch, "echo begun >&2; exec sleep 1000")
    assert build(Watch(0.5)) == ((None, True), ["begun"])


def test_a_builder_that_buildx_does_not_take_is_said(tmp_path, monkeypatch):
    buildx_that(tmp_path, monkeypatch, "echo 'ERROR: no remote driver' >&2; exit 1")
    with pytest.raises(BuilderUnavailable, match="does not take the builder tcp://host:1: ERROR: no remote driver"):
        build(builder="tcp://host:1")


def test_a_machine_without_buildx_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setattr("builders.buildx._PLUGINS", ())
    with pytest.raises(BuilderUnavailable, match="there is no docker-buildx"):
        build()
