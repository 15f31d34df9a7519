"""What the views work with: put together once by `registry.app`, the same for every request."""

from dataclasses import dataclass
from typing import cast

from flask import current_app, g, request

from registry.api import credentials
from registry.domain.access import Caller
from registry.domain.entities import User
from registry.domain.ports.audits import Audits
from registry.domain.ports.blobs import Blobs
from registry.domain.ports.census import Census
from registry.domain.ports.desk import Desk
from registry.domain.ports.environments import Environments
from registry.domain.ports.explanations import Explanations
from registry.domain.ports.jobs import Jobs
from registry.domain.ports.models import Models
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
from registry.services.login_limit import LoginLimit
from registry.services.model_texts import ModelTexts
from registry.services.predict import InputSchemas, Prediction
from registry.services.search import SearchService
from registry.services.upload import UploadService
from registry.services.warmth import WarmthService
from registry.settings import Settings

_KEY = "weles"


@dataclass(frozen=True, slots=True)
class Services:
    settings: Settings
    accounts: AccountService
    access: AccessService
    login_limit: LoginLimit
    datasets: DatasetService
    uploads: UploadService
    prediction: Prediction
    batches: BatchService
    auditing: AuditService
    explaining: ExplanationService
    audits: Audits
    explanations: Explanations
    inputs: InputSchemas
    models: Models
    search: SearchService
    texts: ModelTexts
    aliases: AliasService
    warmth: WarmthService
    deletion: DeletionService
    blobs: Blobs
    environments: Environments
    environment_service: EnvironmentService
    doctor: DoctorService
    jobs: Jobs
    desk: Desk
    census: Census


def register(services: Services) -> None:
    """Give the services to the current application."""
    current_app.extensions[_KEY] = services


def services() -> Services:
    return cast(Services, current_app.extensions[_KEY])


def current_caller() -> Caller:
    """Who asks, by the token. Raises Unauthenticated."""
    if "caller" not in g:
        g.caller = services().accounts.authenticate(credentials.token())
    return cast(Caller, g.caller)


def current_user() -> User:
    """The user who asks. Raises Unauthenticated."""
    return current_caller().user


def current_viewer() -> User | None:
    """The user who asks; None for a caller without a token where the lake lets anyone read what is public.

    Lists are filtered by it. Raises Unauthenticated.
    """
    return None if nobody_asks() else current_user()


def nobody_asks() -> bool:
    """The caller has no token, and this lake lets anyone read what is public."""
    return services().settings.anonymous and "Authorization" not in request.headers
