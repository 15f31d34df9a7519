"""The guard of the web application: no view runs before the rule of its route has been kept."""

from flask import Flask, Response, g, request

from registry.api.rules import NAMED_BY, RULES, Who
from registry.api.services import current_caller, nobody_asks, services
from registry.domain.access import Caller, Scope
from registry.domain.errors.access import Forbidden

_WITHOUT_RULES = {"HEAD", "OPTIONS"}


def install(app: Flask) -> None:
    """Guard every route of the application. Raises LookupError for a route without a rule."""
    for route in app.url_map.iter_rules():
        for method in (route.methods or set()) - _WITHOUT_RULES:
            rule = RULES.get((route.endpoint, method))
            if rule is None:
                raise LookupError(f"{method} {route.rule} ({route.endpoint}) has no rule in registry.api.rules")
            if rule.thing is not None and NAMED_BY[rule.thing] not in route.arguments:
                raise LookupError(f"{method} {route.rule} does not name the {rule.thing} that its rule is about")
    app.before_request(_enforce)
    app.after_request(_note_use)


def _enforce() -> None:
    if request.endpoint is None or request.method == "OPTIONS":
        return
    rule = RULES[request.endpoint, "GET" if request.method == "HEAD" else request.method]
    if rule.who is Who.ANYONE:
        return
    caller = None if rule.who is Who.READER and nobody_asks() else current_caller()
    if caller is not None and rule.scope is not None and rule.scope not in caller.scopes:
        raise _out_of_scope(rule.scope, caller)
    user = None if caller is None else caller.user
    if rule.who is Who.ADMIN and not (user is not None and user.is_admin):
        raise Forbidden("Only an administrator of the lake may do this.")
    if rule.thing is not None and rule.right is not None:
        name = (request.view_args or {})[NAMED_BY[rule.thing]]
        services().access.require(user, rule.right, rule.thing, name)


def _note_use(response: Response) -> Response:
    caller = g.get("caller")
    if caller is not None:
        accounts = services().accounts
        # When the answer has been sent: nobody waits for it.
        response.call_on_close(lambda: accounts.note_use(caller))
    return response


def _out_of_scope(scope: Scope, caller: Caller) -> Forbidden:
    return Forbidden(
        f"This token is not good for `{scope}`, which this needs; it is good for "
        f"{', '.join(sorted(caller.scopes)) or 'nothing'}.",
        next=f"Use a token with the scope `{scope}`, or log in.",
    )
