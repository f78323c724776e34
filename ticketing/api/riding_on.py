"""Find the passes that each of a party travels on: those of the calling account by name, and those that an order's secret opens."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ticketing.api.context import person, rooms
from ticketing.errors import Fault, InvalidRequest
from ticketing.quote.brought import Brought, KeptPass, carnets, personal, with_freed
from ticketing.quote.holder import bring, bring_orders, freed_by
from ticketing.search.wish import Borne

_NOT_OPENED = "opens no order with a pass that is valid"


def freed_by_exchange(wanted: Mapping[str, Any]) -> Mapping[str, int]:
    """Count the uses of passes that the exchange which a search is for gives back; raises InvalidRequest where its token opens nothing."""
    exchange = wanted.get("exchange")
    if exchange is None:
        return {}
    if not rooms().order_tokens.opens(exchange["order_id"], exchange["access_token"]):
        raise InvalidRequest.at("exchange", "opens no order")
    return freed_by(rooms().desk, exchange["order_id"], exchange["passengers"], exchange["legs"])


def account_of(rows: Sequence[dict[str, Any]], freed: Mapping[str, int]) -> Brought | None:
    """Read what the calling account brings, where one of the passengers is of it; raises NotAuthenticated for a guest.

    Raises InvalidRequest for a name for which the account never bought a pass.
    """
    if not any(row["account_holder"] or "holder" in row for row in rows):
        return None
    brought = bring(rooms().desk, person().person_id)
    unknown = [
        Fault(f"passengers[{at}].holder", f"this account has no pass for {row['holder']!r}")
        for at, row in enumerate(rows)
        if "holder" in row and row["holder"] not in brought.known
    ]
    if unknown:
        raise InvalidRequest(unknown[0].message, unknown)
    return brought.with_freed(freed)


def _brought(rows: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """List the passes that passengers bring along: the path of each, whose it is, and what opens it."""
    for at, row in enumerate(rows):
        for number, one in enumerate(row["passes"]):
            yield f"passengers[{at}].passes[{number}]", row["ref"], one


def borne_by(rows: Sequence[dict[str, Any]], freed: Mapping[str, int]) -> Borne:
    """The passes that passengers bear without an account; raises InvalidRequest naming the one that is none.

    A pass travels with one person; a carnet serves everybody, whoever bears it.
    """
    shown = list(_brought(rows))
    opens = rooms().order_tokens.opens
    genuine = [
        faulty["order_id"] for _, _, faulty in shown if opens(faulty["order_id"], faulty["access_token"])
    ]
    brought = bring_orders(rooms().desk, genuine) if genuine else {}
    kept = {order_id: with_freed(passes, freed) for order_id, passes in brought.items()}
    faults: list[Fault] = []
    own: dict[str, list[KeptPass]] = {}
    taken: dict[str, str] = {}
    for path, ref, faulty in shown:
        order_id = faulty["order_id"]
        if order_id not in kept or not opens(order_id, faulty["access_token"]):
            faults.append(Fault(path, _NOT_OPENED))
        elif taken.get(order_id, ref) != ref and personal(kept[order_id]):
            faults.append(
                Fault(path, f"{taken[order_id]!r} travels on this pass; everybody needs one of their own")
            )
        else:
            taken[order_id] = ref
            own.setdefault(ref, []).extend(kept[order_id])
    if faults:
        raise InvalidRequest(faults[0].message, faults)
    return Borne(
        {ref: personal(passes) for ref, passes in own.items()},
        carnets(faulty for passes in kept.values() for faulty in passes),
    )
