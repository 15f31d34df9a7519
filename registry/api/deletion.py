"""What is deleted and can be restored: GET /deleted; and what the routes that delete answer."""

from http import HTTPStatus
from typing import Any

from flask.views import MethodView
from marshmallow import Schema, fields

from registry.api.blueprint import Resource, problems
from registry.api.services import current_user, services

blueprint = Resource("deletion", "What is deleted, and can be restored for a while.")


class DeletionSchema(Schema):
    model = fields.String()
    version = fields.Integer(allow_none=True, metadata={"description": "null: the model with all its versions"})
    restorable_until = fields.DateTime()


class DeletedThingSchema(Schema):
    kind = fields.String(metadata={"enum": ["model", "version", "dataset"]})
    name = fields.String(metadata={"description": "The model's name; a dataset's hash."})
    version = fields.Integer(allow_none=True, metadata={"description": "Of a version alone."})
    owner = fields.String(allow_none=True, metadata={"description": "null: a dataset that is nobody's any more."})
    size = fields.Integer(allow_none=True, metadata={"description": "Bytes of the model files that go with it."})
    deleted_at = fields.DateTime()
    restorable_until = fields.DateTime(metadata={"description": "From then on it is removed, and its bytes go."})


class DeletedSchema(Schema):
    deleted = fields.List(fields.Nested(DeletedThingSchema))


@blueprint.route("/deleted")
class Deleted(MethodView):
    @blueprint.response(HTTPStatus.OK, DeletedSchema)
    @blueprint.doc(**problems())
    def get(self) -> dict[str, Any]:
        """What of yours is deleted and can be restored, the latest first (administrators: everybody's)"""
        found = services().deletion.restorable(current_user())
        names = ("kind", "name", "version", "owner", "size", "deleted_at")
        return {
            "deleted": [{**{n: getattr(each, n) for n in names}, "restorable_until": until} for each, until in found]
        }
