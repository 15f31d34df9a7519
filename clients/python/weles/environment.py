"""Environments of the lake: check one before anything is uploaded, look into one, compare two.

An environment is named by its id (`sha256:…`), or by a model's name: then it is that of its newest ready version.
"""

from __future__ import annotations

import platform
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from weles.connection import current, segment
from weles.errors import EnvironmentNotReady
from weles.model_file import open_model
from weles.requirements import EnvironmentLike, Requirements, requirements

__all__ = ["Verdict", "check", "diff", "dockerfile", "info", "packages", "runtimes"]

_ID = re.compile(r"sha256:[0-9a-f]{64}")
_MB = 1_000_000


@dataclass(frozen=True)
class Verdict:
    """What would become of an environment. `document` is all that the lake said; `print(verdict)` says it in words.

    `environment`: its id, None when it cannot be resolved; `repairs`, `problems` ({line, text, reason} each) and
    `diagnosis`: what was changed, what cannot be used, and why it cannot be resolved.
    """

    ok: bool
    environment: str | None
    base: str
    packages: int
    package_bytes: int
    download_bytes: int
    compiles: tuple[str, ...]
    exists: bool
    repairs: tuple[Mapping[str, Any], ...]
    problems: tuple[Mapping[str, Any], ...]
    diagnosis: Mapping[str, Any] | None
    document: Mapping[str, Any] = field(repr=False)

    def __str__(self) -> str:
        return "\n".join(_told(self))


def check(environment: EnvironmentLike = None, *, mod: Any = None, language_version: str | None = None) -> Verdict:
    """Ask the lake what would become of an environment; nothing is uploaded or built.

    `environment`: as in `model.upload`; None is what the model `mod` needs, or all of this session without one.
    `language_version`: that of this interpreter by default. What is wrong with the environment is in the verdict.
    Raises InvalidEnvironment for a file that cannot be read here, LakeError.
    """
    found = _found(environment, mod)
    question = {
        "requirements": found.text,
        "filename": found.filename,
        "language": "python",
        "language_version": language_version or platform.python_version(),
    }
    return _verdict(current().send_json("POST", "/environments/resolve", question))


def info(which: str) -> dict[str, Any]:
    """What the lake knows of an environment: state, base, lock, installed, image. Raises NotFound."""
    return current().json("GET", f"/environments/{segment(_id_of(which))}")


def packages(which: str) -> list[dict[str, Any]]:
    """The packages of an environment: {name, version, kind, bytes, installed} each. Raises NotFound."""
    answer = current().json("GET", f"/environments/{segment(_id_of(which))}/packages")
    return list(answer["packages"])


def dockerfile(which: str) -> str:
    """The Dockerfile that the environment's image is built from, exactly. Raises NotFound."""
    return current().request("GET", f"/environments/{segment(_id_of(which))}/dockerfile", accept="text/plain").text


def diff(a: str, b: str) -> dict[str, Any]:
    """From `a` to `b`: {added, removed, changed: [{name, from, to}], same, interpreter}. Raises NotFound."""
    other = {"other": _id_of(b)}
    return current().json("GET", f"/environments/{segment(_id_of(a))}/diff", params=other)


def runtimes() -> list[dict[str, Any]]:
    """What the lake can build on: {language, version, image} each."""
    return list(current().json("GET", "/runtimes")["runtimes"])


def _found(environment: EnvironmentLike, mod: Any) -> Requirements:
    if mod is None:
        return requirements(environment)
    opened = open_model(mod)
    with opened.file:
        return requirements(environment, opened)


def _id_of(which: str) -> str:
    if _ID.fullmatch(which):
        return which
    known = current().json("GET", f"/models/{segment(which)}")
    identity = (known.get("environment") or {}).get("id")
    if not identity:
        raise EnvironmentNotReady(
            f"The environment of {which!r} is not resolved yet.", next="Ask again when the model is ready."
        )
    return str(identity)


def _verdict(document: Mapping[str, Any]) -> Verdict:
    base = document.get("base") or {}
    return Verdict(
        ok=bool(document["ok"]),
        environment=document.get("environment"),
        base=" ".join(filter(None, (base.get("language"), base.get("version")))),
        packages=len(document.get("packages") or ()),
        package_bytes=int(document.get("package_bytes") or 0),
        download_bytes=int(document.get("download_bytes") or 0),
        compiles=tuple(document.get("compiles") or ()),
        exists=bool((document.get("image") or {}).get("exists")),
        repairs=tuple(document.get("repairs") or ()),
        problems=tuple(document.get("problems") or ()),
        diagnosis=document.get("diagnosis"),
        document=document,
    )


def _told(verdict: Verdict) -> list[str]:
    lines = [f"repair: {each['text']}: {each['action']}; {each['reason']}" for each in verdict.repairs]
    lines += [str(note) for note in [verdict.document.get("note")] if note]
    if not verdict.ok:
        return [*lines, *_why_not(verdict)]
    size = f"{verdict.packages} packages, {verdict.package_bytes / _MB:.0f} MB"
    lines.append(f"It can be built on {verdict.base}: {size}, {verdict.download_bytes / _MB:.0f} MB to download.")
    if verdict.compiles:
        lines.append(f"Without a wheel, to be compiled: {', '.join(verdict.compiles)}.")
    if verdict.exists:
        lines.append("Its image is there already.")
    elif shares := verdict.document.get("shares"):
        which = shares.get("environment") or "one of the lake"
        lines.append(
            f"It shares {shares['packages']} packages ({shares['bytes'] / _MB:.0f} MB) with {which}, "
            f"{shares['layer_bytes'] / _MB:.0f} MB of them as layers."
        )
    return lines


def _why_not(verdict: Verdict) -> Sequence[str]:
    lines = [
        f"line {each['line']}: {each['text']}: {each['reason']}" if each.get("line") else str(each["reason"])
        for each in verdict.problems
    ]
    if verdict.diagnosis:
        lines.append(str(verdict.diagnosis["summary"]))
    return [*lines, f"It cannot be built. {verdict.document.get('next') or ''}".strip()]
