"""An error's data as text for a person (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

_SHOWN = 20
_BLOCKS = {
    "traceback": "The model's own traceback:",
    "log_tail": "The end of the log:",
    "log": "The end of the log:",
}


def explain(detail: str, fields: Mapping[str, Any], next: str) -> str:
    """`detail`, then every place named in `fields`, the model's traceback, the log's end, and what to do next."""
    return "\n".join([detail, *_places(fields), *_diagnosis(fields, detail), *_blocks(fields), *_next(next)])


def _places(fields: Mapping[str, Any]) -> Iterator[str]:
    for key in ("problems", "differences"):
        listed = fields.get(key)
        places = [each for each in listed if isinstance(each, Mapping)] if isinstance(listed, list) else []
        for each in places[:_SHOWN]:
            yield f"  {_place(each)}"
        if len(places) > _SHOWN:
            yield f"  … and {len(places) - _SHOWN} more"
    available = fields.get("available")
    if isinstance(available, (list, tuple)) and available:
        yield f"  available: {', '.join(str(each) for each in available)}"


def _place(problem: Mapping[str, Any]) -> str:
    where = [str(problem["what"])] if problem.get("what") is not None else []
    where += [f"{key} {problem[key]!r}" for key in ("field", "column", "row", "line") if problem.get(key) is not None]
    what = []
    if problem.get("text") is not None:
        what.append(repr(problem["text"]))
    if problem.get("expected") is not None:
        what.append(f"expected {problem['expected']}")
    if problem.get("got") is not None:
        what.append(f"got {problem['got']}")
    for key in ("reason", "message"):
        said = problem.get(key)
        if said:
            what.append("; ".join(_sentences(said)))
    return ": ".join(part for part in (", ".join(where), ", ".join(what)) if part) or str(dict(problem))


def _sentences(said: Any) -> Iterator[str]:
    """The texts in what a validator said: a text, or lists and dicts of texts."""
    if isinstance(said, Mapping):
        said = [*said.values()]
    if not isinstance(said, (list, tuple)):
        yield str(said)
        return
    for each in said:
        yield from _sentences(each)


def _diagnosis(fields: Mapping[str, Any], detail: str) -> Iterator[str]:
    diagnosis = fields.get("diagnosis")
    if not isinstance(diagnosis, Mapping):
        return
    for key in ("phase", "package", "summary", "line"):
        if diagnosis.get(key) and str(diagnosis[key]) not in detail:
            yield f"  {key}: {diagnosis[key]}"


def _blocks(fields: Mapping[str, Any]) -> Iterator[str]:
    reason = fields.get("reason")
    if isinstance(reason, Mapping):
        inner = reason.get("fields")
        yield from _blocks(inner if isinstance(inner, Mapping) else reason)
    for key, title in _BLOCKS.items():
        text = fields.get(key)
        if isinstance(text, str) and text:
            yield title
            yield from _indented(text.splitlines())


def _indented(lines: Iterable[str]) -> Iterator[str]:
    return (f"  {line}" for line in lines)


def _next(next: str) -> Iterator[str]:
    if next:
        yield f"Next: {next}"
