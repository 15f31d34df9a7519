"""The web process: the one place where its parts are put together. No Docker, no model code."""

from collections.abc import Callable
from typing import Any

from flask import Flask
from werkzeug.exceptions import HTTPException

from registry import __version__
from registry.api import access as sharing
from registry.api import (
    aliases,
    audits,
    cards,
    dataset_aliases,
    datasets,
    deletion,
    docs,
    environments,
    explanations,
    guard,
    jobs,
    lake,
    metrics,
    mlflow,
    models,
    multipart,
    open_inference,
    predictions,
    search,
    tokens,
    users,
    versions,
    warmth,
)
from registry.api.blueprint import LongPathText, PathText
from registry.api.openapi import DESCRIPTION, SECURITY, RulesPlugin
from registry.api.problems import ProblemApi, http_problem, problem
from registry.api.services import Services, register, services
from registry.blobs.stores import open_blobs
from registry.db.aliases import SqlAliases
from registry.db.audits import SqlAudits
from registry.db.census import SqlCensus
from registry.db.datasets import SqlDatasets
from registry.db.deletion import SqlDeletions
from registry.db.engine import connect
from registry.db.environments import SqlEnvironments
from registry.db.explanations import SqlExplanations
from registry.db.jobs import SqlJobs
from registry.db.memory import Memory, RememberingAccess, RememberingAccounts, RememberingModels
from registry.db.search import SqlSearch
from registry.db.warmth import SqlWarmth
from registry.domain.errors.families import WelesError
from registry.domain.ports.desk import Desk
from registry.domain.ports.doctor import Doctor
from registry.runners.channel import Channel
from registry.runners.desk_client import desk_client
from registry.runners.run_folder import RunFolders
from registry.services.access import AccessService
from registry.services.accounts import AccountService
from registry.services.aliases import AliasService
from registry.services.audit import AuditService
from registry.services.batch import BatchService
from registry.services.datasets import DatasetService
from registry.services.deletion import DeletionService
from registry.services.doctor import DoctorService
from registry.services.environments import EnvironmentService
from registry.services.explain import ExplanationService
from registry.services.fitting import FittingDatasets
from registry.services.login_limit import LoginLimit
from registry.services.model_texts import ModelTexts
from registry.services.predict import InputSchemas, Prediction
from registry.services.search import SearchService
from registry.services.upload import UploadService
from registry.services.warmth import WarmthService
from registry.settings import Settings

# Routes that take more than a few fields say so themselves.
_BODY_BYTES = 1 << 20
_FORM_BYTES = 8 << 20
_DESK_MARGIN_SECONDS = 30
_RESOURCES = (
    *(lake, environments, users, tokens, sharing, datasets, dataset_aliases, models, cards, aliases, warmth, versions),
    *(deletion, search, predictions, open_inference, mlflow, audits, explanations, jobs),
)


class _Application(Flask):
    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """No view here is a coroutine: nobody has to look nine times a request."""
        return func


def create_app(settings: Settings | None = None, desk: Desk | None = None, doctor: Doctor | None = None) -> Flask:
    """The Flask application of a lake that `registry.first_start` has set up.

    `settings` default to the environment's `WELES_*`, `desk` and `doctor` to the worker's on its socket.
    """
    settings = settings or Settings.from_environ()
    worker = desk_client(settings, settings.start_seconds + _DESK_MARGIN_SECONDS)
    app = _Application("weles", static_folder=None)
    app.request_class = multipart.SpoolingRequest
    app.teardown_request(multipart.close_opened)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.config.update(
        API_TITLE="Weles",
        API_VERSION=__version__,
        OPENAPI_VERSION="3.0.3",
        OPENAPI_URL_PREFIX="/",
        OPENAPI_JSON_PATH="openapi.json",
        MAX_CONTENT_LENGTH=_BODY_BYTES,
        MAX_FORM_MEMORY_SIZE=_FORM_BYTES,
    )
    with app.app_context():
        register(_services(settings, desk or worker, doctor or worker))
    app.register_error_handler(WelesError, problem)
    app.register_error_handler(HTTPException, http_problem)
    api = ProblemApi(
        app,
        spec_kwargs={
            "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
            "security": [SECURITY],
            "info": {"description": DESCRIPTION},
            "extra_plugins": [RulesPlugin()],
        },
    )
    app.url_map.converters |= {"default": PathText, "path": LongPathText}
    for resource in _RESOURCES:
        api.register_blueprint(resource.blueprint)
    app.register_blueprint(versions.links)
    app.register_blueprint(docs.pages)
    app.register_blueprint(metrics.pages)
    guard.install(app)
    return app


def serving_app() -> Flask:
    """`create_app` for a process that serves people: the first of them waits for nothing that can be read before."""
    app = create_app()
    with app.app_context():
        services().search.warm()
    return app


def _services(settings: Settings, desk: Desk, doctor: Doctor) -> Services:
    engine = connect(settings.database)
    memory = Memory.over(engine)
    accounts = AccountService(RememberingAccounts(engine, memory))
    access = AccessService(RememberingAccess(engine, memory))
    blobs = open_blobs(settings)
    stored_datasets = DatasetService(SqlDatasets(engine), blobs, settings.incoming_folder)
    stored_models, stored_jobs = RememberingModels(engine, memory), SqlJobs(engine)
    fitting = FittingDatasets(stored_datasets, access, settings.max_job_values)
    stored_environments = SqlEnvironments(engine)
    prediction = Prediction(
        RunFolders(settings.run_folder),
        Channel(),
        desk,
        seconds=settings.prediction_seconds,
        queue_seconds=settings.queue_seconds,
        memory_bytes=settings.container_memory,
    )
    return Services(
        settings=settings,
        accounts=accounts,
        access=access,
        login_limit=LoginLimit(settings.login_attempts),
        datasets=stored_datasets,
        uploads=UploadService(stored_models, stored_datasets, access, blobs, desk),
        prediction=prediction,
        batches=BatchService(stored_jobs, stored_datasets, fitting),
        auditing=AuditService(stored_jobs, fitting),
        explaining=ExplanationService(stored_jobs, stored_datasets, access, fitting),
        audits=SqlAudits(engine),
        explanations=SqlExplanations(engine),
        inputs=InputSchemas(),
        models=stored_models,
        search=SearchService(SqlSearch(engine)),
        texts=ModelTexts(stored_models),
        aliases=AliasService(SqlAliases(engine), stored_models, stored_jobs),
        warmth=WarmthService(SqlWarmth(engine), stored_models, limit=settings.max_kept_warm),
        deletion=DeletionService(SqlDeletions(engine), stored_models, prediction, grace_seconds=settings.grace_seconds),
        environments=stored_environments,
        environment_service=EnvironmentService(stored_environments, access, blobs),
        doctor=DoctorService(doctor, desk, access),
        jobs=stored_jobs,
        desk=desk,
        blobs=blobs,
        census=SqlCensus(engine),
    )
