"""Confirmations of delays and forms of claims as programs read them."""

from datetime import UTC, datetime

from throughfare_gate.moments import written
from throughfare_gate.tickets import confirmation
from throughfare_gate.tickets.confirmation import Confirmation
from ticketing.claims import run_of
from ticketing.delay_papers.confirmations import Check, Signed, Told
from ticketing.delay_papers.form import HEADINGS, LEVEL, Entry
from ticketing.delay_papers.forms import Form
from ticketing.delay_papers.proven import RealTime
from ticketing.delay_papers.telling import told
from ticketing.delay_papers.words import word
from ticketing.tickets import barcode


def show_leg(leg: Told, language: str) -> dict[str, object]:
    """Show what is proven of a leg; of one about which words contradict each other nothing but that."""
    _, trip, day = run_of(leg.leg)
    proven = leg.proven
    is_contradiction = proven.state == "contradiction"
    return {
        "leg": leg.at,
        "operator": leg.leg.operator,
        "trip_id": trip,
        "service_date": day.isoformat(),
        "from_stop": leg.leg.start.name,
        "to_stop": leg.leg.end.name,
        "planned_departure": written(leg.leg.departure),
        "planned_arrival": written(leg.leg.arrival),
        "state": proven.state,
        "departure": _at(proven.departure),
        "arrival": _at(proven.arrival),
        "departure_delay_minutes": proven.departure.minutes if proven.departure else None,
        "arrival_delay_minutes": proven.arrival.minutes if proven.arrival else None,
        "cancelled": proven.cancelled,
        "skipped": proven.skipped,
        "note": word("confirmation", "contradiction", language) if is_contradiction else None,
    }


def show_signed(signed: Signed, language: str) -> dict[str, object]:
    """Show a signed confirmation: the token, what it says as claims and in words, and its code."""
    return {
        "token": signed.token,
        "claims": confirmation.write(signed.confirmed),
        "text": told(signed.confirmed, language),
        "qr_svg": barcode.svg(signed.token).decode(),
    }


def show_check(check: Check, language: str) -> dict[str, object]:
    """Show the answer about a token."""
    if check.confirmed is None:
        return {**shown_as(None, check.reason, language), "stands": None}
    return {**shown_as(check.confirmed, check.reason, language), "stands": check.stands}


def shown_as(confirmed: Confirmation | None, reason: str, language: str) -> dict[str, object]:
    """Show whether a token is genuine, and what it says if it is."""
    if confirmed is None:
        return {"genuine": False, "reason": reason, "issued_at": None, "claims": None, "text": None}
    issued = datetime.fromtimestamp(confirmed.issued_at, UTC)
    return {
        "genuine": True,
        "reason": reason,
        "issued_at": written(issued),
        "claims": confirmation.write(confirmed),
        "text": told(confirmed, language),
    }


def show_form(form: Form) -> dict[str, object]:
    """Show a form: its heading, how certain its layout is, and its sections by their numbers, in the order of the form."""
    known, language = form.known, form.language
    return {
        "title": word("form", "title", language),
        "heading": word("form", "common" if known.is_rail else "other", language),
        "is_common_form": known.is_rail,
        "regime": known.regime,
        "claim": known.claim.id if known.claim else None,
        "filled_at": written(known.now),
        "language": language,
        "layout": {"level": LEVEL, "note": word("form", "layout", language)},
        "sections": {number: _section(number, entry, language) for number, entry in form.entries.items()},
    }


def _section(number: str, entry: Entry, language: str) -> dict[str, object]:
    return {
        "label": word("sections", number, language),
        "value": "\n".join(entry.lines) or None,
        "choices": [
            {"name": one.name, "label": word("choices", one.name, language), "ticked": one.ticked}
            for one in entry.choices
        ],
        "for_passenger": number not in HEADINGS
        and not entry.lines
        and not any(one.ticked for one in entry.choices),
    }


def _at(real: RealTime | None) -> str | None:
    return written(real.at) if real else None
