"""What the views work with: put together once by `registry.app`, the same for every request."""

from dataclasses import dataclass
from typing import cast

from flask import current_app, g

from registry.api import credentials
from registry.domain.entities import User
from registry.domain.ports import Desk, Environments, Jobs, Models
from registry.services.accounts import AccountService
from registry.services.datasets import DatasetService
from registry.services.predict import Prediction
from registry.services.upload import UploadService
from registry.settings import Settings

_KEY = "weles"


@dataclass(frozen=True, slots=True)
class Services:
    settings: Settings
    accounts: AccountService
    datasets: DatasetService
    uploads: UploadService
    prediction: Prediction
    models: Models
    environments: Environments
    jobs: Jobs
    desk: Desk


def register(services: Services) -> None:
    """Give the services to the current application."""
    current_app.extensions[_KEY] = services


def services() -> Services:
    return cast(Services, current_app.extensions[_KEY])


def current_user() -> User:
    """Who asks, by the token. Raises Unauthenticated."""
    if "user" not in g:
        g.user = services().accounts.authenticate(credentials.token())
    return cast(User, g.user)
