"""The register of triggers: facts that are there already, each of which opens one draft in its life.

Of a wrong tariff, a breach and a vulnerable package the system has no fact of its own: a person opens those drafts
(`throughfare incidents draft`).
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from throughfare_gate.gate.model import Policy
from throughfare_gate.tickets.claims import TYP
from throughfare_gate.tickets.jwk import Algorithm
from throughfare_gate.tickets.jws import header_of
from ticketing.db import Database, Transaction
from ticketing.db.incidents import facts, steps
from ticketing.db.operators.figures import DatabaseFigures
from ticketing.db.people import known_keys
from ticketing.db.ticket import tickets
from ticketing.frozen import RSIT_OF, IncidentRecord, IncidentType, read_facts
from ticketing.incidents.desk import IncidentDesk
from ticketing.incidents.reporting import judged, open_draft

ACTOR = "worker"
# More double uses of a product at an operator within the hour than this are no accident.
MOST_DOUBLE_USES = 5
MOST_CHARGEBACKS = 4
# At least this many devices, and this share of an operator's, that were at work today and are silent now.
FEWEST_SILENT, SILENT_SHARE = 3, 0.5
_SILENT, _AT_WORK, _HOUR, _DAY = (
    timedelta(minutes=30),
    timedelta(hours=12),
    timedelta(hours=1),
    timedelta(days=1),
)
_FEWEST_CALLS = 10
_FAILED = ("unavailable", "unknown", "bad_reply")
_RECENT = timedelta(days=7)
_ALGORITHMS: tuple[Algorithm, ...] = ("EdDSA", "ES256")


@dataclass(frozen=True, slots=True, kw_only=True)
class Noticed:
    """A fact that is an incident: its key, by which it fires once, and what the record says."""

    key: str
    type: IncidentType
    title: str
    facts: dict[str, object]
    occurred_at: datetime
    operator: str | None = None
    passengers: int = 0
    money_minor: int = 0


@dataclass(frozen=True, slots=True)
class Scene:
    """The place where a trigger looks, and the moment."""

    tx: Transaction
    database: Database
    now: datetime
    policies: Mapping[str, Policy]

    def has_fired(self, key: str) -> bool:
        """Tell whether a fact has made its draft already."""
        return steps.has_trigger(self.tx, key)


@dataclass(frozen=True, slots=True)
class Trigger:
    """A kind of fact and the function that looks for it."""

    name: str
    look: Callable[[Scene], Iterator[Noticed]]


def draft_all(desk: IncidentDesk) -> int:
    """Look for every kind of fact, and open a draft for each that has none; answers how many."""
    now, count = desk.clock.now(), 0
    for noticed in look(desk, now):
        count += open_draft(desk, _record(noticed, now), ACTOR, noticed.key) is not None
    return count


def look(desk: IncidentDesk, now: datetime) -> list[Noticed]:
    """List the facts that have not fired yet."""
    with desk.database.read() as tx:
        scene = Scene(tx, desk.database, now, desk.policies)
        listed = [noticed for trigger in TRIGGERS for noticed in trigger.look(scene)]
        return [noticed for noticed in listed if not scene.has_fired(noticed.key)]


def _record(noticed: Noticed, now: datetime) -> IncidentRecord:
    return judged(
        IncidentRecord(
            type=noticed.type,
            title=noticed.title,
            status="suspected",
            severity=0,
            tlp="AMBER",
            occurred_at=noticed.occurred_at,
            aware_at=now,
            facts=read_facts(noticed.type, noticed.facts),
            operator=noticed.operator,
            rsit=RSIT_OF[noticed.type],
            passengers=noticed.passengers,
            money_minor=noticed.money_minor,
        )
    )


def _withdrawn_keys(scene: Scene) -> Iterator[Noticed]:
    for key in known_keys.list_known(scene.tx):
        is_gone = key.kind == "ticket" and key.state == "compromised"
        # To count its tickets reads them all: only for a draft that is to be made.
        if not is_gone or scene.now - key.changed_at > _RECENT or scene.has_fired(f"key:{key.kid}"):
            continue
        yield Noticed(
            key=f"key:{key.kid}",
            type="signing_key_leaked",
            title="A key that signs tickets is withdrawn",
            facts={
                "kid": key.kid,
                "used_from": key.known_since.isoformat(),
                "withdrawn_at": key.changed_at.isoformat(),
                "tickets_signed": _signed_by(scene.tx, key.kid, scene.now),
            },
            occurred_at=key.changed_at,
        )


def _signed_by(tx: Transaction, kid: str, now: datetime) -> int:
    """Count the tickets in force that a key has signed and that are not signed anew."""
    return sum(tickets.count_signed_by(tx, header_of(kid, TYP, algorithm), now) for algorithm in _ALGORITHMS)


def _stolen_devices(scene: Scene) -> Iterator[Noticed]:
    for device in facts.list_stolen(scene.tx):
        yield Noticed(
            key=f"device:{device.id}",
            type="forged_or_cloned_tickets",
            title="A device that was revoked goes on scanning",
            facts={"operator": device.operator, "devices": [device.id], "scans": device.scans},
            occurred_at=device.revoked_at,
            operator=device.operator,
        )


def _double_uses(scene: Scene) -> Iterator[Noticed]:
    for used in facts.list_double_uses(scene.tx, scene.now - _HOUR, MOST_DOUBLE_USES):
        product = {"product": used.product} if _is_code(used.product) else {}
        yield Noticed(
            key=f"double:{used.operator}:{used.product}:{used.first_at:%Y-%m-%d}",
            type="forged_or_cloned_tickets",
            title="Many double uses of one product within an hour",
            facts={"operator": used.operator, **product, "double_uses": used.uses},
            occurred_at=used.first_at,
            operator=used.operator,
            passengers=used.uses,
        )


def _silent_gates(scene: Scene) -> Iterator[Noticed]:
    by_operator: dict[str, list[facts.DeviceSeen]] = defaultdict(list)
    for device in facts.list_devices_seen(scene.tx, scene.now - _AT_WORK):
        by_operator[device.operator].append(device)
    for operator, devices in by_operator.items():
        silent = [device for device in devices if scene.now - device.last_bundle_at > _SILENT]
        if len(silent) < max(FEWEST_SILENT, SILENT_SHARE * len(devices)):
            continue
        since = min(device.last_bundle_at for device in silent)
        yield Noticed(
            key=f"silent:{operator}:{since:%Y-%m-%d}",
            type="gate_or_validator_outage",
            title=f"{len(silent)} of {len(devices)} gates are silent",
            facts={
                "operator": operator,
                "devices": [device.id for device in silent][:200],
                "silent_since": since.isoformat(),
                "degrade": scene.policies.get(operator, Policy()).degrade,
            },
            occurred_at=since,
            operator=operator,
        )


def _fraud(scene: Scene) -> Iterator[Noticed]:
    by_currency: dict[str, list[facts.Chargeback]] = defaultdict(list)
    for chargeback in facts.list_frauds(scene.tx, scene.now - _DAY):
        by_currency[chargeback.currency].append(chargeback)
    for currency, listed in by_currency.items():
        if len(listed) <= MOST_CHARGEBACKS:
            continue
        amount = sum(chargeback.amount_minor for chargeback in listed)
        yield Noticed(
            key=f"fraud:{currency}:{listed[0].opened_at:%Y-%m-%d}",
            type="payment_fraud_wave",
            title="Many payments come back as fraud within a day",
            facts={
                "channel": "card",
                "rule": "disputes_in_a_day",
                "chargebacks": len(listed),
                "amount_minor": amount,
                "currency": currency,
            },
            occurred_at=listed[0].opened_at,
            money_minor=amount,
        )


def _connectors_down(scene: Scene) -> Iterator[Noticed]:
    """Find operators of which no call has succeeded for a whole hour."""
    hour = scene.now.replace(minute=0, second=0, microsecond=0) - _HOUR
    calls: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for slot, figure in DatabaseFigures(scene.database).all(hour):
        if slot.hour == hour:
            counts = calls[slot.region, slot.operator]
            asked = sum(figure.outcomes.values()) - figure.outcomes["not_asked"]
            counts[0] += asked
            counts[1] += sum(figure.outcomes[outcome] for outcome in _FAILED)
    for (region, operator), (called, failed) in calls.items():
        if called >= _FEWEST_CALLS and failed == called:
            yield _down(region, operator, hour, failed)


def _down(region: str, operator: str, hour: datetime, failed: int) -> Noticed:
    return Noticed(
        key=f"connector:{region}:{operator}:{hour:%Y-%m-%d}",
        type="other_failure",
        title="An operator's system has answered nothing for an hour",
        facts={
            "failure": "connector_down",
            "region": region,
            "operator": operator,
            "since": hour.isoformat(),
            "failures": failed,
        },
        occurred_at=hour,
        operator=operator,
    )


def _is_code(word: str) -> bool:
    try:
        read_facts("forged_or_cloned_tickets", {"product": word})
    except ValueError:
        return False
    return True


TRIGGERS: Sequence[Trigger] = (
    Trigger("key withdrawn", _withdrawn_keys),
    Trigger("device revoked and scanning", _stolen_devices),
    Trigger("double uses", _double_uses),
    Trigger("silent gates", _silent_gates),
    Trigger("chargebacks", _fraud),
    Trigger("connector down", _connectors_down),
)
