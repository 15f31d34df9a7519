"""What predictions over every protocol have in common: which version is asked, and what gave the answer."""

from typing import Any

from flask import Response, request

from registry.api.services import services
from registry.domain.entities import ModelVersion
from registry.domain.version_ref import LATEST, VersionRef
from registry.services.predict import require_ready


def asked(name: str, ref: VersionRef = LATEST) -> ModelVersion:
    """The version that a prediction is asked of; the request's body may be as large as a prediction's from here on.

    Raises NotFound, Deleted, EnvironmentNotReady, ModelNotUsable.
    """
    here = services()
    request.max_content_length = here.settings.max_predict_bytes
    version = here.models.version(name, ref)
    require_ready(version, here.jobs)
    return version


def origin(version: ModelVersion) -> dict[str, Any]:
    """What gave an answer: model, version, environment and image."""
    return {
        "model": version.model,
        "version": version.number,
        "environment": version.environment_id,
        "image": version.image_id,
    }


def signed(response: Response, version: ModelVersion) -> Response:
    """The response with its origin in the headers `Weles-…`."""
    for member, value in origin(version).items():
        # What is in them was checked when it was stored: no second look at each character for every answer.
        response.headers.add(f"Weles-{member.capitalize()}", str(value))
    return response
