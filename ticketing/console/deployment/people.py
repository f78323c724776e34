"""Staff and keys: who may sign in and which programs may call, with the way to end both; accounts and keys are made on the server.

Somebody of finance who could make an account could be two people, and four eyes would be two.
"""

from collections.abc import Callable

from flask import Response, url_for

from ticketing.console.blueprint import blueprint, console
from ticketing.console.door import needs
from ticketing.console.look import Look, look_then_do
from ticketing.console.names import party_name
from ticketing.console.pages import language, page, staff
from ticketing.console.words import named, text
from ticketing.errors import NotAllowed, NotFound
from ticketing.identity import list_keys, revoke_key
from ticketing.identity import staff as identity


@blueprint.get("/people")
@needs("finance", "admin")
def people() -> str:
    """List the accounts of staff and the keys of programs."""
    desk = console().desk
    now = desk.clock.now()
    keys = [
        (key, key.revoked_at is None and (key.expires_at is None or key.expires_at > now))
        for key in list_keys(desk.database)
    ]
    return page("people", here="people", members=identity.list_members(desk), keys=keys)


@blueprint.post("/people/<member_id>/end")
@needs("finance")
def end_member(member_id: str) -> Response:
    """End an account; it is looked at first."""
    desk, tongue = console().desk, language()
    member = next((one for one in identity.list_members(desk) if one.id == member_id), None)
    if member is None or member.ended_at:
        raise NotFound(text("no_such_account", tongue))
    if member.id == staff().id:
        raise NotAllowed(text("not_yourself", tongue))
    return _look_then_end(
        title=text("look.end_member", tongue, name=member.name),
        facts=[
            (text("device_name", tongue), member.name),
            (text("email", tongue), member.email),
            (text("operator", tongue), party_name(member.operator, tongue) or "–"),
        ],
        words=("follows.end_member", "end_account", "member_ended"),
        act=lambda: identity.end(desk, member.email),
    )


@blueprint.post("/keys/<key_id>/revocation")
@needs("finance")
def revoke_a_key(key_id: str) -> Response:
    """Revoke a key; it is looked at first."""
    desk, tongue = console().desk, language()
    key = next((one for one in list_keys(desk.database) if one.id == key_id and not one.revoked_at), None)
    if key is None:
        raise NotFound(text("no_such_key", tongue))
    return _look_then_end(
        title=text("look.revoke_key", tongue, label=key.label),
        facts=[
            (text("device_name", tongue), key.label),
            (text("key_role", tongue), named("key_for", key.role, tongue)),
            (text("operator", tongue), party_name(key.operator, tongue) or "–"),
        ],
        words=("follows.revoke_key", "revoke_key", "key_revoked"),
        act=lambda: revoke_key(desk.database, desk.clock, key.id),
    )


def _look_then_end(
    *, title: str, facts: list[tuple[str, str]], words: tuple[str, str, str], act: Callable[[], object]
) -> Response:
    """Show what is about to end, or end it; `words` name the consequence, the button and the notice afterwards."""
    consequence, button, done = words
    look = Look(
        title=title,
        facts=facts,
        consequence=text(consequence, language()),
        button=text(button, language()),
    )
    return look_then_do(look, act, people, to=lambda: url_for("console.people", done=done), here="people")
