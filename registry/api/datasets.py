"""Datasets: POST /datasets, GET /datasets/HASH, …/head, …/info."""

from http import HTTPStatus
from typing import Any

from flask import Response, request
from flask.views import MethodView
from marshmallow import Schema, fields, validate

from registry.api import multipart
from registry.api.blueprint import Resource, problems
from registry.api.fields import Text
from registry.api.services import current_user, current_viewer, services
from registry.domain.entities import Dataset
from registry.domain.errors import InvalidRequest
from registry.tables import formats
from registry.tables.table import Table

blueprint = Resource("datasets", "Immutable typed tables, addressed by the hash of their content.")

_TABLE = {
    "200": {
        "description": "The rows; JSON is `{columns: [typed fields], data: [[…]]}`.",
        "content": {media_type: {} for media_type in formats.MEDIA_TYPES},
    }
}


class NewDatasetSchema(Schema):
    name = Text(1, 200, required=True)
    description = Text(0, 10_000, load_default="")


class AliasSchema(Schema):
    name = fields.String()
    description = fields.String()
    owner = fields.String()
    created_at = fields.DateTime()


class DatasetSchema(Schema):
    hash = fields.String(metadata={"example": "sha256:…"})
    rows = fields.Integer()
    columns = fields.List(fields.Dict(), metadata={"description": "Typed fields: name, type, levels …"})
    aliases = fields.List(fields.Nested(AliasSchema))
    created_at = fields.DateTime()


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
        return _document(services().datasets.add(current_user(), data, metadata["name"], metadata["description"]))


@blueprint.route("/datasets/<content_hash>")
class Content(MethodView):
    @blueprint.doc(responses=_TABLE)
    @blueprint.doc(**problems(HTTPStatus.NOT_FOUND, HTTPStatus.NOT_ACCEPTABLE))
    def get(self, content_hash: str) -> Response:
        """All rows of a dataset"""
        found = services().datasets
        return _rows(found.table(found.get(content_hash)))


@blueprint.route("/datasets/<content_hash>/head")
class Head(MethodView):
    @blueprint.arguments(HeadQuerySchema, location="query")
    @blueprint.doc(responses=_TABLE)
    @blueprint.doc(**problems(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.NOT_ACCEPTABLE))
    def get(self, query: dict[str, Any], content_hash: str) -> Response:
        """The first rows of a dataset"""
        found = services().datasets
        return _rows(found.table(found.get(content_hash)).slice(0, query["rows"]))


@blueprint.route("/datasets/<content_hash>/info")
class Info(MethodView):
    @blueprint.response(HTTPStatus.OK, DatasetSchema)
    @blueprint.doc(**problems(HTTPStatus.NOT_FOUND))
    def get(self, content_hash: str) -> dict[str, Any]:
        """What a dataset is, without its rows"""
        return _document(services().datasets.get(content_hash))


def uploaded_table(name: str) -> Table | None:
    """The table in a part of the form, by the part's Content-Type. Raises UnsupportedMediaType, InvalidInput."""
    found = multipart.part(name)
    if found is None:
        return None
    content_type, stream = found
    limit = services().settings.max_data_bytes
    body = multipart.read(stream, limit, "data")
    return formats.read(content_type or formats.CSV, body, max_bytes=limit)


def _rows(table: Table) -> Response:
    content_type, body = formats.write(request.headers.get("Accept"), table)
    return Response(body, content_type=content_type)


def _document(dataset: Dataset) -> dict[str, Any]:
    return {
        "hash": dataset.hash,
        "rows": dataset.rows,
        "columns": dataset.schema,
        "aliases": services().datasets.aliases(dataset.hash, current_viewer()),
        "created_at": dataset.created_at,
    }
