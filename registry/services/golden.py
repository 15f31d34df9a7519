"""Golden rows: does the image answer as the creator's own session did?  (pure)

The document of a version's golden rows: {"rows": table, "exact": table, "prob": table or null}, tables in JSON's
`split` form with typed columns.
"""

import json
import math
from dataclasses import dataclass
from typing import Any, Self

from registry.domain.errors.invalid import InvalidRequest
from registry.domain.schema import Schema
from registry.tables import json_format
from registry.tables.table import Table

# Two builds of the same numeric libraries may sum in another order; more than this is another answer.
RELATIVE, ABSOLUTE = 1e-9, 1e-12
_MOST_ROWS = 1000


@dataclass(frozen=True, slots=True)
class GoldenRows:
    """Sample rows, and the predictions of the creator's session for each mode that the model has."""

    rows: Table
    answers: dict[str, Table]

    @classmethod
    def parse(cls, document: bytes, inputs: Schema) -> Self:
        """Raises InvalidRequest, or InvalidInput when the rows do not fit `inputs`."""
        try:
            parts = json.loads(document)
            rows = json_format.from_document(parts["rows"], inputs)
            answers = {
                mode: json_format.from_document(parts[mode])
                for mode in ("exact", "prob")
                if parts.get(mode) is not None
            }
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise InvalidRequest(
                "The part `golden` cannot be read.",
                next='Send {"rows": table, "exact": table, "prob": table or null}, or leave the part out.',
            ) from error
        if rows.rows > _MOST_ROWS or any(answer.rows != rows.rows for answer in answers.values()):
            raise InvalidRequest(f"Golden rows: at most {_MOST_ROWS}, and as many predictions as rows.")
        return cls(rows, answers)


def differences(expected: Table, got: Table) -> list[dict[str, Any]]:
    """{row, column, expected, got} wherever `got` is not the same answer; a differing shape is one difference."""
    if expected.rows != got.rows or len(expected.columns) != len(got.columns):
        return [{"row": None, "column": None, "expected": _shape(expected), "got": _shape(got)}]
    found: list[dict[str, Any]] = []
    for ours, theirs in zip(expected.columns, got.columns, strict=True):
        if ours.field.name != theirs.field.name:
            found.append(
                {"row": None, "column": ours.field.name, "expected": ours.field.name, "got": theirs.field.name}
            )
            continue
        for row, (a, b) in enumerate(zip(ours.to_values(), theirs.to_values(), strict=True)):
            if not same(a, b):
                found.append({"row": row, "column": ours.field.name, "expected": str(a), "got": str(b)})
    return found


def same(a: object, b: object) -> bool:
    """Equal; numbers within the tolerance; NaN is NaN."""
    exact = isinstance(a, int) and isinstance(b, int)
    if exact or not isinstance(a, int | float) or not isinstance(b, int | float):
        return a == b
    return math.isclose(a, b, rel_tol=RELATIVE, abs_tol=ABSOLUTE) or (math.isnan(a) and math.isnan(b))


def _shape(table: Table) -> str:
    return f"{table.rows} rows of {', '.join(column.field.name for column in table.columns)}"
