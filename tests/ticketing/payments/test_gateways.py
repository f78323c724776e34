"""The contract of every payment gateway, held by the demo gateway and by Stripe over HTTP to its stand-in."""

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tariffs.money import Money
from tests.stripe_stand_in import SECRET_KEY, WEBHOOK_SECRET, StripeStandIn
from throughfare_gate.ids import new_id
from ticketing.clock import FixedClock
from ticketing.config import Settings, StripeSettings, from_environment
from ticketing.db import Database
from ticketing.errors import Conflict, InvalidRequest, Misconfigured, NotFound, PaymentRefused
from ticketing.payments import (
    Attempt,
    DemoGateway,
    EventRefused,
    OutcomeUnknown,
    PaymentGateway,
)
from ticketing.payments.stripe_gateway import StripeGateway

AMOUNT = Money(4800, "EUR")
NOW = datetime(2026, 10, 13, 2, 10, tzinfo=UTC)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Bank:
    """A gateway with the payment methods that choose an outcome; `answer` is the buyer's word to the bank."""

    gateway: PaymentGateway
    good: str
    declined: str
    asks: str
    answer: Callable[[str, bool], object]


@pytest.fixture
def stripe(stand_in: StripeStandIn, hasty_stripe: None) -> StripeGateway:
    return StripeGateway(StripeSettings(SECRET_KEY, (WEBHOOK_SECRET, "whsec_old"), stand_in.address))


@pytest.fixture(params=["demo", "stripe"])
def bank(
    request: pytest.FixtureRequest, clock: FixedClock, sqlite_template: Path, tmp_path: Path
) -> Iterator[Bank]:
    if request.param == "demo":
        # The whole suite of buying runs with the demo gateway on both databases; here one will do.
        shutil.copy(sqlite_template, tmp_path / "demo.db")
        demo = DemoGateway(Database(f"sqlite:///{tmp_path / 'demo.db'}"), clock)
        yield Bank(
            demo, "demo_ok", "demo_declined", "demo_sca", lambda charge, yes: demo.approve(charge, yes=yes)
        )
        demo._database.close()
        return
    stand_in: StripeStandIn = request.getfixturevalue("stand_in")
    yield Bank(
        request.getfixturevalue("stripe"),
        "pm_card_visa",
        stand_in.card("4000000000000341"),
        stand_in.card("4000002760003184"),
        lambda charge, yes: stand_in.authenticate(charge, success=yes),
    )


def attempt(method: str, amount: Money = AMOUNT) -> Attempt:
    return Attempt(new_id(), new_id(), method, amount)


def captured(bank: Bank, amount: Money = AMOUNT) -> str:
    charge = bank.gateway.authorise(attempt(bank.good, amount), new_id()).external_id
    bank.gateway.capture(charge, amount, new_id())
    return charge


def test_the_same_key_gets_the_first_answer(bank: Bank) -> None:
    asked, key = attempt(bank.good), new_id()

    first, again = bank.gateway.authorise(asked, key), bank.gateway.authorise(asked, key)

    assert first == again
    assert first.state == "authorised"
    assert bank.gateway.authorise(attempt(bank.good), new_id()).external_id != first.external_id


def test_of_calls_with_one_key_at_one_instant_one_acts_and_all_hear_the_same(
    database: Database, clock: FixedClock
) -> None:
    demo = DemoGateway(database, clock)
    held = demo.authorise(Attempt("o1", "p1", "demo_ok", AMOUNT), "authorise")
    with ThreadPoolExecutor(8) as pool:
        captures = list(pool.map(lambda _: demo.capture(held.external_id, AMOUNT, "capture"), range(8)))
        refunds = list(pool.map(lambda _: demo.refund(held.external_id, AMOUNT, "r1", "refund"), range(8)))

    assert (len(set(captures)), len(set(refunds))) == (1, 1)
    assert [line.amount.minor for line in demo.list_balance(NOW - DAY, NOW + DAY)] == [4800, -4800]


def test_a_key_with_another_request_is_a_bug(bank: Bank) -> None:
    key = new_id()
    bank.gateway.authorise(attempt(bank.good), key)

    with pytest.raises(Conflict):
        bank.gateway.authorise(attempt(bank.good, Money(100, "EUR")), key)


def test_what_is_held_is_taken_and_known_afterwards(bank: Bank) -> None:
    asked = attempt(bank.good)
    charge = bank.gateway.authorise(asked, new_id()).external_id
    held = bank.gateway.fetch(charge)

    fee = bank.gateway.capture(charge, AMOUNT, new_id()).fee

    taken = bank.gateway.fetch(charge)
    assert (held.state, held.amount, held.captured_minor) == ("authorised", AMOUNT, 0)
    assert (taken.state, taken.captured_minor, taken.order_id, taken.payment_id) == (
        "captured",
        4800,
        asked.order_id,
        asked.payment_id,
    )
    assert fee is not None
    assert taken.fee_minor == fee.minor > 0


def test_a_declined_card_holds_nothing(bank: Bank) -> None:
    answer = bank.gateway.authorise(attempt(bank.declined), new_id())

    assert answer.state == "declined"
    assert bank.gateway.fetch(answer.external_id).state == "declined"


@pytest.mark.parametrize(("yes", "state"), [(True, "authorised"), (False, "declined")])
def test_the_buyers_answer_to_the_bank_decides(bank: Bank, yes: bool, state: str) -> None:
    asked = bank.gateway.authorise(attempt(bank.asks), new_id())
    waiting = bank.gateway.fetch(asked.external_id).state

    bank.answer(asked.external_id, yes)

    assert (asked.state, waiting) == ("action_required", "action_required")
    assert asked.client_secret or asked.action_url
    assert bank.gateway.fetch(asked.external_id).state == state


def test_more_than_was_captured_is_never_given_back(bank: Bank) -> None:
    charge = captured(bank)
    first = bank.gateway.refund(charge, Money(4000, "EUR"), "r1", key := new_id())

    assert bank.gateway.refund(charge, Money(4000, "EUR"), "r1", key) == first
    with pytest.raises(Conflict):
        bank.gateway.refund(charge, Money(801, "EUR"), "r2", new_id())
    assert bank.gateway.refund(charge, Money(800, "EUR"), "r3", new_id()).state == "confirmed"
    assert bank.gateway.fetch(charge).refunded_minor == 4800
    assert bank.gateway.fetch_refund(first.external_id) == first
    assert (first.refund_id, first.charge_id) == ("r1", charge)


def test_a_hold_is_cancelled_before_the_capture_and_not_after(bank: Bank) -> None:
    held = bank.gateway.authorise(attempt(bank.good), new_id()).external_id
    bank.gateway.cancel(held, new_id())
    taken = captured(bank)

    assert bank.gateway.fetch(held).state == "cancelled"
    with pytest.raises(PaymentRefused):
        bank.gateway.capture(held, AMOUNT, new_id())
    with pytest.raises(Conflict):
        bank.gateway.cancel(taken, new_id())


def test_a_payment_whose_answer_was_lost_is_found_by_our_own_id(bank: Bank) -> None:
    asked = attempt(bank.good)
    charge = bank.gateway.authorise(asked, new_id()).external_id

    found = bank.gateway.find(asked)

    assert found is not None
    assert found.external_id == charge
    assert bank.gateway.find(attempt(bank.good)) is None


def test_its_account_of_our_money_has_every_capture_and_refund(bank: Bank) -> None:
    charge = captured(bank, Money(1234, "EUR"))
    bank.gateway.refund(charge, Money(234, "EUR"), "r1", new_id())
    now = datetime.now(UTC) if isinstance(bank.gateway, StripeGateway) else NOW

    lines = [
        line
        for line in bank.gateway.list_balance(now - timedelta(minutes=5), now + timedelta(minutes=5))
        if line.charge_id == charge
    ]

    assert sorted((line.kind, line.amount.minor) for line in lines) == [("charge", 1234), ("refund", -234)]
    assert (
        next(line.fee_minor for line in lines if line.kind == "charge")
        == bank.gateway.fetch(charge).fee_minor
    )


def test_what_was_never_made_is_not_found(bank: Bank) -> None:
    prefix = "pi_" if isinstance(bank.gateway, StripeGateway) else "demo_ch_"
    with pytest.raises(NotFound):
        bank.gateway.fetch(f"{prefix}none")


def test_a_payment_method_of_another_kind_is_named(bank: Bank) -> None:
    with pytest.raises(InvalidRequest, match="method"):
        bank.gateway.check_method("4242424242424242")


@pytest.mark.parametrize(
    "kind", ["drop_before", "drop_after", "error_500_before", "error_500_after", "rate_limit"]
)
def test_whatever_is_lost_on_the_way_one_hold_is_made(
    stand_in: StripeStandIn, stripe: StripeGateway, kind: str
) -> None:
    asked, key = attempt("pm_card_visa"), new_id()
    stand_in.fail("/v1/payment_intents$", kind)

    try:
        charge = stripe.authorise(asked, key).external_id
    except OutcomeUnknown:
        # Stripe keeps a 500 under its key: then our own id finds out what really happened.
        found = stripe.find(asked)
        charge = found.external_id if found else ""

    made = [one for one in stand_in.intents() if one["metadata"].get("payment_id") == asked.payment_id]
    assert [one["id"] for one in made] == ([charge] if charge else [])


def test_the_fee_of_the_demo_gateway_is_one_and_a_half_percent_rounded_half_up(
    database: Database, clock: FixedClock
) -> None:
    gateway = DemoGateway(database, clock)
    charge = gateway.authorise(attempt("demo_ok", Money(4833, "EUR")), "k1").external_id

    assert gateway.capture(charge, Money(4833, "EUR"), "k2").fee == Money(72, "EUR")


def test_a_lost_answer_is_found_again_with_the_same_key(database: Database, clock: FixedClock) -> None:
    gateway = DemoGateway(database, clock)
    charge = gateway.authorise(attempt("demo_timeout_after_capture"), "k1").external_id

    with pytest.raises(OutcomeUnknown):
        gateway.capture(charge, AMOUNT, "k2")

    assert gateway.capture(charge, AMOUNT, "k2").external_id == charge


EVENT: dict[str, Any] = {
    "id": "evt_1",
    "object": "event",
    "type": "charge.refunded",
    "livemode": False,
    "created": int(NOW.timestamp()),
    "data": {"object": {"id": "ch_1", "object": "charge", "payment_intent": "pi_1"}},
}


def test_a_signed_report_names_the_object_to_look_at(stand_in: StripeStandIn, stripe: StripeGateway) -> None:
    found = stripe.read_event(*stand_in.signed(EVENT, at=NOW.timestamp()), NOW)

    assert (found.id, found.kind, found.object_id) == ("evt_1", "charge", "pi_1")


@pytest.mark.parametrize(
    ("kind", "inner", "expected"),
    [
        ("payment_intent.succeeded", {"id": "pi_2"}, ("charge", "pi_2")),
        ("refund.failed", {"id": "re_2"}, ("refund", "re_2")),
        ("charge.dispute.closed", {"id": "dp_2", "payment_intent": "pi_2"}, ("dispute", "dp_2")),
        ("balance.available", {"object": "balance"}, ("balance", None)),
        ("poem.written", {"id": 7}, ("unknown", None)),
    ],
)
def test_each_kind_of_report_has_its_own_object(
    stand_in: StripeStandIn,
    stripe: StripeGateway,
    kind: str,
    inner: dict[str, Any],
    expected: tuple[str, str | None],
) -> None:
    event = {**EVENT, "type": kind, "data": {"object": inner}}

    found = stripe.read_event(*stand_in.signed(event, at=NOW.timestamp()), NOW)

    assert (found.kind, found.object_id) == expected


@pytest.mark.parametrize(
    ("seconds", "believed"),
    [(0, True), (-300, True), (300, True), (-301, False), (301, False), (315_360_000, False)],
)
def test_a_report_is_believed_within_five_minutes_in_both_directions(
    stand_in: StripeStandIn, stripe: StripeGateway, seconds: int, believed: bool
) -> None:
    body, signature = stand_in.signed(EVENT, at=NOW.timestamp() + seconds)

    if believed:
        assert stripe.read_event(body, signature, NOW).id == "evt_1"
        return
    with pytest.raises(EventRefused):
        stripe.read_event(body, signature, NOW)


def test_a_report_with_a_wrong_signature_is_refused_in_every_form(
    stand_in: StripeStandIn, stripe: StripeGateway
) -> None:
    at = NOW.timestamp()
    body, signature = stand_in.signed(EVENT, at=at)
    _, stranger = stand_in.signed(EVENT, at=at, secret="whsec_of_somebody_else")
    live, live_signature = stand_in.signed({**EVENT, "livemode": True}, at=at)
    no_id, no_id_signature = stand_in.signed({"type": "x", "livemode": False}, at=at)
    wrong = [
        (body, ""),
        (body, stranger),
        (body + b" ", signature),
        (body.replace(b"evt_1", b"evt_2"), signature),
        (body, signature.replace("v1=", "v0=")),
        (body, "t=1"),
        (live, live_signature),
        (no_id, no_id_signature),
        (b"\xff\xfe", signature),
    ]
    for refused_body, refused_signature in wrong:
        with pytest.raises(EventRefused):
            stripe.read_event(refused_body, refused_signature, NOW)


def test_while_a_secret_changes_the_old_one_is_believed_too(
    stand_in: StripeStandIn, stripe: StripeGateway
) -> None:
    body, signature = stand_in.signed(EVENT, at=NOW.timestamp(), secret="whsec_old")

    assert stripe.read_event(body, signature, NOW).id == "evt_1"


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        (StripeSettings("pk_test_1", ("w",)), "SECRET_KEY"),
        (StripeSettings("sk_test_1"), "WEBHOOK_SECRET"),
        (StripeSettings("sk_live_1", ("w",), "http://127.0.0.1:1"), "API_ADDRESS"),
        (StripeSettings("sk_live_1", ("w",), script_address="http://127.0.0.1:1"), "SCRIPT_ADDRESS"),
        (StripeSettings("sk_live_1", ("w",), publishable_key="pk_test_1"), "PUBLISHABLE_KEY"),
        (StripeSettings("sk_test_1", ("w",), publishable_key="sk_test_1"), "PUBLISHABLE_KEY"),
    ],
)
def test_keys_that_do_not_go_together_stop_the_start(settings: StripeSettings, named: str) -> None:
    with pytest.raises(Misconfigured, match=named):
        settings.check(production=False)


def test_a_test_key_is_refused_in_production() -> None:
    with pytest.raises(Misconfigured, match="test key"):
        StripeSettings("sk_test_1", ("w",)).check(production=True)


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({}, "THROUGHFARE_GATEWAY"),
        ({"ALLOW_DEMO_PAYMENTS_IN_PRODUCTION": "yes"}, "THROUGHFARE_KEY_PASSPHRASE"),
        (
            {
                "ALLOW_DEMO_PAYMENTS_IN_PRODUCTION": "yes",
                "THROUGHFARE_KEY_PASSPHRASE": "x",
                "THROUGHFARE_DEMO_CLOCK_FILE": "c",
            },
            "THROUGHFARE_DEMO_CLOCK_FILE",
        ),
        ({"THROUGHFARE_KEY_PASSPHRASE": "x"}, "THROUGHFARE_KEY_PASSPHRASE needs 16"),
        ({}, "THROUGHFARE_PUBLIC_URL"),
        ({"THROUGHFARE_PUBLIC_URL": "http://tickets.example"}, "THROUGHFARE_PUBLIC_URL"),
        ({"THROUGHFARE_PUBLIC_URL": "https://10.0.0.7"}, "THROUGHFARE_PUBLIC_URL"),
        ({}, "THROUGHFARE_DATABASE_URL"),
        ({"THROUGHFARE_STRIPE_WEBHOOK_SECRET": "w"}, "THROUGHFARE_STRIPE_WEBHOOK_SECRET"),
        ({"THROUGHFARE_WEB_ORIGINS": "http://localhost:3000"}, "THROUGHFARE_WEB_ORIGINS"),
        ({"THROUGHFARE_PASSKEY_ORIGINS": "http://127.0.0.1"}, "THROUGHFARE_PASSKEY_ORIGINS"),
        ({"THROUGHFARE_SECOND_FACTOR": "optional"}, "THROUGHFARE_SECOND_FACTOR"),
        (
            {
                "THROUGHFARE_OIDC_ISSUER": "http://login.example",
                "THROUGHFARE_OIDC_CLIENT_ID": "a",
                "THROUGHFARE_OIDC_CLIENT_SECRET": "b",
                "THROUGHFARE_OIDC_REDIRECT_URI": "https://app.example/in",
            },
            "THROUGHFARE_OIDC_ISSUER",
        ),
        ({"THROUGHFARE_LOG_FORMAT": "poetry"}, "THROUGHFARE_LOG_FORMAT"),
    ],
)
def test_production_refuses_every_stand_in_by_name(environ: dict[str, str], named: str) -> None:
    with pytest.raises(Misconfigured, match=named):
        from_environment({"THROUGHFARE_ENVIRONMENT": "production", **environ})


def refusal_with(line: str) -> Misconfigured:
    """The refusal of a production that has one setting, and lacks others."""
    name, _, value = line.partition("=")
    environ = {"THROUGHFARE_ENVIRONMENT": "production", "THROUGHFARE_MAIL_SENDER": "T <t@example.eu>"}
    with pytest.raises(Misconfigured) as refused:
        from_environment({**environ, name: value})
    return refused.value


@pytest.mark.parametrize(
    "line",
    [
        "THROUGHFARE_DATABASE_URL=postgresql://u:p@db.example/t",
        "THROUGHFARE_DATABASE_URL=postgresql://u:p@db.example/t?sslmode=require",
        "THROUGHFARE_DATABASE_URL=postgresql://u:p@db.example/t?sslmode=disable",
        "THROUGHFARE_DATABASE_URL=postgresql://u:p@postgres/t",
        "THROUGHFARE_DATABASE_URL=postgresql://u:p@127.0.0.1:5432,db2.example:5432/t",
        "THROUGHFARE_DATABASE_URL=postgresql://u@/t?host=10.0.0.7",
        "THROUGHFARE_DATABASE_URL=postgresql://u:p@10.0.0.7/t?sslmode=disable",
        "THROUGHFARE_SMTP_ADDRESS=smtp://mail.example",
        "THROUGHFARE_TELEMETRY=http://collector.example:4318",
    ],
)
def test_production_refuses_a_line_to_another_machine_that_may_be_plain(line: str) -> None:
    refused = refusal_with(line)

    assert line.partition("=")[0] in {fault.path for fault in refused.faults}
    assert "p@" not in str(refused)


@pytest.mark.parametrize(
    "line",
    [
        "THROUGHFARE_DATABASE_URL=postgresql://u:p@db.example/t?sslmode=verify-full",
        "THROUGHFARE_DATABASE_URL=postgresql://u:p@postgres/t?sslmode=disable",
        "THROUGHFARE_DATABASE_URL=postgresql://u@/t?host=/run/postgresql",
        "THROUGHFARE_DATABASE_URL=postgresql://u:p@[::1]/t",
        "THROUGHFARE_DATABASE_URL=postgresql://u:p@127.0.0.1/t",
        "THROUGHFARE_SMTP_ADDRESS=smtp+starttls://mail.example",
        "THROUGHFARE_SMTP_ADDRESS=smtp://127.0.0.1",
        "THROUGHFARE_TELEMETRY=http://127.0.0.1:4318",
    ],
)
def test_production_takes_a_line_that_is_proven_or_stays_on_the_machine(line: str) -> None:
    assert line.partition("=")[0] not in {fault.path for fault in refusal_with(line).faults}


def test_production_refuses_a_folder_that_others_can_write(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    with pytest.raises(Misconfigured, match=r"THROUGHFARE_KEYS_FOLDER.*chmod 700"):
        from_environment({"THROUGHFARE_ENVIRONMENT": "production", "THROUGHFARE_KEYS_FOLDER": str(tmp_path)})


def test_stand_ins_announce_themselves() -> None:
    assert Settings(database_url="sqlite://").warnings() == [
        "demo payment gateway: no money moves",
        "demo key passphrase: the signing keys are not protected",
        "no mail server: mail is written to var/mail and reaches nobody",
    ]
