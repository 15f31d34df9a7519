"""The OpenAPI document: what the table of rules says of each route is written into it, so that it is said once."""

from typing import Any

from apispec import BasePlugin
from werkzeug.routing import Rule as Route

from registry.api.problems import MEDIA_TYPE, ProblemSchema
from registry.api.rules import RULES, Rule, Who

DESCRIPTION = "A model lake: upload a model with its environment, call it from anywhere."
SECURITY: dict[str, list[str]] = {"token": []}
_ANSWERS = {
    "401": "Unauthorized: there is no token, or none that is good",
    "403": "Forbidden: the token, or its user, may not do this",
    "404": "Not Found: there is none, or none that you may see",
}


class RulesPlugin(BasePlugin):
    """Adds to each operation its id, who may call it, and the problems with which the guard refuses."""

    def operation_helper(
        self, path: str | None = None, operations: dict[str, Any] | None = None, **kwargs: Any
    ) -> None:
        route: Route = kwargs["rule"]
        for method, operation in (operations or {}).items():
            known = RULES.get((route.endpoint, method.upper()))
            if known is not None:
                operation.setdefault("operationId", f"{route.endpoint}.{method}")
                _describe(operation, known)


def _describe(operation: dict[str, Any], rule: Rule) -> None:
    if rule.who is Who.ANYONE:
        operation["security"] = []
        return
    operation["security"] = [SECURITY, {}] if rule.who is Who.READER else [SECURITY]
    said = [operation.get("description", ""), f"Scope: `{rule.scope}`."]
    if rule.right is not None:
        said.append(f"Right: {rule.right} the {rule.thing}.")
    operation["description"] = " ".join(filter(None, said))
    responses = operation.setdefault("responses", {})
    for status in ("401", "403", *(("404",) if rule.thing is not None else ())):
        problem = {"description": _ANSWERS[status], "content": {MEDIA_TYPE: {"schema": ProblemSchema}}}
        responses.setdefault(status, problem)
