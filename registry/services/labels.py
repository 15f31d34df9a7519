"""Which class a value means: the same label comes as text, factor level, number or truth value, by language.  (pure)

The classes of a model are texts: the names of its `prob` columns, or the labels that it answers with. A value matches
the class that is written as one of the value's forms, the most literal first: 1 is "1" before "1.0", TRUE is "TRUE",
"True" or "true" before "1", and 1 is these last of all.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress

from registry.domain.errors.invalid import InvalidInput

Value = object
_TRUTH = {True: ("TRUE", "True", "true", "1", "1.0"), False: ("FALSE", "False", "false", "0", "0.0")}
_SHOWN = 20


def text(value: Value) -> str:
    """The label as text, in its most usual form."""
    return forms(value)[0]


def forms(value: Value) -> tuple[str, ...]:
    """How the label may be written, the most literal first."""
    if isinstance(value, bool):
        return _TRUTH[value]
    if isinstance(value, int):
        return (str(value), f"{value}.0", *(_TRUTH[bool(value)][:3] if value in (0, 1) else ()))
    if isinstance(value, float):
        return (str(int(value)), repr(value)) if value.is_integer() else (repr(value),)
    written = str(value)
    return (written, *(form for form in _other_forms(written) if form != written))


def codes(values: Iterable[Value], classes: Sequence[str], *, column: str, first_row: int = 0) -> list[int]:
    """The position in `classes` of each value.

    Raises InvalidInput naming column, rows (counted from `first_row`), and the classes, for null and for what is none.
    """
    known: dict[Value, int | None] = {}
    exact = {name: position for position, name in enumerate(classes)}
    found: list[int] = []
    problems: list[dict[str, object]] = []
    for row, value in enumerate(values, first_row):
        key = (type(value), value)
        if key not in known:
            known[key] = None if value is None else _position(value, exact)
        position = known[key]
        if position is not None:
            found.append(position)
        elif len(problems) < _SHOWN:
            problems.append({"column": column, "row": row, "expected": _list(classes), "got": _shown(value)})
    if problems:
        first = problems[0]
        raise InvalidInput(
            f"In column {column!r:.80}, row {first['row']}: {first['got']} is none of the model's classes "
            f"({_list(classes)}).",
            problems=problems,
        )
    return found


def ordered(names: Iterable[str]) -> tuple[str, ...]:
    """The labels in the order of numbers, when all are, else of texts: as scikit-learn and R order them."""
    listed = [*names]
    try:
        return tuple(sorted(listed, key=float))
    except ValueError:
        return tuple(sorted(listed))


def _position(value: Value, exact: dict[str, int]) -> int | None:
    return next((exact[form] for form in forms(value) if form in exact), None)


def _other_forms(written: str) -> tuple[str, ...]:
    """Of a text that says a truth value or a number."""
    for spelled in _TRUTH.values():
        if written in spelled[:3]:
            return spelled[:3]
    with suppress(ValueError, OverflowError):
        number = float(written)
        # "001" is another label than "1": only what a program would have written for the number is the number.
        if written in (str(int(number)), repr(number)) and number.is_integer():
            return (str(int(number)), repr(number))
    return ()


def _list(classes: Sequence[str]) -> str:
    shown = ", ".join(f"{name!r:.40}" for name in classes[:10])
    return shown + (", …" if len(classes) > 10 else "")


def _shown(value: Value) -> str:
    return "null" if value is None else f"{value!r:.80}"
