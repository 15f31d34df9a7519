"""What the routes that delete answer."""

from marshmallow import Schema, fields


class DeletionSchema(Schema):
    model = fields.String()
    version = fields.Integer(allow_none=True, metadata={"description": "null: the model with all its versions"})
    restorable_until = fields.DateTime()
