"""What makes two environments the same (pure). Digests carry their scheme: `sha256:` and 64 hex digits."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from builders.bases import Base
from builders.lock import Lock, LockedPackage
from builders.spec import EnvironmentSpec

RECIPE_NAME = "python/2"
RECIPE_NAMES: Mapping[str, str] = {"python": RECIPE_NAME, "r": "r/3"}


@dataclass(frozen=True, slots=True)
class Recipe:
    """How an image is made from a lock: `name` stands for the Dockerfile's form, `runtime_digest` for the runtime."""

    name: str
    runtime_digest: str


def spec_digest(spec: EnvironmentSpec) -> str:
    """Digest of what a client declared; order, case and comments of the upload do not change it."""
    return _digest(spec.to_json())


def environment_id(lock: Lock, base: Base, recipe: Recipe) -> str:
    """Digest of all that decides an image's content: files by hash, the base image's id, the recipe."""
    decides = {
        "language": lock.language,
        "version": lock.version,
        "platform": lock.platform,
        "packages": _contents(lock.packages),
        "base": base.image_id,
        "recipe": recipe.name,
        "runtime": recipe.runtime_digest,
    }
    return _digest(decides | ({"libraries": _contents(lock.libraries)} if lock.libraries else {}))


def _contents(packages: Iterable[LockedPackage]) -> list[list[str]]:
    return [[each.name, each.version, each.kind, each.file.filename, each.file.sha256] for each in packages]


def _digest(data: Any) -> str:
    canonical = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return "sha256:" + hashlib.sha256(canonical.encode("ascii")).hexdigest()
