"""The worker process: the only one that speaks to Docker. Durable jobs, the lease desk, and keeping house."""

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from builders.build_cache import BuildCache
from builders.buildx import Buildx
from builders.docker_builder import DockerBuilder
from builders.docker_images import DockerImages
from builders.errors import BuilderError
from builders.packages import PackageStore
from builders.recipes import RUNTIME_IMAGES
from builders.runtimes import install_base
from builders.site import SiteSettings
from registry import home
from registry.analysis.process import AnalysisProcess, interpreter
from registry.blobs.stores import open_blobs
from registry.db.accounts import SqlAccounts
from registry.db.audits import SqlAudits
from registry.db.datasets import SqlDatasets
from registry.db.deletion import SqlDeletions
from registry.db.engine import connect
from registry.db.environments import SqlEnvironments
from registry.db.explanations import SqlExplanations
from registry.db.jobs import SqlJobs
from registry.db.models import SqlModels
from registry.db.upkeep import SqlUpkeep
from registry.db.warmth import SqlWarmth
from registry.disk import disk_of, engine_folder
from registry.domain.entities import JobKind, now
from registry.domain.errors.families import WelesError
from registry.domain.ports.blobs import Blobs
from registry.domain.signature import key
from registry.jobs import spool
from registry.jobs.audit import AuditWork
from registry.jobs.batch import BatchPredictions
from registry.jobs.explain import ExplanationWork
from registry.jobs.first_look import FirstLook
from registry.jobs.preparation import Preparation
from registry.jobs.work import Do, Work
from registry.jobs.workflows import JobRunner
from registry.runners.channel import Channel, ContainerGone
from registry.runners.desk import LeaseDesk
from registry.runners.desk_client import DESK
from registry.runners.desk_server import DeskServer
from registry.runners.docker import DockerRunner
from registry.runners.engine import docker_client
from registry.runners.run_folder import RunFolders
from registry.runners.uses import Uses
from registry.services import examination
from registry.services.datasets import DatasetService
from registry.services.predict import Prediction
from registry.services.pruning import PruningService
from registry.services.purge import Purge
from registry.services.rebuild import Rebuild
from registry.services.watermarks import DiskKeeper
from registry.settings import Settings

if TYPE_CHECKING:
    import docker

    from registry.runners.kubernetes import KubernetesRunner

_log = logging.getLogger(__name__)
_LOOK_FOR_JOBS_SECONDS = 0.2
_LOOK_FOR_LOST_SECONDS = 15.0
_PING_SECONDS = 2.0
_WARM_SECONDS, _KEEP_SECONDS = 1.0, 5.0
_CLEAN_SECONDS, _FREE_SECONDS = 5.0, 3600.0
_LOOK_AT_DISK_SECONDS = 10.0


class Worker:
    """Everything that runs beside the web process, put together."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lake = home.prepare(settings)
        self._lock = home.only_worker(settings)
        self._channel = Channel()
        self._engine = connect(settings.database)
        self._client = client = docker_client(settings)
        models, blobs = SqlModels(self._engine), open_blobs(settings)
        environments, upkeep = SqlEnvironments(self._engine), SqlUpkeep(self._engine)
        self._uses = Uses(upkeep, lambda version_id: models.version_by_id(version_id).environment_id)
        self._jobs = SqlJobs(self._engine)
        self._kept_warm = SqlWarmth(self._engine)
        self._runner = self._choose_runner(client, blobs)
        build = partial(
            DockerBuilder,
            client,
            store=PackageStore(settings.packages_folder),
            site=SiteSettings.from_host(os.environ),
            lake=self._lake,
            runtimes_folder=RUNTIME_IMAGES,
            registry=settings.image_registry,
            buildx=_buildx(settings),
        )
        cache = BuildCache(client, settings.build_cache_bytes)
        builder = build(timeout_seconds=settings.build_seconds, cache=cache)
        recipes = builder.recipes()
        self._desk = desk = LeaseDesk(
            runner=self._runner,
            models=models,
            environments=environments,
            blobs=blobs,
            builder=builder,
            recipes=recipes,
            limit=settings.max_containers,
            answers=self._answers,
            modules=self._modules,
            prewarmed=0 if settings.runner == "kubernetes" else settings.prewarmed,
            recent_seconds=settings.idle_seconds,
            rebuild=Rebuild(models, self._jobs),
            uses=self._uses,
        )
        prediction = Prediction(
            RunFolders(settings.run_folder),
            self._channel,
            desk,
            seconds=settings.prediction_seconds,
            queue_seconds=settings.queue_seconds,
            memory_bytes=settings.container_memory,
        )
        preparation = Preparation(
            models=models,
            environments=environments,
            jobs=self._jobs,
            blobs=blobs,
            builder=builder,
            recipes=recipes,
            prediction=prediction,
            looks=FirstLook(prediction, DatasetService(SqlDatasets(self._engine), blobs, settings.incoming_folder)),
            upkeep=upkeep,
            build_seconds=settings.build_seconds,
        )
        self._purge = Purge(SqlDeletions(self._engine), blobs, prediction, grace_seconds=settings.grace_seconds)
        self._pruning = PruningService(DockerImages(client, self._lake), upkeep)
        self._job_runner = JobRunner(
            settings.jobs_database,
            preparation,
            Work(self._jobs, models, self._other_kinds(prediction, blobs)),
            executor=self._lake,
            builds_at_once=settings.builds_at_once,
            jobs_at_once=settings.jobs_at_once,
        )
        # Somebody waits for the doctor's answer: it gives up sooner than a build.
        examiner = build(timeout_seconds=min(settings.build_seconds, examination.SECONDS), patient=False)
        doctor = examination.Examination(examiner, environments, recipes)
        desk_key = key(settings.secret, DESK).hex() if settings.desk_port else ""
        self._desk_server = DeskServer(desk, doctor, settings.desk_socket, settings.desk_port, desk_key)

    def _choose_runner(self, client: "docker.DockerClient", blobs: Blobs) -> "DockerRunner | KubernetesRunner":
        settings = self._settings
        if settings.runner == "docker":
            return DockerRunner(client, self._lake, settings)
        from registry.runners.cluster import cluster
        from registry.runners.kubernetes import KubernetesRunner

        api, namespace = cluster(settings)
        return KubernetesRunner(api, namespace, self._lake, settings, blobs)

    def _other_kinds(self, prediction: Prediction, blobs: Blobs) -> Mapping[JobKind, Do]:
        """What does the jobs of each kind but preparation."""
        settings = self._settings
        datasets = DatasetService(SqlDatasets(self._engine), blobs, settings.incoming_folder)
        analysis = AnalysisProcess(
            interpreter(settings.analysis_python), settings.analysis_seconds, settings.analysis_cache
        )
        accounts, spools = SqlAccounts(self._engine), settings.spools_folder
        return {
            JobKind.PREDICT: BatchPredictions(prediction, datasets, accounts, spools),
            JobKind.AUDIT: AuditWork(prediction, datasets, SqlAudits(self._engine), analysis),
            JobKind.EXPLAIN: ExplanationWork(prediction, datasets, SqlExplanations(self._engine), analysis),
        }

    def run(self) -> None:
        """Work until SIGTERM or SIGINT; then stop at once and leave no container behind."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        self._runner.open()
        self._job_runner.start()
        self._desk_server.start()
        for name, look_after in (
            ("purge", self._clean),
            ("disk", self._watch_disk),
            ("warm ahead", self._warm_ahead),
            ("runtimes", self._install_runtimes),
        ):
            threading.Thread(target=look_after, name=name, daemon=True).start()
        self._keep_house()

    def _keep_house(self) -> None:
        given: set[str] = set()
        looked = renewed = 0.0
        while True:
            try:
                # Before the jobs: who has a spool by now is among them, though another worker began it.
                spools = spool.folders(self._settings.spools_folder)
                # A job is a row written together with what it is about: whatever was accepted is found here.
                unfinished = self._jobs.unfinished()
                for job in unfinished:
                    if job.id not in given:
                        self._job_runner.run(job)
                given = {job.id for job in unfinished}
                if time.monotonic() - looked > _LOOK_FOR_LOST_SECONDS:
                    looked = time.monotonic()
                    self._job_runner.give_up_the_lost(unfinished)
                    spool.remove_all_but(spools, given)
                if time.monotonic() - renewed > self._settings.lease_seconds / 6:
                    renewed = time.monotonic()
                    self._runner.renew()
                    self._uses.look(self._runner.idle())
            except Exception:
                # A database or an engine that is away for a moment is no reason to stop looking after the rest.
                _log.exception("keeping house")
            time.sleep(_LOOK_FOR_JOBS_SECONDS)

    def _clean(self) -> None:
        """Beside the rest: large files take their time, and leases must be renewed meanwhile."""
        freed, due = -_FREE_SECONDS, False
        while True:
            try:
                self._purge.end_deleted()
                due = due or self._purge.purge() > 0 or time.monotonic() - freed > _FREE_SECONDS
                if due:
                    with home.may_free(self._settings) as may:
                        if may:
                            self._purge.free()
                            due, freed = False, time.monotonic()
            except Exception:
                _log.exception("cleaning up")
            time.sleep(_CLEAN_SECONDS)

    def _warm_ahead(self) -> None:
        """Beside the rest: importing packages takes seconds."""
        kept = 0.0
        while True:
            time.sleep(_WARM_SECONDS)
            try:
                self._desk.warm_ahead()
                if time.monotonic() - kept > _KEEP_SECONDS:
                    kept = time.monotonic()
                    self._desk.keep(self._kept_warm.versions(now()), self._use)
            except WelesError as error:
                _log.warning("warming ahead: %s", error)
            except Exception:
                _log.exception("warming ahead")

    def _use(self, folder: Path) -> None:
        """Count as a use of what is kept warm. What is gone meanwhile is started again."""
        with suppress(ContainerGone):
            self._channel.call(folder, {"op": "hello"}, timeout=_PING_SECONDS)

    def _modules(self, folder: Path) -> object:
        """What the model's packages have imported there, as the runtime says; None of one that cannot say it."""
        try:
            return self._channel.call(folder, {"op": "modules"}, timeout=_PING_SECONDS).header.get("modules")
        except (ContainerGone, WelesError):
            return None

    def _watch_disk(self) -> None:
        """Prune images whenever the engine's disk is too full; by default nobody looks."""
        marks = self._settings.watermarks
        if marks is None:
            return
        keeper: DiskKeeper | None = None
        while True:
            try:
                if keeper is None:
                    folder = engine_folder(self._client.info().get("DockerRootDir", ""), self._settings.home)
                    keeper = DiskKeeper(marks, partial(disk_of, folder), self._pruning)
                keeper.look()
            except Exception:
                _log.exception("keeping the disk below its mark")
            time.sleep(_LOOK_AT_DISK_SECONDS)

    def _install_runtimes(self) -> None:
        """Make the interpreters that the settings name and that are missing; the lake is up meanwhile."""
        for language, version in self._settings.wanted_runtimes:
            try:
                base = install_base(self._client, language, version, _LoggedReport())
                _log.info("%s %s is there: %s", language, version, base.image)
            except BuilderError as error:
                _log.error("%s %s cannot be made: %s", language, version, error)

    def _answers(self, folder: Path) -> bool:
        """Somebody answers in the run folder. One that is too busy to do so at once is there."""
        try:
            self._channel.call(folder, {"op": "ping"}, timeout=_PING_SECONDS)
        except ContainerGone:
            return False
        except WelesError:
            return True
        return True

    def _stop(self, *_: object) -> None:
        """Become the program that removes the containers.

        Jobs must not see their containers go, or they would end as failed: with the process replaced nothing runs any
        more, and what was under way goes on at the next start, as after a crash. Pods are left to the next worker: if
        none comes, they lose their leases and end.
        """
        if self._settings.runner == "kubernetes":
            os._exit(0)
        os.execv(  # noqa: S606 (no shell is wanted)
            sys.executable, [sys.executable, "-m", "registry.runners.sweep", self._settings.docker_host, self._lake]
        )


def _buildx(settings: Settings) -> Buildx | None:
    certificates = Path(settings.builder_certificates) if settings.builder_certificates else None
    return Buildx(settings.builder, certificates) if settings.builder else None


class _LoggedReport:
    """A base image's progress in the worker's log."""

    def phase(self, name: str, fraction: float, detail: str) -> None:
        _log.info("%s: %s", name, detail)

    def log(self, line: str) -> None:
        _log.debug("%s", line)
