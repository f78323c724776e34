"""Lay out further cases about the place: given back rides, guests of a waiver, directions, old knowledge, local hours."""

from collections.abc import Iterator

from throughfare_gate.tickets.claims import bound_to
from ticketing.cli.vectors.bundles import SAILS
from ticketing.cli.vectors.case import Row, bound_leg, place, use, way
from ticketing.cli.vectors.signing import JTI, NOW, ticket

_DAY = 86_400


def placing() -> list[Row]:
    """List them."""
    return [*_places(), *_sailings(), *_ages(), *_doors()]


def _at(stop: str, **more: object) -> dict[str, object]:
    return {"gate": {"operator": "tlt", "stop_id": stop, **more}}


def _places() -> Iterator[Row]:
    both = ticket(l=[["tlt", "a", "b"], ["tlt", "b", "c"]], aud=["tlt"])
    yield "the second ride at its own stop", "plain", {"token": both, **_at("b")}, "ok", JTI
    yield "the stop where the last ride ends", "plain", {"token": both, **_at("c")}, "wrong_leg", JTI
    swiped = ticket(p="swiped", l=[["tlt", "a", "b"]], aud=["tlt"])
    yield "a check-out where the ride ends", "rules", {"token": swiped, **_at("b")}, "ok", JTI
    zone = ticket(p="board", l=[["tlt", "z:AB"]], aud=["tlt"])
    yield "a zone of the ticket", "rules", {"token": zone, **_at("x", zone="B")}, "ok", JTI
    yield (
        "a zone that is not of the ticket",
        "rules",
        {"token": zone, **_at("x", zone="C")},
        "wrong_zone",
        JTI,
    )
    given = ticket(l=[["-", "a", "b"], ["hsl", "c", "d"]], aud=["-", "hsl"])
    yield "a ride from here that was given back", "plain", {"token": given, **_at("a")}, "wrong_audience", JTI
    yield "a leg that the ticket has not", "plain", {"token": both, **_at("a", leg=7)}, "wrong_leg", JTI
    named = {"token": both, **_at("a", leg=0), "seen": [use(600)]}
    yield "the named ride is used, the other is not", "plain", named, "already_used", JTI
    classed = ticket(p="first", l=[["tlt", "a", "b", f"1{bound_to(SAILS)}"]], aud=["tlt"])
    yield "a class before a departure", "rules", {"token": classed}, "ok", JTI


def _sailings() -> Iterator[Row]:
    guest = ticket(l=[["viking", "V", "W", bound_to(NOW + 1800)]], aud=["viking"])
    named = {"token": guest, **_at("a", trip_id="t1")}
    yield "a guest whose ship is cancelled", "guests", named, "ok_attention", JTI
    yield "a guest at another sailing", "guests", {**named, **_at("a", trip_id="t2")}, "wrong_audience", JTI
    later = {**named, "at": NOW + 3600}
    yield "a guest after the waiver has ended", "guests", later, "wrong_audience", JTI
    other = ticket(l=[["viking", "V", "W", bound_to(NOW + 7200)]], aud=["viking"])
    yield "a guest of a ship that sails", "guests", {**named, "token": other}, "wrong_audience", JTI
    by_time = {"token": guest, **_at("a", departure="2026-10-13T04:15:40Z")}
    yield "a guest at the sailing by its time", "guests", by_time, "ok_attention", JTI
    plain = ticket(l=[["viking", "V", "W"]], aud=["viking"])
    yield "a guest without a departure", "guests", {**named, "token": plain}, "wrong_audience", JTI
    cancelled = {"token": bound_leg(SAILS - 3600), **_at("a", departure="2026-10-13T03:15:00Z")}
    yield "a cancelled sailing at a gate that still names it", "sailings", cancelled, "ok_attention", JTI
    category = {"token": ticket(cat="chil", l=[["tlt", "c", "d"]], aud=["tlt"], p="through")}
    yield "a category that the bundle spells out", "sailings", category, "ok_attention", JTI


def _ages() -> Iterator[Row]:
    held = {"token": ticket(exp=NOW + 9 * _DAY)}
    opened = {**held, "at": NOW + _DAY}
    yield "a bundle of yesterday where gates stay open", "open", opened, "ok_attention", JTI
    yield "the last second of that", "open", {**held, "at": NOW + 2 * _DAY - 1}, "ok_attention", JTI
    yield "two days old", "open", {**held, "at": NOW + 2 * _DAY}, "status_stale", JTI
    yield "a list older than the policy allows", "impatient", {**held, "at": NOW + 61}, "status_stale", JTI
    yield "a list as old as it allows", "impatient", {**held, "at": NOW + 60}, "ok", JTI
    revoked = ticket(exp=NOW + 9 * _DAY, **place(6))
    yield "known as refunded in an old list", "open", {"token": revoked, "at": NOW + _DAY}, "revoked", JTI
    ended = {"token": ticket(), "at": NOW + 3630}
    yield "expired, with news that are an hour old", "plain", ended, "expired", JTI
    yield "thirty seconds before the bundle", "plain", {"token": ticket(), "at": NOW - 30}, "ok", JTI


def _doors() -> Iterator[Row]:
    pass_ = ticket(p="swiped", u=0)
    inside = [use(900, 0, "g0", "in")]
    yield (
        "a second check-in without a way out",
        "rules",
        {"token": pass_, "gate": way("in"), "seen": inside},
        "ok_attention",
        JTI,
    )
    turn = {"token": pass_, "seen": inside}
    yield "a gate without a direction lets out", "rules", turn, "ok", JTI
    soon = {"token": pass_, "seen": [use(20, 0, "g0", "in")]}
    yield "out at another gate within the minute", "rules", soon, "passback", JTI
    same = {**soon, "gate": {"operator": "tlt", "id": "g0"}}
    yield "out at the same gate within the minute", "rules", same, "ok", JTI
    out = {"token": pass_, "seen": [use(900, 0, "g0", "in"), use(600, 0, "g0", "out")]}
    yield "in again after a way out", "rules", out, "ok", JTI
    party = {"token": ticket(p="group", u=0, c=3), "seen": [use(5), use(5), use(5, 0, "g1")]}
    yield "one scan that the gate tells twice counts once", "rules", party, "ok", JTI
    known = {"token": ticket(jti="B" * 22, p="through"), "seen": [use(600, 0, None, jti="B" * 22)]}
    yield "a use that bundle and gate both know", "orders", known, "already_used", "B" * 22
