"""What the lake knows about: users, datasets, environments, model versions and jobs. Frozen data, no behaviour.

Times are UTC datetimes. Hashes are written `sha256:<64 hex>`. `schema` and table documents are JSON as
`registry.domain.schema` writes them.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

Json = dict[str, Any]


def now() -> datetime:
    return datetime.now(UTC)


class State(StrEnum):
    """Of an environment and of a model version: DESIGN §3."""

    PENDING = "pending"
    BUILDING = "building"
    READY = "ready"
    FAILED = "failed"


class JobState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_over(self) -> bool:
        """Will nothing more happen?"""
        return self not in (JobState.QUEUED, JobState.RUNNING)


class JobKind(StrEnum):
    """What a job does: make a version ready, predict a dataset, measure a version on one, explain a version."""

    PREPARE = "prepare"
    PREDICT = "predict"
    AUDIT = "audit"
    EXPLAIN = "explain"


class Phase(StrEnum):
    """Where a job is, in the order in which the phases come: of a preparation, then of all other kinds."""

    QUEUED = "queued"
    RESOLVE = "resolve"
    FETCH = "fetch"
    BUILD = "build"
    VERIFY = "verify"
    READY = "ready"
    PREDICT = "predict"
    MEASURE = "measure"
    EXPLAIN = "explain"
    STORE = "store"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class User:
    id: int
    name: str
    role: str

    @property
    def is_admin(self) -> bool:
        return self.role == "admin"


@dataclass(frozen=True, slots=True)
class Account:
    """A user as administrators see them. From `disabled_at` on their tokens and their password are good for nothing."""

    name: str
    role: str
    created_at: datetime
    disabled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Dataset:
    """An immutable table; `hash` is of its content, `blob` of the stored Parquet file.

    `columns` is their number; `missing` counts nulls, `statistics` has one document per column (both None until they
    are counted). From `deleted_at` on nobody has a name for it, and it goes when the time of grace is over.
    """

    hash: str
    blob: str
    rows: int
    columns: int
    missing: int | None
    schema: list[Json]
    statistics: list[Json] | None
    created_at: datetime
    deleted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DatasetAlias:
    name: str
    description: str
    owner: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Resolution:
    """What became of one canonical spec on one base image: the environment that it resolved to.

    `key` covers the spec, the base image and the recipe; `attempt` counts from 1, a failed one's retry is the next.
    """

    key: str
    spec: Json
    base: Json
    state: State
    attempt: int
    environment_id: str | None
    repairs: list[Json]
    problem: Json | None


@dataclass(frozen=True, slots=True)
class Environment:
    """One image's worth of lock; `installed` is what is really in the image, {name: version}.

    `dockerfile` is the text that the image is built from; None for one of the time when it was not kept.
    `image_reference` is where the lake's registry has the image (`repository@sha256:…`), if it has one.
    """

    id: str
    lock: Json
    base: Json
    state: State
    attempt: int
    image_id: str | None
    image_tag: str | None
    image_bytes: int | None
    installed: dict[str, str]
    problem: Json | None
    created_at: datetime
    dockerfile: str | None = None
    image_reference: str | None = None


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """An immutable numbered upload of a named model.

    `content_hash` is the `registry.domain.version_hash` of its content. `task` and `classes` (of a classification),
    and `found_tags`, were found by the lake; None where nothing tells. From `deleted_at` on it is gone for everyone,
    until it is restored or purged; from `file_freed_at` on its model file may be gone (it could not be loaded).
    `together`: its container may answer several questions in one call; None until it has shown that each row is
    answered by itself. `outputs` are the columns that `exact` gives, `prob_classes` the classes that `prob` gives
    probabilities of; empty and None where they are not known, or there are none.
    """

    id: str
    model: str
    owner: str
    owner_id: int
    number: int
    description: str
    target: str
    tags: list[str]
    flavour: str
    format: str
    model_class: str
    language: str
    language_version: str
    inputs: list[Json]
    outputs: list[Json]
    content_hash: str
    task: str | None
    classes: int | None
    found_tags: list[str]
    model_blob: str
    model_bytes: int
    golden_blob: str | None
    requirements_blob: str
    dataset_hash: str | None
    dataset_name: str
    resolution_key: str
    environment_id: str | None
    image_id: str | None
    state: State
    problem: Json | None
    notes: list[str]
    system: Json
    created_at: datetime
    deleted_at: datetime | None = None
    file_freed_at: datetime | None = None
    together: bool | None = None
    prob_classes: list[str] | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """What a version has shown of itself in its image; as `ModelVersion` has it."""

    outputs: list[Json]
    prob_classes: list[str] | None = None
    together: bool | None = None


@dataclass(frozen=True, slots=True)
class Model:
    """What belongs to the name, and not to one of its versions.

    `description` and `tags` are those of the newest upload until `edited_at`; `card` is Markdown, as it was sent.
    """

    name: str
    owner: str
    owner_id: int
    visibility: str
    description: str
    tags: list[str]
    card: str
    created_at: datetime
    edited_at: datetime | None


@dataclass(frozen=True, slots=True)
class DeletedThing:
    """What can be restored: a version, a model with all its versions (`version` None), or a dataset without a name.

    `size`: bytes of the model files that go with it, None for a dataset; `owner` is None of a dataset, which is
    nobody's any more.
    """

    kind: str
    name: str
    version: int | None
    owner: str | None
    size: int | None
    deleted_at: datetime


@dataclass(frozen=True, slots=True)
class Alias:
    """A movable name of a version of `model`."""

    model: str
    name: str
    version: int
    moved_by: str
    moved_at: datetime


@dataclass(frozen=True, slots=True)
class AliasMove:
    """One move in an alias's history; a version is None where the alias was not there before, or is not after."""

    alias: str
    version_before: int | None
    version_after: int | None
    moved_by: str
    moved_at: datetime


@dataclass(frozen=True, slots=True)
class Job:
    """One durable piece of work about a model version; `percent` is 0 to 100.

    `request` is what was asked, `result` what came of it; both are documents of its kind's own.
    """

    id: str
    kind: JobKind
    owner: str
    owner_id: int
    version_id: str
    model: str
    version: int
    state: JobState
    phase: Phase
    percent: float
    detail: str
    request: Json
    result: Json | None
    problem: Json | None
    environment_id: str | None
    notes: list[str]
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class NewAudit:
    """A measure of a version on the rows of a dataset, with the column `target` as the truth.

    `value` is None when the measure is not defined there; `note` says why, or how it was averaged.
    """

    version_id: str
    dataset_hash: str
    target: str
    measure: str
    value: float | None
    rows: int
    note: str
    asked_by: int | None = None


@dataclass(frozen=True, slots=True)
class Audit:
    """A kept measure, with the version that it is of. `asked_by`: who asked first, where the viewer may know that."""

    model: str
    version: int
    language: str
    flavour: str
    dataset_hash: str
    target: str
    measure: str
    value: float | None
    rows: int
    note: str
    created_at: datetime
    asked_by: str | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """An explanation of a version's predictions; `data` is the document of its kind, `id` that of its job."""

    id: str
    version_id: str
    model: str
    version: int
    owner: str
    owner_id: int
    request: Json
    data: Json
    created_at: datetime


class Outcome(StrEnum):
    """Of an upload: a new version, or, when the model has one with the same content, what was done with that one."""

    NEW = "new"
    KNOWN = "known"
    RESTORED = "restored"
    RETRIED = "retried"


@dataclass(frozen=True, slots=True)
class Added:
    """What became of an upload: `job` prepares the version, or has done so."""

    version_id: str
    number: int
    job: str
    job_state: JobState
    outcome: Outcome
