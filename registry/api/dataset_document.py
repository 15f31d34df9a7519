"""What the lake says of a dataset: its columns with their statistics, its names, its citation."""

from typing import Any

from marshmallow import Schema, fields

from registry.api.services import current_viewer, services
from registry.domain.citation import dataset_citation, dataset_link
from registry.domain.entities import Dataset, DatasetAlias
from registry.domain.schema import ColumnType

_VALUE = {"description": "A number; of dates and timestamps ISO 8601 text.", "nullable": True}


class AliasSchema(Schema):
    name = fields.String(required=True)
    description = fields.String(required=True)
    owner = fields.String(required=True)
    created_at = fields.DateTime(required=True)


class LevelSchema(Schema):
    value = fields.Raw(required=True, metadata={"description": "text, true or false"})
    rows = fields.Integer(required=True)


class HistogramSchema(Schema):
    """Bins of one width; each holds its lower edge, the last one its upper edge, too."""

    edges = fields.List(fields.Raw(metadata=_VALUE), required=True)
    counts = fields.List(fields.Integer(), required=True, metadata={"description": "one fewer than edges"})


class StatisticsSchema(Schema):
    """Of the values that are not missing. Numbers that are not finite are counted and left out of all else."""

    missing = fields.Integer(required=True)
    unique = fields.Integer(required=True, metadata={"description": "different values"})
    approximate = fields.List(
        fields.String(metadata={"enum": ["unique", "quantiles"]}),
        required=True,
        metadata={"description": "Which of these figures are estimates; all others are exact."},
    )
    levels = fields.List(
        fields.Nested(LevelSchema),
        allow_none=True,
        metadata={
            "description": "bool and text: the 50 most frequent values, null when there are too many to count; "
            "categorical: the first 1000 levels, in their order; else null."
        },
    )
    min = fields.Raw(metadata=_VALUE)
    max = fields.Raw(metadata=_VALUE)
    mean = fields.Raw(metadata=_VALUE)
    deviation = fields.Float(allow_none=True, metadata={"description": "standard deviation of a sample; numbers only"})
    quantiles = fields.Dict(
        keys=fields.String(), values=fields.Raw(metadata=_VALUE), metadata={"description": "by share: 0.05 to 0.95"}
    )
    histogram = fields.Nested(HistogramSchema, allow_none=True)
    not_finite = fields.Integer(metadata={"description": "NaN and infinite values; numbers only"})
    shortest = fields.Integer(allow_none=True, metadata={"description": "characters; text only"})
    longest = fields.Integer(allow_none=True, metadata={"description": "characters; text only"})


class ColumnSchema(Schema):
    """A typed column; what does not apply to its type is left out."""

    name = fields.String(required=True)
    type = fields.String(required=True, metadata={"enum": [*ColumnType]})
    levels = fields.List(fields.String(), metadata={"description": "of a categorical column, in their order"})
    ordered = fields.Boolean()
    zone = fields.String(metadata={"description": "of timestamps with a zone"})
    nullable = fields.Boolean()
    statistics = fields.Nested(StatisticsSchema, required=True)


class DatasetSchema(Schema):
    hash = fields.String(required=True, metadata={"example": "sha256:…"})
    rows = fields.Integer(required=True)
    missing = fields.Integer(required=True, metadata={"description": "nulls in the whole table"})
    columns = fields.List(fields.Nested(ColumnSchema), required=True)
    aliases = fields.List(fields.Nested(AliasSchema), required=True)
    link = fields.String(required=True, metadata={"description": "where this content is, as long as the lake is"})
    citation = fields.String(required=True, metadata={"description": "a line that a paper can print"})
    created_at = fields.DateTime(required=True)


def document(dataset: Dataset) -> dict[str, Any]:
    """The document of a dataset whose statistics are counted, as the one who asks may see it."""
    aliases: list[DatasetAlias] = services().datasets.aliases(dataset.hash, current_viewer())
    link = dataset_link(services().settings.address, dataset.hash)
    return {
        "hash": dataset.hash,
        "rows": dataset.rows,
        "missing": dataset.missing,
        "columns": described_columns(dataset),
        "aliases": aliases,
        "link": link,
        "citation": dataset_citation(dataset, aliases, link),
        "created_at": dataset.created_at,
    }


def described_columns(dataset: Dataset) -> list[dict[str, Any]]:
    """The typed columns of a dataset whose statistics are counted, with these."""
    return [
        {**column, "statistics": statistics}
        for column, statistics in zip(dataset.schema, dataset.statistics or (), strict=True)
    ]
