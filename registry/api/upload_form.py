"""The form by which a model is uploaded: its parts, and what the metadata may say."""

import json
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from registry.api import multipart
from registry.api.datasets import uploaded_table
from registry.api.fields import Text
from registry.domain.flavours import FLAVOURS, FORMATS
from registry.domain.text import is_storable
from registry.services.upload import UploadParts, UploadRequest
from registry.tables.formats import MEDIA_TYPES

_MODEL_NAME = validate.Regexp(
    r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}\Z", error="1 to 100 letters, digits, dots, dashes, underscores"
)
_TEXT_BYTES, _GOLDEN_BYTES = 5 << 20, 16 << 20
FORM = {
    "required": True,
    "content": {
        multipart.MEDIA_TYPE: {
            "schema": {
                "type": "object",
                "required": ["metadata", "model", "requirements"],
                "properties": {
                    "metadata": {"type": "string", "description": "JSON: see UploadRequest"},
                    "model": {"type": "string", "format": "binary", "description": "the model's file"},
                    "requirements": {"type": "string", "description": "`pip freeze`, a lock file, a conda export"},
                    "data": {"type": "string", "format": "binary", "description": "training data, target included"},
                    "golden": {
                        "type": "string",
                        "description": "JSON {rows, exact, prob}: sample rows with the creator's own predictions",
                    },
                },
            },
            "encoding": {"data": {"contentType": ", ".join(MEDIA_TYPES)}},
        }
    },
}


class UploadRequestSchema(Schema):
    name = Text(required=True, validate=_MODEL_NAME)
    description = Text(0, 10_000, load_default="")
    target = Text(1, 500, required=True)
    tags = fields.List(Text(1, 100), load_default=list, validate=validate.Length(0, 100))
    language = fields.String(load_default="python", validate=validate.OneOf(tuple(FLAVOURS)))
    language_version = Text(1, 50, required=True)
    flavour = fields.String(required=True)
    format = fields.String(load_default="pickle")
    model_class = Text(0, 500, load_default="")
    data_name = Text(0, 200, load_default="")
    data_description = Text(0, 10_000, load_default="")
    dataset = Text(0, 100, load_default=None, allow_none=True)
    system = fields.Dict(load_default=dict)

    @validates_schema
    def _known(self, data: dict[str, Any], **_: Any) -> None:
        if not is_storable(json.dumps(data["system"], ensure_ascii=False)):
            raise ValidationError("It has characters that are no text.", "system")
        for name, known in (("flavour", FLAVOURS), ("format", FORMATS)):
            if data[name] not in known[data["language"]]:
                raise ValidationError(f"For {data['language']}: one of {', '.join(known[data['language']])}.", name)

    @post_load
    def _request(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        name = data["data_name"] or f"data of {data['name']}"
        return {"request": UploadRequest(**{**data, "data_name": name})}


class AcceptedSchema(Schema):
    model = fields.String()
    version = fields.Integer()
    job = fields.String()
    state = fields.String()
    notes = fields.List(fields.String(), metadata={"description": "Repairs of the environment, the choice of base."})


def read() -> tuple[UploadRequest, UploadParts]:
    """The form that the current request has sent. Raises the caller family."""
    multipart.require_multipart()
    upload: UploadRequest = multipart.metadata(UploadRequestSchema())["request"]
    golden = multipart.part("golden")
    parts = UploadParts(
        model=multipart.required("model"),
        requirements=multipart.read(multipart.required("requirements"), _TEXT_BYTES, "requirements"),
        data=uploaded_table("data"),
        golden=None if golden is None else multipart.read(golden[1], _GOLDEN_BYTES, "golden rows"),
        requirements_name=multipart.filename("requirements"),
    )
    return upload, parts
