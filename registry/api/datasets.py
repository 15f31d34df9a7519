"""Datasets: POST /datasets, GET /datasets/HASH, …/head, …/info."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from http import HTTPStatus
from typing import Any, BinaryIO

from flask import Response, request
from flask.views import MethodView
from marshmallow import Schema, fields, validate

from registry.api import multipart
from registry.api.blueprint import Resource, problems
from registry.api.dataset_document import DatasetSchema, document
from registry.api.fields import Text
from registry.api.services import current_user, services
from registry.domain.entities import Dataset
from registry.domain.errors.invalid import InvalidRequest
from registry.services.staging import StagedTable
from registry.tables import formats

blueprint = Resource("datasets", "Immutable typed tables, addressed by the hash of their content.")

_BLOCK = 1 << 20
_TABLE = {
    "200": {
        "description": "The rows; JSON is `{columns: [typed fields], data: [[…]]}`.",
        "content": {media_type: {} for media_type in formats.MEDIA_TYPES},
    }
}


class NewDatasetSchema(Schema):
    name = Text(1, 200, required=True)
    description = Text(0, 10_000, load_default="")


class HeadQuerySchema(Schema):
    rows = fields.Integer(load_default=5, validate=validate.Range(1, 10_000))


@blueprint.route("/datasets")
class Datasets(MethodView):
    @blueprint.response(HTTPStatus.CREATED, DatasetSchema)
    @blueprint.doc(
        requestBody={
            "required": True,
            "content": {
                multipart.MEDIA_TYPE: {
                    "schema": {
                        "type": "object",
                        "required": ["metadata", "data"],
                        "properties": {
                            "metadata": {"type": "string", "description": "JSON: name, description"},
                            "data": {"type": "string", "format": "binary"},
                        },
                    },
                    "encoding": {"data": {"contentType": ", ".join(formats.MEDIA_TYPES)}},
                }
            },
        },
        **problems(
            HTTPStatus.BAD_REQUEST,
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            HTTPStatus.UNPROCESSABLE_ENTITY,
        ),
    )
    def post(self) -> dict[str, Any]:
        """Upload a dataset, alone"""
        multipart.require_multipart()
        metadata = multipart.metadata(NewDatasetSchema())
        data = uploaded_table("data")
        if data is None:
            raise InvalidRequest("The part `data` is missing.", next="Send the table as CSV, JSON, Arrow or Parquet.")
        found = services().datasets
        added = found.add(current_user(), data, metadata["name"], metadata["description"])
        return document(found.described(added.hash))


@blueprint.route("/datasets/<content_hash>")
class Content(MethodView):
    @blueprint.doc(responses=_TABLE)
    @blueprint.doc(**problems(HTTPStatus.NOT_FOUND, HTTPStatus.NOT_ACCEPTABLE))
    def get(self, content_hash: str) -> Response:
        """All rows of a dataset: a link that stays"""
        kind = formats.negotiate(request.headers.get("Accept"))
        return _all_rows(services().datasets.get(content_hash), kind)


@blueprint.route("/datasets/<content_hash>/head")
class Head(MethodView):
    @blueprint.arguments(HeadQuerySchema, location="query")
    @blueprint.doc(responses=_TABLE)
    @blueprint.doc(**problems(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.NOT_ACCEPTABLE))
    def get(self, query: dict[str, Any], content_hash: str) -> Response:
        """The first rows of a dataset"""
        found = services().datasets
        table = found.table(found.get(content_hash), query["rows"])
        content_type, body = formats.write(request.headers.get("Accept"), table)
        return Response(body, content_type=content_type)


@blueprint.route("/datasets/<content_hash>/info")
class Info(MethodView):
    @blueprint.response(HTTPStatus.OK, DatasetSchema)
    @blueprint.doc(**problems(HTTPStatus.NOT_FOUND))
    def get(self, content_hash: str) -> dict[str, Any]:
        """What a dataset is, without its rows"""
        return document(services().datasets.described(content_hash))


def uploaded_table(name: str) -> StagedTable | None:
    """The table in a part of the form, by the part's Content-Type; it is closed when the request is over.

    Raises UnsupportedMediaType, InvalidInput, TooLarge.
    """
    found = multipart.part(name)
    if found is None:
        return None
    content_type, stream = found
    limit = services().settings.max_data_bytes
    multipart.require_size(stream, limit, name)
    staged = services().datasets.stage(content_type or formats.CSV, stream, max_bytes=limit)
    multipart.close_later(staged.file)
    return staged


def _all_rows(dataset: Dataset, kind: str) -> Response:
    """The rows as they are read from the disk: none of them is here before it is sent."""
    opened = ExitStack()
    file = opened.enter_context(services().datasets.parquet(dataset))
    if kind == formats.PARQUET:
        response = Response(_blocks(file), content_type=kind)
        response.content_length = os.fstat(file.fileno()).st_size
    else:
        body = formats.write_stream(kind, services().datasets.parts(file))
        response = Response(body, content_type=formats.content_type(kind))
    response.call_on_close(opened.close)
    return response


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    while block := file.read(_BLOCK):
        yield block
