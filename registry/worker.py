"""The worker process: the only one that speaks to Docker. Durable jobs, the lease desk, and keeping house."""

import logging
import os
import signal
import sys
import time

from builders.docker_builder import DockerBuilder
from builders.packages import PackageStore
from builders.recipes import RUNTIME_IMAGES
from builders.site import SiteSettings
from registry import home
from registry.blobs.filesystem import FilesystemBlobs
from registry.db.engine import connect
from registry.db.environments import SqlEnvironments
from registry.db.jobs import SqlJobs
from registry.db.models import SqlModels
from registry.jobs.preparation import Preparation
from registry.jobs.workflows import JobRunner
from registry.runners.channel import Channel
from registry.runners.desk import LeaseDesk
from registry.runners.desk_server import DeskServer
from registry.runners.docker import DockerRunner
from registry.runners.engine import docker_client
from registry.services.predict import Prediction
from registry.settings import Settings

_log = logging.getLogger(__name__)
_LOOK_FOR_JOBS_SECONDS = 0.2


class Worker:
    """Everything that runs beside the web process, put together."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lake = home.prepare(settings)
        self._engine = connect(settings.database)
        client = docker_client(settings)
        models, blobs = SqlModels(self._engine), FilesystemBlobs(settings.blobs_folder)
        self._jobs = SqlJobs(self._engine)
        self._runner = DockerRunner(client, self._lake, settings)
        builder = DockerBuilder(
            client,
            store=PackageStore(settings.packages_folder),
            site=SiteSettings.from_host(os.environ),
            lake=self._lake,
            runtimes_folder=RUNTIME_IMAGES,
            timeout_seconds=settings.build_seconds,
        )
        recipe = builder.recipe()
        desk = LeaseDesk(
            runner=self._runner,
            models=models,
            blobs=blobs,
            builder=builder,
            recipe=recipe,
            limit=settings.max_containers,
        )
        prediction = Prediction(
            settings.run_folder,
            Channel(),
            desk,
            seconds=settings.prediction_seconds,
            memory_bytes=settings.container_memory,
        )
        preparation = Preparation(
            models=models,
            environments=SqlEnvironments(self._engine),
            jobs=self._jobs,
            blobs=blobs,
            builder=builder,
            recipe=recipe,
            prediction=prediction,
        )
        self._job_runner = JobRunner(
            settings.jobs_database, preparation, executor=self._lake, builds_at_once=settings.builds_at_once
        )
        self._desk_server = DeskServer(desk, settings.desk_socket)

    def run(self) -> None:
        """Work until SIGTERM or SIGINT; then stop at once and leave no container behind."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        self._runner.open()
        self._job_runner.start()
        self._desk_server.start()
        self._keep_house()

    def _keep_house(self) -> None:
        given: set[str] = set()
        renewed = 0.0
        while True:
            # A job is a row written together with its version: whatever was accepted is found here, sooner or later.
            unfinished = self._jobs.unfinished()
            for job_id, version_id in unfinished:
                if job_id not in given:
                    self._job_runner.prepare(job_id, version_id)
                    given.add(job_id)
            given.intersection_update(job_id for job_id, _ in unfinished)
            if time.monotonic() - renewed > self._settings.lease_seconds / 6:
                self._runner.renew()
                renewed = time.monotonic()
            time.sleep(_LOOK_FOR_JOBS_SECONDS)

    def _stop(self, *_: object) -> None:
        """Become the program that removes the containers.

        Jobs must not see their containers go, or they would end as failed: with the process replaced nothing runs any
        more, and what was under way goes on at the next start, as after a crash.
        """
        os.execv(  # noqa: S606 (no shell is wanted)
            sys.executable, [sys.executable, "-m", "registry.runners.sweep", self._settings.docker_host, self._lake]
        )
