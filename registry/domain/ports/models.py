"""Models and their versions."""

from typing import Protocol

from registry.domain.entities import Added, Json, Model, ModelVersion, Resolution, Shown, User
from registry.domain.version_ref import LATEST, VersionRef


class Models(Protocol):
    """Models and versions. What is deleted is not there, unless the method says otherwise."""

    def add_version(self, version: ModelVersion, resolution: Resolution, job_id: str) -> Added:
        """Add the version under the next number, its job queued, in one transaction.

        A version of the model with the same content is taken instead: restored when it was deleted, prepared again
        by the new job when it had failed. Makes the model and the resolution if there are none.
        Raises Forbidden when the model is another user's, Deleted when the model is.
        """
        ...

    def prepare_again(self, version_id: str, job_id: str) -> str:
        """Queue a preparation of a version that is there; the unfinished one's id instead when there is one.

        A version that had failed is pending again; one that is ready stays so. Raises NotFound.
        """
        ...

    def version(self, model: str, ref: VersionRef = LATEST) -> ModelVersion:
        """The version that is named. Raises NotFound, Deleted."""
        ...

    def version_by_id(self, version_id: str) -> ModelVersion:
        """Deleted or not. Raises NotFound."""
        ...

    def with_content(self, content_hash: str, viewer: User | None) -> list[ModelVersion]:
        """The versions with that content, of all models that `viewer` may see, those that are ready first."""
        ...

    def versions(self, model: str) -> list[ModelVersion]:
        """In the order of their numbers."""
        ...

    def numbers(self, model: str) -> list[int]: ...

    def model(self, name: str) -> Model:
        """Raises NotFound, Deleted."""
        ...

    def edit(
        self, name: str, *, description: str | None = None, tags: list[str] | None = None, card: str | None = None
    ) -> None:
        """Set what is given, at least one of them. Raises NotFound, Deleted."""
        ...

    def version_builds_on(self, version_id: str, *, environment_id: str, image_id: str) -> None:
        """From now on the version runs in this image."""
        ...

    def version_is_ready(
        self, version_id: str, shown: Shown, *, notes: list[str] | None = None, found_tags: list[str] | None = None
    ) -> None:
        """Notes and tags are as they were where none are given."""
        ...

    def version_failed(self, version_id: str, problem: Json, *, free_file: bool = False) -> None:
        """With `free_file` the version's model file is needed no more."""
        ...
