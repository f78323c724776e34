"""Give the views the rooms of this application, the caller, and the once-only answer."""

from collections.abc import Callable
from typing import Any, cast

from flask import current_app, request

from ticketing.api.again import repeatable
from ticketing.api.limits import count_caller
from ticketing.errors import NotAuthenticated, NotFound
from ticketing.identity import (
    Answer,
    Call,
    Caller,
    Principal,
    Remember,
    Role,
    authenticate_person,
)
from ticketing.identity.order_token import is_over
from ticketing.purchase.service import belongs_to
from ticketing.rooms import Rooms

# The roles of people who work for one operator, each limited to it.
OPERATOR_PEOPLE: tuple[Role, ...] = ("operator_staff", "operator_finance", "operator_admin")


def rooms() -> Rooms:
    """The rooms of the application that answers this request."""
    return cast("Rooms", current_app.extensions["throughfare"])


def bearer() -> str:
    """The bearer token of this request; raises NotAuthenticated when there is none (RFC 6750)."""
    token = token_of(request.headers.get("Authorization", ""))
    if not token:
        raise NotAuthenticated("this call needs the header Authorization: Bearer <token>")
    return token


def token_of(authorization: str) -> str:
    """The bearer token of a header, an empty text where it has none."""
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def caller() -> Principal:
    """The API key that calls; raises NotAuthenticated, and TooManyRequests where it calls too often."""
    found = rooms().authenticate(bearer())
    count_caller(f"key:{found.key_id}")
    return found


def person() -> Caller:
    """The person who calls, by an access token; raises NotAuthenticated, and TooManyRequests where they call too often."""
    found = authenticate_person(rooms().reception, bearer())
    count_caller(f"person:{found.person_id}")
    return found


def person_if_any() -> Caller | None:
    """The person who calls, or None for a guest; a token that is there must be valid."""
    return person() if "Authorization" in request.headers else None


def open_order(order_id: str) -> None:
    """Let only the order's own token pass, or its owner; a wrong one learns nothing, not even that the order exists."""
    token, here = bearer(), rooms()
    if here.order_tokens.opens(order_id, token) and not is_over(order_id, here.clock.now()):
        count_caller(f"order:{order_id}")
        return
    try:
        who = authenticate_person(here.reception, token)
    except NotAuthenticated:
        raise NotFound("there is no such order") from None
    if not belongs_to(here.till, order_id, who.person_id):
        raise NotFound("there is no such order")
    count_caller(f"order:{order_id}")


def once(principal: str, route: str, body: Any, act: Callable[[Remember], Any]) -> Answer:
    """Run an effect once per Idempotency-Key of this principal on this route."""
    repeatable()
    return rooms().once.run(principal, route, request.headers.get("Idempotency-Key"), body, act)


def once_within(principal: str, route: str, body: Any, act: Callable[[Call], Any]) -> Answer:
    """The same for an effect that claims the key in its own first transaction."""
    repeatable()
    return rooms().once.run_within(principal, route, request.headers.get("Idempotency-Key"), body, act)
