"""Bodies of the Open Inference Protocol v2 ↔ the typed table, with the binary tensor data extension.

A request has one input per column, each of shape [n] or [n, 1], or a single input of shape [n, k] for all k columns in
the model's order. `registry.tables.tensors` says which datatypes a column takes.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from registry.domain.errors.invalid import InvalidInput, InvalidRequest
from registry.domain.schema import MAX_COLUMNS, Field, Schema
from registry.tables import json_format, tensors
from registry.tables.packing import show
from registry.tables.problems import Problems, match_columns
from registry.tables.table import Table
from registry.tables.tensors import DATATYPES, GIVEN, Tensor

_FORM = '{"inputs": [{"name", "shape", "datatype", "data"}, …]}'
_MOST_DIMENSIONS = 8
# Triton's extensions that this lake has not: to do as if they were not there would answer another question.
_UNKNOWN_EXTENSIONS = ("shared_memory_region", "classification", "sequence_id")


@dataclass(frozen=True, slots=True)
class WantedOutput:
    name: str
    binary: bool


@dataclass(frozen=True, slots=True)
class InferenceRequest:
    """`outputs` is None when the caller leaves the choice to the lake; `binary` is then for all of them."""

    id: str | None
    inputs: tuple[Tensor, ...]
    outputs: tuple[WantedOutput, ...] | None
    binary: bool


class _Token:
    """NaN or Infinity as a token: no JSON, and shown as such where it stands for a value."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return f'{self._name}, which is not JSON: write "{self._name}" for a float, or null'


def read(body: bytes, header_bytes: int | None = None) -> InferenceRequest:
    """The request in a body. `header_bytes`: where the JSON ends and binary data begin; None when there are none.

    Raises InvalidRequest for the form of the request, InvalidInput for a tensor, with its name under `column`.
    """
    if header_bytes is not None and not 0 <= header_bytes <= len(body):
        raise InvalidRequest(
            f"Inference-Header-Content-Length is {header_bytes}, and the body has {len(body)} bytes.",
            next="Set it to the bytes of the JSON that binary data follow, or leave it out.",
        )
    end = len(body) if header_bytes is None else header_bytes
    document = json_format.parse(body[:end], constant=_Token)
    if not isinstance(document, dict) or not isinstance(document.get("inputs"), list):
        raise InvalidRequest("The body has no list `inputs`.", next=f"Send {_FORM}.")
    identity = document.get("id")
    if identity is not None and not isinstance(identity, str):
        raise InvalidRequest(f"`id` is a text, not {show(identity)}.")
    parameters = _parameters(document, "request")
    binary = parameters.get("binary_data_output") is True
    return InferenceRequest(
        identity, _inputs(document["inputs"], memoryview(body)[end:]), _outputs(document.get("outputs"), binary), binary
    )


def table(request: InferenceRequest, schema: Schema) -> Table:
    """The typed table of a request's inputs. Raises InvalidInput with up to 20 problems, input by input."""
    given = _spread(request.inputs, schema)
    problems = Problems()
    order = match_columns([tensor.name for tensor in given], schema, problems)
    problems.raise_if_any()
    rows = given[0].shape[0] if given else 0
    for tensor in given:
        if tensor.shape[0] != rows or any(size != 1 for size in tensor.shape[1:]):
            problems.add(tensor.name, None, f"shape [{rows}] or [{rows}, 1]", f"shape {[*tensor.shape]}")
    problems.raise_if_any()
    columns = [tensors.column(field, given[order[field.name]], problems) for field in schema.fields]
    problems.raise_if_any()
    return Table.of((column for column in columns if column is not None), rows)


def write(document: Mapping[str, Any], outputs: Sequence[Tensor], key: str = "outputs") -> tuple[bytes, int | None]:
    """(body, bytes of JSON before binary data; None when there are none) of an answer with these tensors."""
    binary = [each.data for each in outputs if isinstance(each.data, memoryview)]
    whole = {**document, key: [_document(each) for each in outputs]}
    header = json.dumps(whole, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    return (header, None) if not binary else (b"".join((header, *binary)), len(header))


def metadata(column: Field) -> dict[str, Any]:
    """A column as the model's metadata describe it: name, datatype, shape, parameters."""
    described = {"name": column.name, "datatype": GIVEN.get(column.type, "BYTES"), "shape": [-1]}
    parameters = tensors.describing(column)
    return {**described, "parameters": parameters} if parameters else described


def metadata_of_probabilities(name: str, classes: Sequence[str]) -> dict[str, Any]:
    """As `metadata`, for the tensor of a version's probabilities, one column per class."""
    return {"name": name, "datatype": "FP64", "shape": [-1, len(classes)], "parameters": tensors.of_classes(classes)}


def _spread(inputs: Sequence[Tensor], schema: Schema) -> Sequence[Tensor]:
    """One tensor per column, also where a single one holds all columns."""
    width = len(schema.fields)
    if len(inputs) != 1 or len(inputs[0].shape) != 2:
        return inputs
    whole = inputs[0]
    if whole.name in schema.names and (width == 1 or whole.shape[1] == 1):
        return inputs
    if whole.shape[1] != width:
        raise InvalidInput(
            f"Input {whole.name!r:.80} has shape {[*whole.shape]}; the model has {width} columns.",
            column=whole.name,
            expected=f"shape [n, {width}], or one input per column: {', '.join(schema.names)}"[:400],
        )
    if "nulls" in whole.parameters:
        raise InvalidInput(
            f"Input {whole.name!r:.80} holds all columns; the parameter `nulls` is for one.",
            column=whole.name,
            expected="null in JSON data, or one input per column",
        )
    return [tensors.column_of_matrix(whole, index, name) for index, name in enumerate(schema.names)]


def _inputs(documents: list[Any], binary: memoryview) -> tuple[Tensor, ...]:
    """The tensors; each takes its share of the binary data, which must be all of them."""
    if len(documents) > MAX_COLUMNS:
        raise InvalidRequest(f"There are {len(documents)} inputs; at most {MAX_COLUMNS} can be.")
    found: list[Tensor] = []
    start = 0
    for document in documents:
        if not isinstance(document, dict) or not isinstance(document.get("name"), str):
            raise InvalidRequest(f"An input is an object with a `name`, not {show(document)}.", next=f"Send {_FORM}.")
        name, parameters = document["name"], _parameters(document, f"input {document['name']!r:.80}")
        if any(name == each.name for each in found):
            raise InvalidInput(f"Two inputs have the name {name!r:.80}.", column=name)
        shape, datatype = _shape(name, document.get("shape")), document.get("datatype")
        if datatype not in DATATYPES:
            raise InvalidInput(
                f"Input {name!r:.80} has datatype {show(datatype)}.", column=name, expected=", ".join(DATATYPES)
            )
        size = parameters.get("binary_data_size")
        if size is None:
            data: list[Any] | memoryview = tensors.flat(name, shape, document.get("data"))
        elif type(size) is not int or not 0 <= size <= len(binary) - start or "data" in document:
            raise InvalidInput(
                f"Input {name!r:.80} has `binary_data_size` {show(size)}; {len(binary) - start} bytes are left.",
                column=name,
                expected="the size of its binary data, and no `data`",
            )
        else:
            data = binary[start : start + size]
            start += size
        found.append(Tensor(name, datatype, shape, data, parameters))
    if start != len(binary):
        raise InvalidRequest(
            f"{len(binary) - start} bytes of binary data belong to no input.",
            next="Give each binary input its `binary_data_size`.",
        )
    return tuple(found)


def _shape(name: str, shape: Any) -> tuple[int, ...]:
    right = isinstance(shape, list) and 1 <= len(shape) <= _MOST_DIMENSIONS
    if not right or not all(type(size) is int and 0 <= size < 2**40 for size in shape):
        raise InvalidInput(
            f"Input {name!r:.80} has shape {show(shape)}.", column=name, expected="a list of sizes, as [n] or [n, k]"
        )
    return tuple(shape)


def _outputs(documents: Any, binary: bool) -> tuple[WantedOutput, ...] | None:
    if documents is None or documents == []:
        return None
    if not isinstance(documents, list) or not all(
        isinstance(each, dict) and isinstance(each.get("name"), str) for each in documents
    ):
        raise InvalidRequest("`outputs` is a list of objects with a `name`.", next='Send [{"name": "prediction"}].')
    wanted = []
    for each in documents:
        parameters = _parameters(each, f"output {each['name']!r:.80}")
        wanted.append(WantedOutput(each["name"], parameters.get("binary_data", binary) is True))
    return tuple(wanted)


def _parameters(document: dict[str, Any], what: str) -> dict[str, Any]:
    parameters = document.get("parameters")
    if parameters is None:
        return {}
    if not isinstance(parameters, dict):
        raise InvalidRequest(f"The `parameters` of the {what} are an object, not {show(parameters)}.")
    for name in _UNKNOWN_EXTENSIONS:
        if parameters.get(name) not in (None, 0, ""):
            raise InvalidRequest(f"The parameter `{name}` of the {what} is of an extension that this lake has not.")
    return parameters


def _document(tensor: Tensor) -> dict[str, Any]:
    document: dict[str, Any] = {"name": tensor.name, "shape": [*tensor.shape], "datatype": tensor.datatype}
    parameters = dict(tensor.parameters)
    if isinstance(tensor.data, memoryview):
        parameters["binary_data_size"] = tensor.data.nbytes
    if parameters:
        document["parameters"] = parameters
    if isinstance(tensor.data, list):
        document["data"] = tensor.data
    return document
