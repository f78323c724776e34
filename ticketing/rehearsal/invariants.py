"""Check the invariants of every journey, each a pure function: it answers one sentence for each thing that is wrong."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypedDict

from ticketing.rehearsal.journey import Call

_SERVER_FAULT = 500
_WHOLE = 100
_CLIENT_FAULT = 400
# What a service may say when somebody else is silent: it is no fault of its own.
_SILENCE = frozenset({"operator_silent", "provider_silent", "payment_unknown"})
_AFTER_MONEY = ("ticketed", "part_refunded", "refunded", "exchanged")


def no_server_error(calls: Iterable[Call]) -> list[str]:
    """No call is answered with 5xx, but for the word that an operator or a gateway is silent."""
    return [
        f"{call.method} {call.route} answered {call.status} {call.code} {call.detail}".strip()
        for call in calls
        if call.status >= _SERVER_FAULT and call.code not in _SILENCE
    ]


def quote_is_as_offered(offer: Mapping[str, Any], quote: Mapping[str, Any]) -> list[str]:
    """A quote costs what its offer said, for each passenger and in sum."""
    found = _differs("the offer says {} and the quote {}", offer["total"], quote["total"])
    offered = {row["ref"]: row["total"] for row in offer["passengers"]}
    for row in quote["passengers"]:
        wanted = offered.get(row["ref"])
        found += _differs(f"for {row['ref']} " + "the offer says {} and the quote {}", wanted, row["total"])
    return found


def quote_adds_up(quote: Mapping[str, Any]) -> list[str]:
    """Items, shares, VAT and fee make the price of each passenger, and passengers the price of the party."""
    faults: list[str] = []
    for passenger in quote["passengers"]:
        faults += _passenger_adds_up(passenger)
    whole = sum((_of(row["total"]) for row in quote["passengers"]), Decimal(0))
    if whole != _of(quote["total"]):
        faults.append(f"the passengers pay {whole} and the quote says {_of(quote['total'])}")
    currencies = sorted({row["total"]["currency"] for row in (*quote["passengers"], quote)})
    if len(currencies) > 1:
        faults.append(f"one quote in {' and '.join(currencies)}")
    return faults


def _passenger_adds_up(passenger: Mapping[str, Any]) -> list[str]:
    ref, total = f"{passenger['rider_category']}", _of(passenger["total"])
    shares, taxes = _rows(passenger, "shares"), _rows(passenger, "taxes")
    items, gross, net, fee = (
        _sum(_rows(passenger, "items"), "price"),
        _sum(shares, "gross"),
        _sum(shares, "net"),
        _sum(shares, "fee"),
    )
    vat, owed = _sum(shares, "vat"), _sum(taxes, "vat")
    faults = []
    if items != total:
        faults.append(f"{ref}: items make {items}, the price is {total}")
    if gross != total:
        faults.append(f"{ref}: shares make {gross}, the price is {total}")
    if net + owed + fee != total:
        faults.append(f"{ref}: net {net} + VAT {owed} + fee {fee} is not {total}")
    if vat != owed:
        faults.append(f"{ref}: shares keep {vat} for VAT, states get {owed}")
    if _sum(taxes, "gross") != total:
        faults.append(f"{ref}: the parts that are taxed make {_sum(taxes, 'gross')}, the price is {total}")
    faults += [
        f"{ref}: {row['operator']} has gross {_of(row['gross'])} and not net + VAT + fee"
        for row in shares
        if _of(row["gross"]) != _of(row["net"]) + _of(row["vat"]) + _of(row["fee"])
    ]
    return faults


def every_ride_has_its_share(
    rides: Sequence[Mapping[str, Any]], quote: Mapping[str, Any], parties: Mapping[str, Collection[str]]
) -> list[str]:
    """Check that every carrier of a passenger stands among the shares, also with 0.00.

    An agreement may give a ride's income to others: who carries and is not of its `parties` has none.
    """
    faults = []
    for passenger in quote["passengers"]:
        wanted = {ride["operator"] for ride in rides}
        for step in passenger["derivation"]:
            if step["reason"] == "agreement":
                carriers = {rides[leg]["operator"] for leg in step["legs"]}
                wanted -= carriers - set(parties.get(step["product"], carriers))
        missing = wanted - {row["operator"] for row in _rows(passenger, "shares")}
        if missing:
            faults.append(f"{passenger['rider_category']}: {', '.join(sorted(missing))} has no share")
    return faults


def refused_before_the_money(call: Call) -> list[str]:
    """Check that an offer with a price that is not sold is refused with a reason, by 4xx."""
    if call.status < _CLIENT_FAULT or (call.status < _SERVER_FAULT and call.code):
        return []
    if call.code in _SILENCE:
        return []
    return [f"{call.method} {call.route} answered {call.status} {call.detail}"]


def paid_means_ticketed(order: Mapping[str, Any], tickets: Sequence[Mapping[str, Any]]) -> list[str]:
    """Check that there is a valid ticket for each passenger when money was taken."""
    taken = any(payment["state"] == "captured" for payment in order["payments"])
    free = _of(order["due"]) == 0
    if not taken and not free:
        return []
    if order["state"] not in _AFTER_MONEY:
        return [f"paid {_of(order['total'])} and the order is {order['state']}"]
    who = {ticket["passenger"] for ticket in tickets}
    missing = [row["ref"] for row in order["passengers"] if row["ref"] not in who]
    return [f"paid, and {', '.join(missing)} has no ticket"] if missing else []


def offer_is_honoured(
    offer: Mapping[str, Any], status: int, refund: Mapping[str, Any], said: str
) -> list[str]:
    """A refund that was offered is given, to the amount."""
    if status >= _CLIENT_FAULT:
        return [f"offered {_of(offer['amount'])} back, then answered {status}: {said}"]
    return _differs("offered {} back and gave {}", offer["amount"], refund["amount"])


def gives_back_at_most_what_was_paid(paid: Decimal, refunds: Iterable[Mapping[str, Any]]) -> list[str]:
    """All refunds of an order are together no more than its price."""
    given = sum((_of(refund["amount"]) for refund in refunds), Decimal(0))
    return [f"paid {paid} and got {given} back"] if given > paid else []


def keeps_the_ticket(
    before: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]], when: str
) -> list[str]:
    """Members who do not change keep the same valid ticket, and codes of their own stay."""
    by_passenger = {one["passenger"]: one for one in now}
    return [
        f"{one['passenger']} has another ticket, or none, {when}"
        for one in before
        if not _is_kept(one, by_passenger.get(one["passenger"]))
    ]


def _is_kept(one: Mapping[str, Any], now: Mapping[str, Any] | None) -> bool:
    if now is None or (now["jti"], now["status"]) != (one["jti"], "valid"):
        return False
    return one["token"] is None or now["token"] == one["token"]


def one_code(tickets: Sequence[Mapping[str, Any]], group: Mapping[str, Any] | None) -> list[str]:
    """Each ticket is shown by its own code or by that of its group, and never by both; one that is revoked by neither."""
    members = set(group["passengers"]) if group else set()
    twofold = [
        one["passenger"]
        for one in tickets
        if (one["token"] is None) != (one["passenger"] in members or one["status"] == "revoked")
    ]
    codes = (
        [f"{', '.join(twofold)}: in the group code and with a code of their own, or with neither"]
        if twofold
        else []
    )
    if group and not group["count"] == len(members) > 1:
        codes.append(f"the group code counts {group['count']} and names {len(members)}")
    return codes


def nobody_is_missing(tickets: Sequence[Mapping[str, Any]], group: Mapping[str, Any] | None) -> list[str]:
    """Two or more members who still ride the same legs have one code."""
    alike: dict[tuple[object, ...], list[str]] = {}
    for ticket in tickets:
        if ticket["status"] == "valid":
            gone = tuple("given_back_at" in leg for leg in ticket["legs"])
            alike.setdefault(gone, []).append(ticket["passenger"])
    largest = max(map(len, alike.values()), default=0)
    count = group["count"] if group else 0
    if largest > 1 and count != largest:
        return [f"{largest} of a group ride on alike, and its code counts {count}"]
    return []


def opens(expected: str, seen: Mapping[str, Any], where: str) -> list[str]:
    """A gate decides as it should: `accept`, or `refuse`."""
    if seen["decision"] == expected:
        return []
    return [f"{where}: {seen['decision']} ({seen['reason']}) where it should {expected}"]


def _differs(text: str, one: Mapping[str, Any] | None, other: Mapping[str, Any] | None) -> list[str]:
    return [] if one == other else [text.format(_text(one), _text(other))]


def _text(money: Mapping[str, Any] | None) -> str:
    return f"{money['amount']} {money['currency']}" if money else "nothing"


def _of(money: Mapping[str, Any]) -> Decimal:
    return Decimal(money["amount"])


def _rows(answer: Mapping[str, Any], name: str) -> Sequence[Mapping[str, Any]]:
    """Read the rows that an answer of the service has under a name."""
    rows: Sequence[Mapping[str, Any]] = answer[name]
    return rows


def _sum(rows: Iterable[Mapping[str, Any]], name: str) -> Decimal:
    return sum((_of(row[name]) for row in rows), Decimal(0))


class Happened(TypedDict):
    """An event of an order, so far as it is asked about."""

    data: dict[str, str]


class _Reason(TypedDict):
    code: str


class _Refused(TypedDict):
    passenger: str
    because: str
    reasons: list[_Reason]


class _Line(_Refused):
    percent: int
    fees: list[object]


class Offered(TypedDict):
    """A refund that is offered, so far as it is asked about."""

    lines: list[_Line]
    refused: list[_Refused]


class _Leg(TypedDict, total=False):
    kind: str
    operator: str
    trip_id: str
    service_date: str


class Itinerary(TypedDict):
    """A way that a search shows, so far as it is asked about."""

    offer_id: str | None
    legs: list[_Leg]


class _Call(TypedDict):
    call: int
    event: str
    outcome: str
    delay_seconds: int | None


class Proof(TypedDict):
    """The evidence of a run, so far as it is asked about."""

    calls: list[_Call]


def is_about(event: Happened, run: tuple[str, str, str]) -> bool:
    """Tell whether an event of an order is about a run."""
    data = event["data"]
    return (data.get("operator"), data.get("trip_id"), data.get("service_date")) == run


def heard(wanted: Sequence[str], told: Sequence[str]) -> list[str]:
    """Check that a holder has heard exactly what has happened; words of one moment have no order among each other."""
    if sorted(wanted) == sorted(told):
        return []
    return [f"{', '.join(wanted)} has happened and the holder hears {', '.join(told) or 'nothing'}"]


def nothing_twice(told: Sequence[str]) -> list[str]:
    """Check that of each kind there is at most one word more than of those that take it back."""
    back = sum(kind == "journey.service_restored" for kind in told)
    return [
        f"{kind} is told {told.count(kind)} times and taken back {back} times"
        for kind in sorted(set(told))
        if kind != "journey.service_restored" and told.count(kind) > back + 1
    ]


def is_whole(offer: Offered) -> list[str]:
    """Check that a leg that does not run is offered back in full and without a fee to everybody who still has it.

    A joint fare may be cheaper than the rides that are left of it: then nothing was paid for the leg, and nothing comes back.
    """
    faults = [
        f"{row['passenger']} gets nothing: {row['because']}"
        for row in offer["refused"]
        if row["reasons"][0]["code"] != "rest_dearer"
    ]
    faults += [
        f"{row['passenger']} gets {row['percent']} % with {len(row['fees'])} fees: {row['because']}"
        for row in offer["lines"]
        if row["percent"] != _WHOLE or row["fees"]
    ]
    return faults


def is_not_sold(itineraries: Iterable[Itinerary], run: tuple[str, str, str]) -> list[str]:
    """Check that no itinerary with an offer has a ride on a run that does not go."""
    offered = [one for one in itineraries if one["offer_id"]]
    legs = [leg for one in offered for leg in one["legs"]]
    return [
        f"{' '.join(run)} is sold though it does not run"
        for leg in legs
        if leg["kind"] == "ride" and (leg["operator"], leg["trip_id"], leg["service_date"]) == run
    ]


def proves(proof: Proof, outcome: str, late_seconds: int | None) -> list[str]:
    """Check that the evidence of each call says what the operator has said: its outcome, and how late."""
    return [
        f"call {call['call']} ({call['event']}) is proven to be {call['outcome']} by {call['delay_seconds']} s"
        for call in proof["calls"]
        if call["outcome"] != outcome or (late_seconds is not None and call["delay_seconds"] != late_seconds)
    ]
