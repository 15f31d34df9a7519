"""Uploading a model: check everything that is cheap to check, keep the bytes, and have the rest done by a job."""

import hashlib
import io
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from builders.bases import BaseChoice, choose_base
from builders.errors import InvalidSpec, NoSuchRuntime
from builders.identity import Recipe, spec_digest
from builders.parse import LANGUAGES, parse_environment
from builders.spec import EnvironmentSpec, ParsedSpec
from registry.domain.access import Right, Thing
from registry.domain.entities import Dataset, JobState, Json, ModelVersion, Outcome, Resolution, State, User, now
from registry.domain.errors.access import Forbidden
from registry.domain.errors.invalid import InvalidEnvironment, InvalidInput, InvalidRequest
from registry.domain.errors.state import NotFound
from registry.domain.found_tags import found_tags, main_packages
from registry.domain.ports.blobs import Blobs
from registry.domain.ports.desk import Desk
from registry.domain.ports.models import Models
from registry.domain.schema import Schema
from registry.domain.task import Task, find_task
from registry.domain.version_hash import version_hash
from registry.services.access import AccessService
from registry.services.datasets import DatasetService
from registry.services.golden import GoldenRows
from registry.services.staging import StagedTable

_WHAT_TO_SEND = {"r": "Send what the R client sends of the session that made the model, or that session's renv.lock."}
_SAID = {
    Outcome.KNOWN: "has the same content: no new one was made.",
    Outcome.RESTORED: "has the same content, and had been deleted: it is restored.",
    Outcome.RETRIED: "has the same content, and could not be prepared: that is tried again.",
}


@dataclass(frozen=True, slots=True)
class UploadRequest:
    """What a client says of the model that it uploads. `dataset` is a hash, when the data are in the lake already.

    `together` false: its questions are never answered several in one call.
    """

    name: str
    description: str
    target: str
    flavour: str
    format: str
    language_version: str
    language: str = "python"
    model_class: str = ""
    tags: Sequence[str] = ()
    data_name: str = ""
    data_description: str = ""
    dataset: str | None = None
    system: Json = field(default_factory=dict)
    together: bool = True


@dataclass(frozen=True, slots=True)
class UploadParts:
    """The contents that come with it. `data` is the training data, with the target's column.

    `requirements_name` is the name of the file of requirements, a hint at its form.
    """

    model: BinaryIO
    requirements: bytes
    data: StagedTable | None
    golden: bytes | None
    requirements_name: str = ""


@dataclass(frozen=True, slots=True)
class Accepted:
    """An upload that is now the lake's to prepare; or, when `is_begun` is false, that it had prepared before."""

    model: str
    version: int
    version_id: str
    job: str
    state: JobState
    is_begun: bool
    notes: list[str]


class UploadService:
    """Takes uploads. Nothing of the model is opened here."""

    def __init__(
        self, models: Models, datasets: DatasetService, access: AccessService, blobs: Blobs, desk: Desk
    ) -> None:
        self._models = models
        self._datasets = datasets
        self._access = access
        self._blobs = blobs
        self._desk = desk

    def upload(self, user: User, request: UploadRequest, parts: UploadParts) -> Accepted:
        """Raises the caller family (spec, data, golden rows, ownership, size), and BuilderUnavailable."""
        owner_id, owner = self._owner(user, request.name)
        parsed = read_requirements(
            parts.requirements, request.language, request.language_version, parts.requirements_name
        )
        runtimes = self._desk.runtimes()
        choice = choose(parsed.spec, runtimes.bases)
        inputs = _inputs(self._schema(user, request, parts), request.target)
        golden = None if parts.golden is None else GoldenRows.parse(parts.golden, inputs)

        dataset = self._dataset(user, request, parts)
        task = _task(dataset, request.target, request.model_class, golden)
        model_blob, size = self._blobs.put(parts.model, what="model")
        requirements_blob, _ = self._blobs.put(io.BytesIO(parts.requirements))
        golden_blob = None if parts.golden is None else self._blobs.put(io.BytesIO(parts.golden))[0]

        notes = [f"{repair.text}: {repair.action}; {repair.reason}" for repair in parsed.repairs]
        notes += [choice.note] if choice.note else []
        resolution = _resolution(parsed, choice, runtimes.recipes[choice.base.language])
        version = ModelVersion(
            id=uuid.uuid4().hex,
            model=request.name,
            owner=owner,
            owner_id=owner_id,
            number=0,
            description=request.description,
            target=request.target,
            tags=[*request.tags],
            flavour=request.flavour,
            format=request.format,
            model_class=request.model_class,
            language=request.language,
            language_version=request.language_version,
            inputs=inputs.to_json(),
            outputs=[],
            content_hash=version_hash(
                model=model_blob,
                format=request.format,
                flavour=request.flavour,
                language=request.language,
                environment=spec_digest(parsed.spec),
                dataset=dataset.hash,
                target=request.target,
                inputs=inputs.to_json(),
            ),
            task=None if task is None else task.kind,
            classes=None if task is None else task.classes,
            found_tags=_found_tags(request, task, parsed.spec),
            model_blob=model_blob,
            model_bytes=size,
            golden_blob=golden_blob,
            requirements_blob=requirements_blob,
            dataset_hash=dataset.hash,
            dataset_name=request.data_name,
            resolution_key=resolution.key,
            environment_id=None,
            image_id=None,
            state=State.PENDING,
            problem=None,
            notes=notes,
            system=request.system,
            created_at=now(),
            together=None if request.together else False,
        )
        job = uuid.uuid4().hex
        added = self._models.add_version(version, resolution, job)
        if added.outcome in _SAID:
            notes = [f"Version {added.number} {_SAID[added.outcome]}", *notes]
        rebuild = self._desk.rebuild(added.version_id) if added.job_state.is_over else None
        if rebuild is not None:
            notes.append("Its image had been removed from the engine: it is made again.")
        return Accepted(
            model=request.name,
            version=added.number,
            version_id=added.version_id,
            job=rebuild or added.job,
            state=JobState.QUEUED if rebuild else added.job_state,
            is_begun=rebuild is not None or added.job == job,
            notes=notes,
        )

    def _owner(self, user: User, name: str) -> tuple[int, str]:
        """Whose model it is, or will be: names are the lake's, so one that is taken is told even when it is hidden.

        Raises Forbidden; Deleted for a name that is still to be restored, by its owner or not at all.
        """
        try:
            known = self._models.model(name)
        except NotFound:
            return user.id, user.name
        if known.owner_id != user.id and not user.is_admin:
            raise Forbidden(f"The model {name!r} is another user's.", next="Choose another name.")
        return known.owner_id, known.owner

    def _schema(self, user: User, request: UploadRequest, parts: UploadParts) -> Schema:
        if parts.data is not None:
            return parts.data.schema
        if request.dataset is not None:
            self._access.require(user, Right.SEE, Thing.DATASET, request.dataset)
            return Schema.from_json(self._datasets.get(request.dataset).schema)
        raise _no_data()

    def _dataset(self, user: User, request: UploadRequest, parts: UploadParts) -> Dataset:
        if parts.data is not None:
            return self._datasets.add(user, parts.data, request.data_name, request.data_description)
        if request.dataset is not None:
            return self._datasets.get(request.dataset)
        raise _no_data()


def read_requirements(text: bytes, language: str, version: str, filename: str = "") -> ParsedSpec:
    """Raises InvalidEnvironment with every line that cannot be used."""
    if language not in LANGUAGES:
        known = " or ".join(LANGUAGES)
        raise InvalidEnvironment(f"Models in {language!r} cannot be taken.", next=f"Set `language` to {known}.")
    try:
        return parse_environment(language, text.decode("utf-8-sig"), version=version, filename=filename)
    except UnicodeDecodeError as error:
        raise InvalidEnvironment("The requirements are not UTF-8 text.") from error
    except InvalidSpec as error:
        problems = [{"line": each.line, "text": each.text, "reason": each.reason} for each in error.problems]
        raise InvalidEnvironment(
            f"The requirements cannot be used: {error}", next=_WHAT_TO_SEND.get(language, ""), problems=problems
        ) from error


def choose(spec: EnvironmentSpec, bases: Sequence[object]) -> BaseChoice:
    """Raises InvalidEnvironment, with what there is, when no base image fits."""
    try:
        return choose_base(spec.language, spec.version, bases)  # type: ignore[arg-type]
    except NoSuchRuntime as error:
        raise InvalidEnvironment(
            str(error),
            next=f"Use one of {', '.join(error.available) or '(none)'}, or ask the operator to install it.",
            available=[*error.available],
        ) from error


def _resolution(parsed: ParsedSpec, choice: BaseChoice, recipe: Recipe) -> Resolution:
    """The resolution that this spec has on this base by this recipe; its key is the same for the same three."""
    base = choice.base
    decides = json.dumps([spec_digest(parsed.spec), base.image_id, recipe.name, recipe.runtime_digest])
    return Resolution(
        key=f"sha256:{hashlib.sha256(decides.encode()).hexdigest()}",
        spec=parsed.spec.to_json(),
        base={"language": base.language, "version": base.version, "image": base.image, "image_id": base.image_id},
        state=State.PENDING,
        attempt=1,
        environment_id=None,
        repairs=[repair.to_json() for repair in parsed.repairs],
        problem=None,
    )


def _no_data() -> InvalidRequest:
    return InvalidRequest(
        "The training data are missing: the columns that the model takes are read from them.",
        next="Send the part `data`, or name a stored dataset's hash in `dataset`.",
    )


def _task(dataset: Dataset, target: str, model_class: str, golden: GoldenRows | None) -> Task | None:
    fields = Schema.from_json(dataset.schema).fields
    place = [field.name for field in fields].index(target)
    prob = None if golden is None else golden.answers.get("prob")
    return find_task(
        fields[place],
        model_class,
        probabilities=None if prob is None else len(prob.columns),
        distinct=None if dataset.statistics is None else dataset.statistics[place]["unique"],
    )


def _found_tags(request: UploadRequest, task: Task | None, spec: EnvironmentSpec) -> list[str]:
    pinned = {pin.name: pin.version for pin in spec.pins}
    packages = main_packages(request.language, request.flavour, request.model_class, pinned)
    return found_tags(request.language, request.flavour, request.model_class, task, [*packages])


def _inputs(schema: Schema, target: str) -> Schema:
    """The columns that the model takes: all of the training data's but the target."""
    names = [field.name for field in schema.fields]
    if target not in names:
        raise InvalidInput(
            f"The training data have no column {target!r}, the target; they have {', '.join(names)[:500]}.",
            column=target,
            expected="a column of the training data",
        )
    return Schema(tuple(field for field in schema.fields if field.name != target))
