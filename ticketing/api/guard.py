"""Deny first: who calls is checked before anything of the body or the query is read.

A view names who may call it with `@for_roles`, `@for_people`, `@for_order` or `@guarded`. The check runs ahead of the
view and of the schemas of its arguments, so that a caller who may not call learns nothing of what the call takes.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from flask import Flask, g, request

from ticketing.api import context
from ticketing.api.limits import view_method
from ticketing.errors import KeyWithoutOwner, StepUpNeeded
from ticketing.identity import Caller, Principal, Role
from ticketing.identity.principal import STAFF_ROLES
from ticketing.identity.second_factor import is_fresh

V = TypeVar("V", bound=Callable[..., Any])


def register(app: Flask) -> None:
    """Hook the checks into an application."""

    @app.before_request
    def _check() -> None:
        check = getattr(view_method(), "guard", None)
        if check is not None and request.method != "OPTIONS":
            check(**(request.view_args or {}))


def guarded(check: Callable[..., object]) -> Callable[[V], V]:
    """Run a check first, with the parts of the address that it names; it raises NotAuthenticated, NotAllowed, NotFound."""

    def mark(view: V) -> V:
        view.__dict__["guard"] = check
        return view

    return mark


def for_roles(*roles: Role, steps_up: bool = False) -> Callable[[V], V]:
    """Let only keys of these roles call; one that belongs to an operator calls for no other that the address names.

    Where this deployment asks for second factors, a key of the staff belongs to a person, and with `steps_up` that person
    has given a code a short while ago (`POST /v1/step-up`).
    """

    def check(operator: str | None = None, **_: str) -> None:
        key = context.caller().require(*roles)
        if context.rooms().second_factor:
            _check_person(key, steps_up=steps_up)
        g.principal = key if operator is None else key.require_operator(operator)

    def mark(view: V) -> V:
        view.__dict__["roles"] = roles  # read by the test of the matrix
        return guarded(check)(view)

    return mark


def principal() -> Principal:
    """The key that calls, which `@for_roles` has let in."""
    return cast("Principal", g.principal)


def _check_person(found: Principal, *, steps_up: bool) -> None:
    if found.role in STAFF_ROLES and not found.owner:
        raise KeyWithoutOwner(
            f"a key of the role {found.role} belongs to a person here: `throughfare access own` says whose"
        )
    if steps_up and not is_fresh(found.verified_at, context.rooms().clock.now()):
        raise StepUpNeeded(
            "this needs a code of your authenticator app: POST /v1/step-up, then send this call again"
        )


def _person(**_: str) -> None:
    g.person = context.person()


def _order(order_id: str, **_: str) -> None:
    context.open_order(order_id)


for_people = guarded(_person)
for_order = guarded(_order)


def the_person() -> Caller:
    """The person who calls, whom `@for_people` has let in."""
    return cast("Caller", g.person)
