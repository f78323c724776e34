"""Publish what gates fetch: the signed bundle, whole or what has changed, and the signed status lists and key sets.

A delay may keep a ticket good for a day beyond its end (`late.py`): so long gates are told what became of it.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from throughfare_gate.gate import bundle as bundles
from throughfare_gate.gate.additions import FORMAT
from throughfare_gate.gate.bundle import Delta, Facts
from throughfare_gate.gate.decision import Use
from throughfare_gate.gate.usage import Kind as UseKind
from throughfare_gate.tickets import status_list
from throughfare_gate.tickets.jws import Signer
from ticketing.db import Transaction
from ticketing.db.documents import digest
from ticketing.db.gate import devices
from ticketing.db.incidents import partners
from ticketing.db.ticket import group_codes, status_changes, tickets, uses
from ticketing.db.ticket.uses import TicketUse
from ticketing.errors import NotFound
from ticketing.gate import late, ordered, sailings
from ticketing.gate.house import STATUS_BITS, Gatehouse, Signed
from ticketing.tickets.issue import coming_lists
from ticketing.tickets.keys import Kind

# The format for gates that ask for none, for one more release.
FIRST_FORMAT = 1
# A change that was being written while the last bundle was made is told again.
_OVERLAP = timedelta(seconds=30)
# About 110 KB of uses; a gate that is further behind asks again at once.
_MOST_TICKETS = 1200
# A gate that asks so often knows a revocation within ten seconds; so many fetches a second are enough for one operator.
_REFRESH_SECONDS, _LONGEST_REFRESH_SECONDS = 8, 60
_FETCHES_A_SECOND = 50
_LIST_LIFE = timedelta(seconds=status_list.TTL_SECONDS)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A bundle that is not signed yet, with the tag of its content: a gate that holds it already needs no more."""

    house: Gatehouse
    facts: Facts
    now: datetime
    etag: str

    def sign(self) -> str:
        """The signed bundle."""
        return bundles.sign(Signer(*self.house.keys.signer_key("bundle")), self.facts, self.now)


@dataclass(frozen=True, slots=True)
class SignedBundle:
    """A bundle with the tag of its content."""

    token: str
    etag: str


def bundle(
    house: Gatehouse, operator: str, since: int | None = None, form: int = FIRST_FORMAT
) -> SignedBundle:
    """Sign what an operator's gates need for the next 24 hours, in format 1 or 2."""
    made = prepare(house, operator, since, form)
    return SignedBundle(made.sign(), made.etag)


def prepare(house: Gatehouse, operator: str, since: int | None = None, form: int = FIRST_FORMAT) -> Prepared:
    """Put together what an operator's gates need for the next 24 hours.

    With `since`, the cursor of the bundle that a gate holds (0 for one that holds none), the uses are those of
    tickets that have changed since then, a page at a time. Format 1 goes to gates of the last release, which would
    refuse a bundle with the members of format 2.
    """
    now = house.clock.now()
    with house.database.read() as tx:
        lists = _lists(tx, house, now)
        page, delta = _uses(tx, operator, since, now, now - late.LONGEST)
        revoked = devices.list_revoked(tx, operator)
        withdrawn = [foreign.kid for foreign in partners.list_withdrawn(tx)]
        signed = {name: _held(tx, house, name, now) for name in lists}
        extras = sailings.for_bundle(tx, house, operator, now) if form == FORMAT else None
        named = None if delta is None else {*delta.cleared, *(use.jti for use in page)}
        taken = ordered.for_bundle(tx, operator, now, now - late.LONGEST, named) if extras else {}
    entries = [signed[name] or _signed_anew(house, name, now) for name in lists]
    policy = house.policy(operator)
    facts = bundles.Facts(
        issuer=house.press.issuer,
        operator=operator,
        version=int(now.timestamp()),
        ticket_keys=house.keys.ring("ticket"),
        status_keys=house.keys.ring("status"),
        removed=[*house.keys.removed("ticket"), *withdrawn],
        lists=[entry.token for entry in entries],
        rules=house.rules,
        uses=page,
        policy=policy,
        offsets=house.offsets(operator, now),
        devices=revoked,
        bundle_keys=house.keys.ring("bundle") if since is not None else {},
        delta=delta,
        extras=extras,
        ordered=taken,
    )
    # A gate with an unchanged bundle still needs it anew before its lists prove nothing any more.
    slot = int(now.timestamp()) // max(60, min(3600, policy.max_stale_seconds // 4))
    # A signature is anew every few minutes, and the cursor of what is complete is only the time: whoever holds the same
    # lists and uses need not have them again. All else counts as the bundle says it.
    same = {
        "lists": [entry.state for entry in entries],
        "delta": delta and [delta.since, delta.complete or delta.cursor, delta.cleared],
    }
    etag = digest([slot, {**bundles.content(facts), **same}])
    return Prepared(house, facts, now, etag)


def refresh_seconds(devices_at_work: int) -> int:
    """The seconds after which a gate should ask again: few enough for ten seconds to every gate, unless there are very many."""
    return min(_LONGEST_REFRESH_SECONDS, max(_REFRESH_SECONDS, -(-devices_at_work // _FETCHES_A_SECOND)))


def jwks(house: Gatehouse, kind: Kind) -> dict[str, Any]:
    """The public keys that verify one kind of token."""
    return house.keys.jwks(kind)


def status_list_of(house: Gatehouse, list_id: str) -> str:
    """A signed status list; raises NotFound for one that no ticket points to."""
    now = house.clock.now()
    with house.database.read() as tx:
        if list_id not in coming_lists(now) and not tickets.has_list(tx, list_id):
            raise NotFound("there is no such status list")
        held = _held(tx, house, list_id, now)
    return (held or _signed_anew(house, list_id, now)).token


def _held(tx: Transaction, house: Gatehouse, list_id: str, now: datetime) -> Signed | None:
    """The list as this process has signed it, unless it has changed, its `ttl` has passed or another key signs."""
    held = house.signed.get(list_id)
    if held is None or not timedelta() <= now - held.at < _LIST_LIFE or held.kid != _status_kid(house):
        return None
    return held if status_changes.mark_of(tx, list_id, held.watched) == held.mark else None


def _signed_anew(house: Gatehouse, list_id: str, now: datetime) -> Signed:
    """Read a whole list and sign it; one that says the same, within its `ttl`, keeps its signature."""
    watched = now - _OVERLAP
    with (
        house.database.read() as tx
    ):  # in this order: a change that is being committed is noticed later, never lost
        mark = status_changes.mark_of(tx, list_id, watched)
        changes = status_changes.list_unpublished(tx, list_id)
        statuses = tickets.statuses(tx, list_id, now - late.LONGEST)
    kid, key = house.keys.signer_key("status")
    state, held = digest([kid, sorted(statuses.items())]), house.signed.get(list_id)
    if held is not None and held.state == state and timedelta() <= now - held.at < _LIST_LIFE:
        list_held = replace(held, watched=watched, mark=mark)
    else:
        bits = {index: STATUS_BITS[status] for index, status in statuses.items()}
        token = status_list.sign(Signer(kid, key), house.press.status_uri(list_id), bits, now)
        list_held = Signed(state=state, at=now, token=token, kid=kid, watched=watched, mark=mark)
    house.signed[list_id] = list_held
    if changes:
        with house.database.write() as tx:
            status_changes.mark_published(tx, list_id, changes, now)
    return list_held


def _status_kid(house: Gatehouse) -> str:
    return house.keys.signer_key("status")[0]


def _lists(tx: Transaction, house: Gatehouse, now: datetime) -> list[str]:
    """The lists that tickets point into. Those of new tickets are known beforehand, so the rest may be minutes old."""
    asked, live = house.live.get("lists", (None, []))
    if asked is None or not timedelta() <= now - asked < _LIST_LIFE:
        live = tickets.live_lists(tx, now - late.LONGEST)
        house.live["lists"] = now, live
    return sorted({*live, *coming_lists(now)})


def _uses(
    tx: Transaction, operator: str, since: int | None, now: datetime, ended: datetime
) -> tuple[Sequence[Use], Delta | None]:
    """The uses that a bundle carries: all of them, or a page of what has changed, with how far it comes.

    Those of tickets that had `ended` before then are left out.
    """
    if since is None:
        used = uses.list_uses_of_operator(tx, operator, ended)
        by_codes = group_codes.list_uses_of_operator(tx, operator, ended)
        return [_told(use) for use in [*used, *by_codes]], None
    start = datetime.fromtimestamp(max(0, since - _OVERLAP.total_seconds()), UTC) if since else None
    changed = uses.list_changed(tx, operator, start, ended, _MOST_TICKETS + 1)
    page, is_last = changed[:_MOST_TICKETS], len(changed) <= _MOST_TICKETS
    if is_last or (page and int(page[-1][1].timestamp()) <= since):
        # Everything, even where more than a page changed within the overlap.
        page = changed if is_last else uses.list_changed(tx, operator, start, ended, 1_000_000)
        is_last = True
    page_uses, cleared = _uses_of(tx, operator, [jti for jti, _ in page])
    cursor = int(now.timestamp()) if is_last else int(page[-1][1].timestamp())
    return page_uses, Delta(since, cursor, is_last, cleared)


def _uses_of(tx: Transaction, operator: str, jtis: Sequence[str]) -> tuple[list[Use], tuple[str, ...]]:
    """The uses of some tickets and of the codes of their groups, and which of them have none."""
    by_ticket: dict[str, list[TicketUse]] = defaultdict(list)
    groups = group_codes.list_concerned(tx, jtis) if jtis else {}
    for use in [
        *uses.list_uses_at(tx, operator, jtis),
        *_shared(uses.list_uses_at(tx, operator, _members(groups)), groups),
    ]:
        by_ticket[use.jti].append(use)
    uses_told = [_told(use) for jti in (*jtis, *groups) for use in by_ticket.get(jti, ())]
    return uses_told, tuple(jti for jti in (*jtis, *groups) if jti not in by_ticket)


def _members(groups: Mapping[str, Sequence[str]]) -> list[str]:
    return sorted({jti for members in groups.values() for jti in members})


def _shared(used: Sequence[TicketUse], groups: Mapping[str, Sequence[str]]) -> list[TicketUse]:
    """The uses of tickets as uses of the codes that stand for them: one scan of a group is one use of its code."""
    by_ticket: dict[str, list[TicketUse]] = defaultdict(list)
    for use in used:
        by_ticket[use.jti].append(use)
    shared = {}
    for code, members in groups.items():
        for use in (use for jti in members for use in by_ticket[jti]):
            shared[code, use.gate_key_id, use.scan_id, use.leg] = replace(use, jti=code)
    return list(shared.values())


def _told(use: TicketUse) -> Use:
    return Use(use.jti, use.leg, int(use.at.timestamp()), use.gate, cast("UseKind", use.kind))
