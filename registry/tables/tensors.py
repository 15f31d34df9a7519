"""One tensor of the Open Inference Protocol ↔ columns of the typed table.

| column | datatypes that it takes | that it is given as |
|---|---|---|
| bool | BOOL | BOOL |
| int32, int64 | every integer and FP datatype, whole numbers in range | INT32, INT64 |
| float64 | every integer and FP datatype | FP64 |
| string | BYTES | BYTES |
| categorical | BYTES: levels; with the parameter `type` = "categorical" also integers: codes from 0 | BYTES |
| date, timestamp | BYTES: ISO 8601 | BYTES |

The parameters of a tensor say what its datatype cannot: `type`, `levels` (a JSON list, as text), `ordered`, `zone`, and
`nulls`: the rows that are null, as "0,7". In JSON a null may also be `null` in the data.
"""

import json
import struct
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from math import nan, prod
from typing import Any

import pyarrow as pa

from registry.domain.errors.invalid import InvalidInput
from registry.domain.schema import ColumnType, Field
from registry.tables import arrow_types, json_values
from registry.tables.packing import show
from registry.tables.problems import Problems
from registry.tables.table import Column

INTEGERS = {
    "INT8": pa.int8(),
    "INT16": pa.int16(),
    "INT32": pa.int32(),
    "INT64": pa.int64(),
    "UINT8": pa.uint8(),
    "UINT16": pa.uint16(),
    "UINT32": pa.uint32(),
    "UINT64": pa.uint64(),
}
FLOATS = {"FP16": pa.float16(), "FP32": pa.float32(), "FP64": pa.float64()}
NUMBERS = {**INTEGERS, **FLOATS}
DATATYPES = ("BOOL", *NUMBERS, "BYTES")
GIVEN = {
    ColumnType.BOOL: "BOOL",
    ColumnType.INT32: "INT32",
    ColumnType.INT64: "INT64",
    ColumnType.FLOAT64: "FP64",
}
_TAKEN = {
    ColumnType.BOOL: ("BOOL",),
    ColumnType.INT32: (*NUMBERS,),
    ColumnType.INT64: (*NUMBERS,),
    ColumnType.FLOAT64: (*NUMBERS,),
}
_SAYS_ITSELF = {*GIVEN, ColumnType.STRING}
_KINDS: dict[str, set[type]] = {
    "BOOL": {bool},
    "BYTES": {str},
    **{name: {int} for name in INTEGERS},
    **{name: {int, float, str} for name in FLOATS},
}
_RANGES = {
    name: range(-(2 ** (kind.bit_width - 1)), 2 ** (kind.bit_width - 1))
    if name.startswith("INT")
    else range(2**kind.bit_width)
    for name, kind in INTEGERS.items()
}
_WHOLE = ("BOOL", *INTEGERS)
_LENGTH = struct.Struct("<I")
_SAME_WIDTH = {1: "B", 2: "H", 4: "I", 8: "Q"}


@dataclass(frozen=True, slots=True)
class Tensor:
    """`data`, row by row: a flat list of JSON values, or bytes as the binary extension has them."""

    name: str
    datatype: str
    shape: tuple[int, ...]
    data: list[Any] | memoryview
    parameters: Mapping[str, Any] = field(default_factory=dict)


def flat(name: str, shape: tuple[int, ...], data: Any) -> list[Any]:
    """The elements of `data`, which is flat or nested as `shape` is. Raises InvalidInput when it is neither."""
    if not isinstance(data, list):
        raise _misfit(name, "a list in `data`", show(data))
    if not any(isinstance(each, list) for each in data):
        if len(data) != prod(shape):
            raise _misfit(name, f"{prod(shape)} elements: the shape is {[*shape]}", f"{len(data)} elements")
        return data
    level: list[Any] = [data]
    for dimension, size in enumerate(shape):
        for position, each in enumerate(level):
            if not isinstance(each, list) or len(each) != size:
                got = f"{len(each)} elements" if isinstance(each, list) else show(each)
                where = f"in list {position} of dimension {dimension}"
                raise _misfit(name, f"{size} elements {where}: the shape is {[*shape]}", got)
        level = list(chain.from_iterable(level))
    if nested := next((each for each in level if isinstance(each, list)), None):
        raise _misfit(name, f"data nested {len(shape)} deep: the shape is {[*shape]}", show(nested))
    return level


def column_of_matrix(tensor: Tensor, index: int, name: str) -> Tensor:
    """Column `index` of a tensor of shape [n, k], as a tensor of shape [n] under that name."""
    rows, width = tensor.shape
    if isinstance(tensor.data, list):
        return Tensor(name, tensor.datatype, (rows,), tensor.data[index::width])
    if tensor.datatype == "BYTES":
        return Tensor(name, tensor.datatype, (rows,), [*_texts(tensor)][index::width])
    code = _SAME_WIDTH[1 if tensor.datatype == "BOOL" else NUMBERS[tensor.datatype].bit_width // 8]
    numbers = _sized(tensor).cast(code)  # type: ignore[call-overload]
    return Tensor(name, tensor.datatype, (rows,), memoryview(numbers[index::width].tobytes()))


def column(target: Field, tensor: Tensor, problems: Problems) -> Column | None:
    """The typed column of a tensor of one column, or None after adding what does not fit to `problems`."""
    codes = tensor.parameters.get("type") == "categorical" and tensor.datatype in INTEGERS
    taken = _TAKEN.get(target.type, ("BYTES",))
    if target.type is ColumnType.CATEGORICAL and codes:
        return json_values.column(target, _levels(target, tensor, problems), problems)
    if tensor.datatype not in taken:
        also = ', or codes with the parameter "type": "categorical"' if target.type is ColumnType.CATEGORICAL else ""
        problems.add(target.name, None, f"datatype {' or '.join(taken)}{also}", f"datatype {tensor.datatype}")
        return None
    if isinstance(tensor.data, list):
        values = _checked(target.name, tensor, problems)
        return None if values is None else json_values.column(target, values, problems)
    if tensor.datatype == "BYTES":
        return json_values.column(target, _with_nulls(tensor, [*_texts(tensor)]), problems)
    return arrow_types.column(target, _array(tensor), problems)


def of_column(source: Column, *, binary: bool = False) -> Tensor:
    """The column as a tensor of shape [n]."""
    datatype, rows = GIVEN.get(source.field.type, "BYTES"), len(source)
    parameters = describing(source.field)
    if not binary:
        values = json_values.dump(source)
        if source.validity is not None:
            parameters["nulls"] = ",".join(str(row) for row, value in enumerate(values) if value is None)
        return Tensor(source.field.name, datatype, (rows,), values, parameters)
    data = memoryview(source.data).cast("B")
    if source.validity is not None:
        missing = [row for row, valid in enumerate(bytes(source.validity)) if not valid]
        parameters["nulls"] = ",".join(map(str, missing))
        if datatype == "FP64":
            # A client that does not know of `nulls` should see no number there.
            numbers = array("d", bytes(data))
            for row in missing:
                numbers[row] = nan
            data = memoryview(numbers).cast("B")
    if datatype == "BYTES":
        texts = [(text or "").encode() for text in json_values.dump(source)]
        data = memoryview(b"".join(chain.from_iterable((_LENGTH.pack(len(text)), text) for text in texts)))
    return Tensor(source.field.name, datatype, (rows,), data, parameters)


def of_probabilities(name: str, columns: tuple[Column, ...], rows: int, *, binary: bool = False) -> Tensor:
    """Float64 columns as one FP64 tensor of shape [n, k]; the parameter `classes` is a JSON list of their names."""
    numbers = array("d", bytes(8 * rows * len(columns)))
    for index, each in enumerate(columns):
        numbers[index :: len(columns)] = array("d", [nan if value is None else value for value in each.to_values()])
    parameters = of_classes([each.field.name for each in columns])
    shape = (rows, len(columns))
    if binary:
        return Tensor(name, "FP64", shape, memoryview(numbers).cast("B"), parameters)
    whole = Column(Field(name, ColumnType.FLOAT64), numbers)
    return Tensor(name, "FP64", shape, json_values.dump(whole), parameters)


def of_classes(classes: Sequence[str]) -> dict[str, Any]:
    """The parameter that says which column of a tensor of probabilities is of which class."""
    return {"classes": json.dumps([*classes], ensure_ascii=False)}


def describing(column: Field) -> dict[str, Any]:
    """The parameters that say of a column what its datatype does not."""
    parameters: dict[str, Any] = {}
    if column.type not in GIVEN:
        parameters["content_type"] = "datetime" if column.type is ColumnType.TIMESTAMP else "str"
    if column.type not in _SAYS_ITSELF:
        parameters["type"] = str(column.type)
    if column.levels is not None:
        parameters["levels"] = json.dumps(column.levels, ensure_ascii=False)
    if column.ordered:
        parameters["ordered"] = True
    if column.zone is not None:
        parameters["zone"] = column.zone
    if not column.nullable:
        parameters["nullable"] = False
    return parameters


def _checked(name: str, tensor: Tensor, problems: Problems) -> list[Any] | None:
    """The JSON values, if they are of the datatype, with null where `nulls` says so."""
    values = _with_nulls(tensor, tensor.data)  # type: ignore[arg-type]
    if tensor.datatype in _WHOLE and float in set(map(type, values)):
        # The standard's own client writes every number, and true, as a float.
        values = [int(each) if type(each) is float and each.is_integer() else each for each in values]
    if tensor.datatype == "BOOL" and int in set(map(type, values)):
        values = [bool(each) if type(each) is int and each in (0, 1) else each for each in values]
    kinds, allowed = _KINDS[tensor.datatype], _RANGES.get(tensor.datatype)
    plain = set(map(type, values)) - {type(None)} <= kinds
    if plain and allowed is not None:
        numbers = [value for value in values if value is not None]
        plain = not numbers or (min(numbers) in allowed and max(numbers) in allowed)
    if plain:
        return values
    for row, value in enumerate(values):
        if value is not None and (type(value) not in kinds or (allowed is not None and value not in allowed)):
            problems.add(name, row, f"datatype {tensor.datatype}", show(value))
    return None


def _levels(target: Field, tensor: Tensor, problems: Problems) -> list[Any]:
    """The levels that codes stand for: of the tensor's own parameter `levels`, else of the column."""
    levels = target.levels or ()
    if (own := tensor.parameters.get("levels")) is not None:
        try:
            levels = tuple(json.loads(own))
        except (TypeError, ValueError, RecursionError):
            raise _misfit(tensor.name, "a JSON list of texts in the parameter `levels`", show(own)) from None
    data = tensor.data
    codes = _with_nulls(tensor, data) if isinstance(data, list) else _array(tensor).to_pylist()
    return [levels[code] if type(code) is int and 0 <= code < len(levels) else code for code in codes]


def _array(tensor: Tensor) -> pa.Array:
    """The Arrow array of a tensor of numbers or BOOL in binary, sharing its memory where that is aligned."""
    kind = NUMBERS.get(tensor.datatype, pa.uint8())
    rows, data = prod(tensor.shape), _sized(tensor)
    buffer = pa.py_buffer(data)
    if buffer.address % 8:
        buffer = pa.py_buffer(bytes(data))
    missing = _missing(tensor, rows)
    valid = pa.array([row not in missing for row in range(rows)]).buffers()[1] if missing else None
    numbers = pa.Array.from_buffers(kind, rows, [valid, buffer])
    if tensor.datatype != "BOOL":
        return numbers
    if len(bytes(data).strip(b"\0\1")):
        raise _misfit(tensor.name, "bytes 0 and 1 in BOOL data", "another byte")
    return numbers.cast(pa.bool_())


def _texts(tensor: Tensor) -> list[str]:
    """The elements of BYTES data in binary: each a length in 4 bytes, and as many bytes of UTF-8."""
    data, texts, start = bytes(tensor.data), [], 0
    for row in range(prod(tensor.shape)):
        stop = start + _LENGTH.size
        length = _LENGTH.unpack_from(data, start)[0] if stop <= len(data) else len(data)
        if stop + length > len(data):
            raise _misfit(tensor.name, f"{prod(tensor.shape)} elements: the shape is {[*tensor.shape]}", f"{row}", row)
        try:
            texts.append(data[stop : stop + length].decode())
        except UnicodeDecodeError as error:
            raise _misfit(tensor.name, "text in UTF-8", f"{error.reason} at byte {error.start}", row) from None
        start = stop + length
    if start != len(data):
        raise _misfit(tensor.name, f"{start} bytes of data", f"{len(data)} bytes")
    return texts


def _sized(tensor: Tensor) -> memoryview:
    """The binary data, when there are as many bytes as the shape asks for."""
    data = memoryview(tensor.data)  # type: ignore[arg-type]
    width = 1 if tensor.datatype == "BOOL" else NUMBERS[tensor.datatype].bit_width // 8
    expected = width * prod(tensor.shape)
    if data.nbytes != expected:
        raise _misfit(tensor.name, f"{expected} bytes of data: the shape is {[*tensor.shape]}", f"{data.nbytes} bytes")
    return data


def _with_nulls(tensor: Tensor, values: list[Any]) -> list[Any]:
    missing = _missing(tensor, len(values))
    return [None if row in missing else value for row, value in enumerate(values)] if missing else values


def _missing(tensor: Tensor, rows: int) -> set[int]:
    """The rows that the parameter `nulls` names."""
    text = tensor.parameters.get("nulls", "")
    expected = f'rows below {rows} in the parameter `nulls`, as "0,7"'
    if not isinstance(text, str):
        raise _misfit(tensor.name, expected, show(text))
    numbers = text.split(",") if text else []
    if not all(each.isascii() and each.isdigit() and len(each) < 20 and int(each) < rows for each in numbers):
        raise _misfit(tensor.name, expected, show(text))
    return {int(each) for each in numbers}


def _misfit(name: str, expected: str, got: str, row: int | None = None) -> InvalidInput:
    where = f"input {name!r:.80}" + ("" if row is None else f", row {row}")
    problem = {"column": name, "row": row, "expected": expected, "got": got}
    return InvalidInput(f"In {where}: expected {expected}, got {got}.", problems=[problem])
