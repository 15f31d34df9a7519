"""The hash of a version's content: what makes two uploads the same version, and what a paper can cite (pure)."""

import hashlib
import json
from collections.abc import Sequence

from registry.domain.entities import Json

_SCHEME = "weles-version/1"


def version_hash(
    *,
    model: str,
    format: str,
    flavour: str,
    language: str,
    environment: str,
    dataset: str | None,
    target: str,
    inputs: Sequence[Json],
) -> str:
    """`sha256:<64 hex>` over all that decides what the version answers.

    `model` is the digest of the model's file, `environment` of what the creator declared (language version and pins,
    whatever their order, case and comments: `builders.identity.spec_digest`), `dataset` the hash of the training
    data's content. Names, owners, texts, tags, golden rows, system facts and times are not in it: the same content
    has the same hash in every lake.
    """
    content = {
        "scheme": _SCHEME,
        "model": model,
        "format": format,
        "flavour": flavour,
        "language": language,
        "environment": environment,
        "dataset": dataset,
        "target": target,
        "inputs": [*inputs],
    }
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return "sha256:" + hashlib.sha256(canonical.encode("ascii")).hexdigest()
