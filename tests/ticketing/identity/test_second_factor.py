"""Codes of authenticator apps: right by the RFC's own vectors, good once, few to guess, sealed in the database."""

import base64
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.ticketing.identity.authenticator_app import PASSWORD, App, enrolled
from ticketing.clock import FixedClock
from ticketing.db import Database
from ticketing.errors import Conflict, InvalidRequest, Misconfigured, NotFound, TooManyRequests
from ticketing.identity import second_factor, staff
from ticketing.identity.staff import StaffDesk
from ticketing.tickets.keys import KeyStore

pytestmark = pytest.mark.usefixtures("quick_hashes")
# RFC 6238, appendix B (SHA-1), the last six of eight digits.
VECTORS = {
    59: "287082",
    1111111109: "081804",
    1111111111: "050471",
    1234567890: "005924",
    20000000000: "353130",
}


@pytest.fixture
def desk(database: Database, clock: FixedClock, tmp_path: Path) -> StaffDesk:
    keys = KeyStore(tmp_path / "staff-keys", "a passphrase of a test")
    keys.create_missing(clock.now())
    return StaffDesk(database, clock, keys=keys)


def signed_in(desk: StaffDesk, name: str = "anna") -> tuple[staff.Staff, str]:
    cookie = staff.sign_in(desk, f"{name}@example.org", PASSWORD)
    return staff.recognise(desk, cookie), cookie


def test_codes_are_those_of_the_rfc() -> None:
    app = App(base64.b32encode(b"12345678901234567890").decode())

    assert {at: app.code(datetime.fromtimestamp(at, UTC)) for at in VECTORS} == VECTORS


def test_a_code_is_good_once_also_for_two_who_send_it_at_one_instant(
    desk: StaffDesk, clock: FixedClock
) -> None:
    app = enrolled(desk, clock, "anna")
    who, cookie = signed_in(desk)
    code = app.code(clock.now())

    def give(_: int) -> bool:
        try:
            second_factor.prove(desk, who, cookie, code)
        except (InvalidRequest, TooManyRequests):
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(give, range(8))) == 1


def test_an_earlier_code_is_refused_once_a_later_one_was_used(desk: StaffDesk, clock: FixedClock) -> None:
    app = enrolled(desk, clock, "anna")
    who, cookie = signed_in(desk)
    earlier, later = (app.code(clock.now() + timedelta(seconds=off)) for off in (0, 30))

    second_factor.prove(desk, who, cookie, later)

    with pytest.raises(InvalidRequest):
        second_factor.prove(desk, who, cookie, earlier)


@pytest.mark.parametrize(
    ("seconds", "holds"), [(-61, False), (-30, True), (0, True), (30, True), (61, False)]
)
def test_a_phones_clock_may_be_one_step_off(
    desk: StaffDesk, clock: FixedClock, seconds: int, *, holds: bool
) -> None:
    app = enrolled(desk, clock, "anna")
    clock.advance(timedelta(minutes=5))
    who, cookie = signed_in(desk)
    code = app.code(clock.now() + timedelta(seconds=seconds))

    if holds:
        cookie = second_factor.prove(desk, who, cookie, code)
        assert staff.recognise(desk, cookie).verified_at == clock.now()
    else:
        with pytest.raises(InvalidRequest):
            second_factor.prove(desk, who, cookie, code)


def test_of_forty_guesses_at_one_instant_five_are_looked_at(desk: StaffDesk, clock: FixedClock) -> None:
    app = enrolled(desk, clock, "anna")
    who, cookie = signed_in(desk)
    right = app.code(clock.now())
    wrong = [f"{(int(right) + 1 + off) % 1_000_000:06}" for off in range(40)]

    def guess(code: str) -> str:
        try:
            second_factor.prove(desk, who, cookie, code, "192.0.2.9")
        except InvalidRequest:
            return "looked at"
        except TooManyRequests:
            return "waits"
        return "in"

    with ThreadPoolExecutor(8) as pool:
        tries = list(pool.map(guess, wrong))

    assert tries.count("looked at") <= 5
    assert tries.count("waits") >= 35
    with pytest.raises(TooManyRequests):  # the right one too: a guesser does not learn by waiting less
        second_factor.prove(desk, who, cookie, right, "192.0.2.9")
    second_factor.prove(desk, who, cookie, right, "198.51.100.7")


def test_the_secret_lies_sealed_and_opens_for_nobody_else(desk: StaffDesk, clock: FixedClock) -> None:
    anna, bertil = enrolled(desk, clock, "anna"), enrolled(desk, clock, "bertil")
    with desk.database.read() as tx:
        sealed = list(tx.execute(sa.text("SELECT sealed FROM staff_factor")).scalars())
    assert not any(app.secret in kept for app in (anna, bertil) for kept in sealed)

    with desk.database.write() as tx:  # somebody who can write the table gives Anna's row Bertil's secret
        tx.execute(
            sa.text(
                "UPDATE staff_factor SET sealed = (SELECT f.sealed FROM staff_factor f JOIN staff_member m ON m.id = f.staff_id "
                "WHERE m.email = 'bertil@example.org') WHERE staff_id = (SELECT id FROM staff_member WHERE email = 'anna@example.org')"
            )
        )

    who, cookie = signed_in(desk)
    with pytest.raises(Misconfigured):
        second_factor.prove(desk, who, cookie, bertil.code(clock.now()))


def test_an_app_is_enrolled_once_and_forgotten_by_command(desk: StaffDesk, clock: FixedClock) -> None:
    app = enrolled(desk, clock, "anna")
    who, cookie = signed_in(desk)
    with pytest.raises(Conflict):
        second_factor.begin(desk, who)

    second_factor.forget(desk, "anna@example.org")

    with pytest.raises(NotFound):
        second_factor.forget(desk, "anna@example.org")
    who, cookie = signed_in(desk)
    with pytest.raises(InvalidRequest):
        second_factor.prove(desk, who, cookie, app.code(clock.now()))
    other = App(second_factor.begin(desk, who).secret)
    assert other.secret != app.secret
    second_factor.prove(desk, who, cookie, other.code(clock.now()))


def test_a_rotated_key_still_opens_what_it_sealed(desk: StaffDesk, clock: FixedClock) -> None:
    app = enrolled(desk, clock, "anna")
    keys = desk.keys
    assert isinstance(keys, KeyStore)
    keys.rotate("staff", clock.now())
    clock.advance(timedelta(hours=49))
    keys.rotate("staff", clock.now())

    who, cookie = signed_in(desk)
    second_factor.prove(desk, who, cookie, app.code(clock.now()))
