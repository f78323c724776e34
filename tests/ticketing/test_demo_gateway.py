"""The contract of every payment gateway, held by the demo gateway."""

import pytest

from tariffs.money import Money
from ticketing.clock import FixedClock
from ticketing.config import Settings, from_environment
from ticketing.db import Database
from ticketing.errors import Conflict, Misconfigured
from ticketing.payments import DemoGateway, OutcomeUnknown

AMOUNT = Money(4800, "EUR")


@pytest.fixture
def gateway(database: Database, clock: FixedClock) -> DemoGateway:
    return DemoGateway(database, clock)


def test_the_same_key_gets_the_first_answer(gateway: DemoGateway) -> None:
    first, again = (gateway.authorise("demo_ok", AMOUNT, "k1") for _ in range(2))

    assert first == again
    assert gateway.authorise("demo_ok", AMOUNT, "k2").external_id != first.external_id


def test_a_key_with_another_request_is_a_bug(gateway: DemoGateway) -> None:
    gateway.authorise("demo_ok", AMOUNT, "k1")

    with pytest.raises(Conflict):
        gateway.authorise("demo_ok", Money(1, "EUR"), "k1")


def test_the_fee_is_one_and_a_half_percent_rounded_half_up(gateway: DemoGateway) -> None:
    charge = gateway.authorise("demo_ok", Money(4833, "EUR"), "k1").external_id

    assert gateway.capture(charge, Money(4833, "EUR"), "k2").fee == Money(72, "EUR")


def test_more_than_was_captured_is_never_given_back(gateway: DemoGateway) -> None:
    charge = gateway.authorise("demo_ok", AMOUNT, "k1").external_id
    gateway.capture(charge, AMOUNT, "k2")
    gateway.refund(charge, Money(4000, "EUR"), "k3")

    assert gateway.refund(charge, Money(4000, "EUR"), "k3") == gateway.refund(
        charge, Money(4000, "EUR"), "k3"
    )
    with pytest.raises(Conflict, match="more than it took"):
        gateway.refund(charge, Money(801, "EUR"), "k4")
    gateway.refund(charge, Money(800, "EUR"), "k5")


def test_a_hold_is_cancelled_before_the_capture_and_not_after(gateway: DemoGateway) -> None:
    held, taken = (gateway.authorise("demo_ok", AMOUNT, key).external_id for key in ("k1", "k2"))
    gateway.cancel(held, "k3")
    gateway.capture(taken, AMOUNT, "k4")

    with pytest.raises(Conflict):
        gateway.capture(held, AMOUNT, "k5")
    with pytest.raises(Conflict):
        gateway.cancel(taken, "k6")


def test_a_lost_answer_is_found_again_with_the_same_key(gateway: DemoGateway) -> None:
    charge = gateway.authorise("demo_timeout_after_capture", AMOUNT, "k1").external_id

    with pytest.raises(OutcomeUnknown):
        gateway.capture(charge, AMOUNT, "k2")

    assert gateway.capture(charge, AMOUNT, "k2").external_id == charge


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({}, "THROUGHFARE_GATEWAY"),
        ({"ALLOW_DEMO_PAYMENTS_IN_PRODUCTION": "yes"}, "THROUGHFARE_KEY_PASSPHRASE"),
        (
            {"ALLOW_DEMO_PAYMENTS_IN_PRODUCTION": "yes", "THROUGHFARE_KEY_PASSPHRASE": "x", "THROUGHFARE_DEMO_CLOCK_FILE": "c"},
            "THROUGHFARE_DEMO_CLOCK_FILE",
        ),
        ({"THROUGHFARE_LOG_FORMAT": "poetry"}, "THROUGHFARE_LOG_FORMAT"),
    ],
)  # fmt: skip
def test_production_refuses_every_stand_in_by_name(environ: dict[str, str], named: str) -> None:
    with pytest.raises(Misconfigured, match=named):
        from_environment({"THROUGHFARE_ENVIRONMENT": "production", **environ})


def test_stand_ins_announce_themselves() -> None:
    assert Settings("sqlite://").warnings() == [
        "demo payment gateway: no money moves", "demo key passphrase: the signing keys are not protected"
    ]  # fmt: skip
