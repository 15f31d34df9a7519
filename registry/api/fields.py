"""Fields that only take what every database and runtime can hold."""

from typing import Any

from marshmallow import ValidationError, fields, validate

from registry.domain.text import is_storable


class Text(fields.String):
    """Unicode text of a bounded length, without NUL and without halves of surrogate pairs."""

    def __init__(self, shortest: int = 0, longest: int = 500, **kwargs: Any) -> None:
        given = kwargs.pop("validate", [])
        rules = [validate.Length(shortest, longest), *(given if isinstance(given, list) else [given])]
        super().__init__(validate=rules, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        if not is_storable(text):
            raise ValidationError("It has characters that are no text: NUL, or half of a surrogate pair.")
        return text


class VersionNumber(fields.Integer):
    """The number of a version: 1 and up; absent for the newest that is ready."""

    def __init__(self) -> None:
        super().__init__(load_default=None, allow_none=True, validate=validate.Range(1, 2**31 - 1))
