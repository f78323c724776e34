"""Follow a ticket's money: the price and its reasons, the shares and their rule, the entries, the taps at the gates."""

from datetime import datetime
from typing import Any

from tariffs.money import Money
from ticketing.clock import written
from ticketing.db import audit
from ticketing.errors import NotFound
from ticketing.settlement.lines import journey_of
from ticketing.settlement.office import Office

_AMOUNTS = ("gross_minor", "vat_minor", "fee_minor", "net_minor", "amount_minor")


def trace(office: Office, jti: str) -> dict[str, Any]:
    """Everything that a ticket's money is made of; raises NotFound."""
    with office.database.read() as tx:
        story = audit.find_story(tx, jti)
    if story is None:
        raise NotFound(f"no ticket {jti}")
    passenger = story["passenger"] or {}
    return {
        "ticket": jti,
        "journey": journey_of({"legs": story["legs"]}),
        "issued_at": written(story["issued_at"]),
        "order": story["order"],
        "quote": story["quote"],
        "tariff_version": story["tariff_version"],
        "price": [item["because"] for item in passenger.get("items", [])],
        "derivation": passenger.get("derivation", []),
        "shares": [_plain(row) for row in story["shares"]],
        "taxes": [_plain(row) for row in story["taxes"]],
        "entries": [
            {
                "entry": entry["id"], "period": entry["period"], "kind": entry["kind"], "hash": entry["hash"],
                "postings": [
                    f"{line['account_id']} {Money(line['amount_minor'], line['currency']).text}"
                    for line in entry["postings"]
                ],
            }
            for entry in story["entries"]
        ],
        "taps": [
            {"at": written(use["at"]), "operator": use["operator"], "leg": use["leg"], "kind": use["kind"],
             "place": use["gate"], "gate": use["gate_key_id"], "scan": use["scan_id"]}
            for use in story["uses"]
        ],
    }  # fmt: skip


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """A row with its amounts as decimal strings."""
    currency = row["currency"]
    told: dict[str, Any] = {}
    for name, value in row.items():
        if name in _AMOUNTS:
            told[name.removesuffix("_minor")] = Money(value, currency).text
        else:
            told[name] = written(value) if isinstance(value, datetime) else value
    return told
