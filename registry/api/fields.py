"""Fields that only take what every database and runtime can hold."""

from typing import Any

from marshmallow import ValidationError, fields, validate

from registry.domain.errors.state import NotFound
from registry.domain.text import is_storable
from registry.domain.version_ref import FORMS, LATEST, VersionRef


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


class Version(fields.String):
    """How a version is named: a number, an alias, `latest`, or a hash; absent for `latest`. Gives a VersionRef."""

    def __init__(self, *, required: bool = False) -> None:
        absent: dict[str, Any] = {} if required else {"load_default": LATEST}
        description = {"description": f"{FORMS[0].upper()}{FORMS[1:]}.", "example": "production"}
        super().__init__(required=required, metadata=description, **absent)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        # In JSON a number may be written as one.
        text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
        name = super()._deserialize(text, attr, data, **kwargs)
        try:
            return VersionRef.parse(name)
        except ValueError as error:
            raise ValidationError(str(error)) from error


def version_in_path(text: str) -> VersionRef:
    """The version that a route's path names. Raises NotFound: what cannot be read names nothing."""
    try:
        return VersionRef.parse(text)
    except ValueError as error:
        raise NotFound("version", text[:200], next=f"Give {FORMS}.") from error
