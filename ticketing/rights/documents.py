"""Read and write the documents of a claim: facts in, a decision out, as the command-line contract `rights decide` has them."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from typing import TypeVar, get_args

from tariffs.money import Money, MoneyError, exponent, parse
from ticketing.errors import Fault, InvalidRequest
from ticketing.rights.decision import Decision
from ticketing.rights.facts import Cause, Choice, Contract, DepartsFrom, Facts, Trip

T = TypeVar("T")
_KEYS = frozenset(field.name for field in fields(Facts))
# A delay of a week and more is no delay of a departure; early arrivals are at most a day.
_EARLIEST, _LATEST = -1_440, 20_160
_MOST_KM = 40_000
_MOST_RIDES = 10_000
_MOST_DELAYS = 1_000


def read_facts(document: object) -> Facts:
    """Read the facts of a claim; raises InvalidRequest with every fault and the key where it is. Unknown keys are faults."""
    if not isinstance(document, dict):
        raise InvalidRequest("the request is not an object", [Fault("", "must be an object")])
    reader = _Reader(document)
    price = reader.price()
    facts = Facts(
        regime=reader.regime(),
        on=reader.day(),
        price=price,
        in_scope=reader.truth("in_scope", otherwise=True),
        contract=reader.one_of("contract", get_args(Contract)) or "through",
        trip=reader.one_of("trip", get_args(Trip)) or "one_way",
        leg_price=reader.amount("leg_price", price),
        scheduled_minutes=reader.whole("scheduled_minutes", 0, _LATEST * 4),
        distance_km=reader.whole("distance_km", 0, _MOST_KM),
        departs_from=reader.one_of("departs_from", get_args(DepartsFrom)),
        arrival_delay_minutes=reader.whole("arrival_delay_minutes", _EARLIEST, _LATEST),
        departure_delay_minutes=reader.whole("departure_delay_minutes", _EARLIEST, _LATEST),
        delay_outside_union_minutes=reader.whole("delay_outside_union_minutes", 0, _LATEST) or 0,
        cancelled=reader.truth("cancelled"),
        overbooked=reader.truth("overbooked"),
        missed_connection=reader.truth("missed_connection"),
        open_ticket=reader.truth("open_ticket"),
        choice_offered=reader.truth_or_none("choice_offered"),
        choice=reader.one_of("choice", get_args(Choice)),
        minutes_without_options=reader.whole("minutes_without_options", 0, _LATEST),
        own_alternative=reader.amount("own_alternative", price),
        cause=reader.one_of("cause", get_args(Cause)),
        informed_before_purchase=reader.truth("informed_before_purchase"),
        minimum_payout=reader.amount("minimum_payout", price),
        pass_rides=reader.whole("pass_rides", 1, _MOST_RIDES),
        pass_rides_lost=reader.whole("pass_rides_lost", 0, _MOST_RIDES),
        pass_delays_minutes=reader.delays(),
    )
    reader.finish()
    return facts


def facts_document(facts: Facts) -> dict[str, object]:
    """Write facts as they are read: reading them again gives equal facts."""
    return {field.name: _plain(getattr(facts, field.name)) for field in fields(facts)}


def _plain(value: object) -> object:
    if isinstance(value, Money):
        return value.as_dict()
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def decision_document(decision: Decision) -> dict[str, object]:
    """Write a decision as the contract has it."""
    return {
        "compensation": _sum(decision.compensation),
        "reimbursement": decision.reimbursement.as_dict(),
        "expenses": _sum(decision.expenses),
        "payer": decision.payer,
        "reason": decision.reason,
        "article": decision.article,
        "level": decision.level,
        "rule_version": decision.rule_version,
        "rights": list(decision.rights),
        "deadline_days": dict(decision.deadline_days),
        "alternatives": [
            {"compensation": other.compensation.as_dict(), "authority": other.authority}
            for other in decision.alternatives
        ],
        "notes": list(decision.notes),
    }


def _sum(amount: Money | None) -> dict[str, str] | None:
    return None if amount is None else amount.as_dict()


class _Reader:
    """Reads one document and keeps every fault of it."""

    def __init__(self, document: Mapping[str, object]) -> None:
        self._document = document
        self._faults = [Fault(str(name), "unknown key") for name in document if name not in _KEYS]

    def finish(self) -> None:
        """Raise InvalidRequest where there was a fault."""
        if self._faults:
            worst = "; ".join(f"{fault.path}: {fault.message}" for fault in self._faults[:3])
            raise InvalidRequest(worst, self._faults)

    def regime(self) -> str:
        """Read the name of the regime, which is required."""
        value = self._document.get("regime")
        if isinstance(value, str) and value:
            return value
        self._fault("regime", "must be the id of a rule table")
        return ""

    def day(self) -> date:
        """Read the day of the service, which is required."""
        value = self._document.get("on")
        try:
            day = date.fromisoformat(value) if isinstance(value, str) else None
        except ValueError:
            day = None
        if day is None or day.isoformat() != value:
            self._fault("on", "must be a day, as in 2026-12-01")
        return day or date.min

    def price(self) -> Money:
        """Read the price paid, which is required and not negative."""
        value = self._document.get("price")
        amount = self._money("price", value, None)
        if amount is None and not any(fault.path.startswith("price") for fault in self._faults):
            self._fault("price", "must be an object with amount and currency")
        return amount or Money(0, "EUR")

    def amount(self, name: str, price: Money) -> Money | None:
        """Read an amount in the price's currency: a decimal string, or an object with amount and currency."""
        value = self._document.get(name)
        return None if value is None else self._money(name, value, price.currency)

    def _money(self, name: str, value: object, currency: str | None) -> Money | None:
        if isinstance(value, str) and currency is not None:
            value = {"amount": value, "currency": currency}
        if not isinstance(value, dict) or value.keys() != {"amount", "currency"}:
            self._fault(name, "must be an object with amount and currency")
            return None
        try:
            exponent(value["currency"])
            amount = parse(value["amount"], value["currency"])
        except MoneyError as error:
            self._fault(name, str(error))
            return None
        if currency is not None and amount.currency != currency:
            self._fault(name, f"must be in {currency}, as the price is")
            return None
        if amount.minor < 0:
            self._fault(name, "must not be negative")
            return None
        return amount

    def one_of(self, name: str, kinds: tuple[T, ...]) -> T | None:
        """Read a word of a closed list, or nothing."""
        value = self._document.get(name)
        for kind in kinds:
            if value == kind:
                return kind
        if value is not None:
            self._fault(name, f"must be one of {', '.join(map(str, kinds))}, or null")
        return None

    def whole(self, name: str, least: int, most: int) -> int | None:
        """Read a whole number within bounds, or nothing."""
        value = self._document.get(name)
        if value is None or (type(value) is int and least <= value <= most):
            return value
        self._fault(name, f"must be a whole number from {least} to {most}, or null")
        return None

    def truth(self, name: str, *, otherwise: bool = False) -> bool:
        """Read a truth value, or what stands for one that is absent."""
        value = self.truth_or_none(name)
        return otherwise if value is None else value

    def truth_or_none(self, name: str) -> bool | None:
        """Read a truth value, or nothing."""
        value = self._document.get(name)
        if value is None or isinstance(value, bool):
            return value
        self._fault(name, "must be true, false or null")
        return None

    def delays(self) -> tuple[int, ...] | None:
        """Read the delays of a pass in minutes, or nothing."""
        value = self._document.get("pass_delays_minutes")
        if value is None:
            return None
        if not isinstance(value, list) or len(value) > _MOST_DELAYS or not all(map(_is_delay, value)):
            self._fault("pass_delays_minutes", "must be a list of whole minutes, or null")
            return None
        return tuple(value)

    def _fault(self, path: str, message: str) -> None:
        self._faults.append(Fault(path, message))


def _is_delay(value: object) -> bool:
    return type(value) is int and 0 <= value <= _LATEST
