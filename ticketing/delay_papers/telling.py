"""Say a confirmation of a delay in plain text, in four languages. Pure."""

from collections.abc import Iterator
from datetime import UTC, datetime

from throughfare_gate.tickets.confirmation import Confirmation
from ticketing.delay_papers.words import word

_UNKNOWN = "unknown"


def told(confirmed: Confirmation, language: str) -> str:
    """Write a confirmation as the lines of a text; an unknown language reads as English."""
    return "\n".join(lines_of(confirmed, language))


def lines_of(confirmed: Confirmation, language: str) -> Iterator[str]:
    """Write its lines: the run, planned and real times, the cause, for whom, by which facts, and as of when."""

    def said(name: str, **values: object) -> str:
        return word("confirmation", name, language, **values)

    yield said("title")
    if confirmed.is_demo:
        yield said("demo")
    day = datetime.fromisoformat(confirmed.service_date)
    yield said("run", operator=confirmed.operator_name, trip=confirmed.trip, day=f"{day:%d.%m.%Y}")
    yield said("planned_departure", at=_moment(confirmed.planned_departure), stop=confirmed.from_name)
    yield from _real(confirmed.departure, confirmed.departure_delay_minutes, "departed", language)
    yield said("planned_arrival", at=_moment(confirmed.planned_arrival), stop=confirmed.to_name)
    yield from _real(confirmed.arrival, confirmed.arrival_delay_minutes, "arrived", language)
    if confirmed.cancelled or confirmed.skipped:
        yield said("cancelled" if confirmed.cancelled else "skipped")
    if confirmed.cause != _UNKNOWN:
        yield said("cause", cause=word("causes", confirmed.cause, language))
    yield said("ticket", ticket=confirmed.ticket) if confirmed.ticket else said("nobody")
    yield said("evidence", facts=", ".join(confirmed.evidence))
    issued = datetime.fromtimestamp(confirmed.issued_at, UTC)
    yield said("issued", issuer=confirmed.issuer, at=f"{issued:%d.%m.%Y %H:%M:%S} UTC")


def _real(at: datetime | None, minutes: int | None, name: str, language: str) -> Iterator[str]:
    if at is None or minutes is None:
        return
    name = f"{name}_late" if minutes > 0 else name
    yield word("confirmation", name, language, at=_moment(at), minutes=minutes)


def _moment(at: datetime) -> str:
    """Write a local time with that clock's distance from UTC."""
    offset = f"{at:%z}"
    return f"{at:%d.%m.%Y %H:%M} (UTC{offset[:3]}:{offset[3:]})"
