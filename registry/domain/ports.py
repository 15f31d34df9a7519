"""What the lake needs from outside, as protocols. Services know these; adapters (db, blobs, runners, jobs) fulfil them.

Every method may raise the lake's errors of `registry.domain.errors`; what else is raised is written here.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol

from builders.bases import Base
from builders.built_image import BuiltImage
from builders.identity import Recipe
from builders.lock import Lock
from builders.lock import Resolution as Resolved
from builders.packages import Missing
from builders.report import BuildReport
from builders.spec import EnvironmentSpec
from builders.watch import Watch
from registry.domain.access import AliasAudience, Audience, Caller, Standing, Thing, Token
from registry.domain.entities import (
    Account,
    Added,
    Audit,
    Dataset,
    DatasetAlias,
    Environment,
    Explanation,
    Job,
    JobKind,
    JobState,
    Json,
    Model,
    ModelVersion,
    NewAudit,
    Phase,
    Resolution,
    Shown,
    User,
)
from registry.domain.search import Found, Search
from registry.domain.version_ref import LATEST, VersionRef


class Blobs(Protocol):
    """Content-addressed bytes; a digest is `sha256:<64 hex>`."""

    def put(self, stream: BinaryIO, *, limit_bytes: int | None = None, what: str = "content") -> tuple[str, int]:
        """Store all of the stream; (digest, bytes). Whole or not at all. Raises TooLarge."""
        ...

    def get(self, digest: str) -> AbstractContextManager[BinaryIO]:
        """The content, checked against its digest before the first byte is given. Raises BlobUnavailable."""
        ...

    def path(self, digest: str) -> Path:
        """A read-only file with the checked content, to be mounted into a container. Raises BlobUnavailable."""
        ...

    def holds(self, digest: str) -> bool:
        """The content is there, as far as that can be told without bringing it from elsewhere."""
        ...

    def put_before(self, moment: datetime) -> Iterator[str]:
        """The digests of what was put last before that moment."""
        ...

    def delete(self, digest: str, *, put_before: datetime) -> bool:
        """Free the content's bytes, unless it has been put (again) since that moment; whether it is gone now.

        At once with a `put` of the same content, one of the two comes first, and what was put last stays.
        """
        ...

    def size(self, digest: str) -> int:
        """Of the content, in bytes; 0 when it is not there."""
        ...

    def sweep(self, before: datetime, *, really: bool = True) -> int:
        """Remove (not `really`: only count) what was left half-written before that moment; the bytes that it had."""
        ...


class Accounts(Protocol):
    def add_user(self, name: str, role: str, password_hash: str | None, token_digest: str) -> User:
        """A user and their first token, both or none. Raises Exists."""
        ...

    def user(self, name: str) -> tuple[User, str | None]:
        """The user and the hash of the password. Raises NotFound."""
        ...

    def accounts(self) -> list[Account]: ...

    def account(self, name: str) -> Account:
        """Raises NotFound."""
        ...

    def change_account(self, user_id: int, *, role: str | None, disabled: bool | None) -> None:
        """Change what is not None."""
        ...

    def set_password(self, user_id: int, password_hash: str, *, keep: str | None) -> None:
        """Ends every login of the user but the token with the digest `keep`."""
        ...

    def delete_user(self, user: User) -> None:
        """With their tokens. Raises InUse."""
        ...

    def add_token(self, user_id: int, digest: str, token: Token) -> None: ...

    def tokens(self, user_id: int) -> list[Token]:
        """Those that have not expired, newest first."""
        ...

    def revoke_token(self, user_id: int, token_id: str) -> None:
        """Raises NotFound."""
        ...

    def note_use(self, digest: str) -> None: ...

    def caller(self, digest: str) -> Caller | None:
        """Who asks by this token; None when there is no such token, it has expired, or its user is disabled."""
        ...


class Access(Protocol):
    def standing(self, thing: Thing, name: str, user_id: int | None) -> Standing | None:
        """How the user (None: nobody) stands to the thing; None when there is no such thing. One indexed query."""
        ...

    def audience(self, model: str) -> Audience: ...

    def set_audience(self, model: str, audience: Audience) -> None:
        """Instead of the one before. Raises InvalidRequest for users that do not exist."""
        ...

    def alias_audiences(self, content_hash: str, owner: str | None, name: str | None) -> list[AliasAudience]:
        """Of the aliases of a dataset; of those of `owner`, of those named `name`, where these are not None."""
        ...

    def set_alias_audiences(self, content_hash: str, owner: str, name: str | None, audience: Audience) -> None:
        """Raises InvalidRequest for users that do not exist."""
        ...


class Datasets(Protocol):
    def add(self, dataset: Dataset, alias: DatasetAlias, owner_id: int) -> None:
        """Adding what is there already only takes back its deletion; a new alias of the same content is added."""
        ...

    def add_alias(self, content_hash: str, alias: DatasetAlias, owner_id: int) -> bool:
        """False when the owner has given it that name before. Raises NotFound."""
        ...

    def get(self, content_hash: str) -> Dataset:
        """Raises NotFound."""
        ...

    def describe(self, content_hash: str, missing: int, statistics: list[Json]) -> None:
        """Keep what was counted."""
        ...

    def aliases(self, content_hash: str, viewer: User | None) -> list[DatasetAlias]:
        """Those that `viewer` may see (None: who has no token), oldest first."""
        ...

    def edit_alias(self, content_hash: str, owner: str, alias: str, **changes: str) -> None:
        """Set `name` or `description` of the owner's alias. Raises NotFound, Exists."""
        ...

    def remove_alias(self, content_hash: str, owner: str, alias: str) -> None:
        """The dataset is deleted with its last alias. Raises NotFound."""
        ...


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


class SearchIndex(Protocol):
    def find(self, search: Search, viewer: User | None) -> Found:
        """A page of what fits, of the models that `viewer` may see (None: someone without a token).

        Raises InvalidRequest for a regular expression that cannot be read, or that takes too long.
        """
        ...

    def warm(self) -> None:
        """Read what the first question would else have to wait for."""
        ...


class Environments(Protocol):
    def resolution(self, key: str) -> Resolution: ...

    def retry_resolution(self, seen: Resolution) -> Resolution:
        """The resolution with its next attempt begun, by exactly one of those who have seen the same one."""
        ...

    def resolved(self, key: str, environment: Environment, repairs: Sequence[Json]) -> None:
        """Keep the environment (if it is new) and that the resolution led to it."""
        ...

    def resolution_failed(self, key: str, problem: Json) -> None: ...

    def environment(self, environment_id: str) -> Environment:
        """Raises NotFound."""
        ...

    def retry_environment(self, seen: Environment) -> Environment:
        """As `retry_resolution`: for one that failed, or whose image is gone."""
        ...

    def environment_is_ready(
        self,
        environment_id: str,
        *,
        image_id: str,
        tag: str,
        size: int,
        installed: Mapping[str, str],
        reference: str | None = None,
    ) -> None:
        """It has an image now; `reference` says where the lake's registry has it."""
        ...

    def environment_failed(self, environment_id: str, problem: Json) -> None: ...

    def ready(self, newest: int) -> dict[str, Json]:
        """Id → lock of the environments that have an image: of many, the newest."""
        ...

    def repairs(self, environment_id: str) -> list[Json]:
        """Every repair by which a specification came to be this environment."""
        ...


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job to be queued; `id` is 32 hex digits, `request` a document of the kind's own."""

    id: str
    kind: JobKind
    version_id: str
    owner_id: int
    request: Json


@dataclass(frozen=True, slots=True)
class Unfinished:
    """As much of a job that is queued or running as its runner must know."""

    id: str
    kind: JobKind
    version_id: str


class Jobs(Protocol):
    """What is over (succeeded, failed, cancelled) is never changed again."""

    def add(self, job: NewJob) -> str:
        """Queue the job; the id of the unfinished one instead when its owner has asked for the same already."""
        ...

    def get(self, job_id: str) -> Job:
        """Raises NotFound."""
        ...

    def of_owner(self, owner_id: int, *, state: JobState | None, offset: int, limit: int) -> list[Job]:
        """The owner's jobs, the newest first."""
        ...

    def of_version(self, version_id: str) -> str | None:
        """The job that prepares, or prepared, the version."""
        ...

    def unfinished(self) -> list[Unfinished]:
        """Every job that is queued or running, oldest first."""
        ...

    def progress(self, scope: str, phase: Phase, percent: float, detail: str) -> None:
        """Tell every running job that waits for this resolution (its key) or environment (its id)."""
        ...

    def update(
        self,
        job_id: str,
        state: JobState,
        phase: Phase,
        percent: float,
        detail: str,
        problem: Json | None = None,
        result: Json | None = None,
    ) -> bool:
        """Whether the job was not over yet, and therefore is now as said."""
        ...

    def cancel(self, job_id: str) -> None:
        """End the job as cancelled, and with it, as failed, the version that it was preparing."""
        ...

    def is_wanted(self, scope: str) -> bool:
        """Whether an unfinished job waits for this resolution (its key) or environment (its id)."""
        ...

    def log(self, scope: str, lines: Sequence[str]) -> None:
        """Append lines; `scope` is a job's id, a resolution's key, or an environment's id."""
        ...

    def log_after(self, job_id: str, after: int) -> list[tuple[int, str]]:
        """(number, line) of the job and of what it shares with others, later than `after`, in order."""
        ...


class Audits(Protocol):
    """Measures of versions on datasets; each is kept once per version, dataset, target and measure."""

    def add(self, audits: Sequence[NewAudit]) -> None:
        """What is there already is left as it is."""
        ...

    def of_version(self, version_id: str, dataset_hash: str, target: str) -> list[Audit]: ...

    def visible(
        self,
        viewer: User | None,
        *,
        version_id: str | None = None,
        dataset_hash: str | None = None,
        measure: str | None = None,
    ) -> list[Audit]:
        """Those of models and on datasets that `viewer` may see (None: a caller without a token)."""
        ...


class Explanations(Protocol):
    def add(self, explanation: Explanation, plots: Mapping[str, bytes]) -> None:
        """Keep it with its plots by media type; one that is there already is left as it is."""
        ...

    def get(self, explanation_id: str) -> Explanation:
        """Raises NotFound."""
        ...

    def of_version(self, version_id: str, owner_id: int) -> list[Explanation]:
        """Those that the owner has asked for, the newest first."""
        ...

    def plot(self, explanation_id: str, media_type: str) -> bytes:
        """Raises NotFound."""
        ...

    def plot_script(self, version: str | None = None) -> bytes | None:
        """What the browser draws plots with, of that version, or the newest; None when it is not kept."""
        ...

    def add_plot_script(self, version: str, content: bytes) -> None: ...


class ImageBuilder(Protocol):
    """Environment → image: `builders.docker_builder.DockerBuilder`, which says what each method does and raises."""

    def bases(self) -> list[Base]: ...

    def resolve(
        self, spec: EnvironmentSpec, base: Base, report: BuildReport, watch: Watch | None = None
    ) -> Resolved: ...

    def fetch(self, resolution: Resolved, base: Base, report: BuildReport, watch: Watch | None = None) -> Lock: ...

    def build(
        self, environment_id: str, lock: Lock, base: Base, report: BuildReport, watch: Watch | None = None
    ) -> BuiltImage: ...

    def exists(self, environment_id: str) -> BuiltImage | None: ...

    def missing(self, lock: Lock) -> Missing: ...

    def dockerfile(self, lock: Lock, base: Base) -> str: ...


@dataclass(frozen=True, slots=True)
class RunnableVersion:
    """What a runner must know to run a version: nothing of who or why.

    The image by its id, for where it was built, and by its place in a registry, for elsewhere; the model's file by its
    path and by its blob, likewise.
    """

    id: str
    image_id: str
    model_file: Path
    manifest: Json
    environment_id: str = ""
    image_reference: str | None = None
    model_blob: str = ""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a container ended. `exit_code` is None while it is not known."""

    exit_code: int | None
    out_of_memory: bool


class ImageGone(Exception):
    """Somebody has removed the image from the engine."""


class Runner(Protocol):
    """Containers of model versions, one per version, in run folders. Contract: runtime-images/CONTRACT.md."""

    def start(self, version: RunnableVersion) -> Path:
        """Start a container, or give the model to one that waits, and wait until it answers; its run folder.

        Raises ImageGone, ModelNotLoadable, ModelOutOfMemory, ModelDied, BlobUnavailable, BuilderUnavailable.
        """
        ...

    def warm(self, like: RunnableVersion, order: Json) -> Path:
        """Start a container of that version's image that imports what `order` names (warm.json) and waits for a model.

        Raises what `start` raises: an image's runtime may be too old to wait.
        """
        ...

    def waiting(self) -> dict[Path, str]:
        """Run folder → image id of every container that has no model yet."""
        ...

    def running(self) -> dict[str, Path]:
        """Version id → run folder of every container of this lake that is up."""
        ...

    def idle(self) -> dict[str, float]:
        """Version id → seconds since its container's last answer, or start; infinite for one that is gone, or lies."""
        ...

    def renew(self) -> None:
        """Renew the leases of all that run here, so that they do not end themselves."""
        ...

    def end(self, version_id: str | None, folder: Path) -> None:
        """Stop and remove the version's container if it is the one of this run folder; else nothing happens.

        None: a container that has no model yet.
        """
        ...

    def ending(self, folder: Path, wait_seconds: float) -> Ending:
        """How the container of this run folder ended; waits a little for the news."""
        ...

    def close(self) -> None:
        """Stop and remove every container of this lake."""
        ...


@dataclass(frozen=True, slots=True)
class Count:
    """One figure of the lake, `what` it is, and the (name, value) of what it is counted by."""

    name: str
    what: str
    labels: tuple[tuple[str, str], ...]
    figure: float


class Census(Protocol):
    def counts(self) -> Iterable[Count]:
        """How much of everything there is now."""
        ...


@dataclass(frozen=True, slots=True)
class Runtimes:
    """The base images that are there, and by language the recipe by which environments are built on them."""

    bases: tuple[Base, ...]
    recipes: Mapping[str, Recipe]


class Desk(Protocol):
    """The lease desk, as the web process sees it: it grants a container for a version."""

    def lease(self, version_id: str) -> Path:
        """The run folder of a container that answers for the version, started now if there is none.

        When the version's image is gone, a job begins to make it again, and EnvironmentNotReady names it.
        Raises what `Runner.start` raises, CapacityExceeded, EnvironmentNotReady and NotFound.
        """
        ...

    def end(self, version_id: str, folder: Path) -> None:
        """End the container of this run folder; a newer one of the version is left alone."""
        ...

    def ending(self, folder: Path) -> Ending: ...

    def rebuild(self, version_id: str) -> str | None:
        """The job that makes the image of a ready version again, begun now; None when the image is there."""
        ...

    def runtimes(self) -> Runtimes:
        """What environments can be built on."""
        ...


class Doctor(Protocol):
    """The worker's doctor, as the web process sees it: looks at an environment and builds nothing."""

    def examine(self, spec: EnvironmentSpec, base: Base) -> Json:
        """A verdict as `builders.verdict.Verdict.to_json` writes it.

        Raises LakeBusy, RuntimeNotReady and BuilderUnavailable.
        """
        ...
