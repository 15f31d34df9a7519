"""A version as one document: all that the lake knows of it, of its model, its data, its environment, its audits."""

from typing import Any

from marshmallow import Schema, fields

from registry.api.audits import AuditSchema
from registry.api.dataset_document import described_columns
from registry.api.problems import stored_problem
from registry.api.services import current_viewer, services
from registry.domain.access import Right, Thing
from registry.domain.citation import citation, permanent_link
from registry.domain.entities import ModelVersion, Resolution, State
from registry.domain.found_tags import main_packages
from registry.domain.task import TaskKind


class EnvironmentOfVersionSchema(Schema):
    id = fields.String(allow_none=True)
    state = fields.String(metadata={"enum": [*State]})
    image = fields.String(allow_none=True)
    base = fields.String()
    repairs = fields.List(fields.Dict())
    packages = fields.Dict(metadata={"description": "{name: version} of the packages that the model is made of"})


class NameOfDatasetSchema(Schema):
    name = fields.String()
    description = fields.String()
    owner = fields.String()


class DatasetOfVersionSchema(Schema):
    hash = fields.String()
    name = fields.String()
    description = fields.String()
    owner = fields.String(allow_none=True)
    aliases = fields.List(fields.Nested(NameOfDatasetSchema), metadata={"description": "All names that you may see."})
    rows = fields.Integer()
    columns = fields.Integer()
    missing = fields.Integer(allow_none=True, metadata={"description": "Missing values; null until they are counted."})
    created_at = fields.DateTime()


class AliasOfModelSchema(Schema):
    name = fields.String()
    version = fields.Integer()
    moved_by = fields.String()
    moved_at = fields.DateTime()


class ModelSchema(Schema):
    name = fields.String(attribute="model")
    owner = fields.String()
    visibility = fields.String()
    description = fields.String(metadata={"description": "The model's; the version's own is `version_description`."})
    tags = fields.List(fields.String())
    version = fields.Integer(attribute="number")
    versions = fields.List(fields.Integer())
    aliases = fields.List(fields.Nested(AliasOfModelSchema))
    version_description = fields.String()
    version_tags = fields.List(fields.String())
    found_tags = fields.List(fields.String(), metadata={"description": "What the lake found out by itself."})
    hash = fields.String(attribute="content_hash", metadata={"description": "Of the version's content."})
    link = fields.String(metadata={"description": "A link to this version that stays."})
    citation = fields.String()
    target = fields.String()
    task = fields.String(allow_none=True, metadata={"enum": [*TaskKind, None]})
    classes = fields.Integer(allow_none=True)
    flavour = fields.String()
    format = fields.String()
    model_class = fields.String()
    language = fields.String()
    language_version = fields.String()
    state = fields.String(metadata={"enum": [*State]})
    job = fields.String(allow_none=True)
    problem = fields.Dict(allow_none=True)
    inputs = fields.List(fields.Dict())
    outputs = fields.List(fields.Dict())
    environment = fields.Nested(EnvironmentOfVersionSchema)
    dataset = fields.Nested(DatasetOfVersionSchema, allow_none=True)
    columns = fields.List(
        fields.Dict(), metadata={"description": "Of the training data: types, and statistics for who may see the data."}
    )
    audits = fields.List(fields.Nested(AuditSchema), metadata={"description": "On the datasets that you may see."})
    size = fields.Integer(attribute="model_bytes")
    sha256 = fields.String(attribute="model_blob", metadata={"description": "Of the model's file."})
    notes = fields.List(fields.String())
    system = fields.Dict(metadata={"description": "The creator's machine, as the client told it."})
    created_at = fields.DateTime()


def document(version: ModelVersion) -> dict[str, Any]:
    """The version as `ModelSchema` describes it."""
    here = services()
    model, address = here.models.model(version.model), here.settings.address
    return {
        **{name: getattr(version, name) for name in ModelVersion.__slots__},
        "visibility": model.visibility,
        "description": model.description,
        "tags": model.tags,
        "version_description": version.description,
        "version_tags": version.tags,
        "versions": here.models.numbers(version.model),
        "aliases": here.aliases.of_model(version.model),
        "link": permanent_link(address, version.content_hash),
        "citation": citation(version, address),
        "job": here.jobs.of_version(version.id),
        "problem": stored_problem(version.problem),
        "environment": _environment(version),
        **_data(version),
        "audits": here.audits.visible(current_viewer(), version_id=version.id),
    }


def _environment(version: ModelVersion) -> dict[str, Any]:
    resolution = services().environments.resolution(version.resolution_key)
    base = resolution.base
    return {
        "id": version.environment_id or resolution.environment_id,
        "state": resolution.state if version.environment_id is None else State.READY,
        "image": version.image_id,
        "base": f"{base['language']} {base['version']}",
        "repairs": resolution.repairs,
        "packages": main_packages(
            version.language, version.flavour, version.model_class, _packages(version, resolution)
        ),
    }


def _packages(version: ModelVersion, resolution: Resolution) -> dict[str, str]:
    """What is in the image; what was asked for while there is none."""
    if version.environment_id is not None:
        return services().environments.environment(version.environment_id).installed
    return {pin["name"]: pin["version"] for pin in resolution.spec["pins"]}


def _data(version: ModelVersion) -> dict[str, Any]:
    if version.dataset_hash is None:
        return {"dataset": None, "columns": []}
    dataset = services().datasets.get(version.dataset_hash)
    aliases = services().datasets.aliases(version.dataset_hash, current_viewer())
    named = next((alias for alias in aliases if alias.name == version.dataset_name), None)
    about = {
        "hash": dataset.hash,
        "name": version.dataset_name,
        "description": "" if named is None else named.description,
        "owner": None if named is None else named.owner,
        "aliases": aliases,
        "rows": dataset.rows,
        "columns": dataset.columns,
        "missing": dataset.missing,
        "created_at": dataset.created_at,
    }
    # Sharing a model does not share its data: of those, who may not see them is told no more than the model's columns.
    seen = services().access.may(current_viewer(), Right.SEE, Thing.DATASET, dataset.hash)
    columns = described_columns(dataset) if seen and dataset.statistics is not None else dataset.schema
    return {"dataset": about, "columns": columns}
