"""The one logical schema of tables, for every language: typed columns, each nullable unless it says otherwise."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from registry.domain.errors.invalid import InvalidInput

MAX_COLUMNS = 10_000
MAX_NAME_LENGTH = 1024
_ZONE = re.compile(r"[+-]\d{2}:\d{2}|[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*")
_KEYS = frozenset({"name", "type", "levels", "ordered", "zone", "nullable"})


class ColumnType(StrEnum):
    BOOL = "bool"
    INT32 = "int32"
    INT64 = "int64"
    FLOAT64 = "float64"
    STRING = "string"
    CATEGORICAL = "categorical"
    DATE = "date"
    TIMESTAMP = "timestamp"


@dataclass(frozen=True, slots=True)
class Field:
    """One column's name and type.

    `levels` (distinct texts, in order) and `ordered` belong to categorical columns alone, `zone` to timestamps:
    an IANA name or an offset such as "+02:00"; None means a timestamp without zone.
    Raises InvalidInput when these do not fit together.
    """

    name: str
    type: ColumnType
    levels: tuple[str, ...] | None = None
    ordered: bool = False
    zone: str | None = None
    nullable: bool = True

    def __post_init__(self) -> None:
        if not self.name or len(self.name) > MAX_NAME_LENGTH or not is_text(self.name):
            raise InvalidInput(
                f"A column's name is a text of 1 to {MAX_NAME_LENGTH} characters, not {self.name!r:.80}."
            )
        if self.type is ColumnType.CATEGORICAL:
            self._check_levels()
        elif self.levels is not None or self.ordered:
            raise InvalidInput(f"Only a categorical column has levels; {self.name!r} is {self.type}.", column=self.name)
        if self.zone is not None and self.type is not ColumnType.TIMESTAMP:
            raise InvalidInput(f"Only a timestamp column has a zone; {self.name!r} is {self.type}.", column=self.name)
        if self.zone is not None and (len(self.zone) > 64 or not _ZONE.fullmatch(self.zone)):
            raise InvalidInput(
                f"{self.zone!r:.80} is not a time zone.", column=self.name, expected="an IANA name or an offset +HH:MM"
            )

    def _check_levels(self) -> None:
        if self.levels is None:
            raise InvalidInput(
                f"The categorical column {self.name!r} has no levels.", column=self.name, expected="levels"
            )
        if len(set(self.levels)) != len(self.levels):
            raise InvalidInput(f"The levels of {self.name!r} are not distinct.", column=self.name)
        if not all(map(is_text, self.levels)):
            raise InvalidInput(f"A level of {self.name!r} is not Unicode text.", column=self.name)

    @property
    def expectation(self) -> str:
        """What a value of this column must be, for error messages."""
        if self.type is ColumnType.CATEGORICAL:
            levels = self.levels or ()
            shown = ", ".join(repr(level)[:40] for level in levels[:10])
            return f"one of the levels {shown}{', …' if len(levels) > 10 else ''}"
        if self.type is ColumnType.DATE:
            return "date (YYYY-MM-DD)"
        if self.type is ColumnType.TIMESTAMP:
            return f"timestamp (ISO 8601 {'with offset' if self.zone else 'without offset'})"
        return str(self.type)

    def to_json(self) -> dict[str, Any]:
        """`{"name", "type"}`, and `levels`, `ordered`, `zone`, `nullable` only where they say something."""
        document: dict[str, Any] = {"name": self.name, "type": str(self.type)}
        if self.levels is not None:
            document["levels"] = list(self.levels)
        if self.ordered:
            document["ordered"] = True
        if self.zone is not None:
            document["zone"] = self.zone
        if not self.nullable:
            document["nullable"] = False
        return document

    @classmethod
    def from_json(cls, document: Any) -> Self:
        """The field that `to_json` wrote. Raises InvalidInput for anything else."""
        if not isinstance(document, dict) or not isinstance(document.get("name"), str):
            raise InvalidInput(f'A typed column is an object with "name" and "type", not {document!r:.80}.')
        name = document["name"]
        if unknown := set(document) - _KEYS:
            raise InvalidInput(
                f"Column {name!r:.80} has unknown keys: {', '.join(sorted(unknown))[:200]}.", column=name
            )
        try:
            kind = ColumnType(str(document.get("type")))
        except ValueError:
            expected = ", ".join(ColumnType)
            raise InvalidInput(
                f"Column {name!r:.80} has the type {document.get('type')!r:.80}; there are {expected}.",
                column=name,
                expected=expected,
            ) from None
        levels, zone = document.get("levels"), document.get("zone")
        ordered, nullable = document.get("ordered", False), document.get("nullable", True)
        if levels is not None and not (isinstance(levels, list) and all(isinstance(level, str) for level in levels)):
            raise InvalidInput(f"The levels of {name!r:.80} are not a list of texts.", column=name, expected="levels")
        if (
            not (zone is None or isinstance(zone, str))
            or not isinstance(ordered, bool)
            or not isinstance(nullable, bool)
        ):
            raise InvalidInput(
                f'"zone" is a text, "ordered" and "nullable" are true or false in column {name!r:.80}.', column=name
            )
        return cls(name, kind, None if levels is None else tuple(levels), ordered, zone, nullable)


@dataclass(frozen=True, slots=True)
class Schema:
    """Fields in their order. Raises InvalidInput when two have one name or there are more than MAX_COLUMNS."""

    fields: tuple[Field, ...]

    def __post_init__(self) -> None:
        if len(self.fields) > MAX_COLUMNS:
            raise InvalidInput(f"A table has at most {MAX_COLUMNS} columns, not {len(self.fields)}.")
        seen: set[str] = set()
        for field in self.fields:
            if field.name in seen:
                raise InvalidInput(f"Two columns have the name {field.name!r:.80}.", column=field.name)
            seen.add(field.name)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(field.name for field in self.fields)

    def field(self, name: str) -> Field:
        """The field of that name. Raises InvalidInput when there is none."""
        for field in self.fields:
            if field.name == name:
                return field
        raise InvalidInput(f"There is no column {name!r:.80}.", column=name, expected=", ".join(self.names)[:400])

    def select(self, names: Iterable[str]) -> "Schema":
        """The fields of these names, in this order. Raises InvalidInput when one is not there."""
        return Schema(tuple(self.field(name) for name in names))

    def without(self, name: str) -> "Schema":
        """All fields but the one of that name; the same schema when it has none such."""
        return Schema(tuple(field for field in self.fields if field.name != name))

    def to_json(self) -> list[dict[str, Any]]:
        return [field.to_json() for field in self.fields]

    @classmethod
    def from_json(cls, document: Any) -> Self:
        """The schema that `to_json` wrote. Raises InvalidInput for anything else."""
        if not isinstance(document, Sequence) or isinstance(document, str | bytes):
            raise InvalidInput("A schema is a list of typed columns.")
        return cls(tuple(Field.from_json(each) for each in document))


def is_text(text: str) -> bool:
    """False for text with lone surrogates, which no UTF-8 can hold."""
    return text.isascii() or not any("\ud800" <= each <= "\udfff" for each in text)
