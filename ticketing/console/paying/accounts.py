"""Bank accounts: one person enters an account, another approves it."""

from flask import Response, request, url_for

from ticketing.console.blueprint import blueprint, console
from ticketing.console.door import needs
from ticketing.console.names import operator_names
from ticketing.console.pages import attempt, page, staff
from ticketing.settlement import payout

_FIELDS = ("name", "bic", "town", "country")


@blueprint.get("/accounts")
@needs("finance", "admin")
def accounts() -> str:
    """List every account with what became of it."""
    names = operator_names()
    parties = ["scheme", *sorted(names, key=lambda one: names[one].casefold())]
    return page("accounts", here="accounts", accounts=payout.list_accounts(console().office), parties=parties)


@blueprint.post("/accounts")
@needs("finance")
def enter_account() -> Response:
    """Enter an account."""

    def act() -> None:
        given = {name: request.form.get(name, "").strip() for name in _FIELDS}
        party, iban = request.form.get("party", ""), request.form.get("iban", "")
        payout.enter_account(console().office, party, iban, by=staff().name, **given)

    return attempt(act, accounts, to=lambda: url_for("console.accounts", done="entered"))


@blueprint.post("/accounts/<account_id>/approval")
@needs("finance")
def approve_account(account_id: str) -> Response:
    """Put an account in force."""
    return attempt(
        lambda: payout.approve_account(console().office, account_id, staff().name),
        accounts,
        to=lambda: url_for("console.accounts", done="account_approved"),
    )
