"""Environments for people: their packages, the Dockerfile that they are built from, what two of them differ in."""

from builders.lock import Lock
from builders.lock_differences import differences
from builders.verdict import package_document
from registry.domain.access import Right, Thing
from registry.domain.entities import Json, ModelVersion, User
from registry.domain.errors.lake import EnvironmentNotReady
from registry.domain.errors.state import NotFound
from registry.domain.ports.blobs import Blobs
from registry.domain.ports.environments import Environments
from registry.services.access import AccessService


class EnvironmentService:
    """Reads what the lake has written down of its environments."""

    def __init__(self, environments: Environments, access: AccessService, blobs: Blobs) -> None:
        self._environments = environments
        self._access = access
        self._blobs = blobs

    def packages(self, environment_id: str) -> list[Json]:
        """What is locked, and the version that is really in the image (None before it is built). Raises NotFound."""
        environment = self._environments.environment(environment_id)
        lock = Lock.from_json(environment.lock)
        return [
            package_document(each) | {"installed": environment.installed.get(each.name)}
            for each in (*lock.packages, *lock.libraries)
        ]

    def dockerfile(self, environment_id: str) -> str:
        """Exactly the text that the image is built from. Raises NotFound."""
        text = self._environments.environment(environment_id).dockerfile
        if text is None:
            raise NotFound("Dockerfile of", environment_id, next="It was built before Dockerfiles were kept.")
        return text

    def repairs(self, environment_id: str) -> list[Json]:
        return self._environments.repairs(environment_id)

    def differences(self, user: User | None, environment_id: str, other: str) -> Json:
        """From the first environment to the other one, which the user must be able to see too. Raises NotFound."""
        self._access.require(user, Right.SEE, Thing.ENVIRONMENT, other)
        before, after = (Lock.from_json(self._environments.environment(each).lock) for each in (environment_id, other))
        return differences(before, after).to_json()

    def requirements(self, version: ModelVersion, *, declared: bool) -> str:
        """The locked packages of a version as pins, one on each line; `declared`: the text as it was uploaded.

        Raises EnvironmentNotReady while they are not locked yet, BlobUnavailable.
        """
        if declared:
            with self._blobs.get(version.requirements_blob) as file:
                return file.read().decode("utf-8-sig")
        resolution = self._environments.resolution(version.resolution_key)
        identity = version.environment_id or resolution.environment_id
        if identity is None:
            raise EnvironmentNotReady(version.model, version.number, None)
        lock = Lock.from_json(self._environments.environment(identity).lock)
        return "".join(f"{each.name}=={each.version}\n" for each in lock.packages)
