"""Try another tariff or agreement: who pays more, who less, and what it costs each operator, by a month's published journeys."""

import json
from dataclasses import dataclass

from flask import Response, g, make_response, request
from markupsafe import Markup

from tariffs.money import Money
from ticketing.console import figures
from ticketing.console.blueprint import blueprint, console
from ticketing.console.door import needs
from ticketing.console.pages import language, page, region
from ticketing.console.words import text
from ticketing.errors import ThroughfareError
from ticketing.impact import AGREEMENTS, Mark, Proposal, Spot, WhatIf, draw, spots, steps_of, what_if
from ticketing.regions import Region

_PRICES = "fare_products.txt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """The effect of a proposal as the page shows it: the month, the sums, and the picture."""

    month: str
    told: WhatIf
    places: dict[str, Spot]
    picture: Markup


@blueprint.get("/what-if")
@needs("finance", "admin")
def what_if_form() -> str:
    """Show today's text of what may be changed; nothing that is tried here is stored or sold."""
    return _page(None)


@blueprint.post("/what-if")
@needs("finance", "admin")
def what_if_shown() -> Response:
    """Compare the changed text with today's by the journeys of the newest published month."""
    place, chosen = region(), _chosen()
    proposal = (
        Proposal(AGREEMENTS, request.form.get("wanted", ""))
        if chosen == AGREEMENTS
        else Proposal(_PRICES, request.form.get("wanted", ""), chosen)
    )
    try:
        month, effect = what_if(console().impact, place, (proposal,))
    except ThroughfareError as error:
        g.problem = error
        return make_response(_page(None), console().status_of(error))
    return make_response(_page(_effect(console().live.regions[place], month.name or "", effect)))


def _page(effect: Effect | None) -> str:
    place = region()
    known, chosen = console().live.regions[place], _chosen()
    return page(
        "what_if",
        here="tariffs",
        region=place,
        choices=[AGREEMENTS, *(name for name in known.operators if _today(known, name))],
        chosen=chosen,
        agreements=AGREEMENTS,
        wanted=request.form.get("wanted") or _today(known, chosen),
        effect=effect,
    )


def _chosen() -> str:
    """The file that is changed: the agreements, or an operator's prices; another word is read as the agreements."""
    named = request.values.get("what", AGREEMENTS)
    return named if named in console().live.regions[region()].operators else AGREEMENTS


def _today(known: Region, chosen: str) -> str:
    if chosen == AGREEMENTS:
        return json.dumps(known.tariff["agreement_documents"], ensure_ascii=False, indent=1)
    prices: str = known.tariff["feeds"].get(chosen, {}).get(_PRICES, "")
    return prices


def _effect(known: Region, month: str, compared: WhatIf) -> Effect:
    places, tongue = spots(known.data), language()
    steps = steps_of([pair.all_minor for pair in compared.pairs])
    marks = [
        Mark(
            one.origin,
            one.destination,
            step,
            _kind(one.each_minor),
            f"{_named(places, one.origin)} - {_named(places, one.destination)}: "
            f"{figures.of_money(Money(one.all_minor, compared.currency), tongue)}",
        )
        for one, step in zip(compared.pairs, steps, strict=True)
    ]
    picture = draw(
        places,
        marks,
        console().coasts(),
        title=text("what_if.picture", tongue),
        about=text("what_if.about_picture", tongue),
    )
    return Effect(month=month, told=compared, places=places, picture=picture)


def _kind(each_minor: int) -> str:
    if each_minor == 0:
        return "same"
    return "more" if each_minor > 0 else "less"


def _named(places: dict[str, Spot], zone: str) -> str:
    return places[zone].name if zone in places else zone
