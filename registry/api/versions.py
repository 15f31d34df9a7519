"""Versions: GET, DELETE /models/NAME/versions/VERSION, POST …/restore; GET /models/NAME/file; GET /versions/HASH."""

from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, redirect, send_file, url_for
from flask.views import MethodView
from marshmallow import Schema, fields
from werkzeug.wrappers import Response as AnyResponse

from registry.api.answering import signed
from registry.api.blueprint import Resource, problems
from registry.api.deletion import DeletionSchema
from registry.api.fields import Version, version_in_path
from registry.api.model_document import ModelSchema, document
from registry.api.services import current_viewer, services
from registry.domain.entities import State
from registry.domain.errors.state import NotFound
from registry.domain.version_ref import HASH, VersionRef

blueprint = Resource("versions", "Immutable versions: what they are, their files, their permanent links.")
# Short, to be printed: outside of /api/v1, and for as long as there are papers.
links = Blueprint("links", __name__)

_BYTES = "application/octet-stream"


class FileQuerySchema(Schema):
    version = Version()


class VersionInListSchema(Schema):
    version = fields.Integer(attribute="number")
    hash = fields.String(attribute="content_hash")
    state = fields.String(metadata={"enum": [*State]})
    description = fields.String()
    tags = fields.List(fields.String())
    created_at = fields.DateTime()


class VersionsSchema(Schema):
    versions = fields.List(fields.Nested(VersionInListSchema))


@blueprint.route("/models/<name>/versions")
class Versions(MethodView):
    @blueprint.response(HTTPStatus.OK, VersionsSchema)
    @blueprint.doc(**problems(HTTPStatus.NOT_FOUND))
    def get(self, name: str) -> dict[str, Any]:
        """All versions of a model, oldest first"""
        return {"versions": services().models.versions(name)}


@blueprint.route("/models/<name>/versions/<version>")
class OneVersion(MethodView):
    @blueprint.response(HTTPStatus.OK, ModelSchema)
    @blueprint.doc(**problems(HTTPStatus.NOT_FOUND, HTTPStatus.GONE))
    def get(self, name: str, version: str) -> dict[str, Any]:
        """A version by its number, an alias, `latest` or its hash"""
        return document(services().models.version(name, version_in_path(version)))

    @blueprint.response(HTTPStatus.OK, DeletionSchema)
    @blueprint.doc(**problems(HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.GONE))
    def delete(self, name: str, version: str) -> Any:
        """Delete a version: gone at once, restorable for a while"""
        return services().deletion.delete_version(name, version_in_path(version))


@blueprint.route("/models/<name>/versions/<version>/restore")
class RestoreVersion(MethodView):
    @blueprint.response(HTTPStatus.OK, ModelSchema)
    @blueprint.doc(**problems(HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.GONE))
    def post(self, name: str, version: str) -> dict[str, Any]:
        """Restore a deleted version, named by its number"""
        number = version_in_path(version).number
        if number is None:
            raise NotFound("deleted version", f"{name}/{version[:100]}", next="Name it by its number.")
        services().deletion.restore_version(name, number)
        return document(services().models.version(name, VersionRef(number=number)))


@blueprint.route("/models/<name>/file")
class File(MethodView):
    @blueprint.arguments(FileQuerySchema, location="query")
    @blueprint.response(HTTPStatus.OK, {"type": "string", "format": "binary"}, content_type=_BYTES)
    @blueprint.doc(**problems(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.GONE))
    def get(self, query: dict[str, Any], name: str) -> Response:
        """The model's file, checked against its hash, which is its ETag; in parts, too (Range)"""
        version = services().models.version(name, query["version"])
        if version.file_freed_at is not None:
            raise NotFound("model file", f"{name}/{version.number}", next="It could not be loaded; upload it again.")
        response = send_file(
            services().blobs.path(version.model_blob),
            mimetype=_BYTES,
            as_attachment=True,
            download_name=f"{version.model}-{version.number}.{version.format}",
            etag=version.model_blob,
            conditional=True,
        )
        response.headers["X-Content-Type-Options"] = "nosniff"
        return signed(response, version)


@blueprint.route("/versions/<version_hash>")
class ByHash(MethodView):
    @blueprint.response(HTTPStatus.OK, ModelSchema)
    @blueprint.doc(**problems(HTTPStatus.NOT_FOUND))
    def get(self, version_hash: str) -> dict[str, Any]:
        """The version that has this content, in whatever model you may see: a link that stays"""
        found = services().models.with_content(version_hash, current_viewer())
        if not found:
            raise NotFound("version", version_hash[:100], next="Versions are named by sha256: and 64 hex digits.")
        return document(found[0])


@links.get("/v/<digits>")
def permanent(digits: str) -> AnyResponse:
    """The short form of a version's permanent link."""
    version_hash = f"sha256:{digits.removeprefix('sha256:')}"
    if HASH.fullmatch(version_hash) is None:
        raise NotFound("version", digits[:100], next="A permanent link ends in the 64 hex digits of a version's hash.")
    return redirect(url_for("versions.ByHash", version_hash=version_hash), HTTPStatus.SEE_OTHER)
