"""Errors as documents, by which they cross between the processes of one lake."""

from collections.abc import Mapping
from typing import Any

from registry.domain.errors import access, invalid, lake, model, state
from registry.domain.errors.families import WelesError


def every_error() -> tuple[type[WelesError], ...]:
    """All classes that can be raised, in the order of their names."""
    found = [
        each
        for module in (invalid, state, access, model, lake)
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, WelesError) and each.__module__ == module.__name__
    ]
    return tuple(sorted(found, key=lambda each: each.__name__))


def from_document(document: Mapping[str, Any]) -> WelesError:
    """The error that `to_document` described, of the same class, fields as they were."""
    classes = {each.__name__: each for each in every_error()}
    error = WelesError.__new__(classes.get(str(document["error"]), lake.LakeBusy))
    WelesError.__init__(error, document["detail"], next=document["next"], **document["fields"])
    return error
