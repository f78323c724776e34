"""Refunds of single legs."""

from typing import Any

from operators.fake import FakeOperator
from tests.api import Api, Bought
from ticketing.purchase.refund.reversal import take_back
from ticketing.settlement.proof.verify import verify


def rooms(api: Api) -> Any:
    return api.client.application.extensions["throughfare"]


def minor(amount: dict[str, str]) -> int:
    return int(amount["amount"].replace(".", ""))


def offer(api: Api, bought: Bought, **wish: Any) -> dict[str, Any]:
    return (
        api.post(f"/v1/orders/{bought.order['id']}/refund-offers", wish, bought.token, once=None).json or {}
    )


def refund(api: Api, bought: Bought, **wish: Any) -> Any:
    return api.post(
        f"/v1/orders/{bought.order['id']}/refunds", {"passengers": ["anna"], **wish}, bought.token
    )


def ticket(api: Api, bought: Bought, ref: str = "anna") -> dict[str, Any]:
    found = api.get(f"/v1/orders/{bought.order['id']}/tickets", bought.token).json or {}
    return next(one for one in found["tickets"] if one["passenger"] == ref)


def faults(api: Api) -> list[str]:
    return verify(rooms(api).office, "helsinki-tallinn", take_back).faults


def ferry_leg(bought: Bought, ferries: dict[str, FakeOperator]) -> tuple[int, str]:
    """Find the leg that crosses the gulf, and its operator."""
    legs = bought.tickets[0]["legs"]
    return next((at, leg["operator"]) for at, leg in enumerate(legs) if leg["operator"] in ferries)
