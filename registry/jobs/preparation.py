"""The steps that make an uploaded version ready: acquire its packages, build its environment, verify its answers.

Each step may be run again after a crash and then does only what is missing. Outcomes are data: `{"problem": …}`
when the environment or the model is at fault. What is the lake's own fault is tried again for a while first.
"""

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from builders.bases import Base
from builders.built_image import BuiltImage
from builders.errors import BuilderUnavailable as EngineUnavailable
from builders.errors import BuildFailed, Unwanted
from builders.identity import Recipe, environment_id
from builders.loading_failures import diagnose_loading
from builders.lock import Lock
from builders.packages import PackageMissing
from builders.spec import EnvironmentSpec
from builders.watch import Watch
from registry.domain.entities import Environment, JobState, Json, ModelVersion, Phase, Shown, State, now
from registry.domain.errors.document import from_document
from registry.domain.errors.families import LakeError, WelesError
from registry.domain.errors.invalid import EnvironmentFailed
from registry.domain.errors.lake import LakeFailed
from registry.domain.errors.model import AnswersDiffer, ModelNotLoadable
from registry.domain.errors.state import Cancelled, NotFound
from registry.domain.found_tags import found_tags, main_packages
from registry.domain.ports.blobs import Blobs
from registry.domain.ports.environments import Environments
from registry.domain.ports.images import ImageBuilder
from registry.domain.ports.jobs import Jobs
from registry.domain.ports.models import Models
from registry.domain.schema import Schema
from registry.domain.task import Task, TaskKind
from registry.domain.upkeep import UpkeepRecords
from registry.jobs.first_look import FirstLook
from registry.jobs.report import SPAN, JobReport
from registry.services.examination import unavailable
from registry.services.golden import GoldenRows, differences
from registry.services.predict import Prediction
from registry.tables.table import Table

_log = logging.getLogger(__name__)
_PAUSES = (1.0, 4.0, 10.0)
# Asking again after some seconds does not help.
_NEEDS_THE_OPERATOR = frozenset({"tls", "unauthorised"})
_PATIENCE_SECONDS = 300.0
_ROWS_ALONE = 5
_Result = TypeVar("_Result")
_SEND_ALL = (
    "The environment has only the packages that the model names, and what they need. If one is missing, upload with "
    'environment="freeze", which sends all of your session.'
)
_FAILED = LakeFailed("The worker failed while it made this environment; its log says more.").to_document()


class Preparation:
    """The steps, with what they need. They know nothing of how they are scheduled."""

    def __init__(
        self,
        *,
        models: Models,
        environments: Environments,
        jobs: Jobs,
        blobs: Blobs,
        builder: ImageBuilder,
        recipes: Mapping[str, Recipe],
        prediction: Prediction,
        looks: FirstLook,
        upkeep: UpkeepRecords,
        build_seconds: float,
    ) -> None:
        self._models = models
        self._environments = environments
        self._jobs = jobs
        self._blobs = blobs
        self._builder = builder
        self._recipes = recipes
        self._prediction = prediction
        self._looks = looks
        self._upkeep = upkeep
        self._build_seconds = build_seconds

    def begin(self, job_id: str, version_id: str) -> tuple[str, int] | None:
        """Mark the job running; (key, attempt) of the resolution to go by, a failed one begun anew.

        None when the job is over: it was cancelled.
        """
        if not self._jobs.update(job_id, JobState.RUNNING, Phase.RESOLVE, 0, "looking at the environment"):
            return None
        version = self._models.version_by_id(version_id)
        resolution = self._environments.resolution(version.resolution_key)
        if resolution.state is State.FAILED:
            resolution = self._environments.retry_resolution(resolution)
        return resolution.key, resolution.attempt

    def acquire(self, key: str) -> Json:
        """Resolve the spec and have every package in the store: {"environment": id, "seconds": spent on it}, or
        {"problem": …}, with "unwanted" when it was stopped because nobody waited for it any more."""
        resolution = self._environments.resolution(key)
        if resolution.state is State.READY:
            return {"environment": resolution.environment_id, "seconds": 0.0}
        base, watch = Base(**resolution.base), self._watch(key)
        with JobReport(self._jobs, key) as report:
            _say_which_attempt(report, resolution.attempt)

            def resolve_and_fetch() -> Json:
                resolved = self._builder.resolve(EnvironmentSpec.from_json(resolution.spec), base, report, watch)
                lock = self._builder.fetch(resolved, base, report, watch)
                identity = environment_id(lock, base, self._recipes[base.language])
                repairs = [*resolution.repairs, *(repair.to_json() for repair in resolved.repairs)]
                # It is the text that will be built: the id, which `build` checks, covers all that decides it.
                dockerfile = self._builder.dockerfile(lock, base)
                self._environments.resolved(key, _pending(identity, lock, resolution.base, dockerfile), repairs)
                return {"environment": identity, "seconds": watch.spent}

            return self._outcome(report, resolve_and_fetch, lambda it: self._environments.resolution_failed(key, it))

    def begin_build(self, key: str, environment: str) -> int | None:
        """The attempt to build by; None when the image is there, ready to be used."""
        known = self._environments.environment(environment)
        if known.state is State.READY:
            there = self._builder.exists(environment)
            if there is not None and there.reference == known.image_reference:
                return None
        if known.state is not State.PENDING:
            # It failed; or its image was removed, or the registry is another one now: it can be made again, or
            # delivered there.
            known = self._environments.retry_environment(known)
        return known.attempt

    def give_up_acquiring(self, key: str) -> None:
        """The attempt ended without a result: let the next upload begin another."""
        self._environments.resolution_failed(key, _FAILED)

    def give_up_building(self, environment: str) -> None:
        """As `give_up_acquiring`, for the build."""
        self._environments.environment_failed(environment, _FAILED)

    def build(self, key: str, environment: str, spent: float = 0.0) -> Json:
        """Build the environment's image from the package store: {"image": id}, or a problem as `acquire` gives.

        `spent`: seconds that acquiring took: the time limit is for both together.
        """
        known = self._environments.environment(environment)
        base, lock = Base(**known.base), Lock.from_json(known.lock)
        watch = self._watch(environment, spent)
        with JobReport(self._jobs, environment) as report:
            _say_which_attempt(report, known.attempt)

            def build() -> Json:
                image = self._build_once(environment, lock, base, key, report, watch)
                self._environments.environment_is_ready(
                    environment,
                    image_id=image.image_id,
                    tag=image.tag,
                    size=image.bytes,
                    installed=image.installed,
                    reference=image.reference,
                )
                if image.seconds is not None:
                    self._upkeep.built(environment, image.seconds)
                return {"image": image.image_id}

            return self._outcome(report, build, lambda it: self._environments.environment_failed(environment, it))

    def verify(self, job_id: str, version_id: str, environment: str) -> Json:
        """Load the model in its image and replay the golden rows: {} (also when it was cancelled) or {"problem": …}."""
        begin = SPAN[Phase.VERIFY][0]
        if not self._jobs.update(job_id, JobState.RUNNING, Phase.VERIFY, begin, "loading the model in its image"):
            return {}
        version = self._models.version_by_id(version_id)
        known = self._environments.environment(environment)
        resolution = self._environments.resolution(version.resolution_key)
        self._models.version_builds_on(version_id, environment_id=environment, image_id=str(known.image_id))
        try:
            shown = _patiently(lambda: self._replay(job_id, version))
        except WelesError as error:
            return {"problem": _with_advice(error, version).to_document()}
        notes = [*version.notes]
        notes += [f"{each['text']}: {each['action']}; {each['reason']}" for each in resolution.repairs]
        self._models.version_is_ready(
            version_id, shown, notes=[*dict.fromkeys(notes)], found_tags=_found_tags(version, known.installed)
        )
        return {}

    def finish(self, job_id: str, version_id: str, problem: Json | None) -> None:
        """Write down how it ended. A version that failed keeps no container, and no file if that is what was wrong.

        One that was ready before stays so, unless it answers otherwise now: what its image lacks can be mended.
        """
        if problem is None:
            self._jobs.update(job_id, JobState.SUCCEEDED, Phase.READY, 100, "ready")
            return
        try:
            job = self._jobs.get(job_id)
        except NotFound:
            # It was deleted and purged meanwhile.
            return
        if job.state.is_over:
            return
        error = from_document(problem)
        was_ready = self._models.version_by_id(version_id).state is State.READY
        if not was_ready or isinstance(error, AnswersDiffer):
            free_file = error.family == "model" and not was_ready
            self._models.version_failed(version_id, problem, free_file=free_file)
        self._jobs.update(job_id, JobState.FAILED, job.phase, job.percent, problem["detail"], problem)
        self._jobs.log(job_id, [f"failed: {problem['detail']}"])
        try:
            self._prediction.end(version_id)
        except WelesError as error:
            # It ends itself when it is idle: that it could not be ended now does not change what happened.
            _log.warning("the container of %s: %s", version_id, error)

    def _replay(self, job_id: str, version: ModelVersion) -> Shown:
        """Compare the image's answers with the creator's. Raises AnswersDiffer."""
        if version.golden_blob is None:
            self._prediction.warm(version.id)
            return self._looks.look(version)
        outputs: list[Json] = []
        classes, together = None, version.together
        with self._blobs.get(version.golden_blob) as file:
            golden = GoldenRows.parse(file.read(), Schema.from_json(version.inputs))
        for mode, expected in golden.answers.items():
            got = self._prediction.answer(version.id, mode, golden.rows)
            found = differences(expected, got)
            if found:
                raise AnswersDiffer(found, expected.rows)
            if mode == "exact":
                outputs = got.schema.to_json()
            else:
                classes = [*got.schema.names]
            self._jobs.log(job_id, [f"verify: {mode}: {got.rows} sample rows answered as in the creator's session"])
            if together is not False and got.rows > 1:
                together = self._answers_rows_alone(version.id, mode, golden.rows, got)
        return Shown(outputs, classes, together)

    def _answers_rows_alone(self, version_id: str, mode: str, rows: Table, together: Table) -> bool:
        """Whether the first rows are answered one at a time as they are in company."""
        for row in range(min(rows.rows, _ROWS_ALONE)):
            alone = self._prediction.answer(version_id, mode, rows.slice(row, row + 1))
            if differences(together.slice(row, row + 1), alone):
                return False
        return True

    def _watch(self, scope: str, spent: float = 0.0) -> Watch:
        """Over when the time for a build is up, or when no job waits for it any more."""

        def wanted() -> bool:
            try:
                return self._jobs.is_wanted(scope)
            except Exception:
                # A database that is away for a moment is no reason to stop.
                _log.exception("does somebody wait for %s?", scope)
                return True

        return Watch(max(0.0, self._build_seconds - spent), wanted, limit=self._build_seconds)

    def _build_once(
        self, environment: str, lock: Lock, base: Base, key: str, report: JobReport, watch: Watch
    ) -> BuiltImage:
        """Build; when the store has lost a package, get it again first."""
        try:
            return self._builder.build(environment, lock, base, report, watch)
        except PackageMissing as missing:
            report.log(f"{missing}: fetching it again")
            spec = EnvironmentSpec.from_json(self._environments.resolution(key).spec)
            self._builder.fetch(self._builder.resolve(spec, base, report, watch), base, report, watch)
            return self._builder.build(environment, lock, base, report, watch)

    def _outcome(self, report: JobReport, work: Callable[[], Json], failed: Callable[[Json], Any]) -> Json:
        """What `work` gives, or the problem that stopped it, which is also told to `failed`."""
        for pause in (*_PAUSES, None):
            try:
                return work()
            except BuildFailed as error:
                problem = EnvironmentFailed(error.diagnosis.to_json(), error.log_tail).to_document()
                break
            except Unwanted as error:
                report.log(f"stopped: {error}")
                problem = Cancelled("build").to_document()
                failed(problem)
                return {"problem": problem, "unwanted": True}
            except EngineUnavailable as error:
                if pause is None or (error.diagnosis and error.diagnosis.cause in _NEEDS_THE_OPERATOR):
                    problem = unavailable(error).to_document()
                    break
                report.log(f"{error.reason}: trying again in {pause:g} seconds")
                time.sleep(pause)
            except Exception as error:
                _log.exception("the outcome of a preparation's step")
                problem = LakeFailed(f"The worker failed ({type(error).__name__}); its log says more.").to_document()
                break
        failed(problem)
        return {"problem": problem}


def _patiently(work: Callable[[], _Result]) -> _Result:
    """What `work` gives; while the lake is at fault (every container busy, say) it is tried again for some minutes."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            return work()
        except LakeError:
            if time.monotonic() > deadline:
                raise
            time.sleep(1)


def _found_tags(version: ModelVersion, installed: Mapping[str, str]) -> list[str]:
    """With the main packages that are in the image; those of the upload were the ones that it declared."""
    task = None if version.task is None else Task(TaskKind(version.task), version.classes)
    packages = main_packages(version.language, version.flavour, version.model_class, installed)
    return found_tags(version.language, version.flavour, version.model_class, task, [*packages])


def _say_which_attempt(report: JobReport, attempt: int) -> None:
    """The log of those before is kept: this is where the next one begins."""
    if attempt > 1:
        report.log(f"attempt {attempt}")


def _with_advice(error: WelesError, version: ModelVersion) -> WelesError:
    """Where the client chose the packages by the model alone, one may be missing: say how to send them all."""
    if isinstance(error, ModelNotLoadable):
        told = error.fields
        diagnosis = diagnose_loading(told["error_class"], told["message"], told["traceback"])
        if diagnosis.cause != "unknown":
            told["diagnosis"] = diagnosis.to_json()
            error.next = diagnosis.suggestion
    if error.family == "model" and version.system.get("environment") == "model":
        error.next = f"{_SEND_ALL} {error.next}"
    return error


def _pending(identity: str, lock: Lock, base: Json, dockerfile: str) -> Environment:
    return Environment(
        id=identity,
        lock=lock.to_json(),
        base=base,
        state=State.PENDING,
        attempt=1,
        image_id=None,
        image_tag=None,
        image_bytes=None,
        installed={},
        problem=None,
        created_at=now(),
        dockerfile=dockerfile,
    )
