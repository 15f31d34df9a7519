"""`python -m builders check FILE --python 3.11`: the doctor's verdict, without a lake and without a build."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from builders.bases import choose_base
from builders.docker_builder import DockerBuilder
from builders.doctor import examine
from builders.parse import parse_environment
from builders.report import SilentReport

_MB = 1_000_000


def check(
    builder: DockerBuilder, requirements: Path, language: str, version: str, *, as_json: bool
) -> tuple[str, bool]:
    """The verdict on a file of requirements, in words or as JSON, and whether the environment can be built.

    Raises InvalidSpec, NoSuchRuntime, BuilderUnavailable.
    """
    text = requirements.read_text("utf-8-sig")
    parsed = parse_environment(language, text, version=version, filename=requirements.name)
    choice = choose_base(language, version, builder.bases())
    verdict = examine(builder, parsed.spec, choice.base, builder.recipe(language), SilentReport())
    document = verdict.to_json() | {"note": choice.note}
    document["repairs"] = [*(repair.to_json() for repair in parsed.repairs), *document["repairs"]]
    told = json.dumps(document, indent=2) if as_json else "\n".join(_words(document))
    return f"{told}\n", verdict.ok


def _words(document: dict[str, Any]) -> Iterator[str]:
    for repair in document["repairs"]:
        place = f"line {repair['line']}: " if repair["line"] else ""
        yield f"{place}{repair['text']}: {repair['action']}: {repair['reason']}"
    if document["note"]:
        yield document["note"]
    diagnosis = document["diagnosis"]
    if diagnosis is not None:
        yield f"It cannot be built: {diagnosis['summary']} {diagnosis['suggestion']}"
        return
    base, count, size = document["base"], len(document["packages"]), document["package_bytes"] / _MB
    yield f"It can be built on {base['language']} {base['version']}: {count} packages, {size:.0f} MB"
    if document["compiles"]:
        yield f"without a wheel, to be compiled: {', '.join(document['compiles'])}"
    yield f"environment {document['environment']}"
