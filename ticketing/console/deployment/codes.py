"""The second factor: enrol an authenticator app, give its codes."""

from flask import Response, request
from markupsafe import Markup

from ticketing.console.blueprint import blueprint, console
from ticketing.console.door import back_to, needs, prove
from ticketing.console.pages import attempt, home, page, staff
from ticketing.identity import second_factor as identity
from ticketing.identity.principal import STAFF_ROLES
from ticketing.tickets import barcode

_MODULE_PIXELS = 5


@blueprint.get("/second-factor")
@needs(*STAFF_ROLES)
def second_factor() -> str:
    """Ask for a code; who has no app yet is shown the secret that it takes in."""
    who = staff()
    if who.has_factor:
        return page("second_factor", back=back_to())
    begun = identity.begin(console().desk, who)
    # The drawing is our own and holds the address as squares.
    drawn = Markup(barcode.svg(begun.address, scale=_MODULE_PIXELS).decode())  # noqa: S704
    return page("second_factor", back=back_to(), secret=_in_fours(begun.secret), drawn=drawn)


@blueprint.post("/second-factor")
@needs(*STAFF_ROLES)
def give_code() -> Response:
    """Check a code."""
    return attempt(lambda: prove(request.form.get("code", "")), second_factor, to=lambda: back_to() or home())


def _in_fours(secret: str) -> str:
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
