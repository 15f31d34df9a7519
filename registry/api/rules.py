"""Every route's rule: who may call it, with what scope of token, and what right on the thing that it names.

The only place where this is said: `registry.api.guard` enforces it before any view runs, and an application with a
route that has no rule does not start. Views contain no checks of access.
"""

from dataclasses import dataclass
from enum import Enum, auto

from registry.domain.access import Right, Scope, Thing


class Who(Enum):
    """anyone: no token; reader: a user, and anyone where WELES_ANONYMOUS is on; user; admin."""

    ANYONE = auto()
    READER = auto()
    USER = auto()
    ADMIN = auto()


@dataclass(frozen=True, slots=True)
class Rule:
    """`right` on the `thing` that the route's path names; both None where it names none."""

    who: Who
    scope: Scope | None = None
    thing: Thing | None = None
    right: Right | None = None


# The variable of the path by which a route names the thing that its rule is about.
NAMED_BY = {
    Thing.MODEL: "name",
    Thing.DATASET: "content_hash",
    Thing.JOB: "job_id",
    Thing.ENVIRONMENT: "environment_id",
    Thing.EXPLANATION: "explanation_id",
}


def anyone() -> Rule:
    return Rule(Who.ANYONE)


def reader(scope: Scope) -> Rule:
    """For lists: what is in them is filtered by who asks."""
    return Rule(Who.READER, scope)


def user(scope: Scope) -> Rule:
    return Rule(Who.USER, scope)


def admin() -> Rule:
    return Rule(Who.ADMIN, Scope.ADMIN)


def see_model(scope: Scope) -> Rule:
    return Rule(Who.READER, scope, Thing.MODEL, Right.SEE)


def use_model(scope: Scope) -> Rule:
    return Rule(Who.READER, scope, Thing.MODEL, Right.USE)


def ask_model(scope: Scope) -> Rule:
    """As `use_model`, for work that goes on after the answer: somebody must own it."""
    return Rule(Who.USER, scope, Thing.MODEL, Right.USE)


def change_model(scope: Scope) -> Rule:
    return Rule(Who.USER, scope, Thing.MODEL, Right.CHANGE)


def see_dataset(scope: Scope) -> Rule:
    return Rule(Who.READER, scope, Thing.DATASET, Right.SEE)


def name_dataset(scope: Scope) -> Rule:
    """Whoever sees a dataset may have a name of their own for it."""
    return Rule(Who.USER, scope, Thing.DATASET, Right.SEE)


def change_dataset(scope: Scope) -> Rule:
    return Rule(Who.USER, scope, Thing.DATASET, Right.CHANGE)


def see_job(scope: Scope) -> Rule:
    return Rule(Who.READER, scope, Thing.JOB, Right.SEE)


def change_job(scope: Scope) -> Rule:
    return Rule(Who.USER, scope, Thing.JOB, Right.CHANGE)


def see_explanation(scope: Scope) -> Rule:
    return Rule(Who.USER, scope, Thing.EXPLANATION, Right.SEE)


def see_environment(scope: Scope) -> Rule:
    return Rule(Who.READER, scope, Thing.ENVIRONMENT, Right.SEE)


# (endpoint, method); HEAD goes by GET's rule, OPTIONS tells only which methods there are.
RULES: dict[tuple[str, str], Rule] = {
    ("api-docs.openapi_json", "GET"): anyone(),
    ("docs.page", "GET"): anyone(),
    ("docs.start", "GET"): anyone(),
    ("docs.file", "GET"): anyone(),
    # A token of an administrator that can do nothing but read: whoever scrapes needs no more.
    ("metrics.page", "GET"): Rule(Who.ADMIN, Scope.READ),
    ("lake.Health", "GET"): anyone(),
    ("lake.Runtimes", "GET"): reader(Scope.READ),
    ("lake.OneEnvironment", "GET"): see_environment(Scope.READ),
    ("environments.Resolve", "POST"): user(Scope.WRITE),
    ("environments.Packages", "GET"): see_environment(Scope.READ),
    ("environments.Dockerfile", "GET"): see_environment(Scope.READ),
    # The service asks for the right on the other environment.
    ("environments.Diff", "GET"): see_environment(Scope.READ),
    ("environments.Requirements", "GET"): see_model(Scope.READ),
    ("users.Users", "GET"): admin(),
    ("users.Users", "POST"): admin(),
    ("users.OneUser", "GET"): admin(),
    ("users.OneUser", "PATCH"): admin(),
    ("users.OneUser", "DELETE"): admin(),
    ("users.Me", "GET"): user(Scope.READ),
    ("users.Password", "PUT"): user(Scope.ADMIN),
    ("users.Login", "POST"): anyone(),
    ("tokens.Tokens", "GET"): user(Scope.ADMIN),
    ("tokens.Tokens", "POST"): user(Scope.ADMIN),
    ("tokens.OneToken", "DELETE"): user(Scope.ADMIN),
    ("access.ModelAccess", "GET"): change_model(Scope.READ),
    ("access.ModelAccess", "PUT"): change_model(Scope.WRITE),
    ("access.DatasetAccess", "GET"): change_dataset(Scope.READ),
    ("access.DatasetAccess", "PUT"): change_dataset(Scope.WRITE),
    ("datasets.Datasets", "POST"): user(Scope.WRITE),
    ("datasets.Content", "GET"): see_dataset(Scope.READ),
    ("datasets.Head", "GET"): see_dataset(Scope.READ),
    ("datasets.Info", "GET"): see_dataset(Scope.READ),
    ("dataset_aliases.Aliases", "POST"): name_dataset(Scope.WRITE),
    ("dataset_aliases.OneAlias", "PATCH"): change_dataset(Scope.WRITE),
    ("dataset_aliases.OneAlias", "DELETE"): change_dataset(Scope.WRITE),
    ("search.Models", "GET"): reader(Scope.READ),
    ("models.Models", "POST"): user(Scope.WRITE),
    ("models.OneModel", "GET"): see_model(Scope.READ),
    ("models.OneModel", "PATCH"): change_model(Scope.WRITE),
    ("models.OneModel", "DELETE"): change_model(Scope.WRITE),
    ("models.RestoreModel", "POST"): change_model(Scope.WRITE),
    # What one owns; administrators see everybody's.
    ("deletion.Deleted", "GET"): user(Scope.READ),
    ("cards.Card", "GET"): see_model(Scope.READ),
    ("cards.Card", "PUT"): change_model(Scope.WRITE),
    ("warmth.Warmth", "GET"): see_model(Scope.READ),
    ("warmth.Warmth", "PUT"): change_model(Scope.WRITE),
    ("aliases.Aliases", "GET"): see_model(Scope.READ),
    ("aliases.OneAlias", "GET"): see_model(Scope.READ),
    ("aliases.OneAlias", "PUT"): change_model(Scope.WRITE),
    ("aliases.OneAlias", "DELETE"): change_model(Scope.WRITE),
    ("versions.Versions", "GET"): see_model(Scope.READ),
    ("versions.OneVersion", "GET"): see_model(Scope.READ),
    ("versions.OneVersion", "DELETE"): change_model(Scope.WRITE),
    ("versions.RestoreVersion", "POST"): change_model(Scope.WRITE),
    ("versions.File", "GET"): see_model(Scope.READ),
    ("versions.ByHash", "GET"): reader(Scope.READ),
    ("links.permanent", "GET"): anyone(),
    ("predictions.Predict", "POST"): use_model(Scope.PREDICT),
    ("open_inference.Server", "GET"): anyone(),
    ("open_inference.Live", "GET"): anyone(),
    ("open_inference.Ready", "GET"): anyone(),
    ("open_inference.ModelMetadata", "GET"): use_model(Scope.PREDICT),
    ("open_inference.VersionMetadata", "GET"): use_model(Scope.PREDICT),
    ("open_inference.ModelReady", "GET"): use_model(Scope.PREDICT),
    ("open_inference.VersionReady", "GET"): use_model(Scope.PREDICT),
    ("open_inference.Infer", "POST"): use_model(Scope.PREDICT),
    ("open_inference.VersionInfer", "POST"): use_model(Scope.PREDICT),
    ("mlflow.Invocations", "POST"): use_model(Scope.PREDICT),
    ("mlflow.Ping", "GET"): use_model(Scope.PREDICT),
    ("mlflow.ServerVersion", "GET"): use_model(Scope.PREDICT),
    ("predictions.Predictions", "POST"): ask_model(Scope.PREDICT),
    ("audits.AuditsOfModel", "GET"): see_model(Scope.READ),
    ("audits.AuditsOfModel", "POST"): ask_model(Scope.PREDICT),
    ("audits.Audits", "GET"): reader(Scope.READ),
    ("audits.Measures", "GET"): reader(Scope.READ),
    ("explanations.ExplanationsOfModel", "GET"): Rule(Who.USER, Scope.READ, Thing.MODEL, Right.SEE),
    ("explanations.ExplanationsOfModel", "POST"): ask_model(Scope.PREDICT),
    ("explanations.OneExplanation", "GET"): see_explanation(Scope.READ),
    ("jobs.Jobs", "GET"): user(Scope.READ),
    ("jobs.OneJob", "GET"): see_job(Scope.READ),
    ("jobs.OneJob", "DELETE"): change_job(Scope.WRITE),
    ("jobs.JobLog", "GET"): see_job(Scope.READ),
    ("jobs.Retry", "POST"): change_job(Scope.WRITE),
}
