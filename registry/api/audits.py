"""Audits: POST and GET /models/NAME/audits, GET /audits?dataset=HASH, GET /measures."""

from http import HTTPStatus
from typing import Any

from flask.views import MethodView
from marshmallow import Schema, fields, validate

from registry.api.answering import asked
from registry.api.blueprint import Resource, problems
from registry.api.fields import Text, Version
from registry.api.jobs import StartedSchema, started
from registry.api.services import current_user, current_viewer, services
from registry.domain.measures import MEASURES, named

blueprint = Resource("audits", "How good versions are on datasets, by scikit-learn's measures.")

_HASH = {"description": "A dataset's hash", "example": "sha256:…"}
_KNOWN = f"Of {', '.join(MEASURES)}; all that fit the model when there is none."


class NewAuditSchema(Schema):
    dataset = Text(1, 100, required=True, metadata=_HASH)
    target = Text(
        1, 1024, load_default=None, metadata={"description": "The column of the truth; default: the model's own."}
    )
    measures = fields.List(
        Text(1, 50), load_default=list, validate=validate.Length(0, 50), metadata={"description": _KNOWN}
    )


class VersionQuerySchema(Schema):
    version = Version()


class AuditsQuerySchema(Schema):
    dataset = Text(1, 100, load_default=None, metadata=_HASH)
    measure = Text(1, 50, load_default=None)


class AuditsOfModelQuerySchema(AuditsQuerySchema):
    version = Version()


class AuditSchema(Schema):
    model = fields.String()
    version = fields.Integer()
    language = fields.String()
    flavour = fields.String()
    dataset = fields.String(attribute="dataset_hash")
    target = fields.String()
    measure = fields.String()
    value = fields.Float(allow_none=True, metadata={"description": "null where the measure is not defined: see note"})
    rows = fields.Integer()
    note = fields.String()
    created_at = fields.DateTime(metadata={"description": "When it was computed."})
    asked_by = fields.String(
        allow_none=True, metadata={"description": "Who asked first: told to them and to administrators, else null."}
    )


class AuditsSchema(Schema):
    audits = fields.List(fields.Nested(AuditSchema))


class MeasureSchema(Schema):
    name = fields.String()
    title = fields.String()
    task = fields.String()
    needs_prob = fields.Boolean()
    greater_is_better = fields.Boolean()


class MeasuresSchema(Schema):
    measures = fields.List(fields.Nested(MeasureSchema))


@blueprint.route("/models/<name>/audits")
class AuditsOfModel(MethodView):
    @blueprint.arguments(AuditsOfModelQuerySchema, location="query")
    @blueprint.response(HTTPStatus.OK, AuditsSchema)
    @blueprint.doc(**problems(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY))
    def get(self, query: dict[str, Any], name: str) -> dict[str, Any]:
        """The audits of a version on the datasets that you may see"""
        version = services().models.version(name, query["version"])
        return _visible(version_id=version.id, dataset=query["dataset"], measure=query["measure"])

    @blueprint.arguments(VersionQuerySchema, location="query")
    @blueprint.arguments(NewAuditSchema)
    @blueprint.response(HTTPStatus.ACCEPTED, StartedSchema)
    @blueprint.doc(
        **problems(
            HTTPStatus.BAD_REQUEST,
            HTTPStatus.NOT_FOUND,
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            HTTPStatus.UNPROCESSABLE_ENTITY,
            HTTPStatus.BAD_GATEWAY,
        )
    )
    def post(self, query: dict[str, Any], wanted: dict[str, Any], name: str) -> tuple[dict[str, Any], dict[str, str]]:
        """Measure a version on a dataset; what is kept already is not computed again"""
        version = asked(name, query["version"])
        return started(
            services().auditing.audit(current_user(), version, wanted["dataset"], wanted["target"], wanted["measures"])
        )


@blueprint.route("/audits")
class Audits(MethodView):
    @blueprint.arguments(AuditsQuerySchema, location="query")
    @blueprint.response(HTTPStatus.OK, AuditsSchema)
    @blueprint.doc(**problems(HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY))
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """The audits of all models on a dataset, to compare them"""
        return _visible(version_id=None, **query)


@blueprint.route("/measures")
class Measures(MethodView):
    @blueprint.response(HTTPStatus.OK, MeasuresSchema)
    @blueprint.doc(**problems())
    def get(self) -> dict[str, Any]:
        """What can be measured"""
        return {"measures": [*MEASURES.values()]}


def _visible(*, version_id: str | None, dataset: str | None, measure: str | None) -> dict[str, Any]:
    name = None if measure is None else named([measure])[0]
    return {
        "audits": services().audits.visible(current_viewer(), version_id=version_id, dataset_hash=dataset, measure=name)
    }
