"""A second process at the same database."""

from dataclasses import replace

from tests.api import Api
from ticketing.gate.house import Gatehouse


def house_of(api: Api) -> Gatehouse:
    house: Gatehouse = api.client.application.extensions["throughfare"].gatehouse
    return house


def another_process(house: Gatehouse) -> Gatehouse:
    """The same database and keys, and a memory of its own."""
    return replace(house, signed={}, live={})
