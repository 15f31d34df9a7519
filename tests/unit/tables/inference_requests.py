"""A schema with a column of every kind, and requests of two rows for it."""

from typing import Any

from registry.domain.schema import Schema

SCHEMA = Schema.from_json(
    [
        {"name": "size", "type": "float64"},
        {"name": "count", "type": "int64"},
        {"name": "kind", "type": "categorical", "levels": ["a", "b"]},
        {"name": "label", "type": "string"},
        {"name": "open", "type": "bool"},
    ]
)
COLUMNS = [*SCHEMA.names]
INPUTS: dict[str, Any] = {
    "size": {"datatype": "FP64", "data": [1.5, 2.5]},
    "count": {"datatype": "INT64", "data": [1, 2**60 + 1]},
    "kind": {"datatype": "BYTES", "data": ["b", "a"]},
    "label": {"datatype": "BYTES", "data": ["001", "é"]},
    "open": {"datatype": "BOOL", "data": [True, False]},
}


def request(**changes: Any) -> dict[str, Any]:
    """A request of two rows; `changes` replace members of inputs, or inputs as a whole (None leaves one out)."""
    inputs = []
    for name, members in INPUTS.items():
        change = changes.get(name, {})
        if change is not None:
            inputs.append({"name": name, "shape": [2], **members, **change})
    return {"inputs": inputs, **{key: value for key, value in changes.items() if key not in INPUTS}}
