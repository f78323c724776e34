"""The office sets an inspector's phone up by a link, sees how its devices are, and revokes one that is lost."""

import re

import pytest

from tests.api import Api
from tests.ticketing.console.conftest import Visitor
from tests.ticketing.console.pages import faults_of
from tests.ticketing.gate.enrolling import devices_of
from throughfare_gate.tickets.jwk import VerifyKey, to_jwk
from ticketing.identity import staff
from ticketing.identity.staff import StaffDesk

pytestmark = pytest.mark.usefixtures("quick_hashes")
PASSWORD = "a password that is long"
LINK = re.compile(r"https://throughfare\.example/inspect/#code=([A-Z2-7]{4}(?:-[A-Z2-7]{4}){3})")


def key() -> dict[str, str]:
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key  # noqa: PLC0415

    public = generate_private_key(SECP256R1()).public_key()
    jwk = to_jwk(VerifyKey("x", "ES256", public))
    return {name: value for name, value in jwk.items() if name in {"kty", "crv", "x", "y"}}


def test_an_operators_office_makes_a_link_that_enrols_one_phone_and_revokes_it(
    api: Api, desk: StaffDesk, visitor: Visitor
) -> None:
    first = staff.add(desk, "o@example.org", "Olli", role="operator_finance", operator="tlt")[1]
    browser = visitor()
    browser.sign_in("o@example.org", first, PASSWORD)
    page = browser.open("/console/devices")
    assert faults_of(page) == []

    shown = browser.press(page, "Make a code", name="Kati's phone", stop="09005-1")

    assert faults_of(shown) == []
    found = LINK.search(shown.response.text)
    assert found
    drawn = re.search(r'<svg[^>]* width="(\d+)"', shown.response.text)
    assert drawn
    assert int(drawn[1]) > 200, "a camera reads it from the screen"
    assert shown.response.headers["cache-control"] == "no-store"
    body = {"code": found[1], "public_key": key(), "software": "throughfare-inspect 0.2", "format": 2}
    assert api.post("/v1/devices/enrolments", body).status_code == 201
    assert api.post("/v1/devices/enrolments", {**body, "public_key": key()}).status_code == 401
    listed = browser.open("/console/devices")
    assert faults_of(listed) == []
    assert "Kati&#39;s phone" in listed.response.text

    done = browser.press(listed, "Revoke Kati's phone", because="left on the ferry")

    assert "The device is revoked." in done.response.text
    [device] = devices_of(api)
    assert (device["state"], device["revoked_because"]) == ("revoked", "left on the ferry")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"name": "", "stop": ""}, "1 to 40 letters, by which staff know the device"),
        ({"name": "Kati", "stop": "09005-x"}, "nothing of tlt calls at"),
    ],
)
def test_a_faulty_form_is_shown_again_with_the_reason(
    desk: StaffDesk, visitor: Visitor, given: dict[str, str], said: str
) -> None:
    first = staff.add(desk, "o@example.org", "Olli", role="operator_finance", operator="tlt")[1]
    browser = visitor()
    browser.sign_in("o@example.org", first, PASSWORD)

    page = browser.press(browser.open("/console/devices"), "Make a code", **given)

    assert page.response.status_code == 422
    assert said in page.response.text
    assert faults_of(page) == []


def test_one_operators_office_reaches_no_device_of_another(desk: StaffDesk, visitor: Visitor) -> None:
    first = staff.add(desk, "o@example.org", "Olli", role="operator_finance", operator="tlt")[1]
    browser = visitor()
    browser.sign_in("o@example.org", first, PASSWORD)

    assert browser.open("/console/devices", params={"operator": "hsl"}).response.status_code == 403
