"""Tell the picture of a day as a JSON document. Pure."""

from typing import TypedDict

from tariffs.money import Money
from ticketing.settlement.day.read import Day, ToApprove

Amount = dict[str, str]


class DayDocument(TypedDict):
    """The picture of a day; amounts are decimal strings with their currency."""

    day: str
    places: list[dict[str, str | Amount]]
    unexplained: list[dict[str, str | int | Amount]]
    debts: list[dict[str, str | int | Amount]]
    exposures: list[dict[str, str | bool | Amount | None]]
    next_run: list[dict[str, str | Amount]]
    to_approve: list[dict[str, str | list[dict[str, str | Amount]]]]
    to_pay_again: list[dict[str, str | Amount]]


def as_document(day: Day) -> DayDocument:
    """The document of a picture."""
    return {
        "day": day.day.isoformat(),
        "places": [{"place": one.name, "amount": _amount(one.amount)} for one in day.places],
        "unexplained": [
            {
                "kind": one.kind,
                "subject": one.subject,
                "amount": _amount(one.amount),
                "detail": one.detail,
                "days": one.days,
            }
            for one in day.unexplained
        ],
        "debts": [
            {
                "party": one.debt.party,
                "amount": _amount(one.debt.amount),
                "due": one.debt.due.isoformat(),
                "reference": one.debt.reference,
                "days": one.days,
                "step": one.step,
                "measure": one.measure,
            }
            for one in day.debts
        ],
        "exposures": [
            {
                "party": one.party,
                "owed": _amount(one.owed),
                "deposit": _amount(one.deposit),
                "limit": _amount(one.limit) if one.limit else None,
                "over": one.is_over,
            }
            for one in day.exposures
        ],
        "next_run": [{"operator": operator, "amount": _amount(amount)} for operator, amount in day.next_run],
        "to_approve": [_to_approve(waiting) for waiting in day.to_approve],
        "to_pay_again": [
            {
                "run": run.id,
                "period": run.period,
                "party": again.party,
                "amount": _amount(Money(again.amount_minor, again.currency)),
                "because": again.because,
            }
            for run, again in day.to_pay_again
        ],
    }


def _to_approve(waiting: ToApprove) -> dict[str, str | list[dict[str, str | Amount]]]:
    run, jumps = waiting.run, waiting.jumps
    return {
        "region": run.region,
        "period": run.period,
        "run": run.id,
        "jumps": [
            {
                "operator": jump.party,
                "against": jump.against,
                "before": _amount(jump.before),
                "after": _amount(jump.after),
            }
            for jump in jumps
        ],
    }


def _amount(money: Money) -> Amount:
    return {"amount": money.text, "currency": money.currency}
