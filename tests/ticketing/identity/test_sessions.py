"""Sessions: how many one account may have, how long one lasts, and an administrator who ends them."""

from datetime import timedelta

import pytest
from click.testing import CliRunner

from tests.api import Api
from tests.ticketing.identity.people_of import PASSWORD, Account, register, sign_in, signed_in
from ticketing.cli import main
from ticketing.identity import people, staff
from ticketing.identity.staff import StaffDesk

pytestmark = pytest.mark.usefixtures("quick_hashes")


def is_signed_in(account: Account) -> bool:
    return bool(account.get("/v1/me").status_code == 200)


def later(api: Api, account: Account, **more: float) -> Account:
    """The same device after a while, with the tokens that it then holds."""
    api.clock.advance(timedelta(**more))
    body = {"refresh_token": account.refresh}
    return signed_in(api, api.post("/v1/sessions/refresh", body, once=None), 200)


def test_one_device_more_than_allowed_signs_out_the_one_used_longest_ago(api: Api) -> None:
    first, second = register(api), sign_in(api)
    first = later(api, first, minutes=1)
    others = [sign_in(api) for _ in range(people.MOST_DEVICES - 2)]

    newest = sign_in(api)

    assert not is_signed_in(second)
    assert all(is_signed_in(one) for one in (first, newest, *others))
    assert len(newest.get("/v1/sessions").json["devices"]) == people.MOST_DEVICES


def test_a_device_signs_in_again_after_a_year_however_often_it_was_used(api: Api) -> None:
    anna = register(api)
    for _ in range(8):
        anna = later(api, anna, days=45)
    assert is_signed_in(anna)

    api.clock.advance(timedelta(days=5))

    refused = api.post("/v1/sessions/refresh", {"refresh_token": anna.refresh}, once=None)
    assert refused.status_code == 401
    assert sign_in(api).get("/v1/me").status_code == 200


def test_an_administrator_signs_somebody_out_of_everything(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    anna, mari = register(api), register(api, "mari@example.org")
    desk: StaffDesk = api.client.application.extensions["throughfare"].staff_desk
    monkeypatch.setattr("ticketing.cli.access.database", lambda _: desk.database)
    monkeypatch.setattr("ticketing.cli.access.settings", lambda: Configured(desk))
    _, first = staff.add(desk, "anna@example.org", "Anna", role="finance")
    cookie = staff.sign_in(desk, "anna@example.org", first)

    said = CliRunner().invoke(main, ["access", "sign-out", "Anna@example.org"])

    assert (said.exit_code, said.output) == (0, "2 sessions ended\n")
    assert (is_signed_in(anna), is_signed_in(mari)) == (False, True)
    with pytest.raises(Exception, match="sign in first"):
        staff.recognise(desk, cookie)
    everybody = CliRunner().invoke(main, ["access", "sign-out", "--everybody"])
    assert (everybody.output, is_signed_in(mari)) == ("1 sessions ended\n", False)
    nobody = CliRunner().invoke(main, ["access", "sign-out", "nobody@example.org"])
    assert nobody.exit_code != 0
    assert sign_in(api, password=PASSWORD).get("/v1/me").status_code == 200


class Configured:
    """Settings, as far as the command asks."""

    def __init__(self, desk: StaffDesk) -> None:
        self.clock = lambda: desk.clock
