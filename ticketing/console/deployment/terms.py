"""The terms of settlement of a region, and a closed month by other terms or another agreement: before and after, nothing is stored."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import Response, g, make_response, request

from tariffs.money import Money
from throughfare_gate.strictjson import NotStrict, loads
from ticketing.console import figures
from ticketing.console.blueprint import blueprint, console
from ticketing.console.door import needs
from ticketing.console.names import party_name
from ticketing.console.pages import language, page, region
from ticketing.console.words import text
from ticketing.errors import InvalidRequest, ThroughfareError
from ticketing.settlement import month, service
from ticketing.settlement.terms import FILE, read_terms

_MOST_BYTES = 200_000


@dataclass(frozen=True, slots=True)
class Change:
    """The net of an operator before and after, and the difference."""

    operator: str
    before: str
    after: str
    difference: str


@blueprint.get("/terms")
@needs("finance", "admin")
def terms() -> str:
    """Show the terms of a region, and the form that tries others."""
    return _page()


@blueprint.post("/terms")
@needs("finance", "admin")
def simulate() -> Response:
    """Show a closed month by other terms, or by another agreement; nothing is booked."""
    try:
        return make_response(_page(_changes()))
    except ThroughfareError as error:
        g.problem = error
        return make_response(_page(), console().status_of(error))


def _page(changes: Sequence[Change] | None = None) -> str:
    office, place = console().office, region()
    folder = office.folder(place)
    path = folder / FILE if folder else None
    known = path.read_text(encoding="utf-8") if path and path.exists() else ""
    return page(
        "terms",
        here="terms",
        region=place,
        terms=office.terms(place).as_dict(),
        known=known,
        months=[one.id for one in service.list_months(office, place) if one.run and one.run.state != "draft"],
        changes=changes,
    )


def _changes() -> list[Change]:
    office, place = console().office, region()
    period, given = request.form.get("period", ""), request.form.get("wanted", "")
    if not given.strip() or len(given) > _MOST_BYTES:
        raise InvalidRequest.at("wanted", text("terms_needed", language()))
    if request.form.get("kind") == "agreement":
        try:
            document = loads(given.encode())
        except NotStrict as error:
            raise InvalidRequest.at("wanted", str(error)) from None
        compared = month.simulate_agreement(office, place, period, document)
    else:
        try:
            other = read_terms(tomllib.loads(given))
        except tomllib.TOMLDecodeError as error:
            raise InvalidRequest.at("wanted", str(error)) from None
        compared = month.simulate_terms(office, place, period, other)
    return _differences(compared.before, compared.after)


def _differences(before: Mapping[tuple[str, str], int], after: Mapping[tuple[str, str], int]) -> list[Change]:
    tongue = language()

    def money(minor: int, currency: str) -> str:
        return figures.of_money(Money(minor, currency), tongue)

    return [
        Change(
            party_name(party, tongue),
            money(before.get((party, currency), 0), currency),
            money(after.get((party, currency), 0), currency),
            money(after.get((party, currency), 0) - before.get((party, currency), 0), currency),
        )
        for party, currency in sorted({*before, *after})
    ]
