"""Every code that is drawn is read by a second library: clean, blurred and turned; paper holds what a traveller needs."""

import io
import re
from datetime import timedelta
from typing import Any

import pytest
import zxingcpp
from PIL import Image, ImageFilter
from pypdf import PdfReader

from tests.api import Api
from tests.ticketing.tickets.mint import phone_jwk, proof, ticket
from ticketing.tickets import barcode

LEGS = [["tlt", "09005-1", "12227-1"], ["tallink", "TLL-D", "HEL-LT2"], ["hsl", "HSL-T-LT2", "HSL-T-PAS"]]
TOKENS = {
    "one leg": ticket(l=LEGS[:1], aud=["tlt"]),
    "three legs": ticket(),
    "a bound ticket with its proof": (bound := ticket(cnf={"jwk": phone_jwk()})) + "~" + proof(bound),
}


def picture(token: str, symbol: barcode.Symbol) -> Image.Image:
    return Image.open(io.BytesIO(barcode.png(token, symbol))).convert("L")


def read(image: Image.Image) -> list[str]:
    """Read it as a gate's scanner does, which looks for no bars: in the noise of a code some can always be found."""
    codes = zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormat.AllMatrix)
    return [found.text for found in codes]


@pytest.mark.parametrize("symbol", ["qr", "aztec"])
@pytest.mark.parametrize("name", TOKENS)
def test_a_second_library_reads_each_code_clean_blurred_and_turned(name: str, symbol: barcode.Symbol) -> None:
    image = picture(TOKENS[name], symbol)

    assert read(image) == [TOKENS[name]]
    assert read(image.filter(ImageFilter.GaussianBlur(2))) == [TOKENS[name]]
    assert read(image.rotate(5, expand=True, fillcolor=255, resample=Image.Resampling.BICUBIC)) == [
        TOKENS[name]
    ]


def test_an_svg_draws_the_same_aztec_modules() -> None:
    drawn = barcode.svg(TOKENS["one leg"], "aztec").decode()
    dark = {(int(x), int(y)) for x, y in re.findall(r"M(\d+) (\d+)h1v1h-1z", drawn)}
    image = picture(TOKENS["one leg"], "aztec")
    side = image.width // 6

    assert dark == {
        (x, y) for x in range(side) for y in range(side) if image.getpixel((6 * x + 3, 6 * y + 3)) == 0
    }


@pytest.mark.parametrize(
    ("language", "word"),
    [("en", "Conditions"), ("et", "Tingimused"), ("fi", "Ehdot"), ("sv-FI", "Villkor"), ("de", "Conditions")],
)
def test_the_paper_names_legs_times_and_conditions_in_the_buyers_language(
    api: Api, language: str, word: str
) -> None:
    bought = api.buy()
    made = bought.ticket_of("anna")
    path = f"/v1/orders/{bought.order['id']}/tickets/{made['jti']}/print.pdf"

    answer = api.client.get(
        path, headers={"Authorization": f"Bearer {bought.token}", "Accept-Language": language}
    )

    page = PdfReader(io.BytesIO(answer.data)).pages[0]
    text = page.extract_text()
    assert answer.content_type == "application/pdf"
    for expected in (word, "Kopli", "Länsiterminaali", "13.10.2026 06:24", "DEMO"):
        assert expected in text
    image = Image.open(io.BytesIO(page.images[0].data)).convert("L")
    assert read(image) == [made["token"]]


def test_aztec_codes_are_fetched_by_the_holder_alone(api: Api) -> None:
    bought = api.buy()
    made = bought.ticket_of("anna")
    base = f"/v1/orders/{bought.order['id']}/tickets/{made['jti']}"

    drawn = api.get(f"{base}/aztec.png", bought.token)

    assert read(Image.open(io.BytesIO(drawn.data)).convert("L")) == [made["token"]]
    assert api.get(f"{base}/aztec.svg", bought.token).content_type.startswith("image/svg+xml")
    assert api.get(f"{base}/aztec.gif", bought.token).status_code == 404
    assert api.get(f"{base}/aztec.png").status_code == 401
    assert api.get(f"{base}/aztec.png", api.buy().token).status_code == 404


def move(api: Api, bought: Any, key: dict[str, str], jti: str | None = None) -> Any:
    wanted = jti or bought.ticket_of("anna")["jti"]
    return api.post(
        f"/v1/orders/{bought.order['id']}/tickets/{wanted}/move", {"public_key": key}, bought.token
    )


def test_a_moved_ticket_works_with_the_new_phone_alone_at_once(api: Api) -> None:
    bought = api.buy()
    old = bought.ticket_of("anna")["token"]
    moved = move(api, bought, phone_jwk()).json
    api.clock.advance(timedelta(hours=1, minutes=10))
    gate = api.key("gate", "tlt")
    shown = f"{moved['token']}~{proof(moved['token'], iat=int(api.clock.now().timestamp()))}"

    reasons = [(api.scan(code, gate).json or {})["reason"] for code in (old, moved["token"], shown)]

    assert (moved["jti"], moved["moves_left"]) == (bought.ticket_of("anna")["jti"], 2)
    assert reasons == ["revoked", "proof_missing", "ok"]


def test_what_was_used_stays_used_after_a_move(api: Api) -> None:
    bought = api.buy()
    api.clock.advance(timedelta(hours=1, minutes=10))
    gate = api.key("gate", "tlt")
    api.scan(bought.ticket_of("anna")["token"], gate)
    moved = move(api, bought, phone_jwk()).json
    api.clock.advance(timedelta(minutes=5))
    shown = f"{moved['token']}~{proof(moved['token'], iat=int(api.clock.now().timestamp()))}"

    assert (api.scan(shown, gate).json or {})["reason"] == "already_used"


def test_the_old_place_in_the_status_list_is_revoked_for_gates_without_a_network(api: Api) -> None:
    from throughfare_gate.gate import bundle as bundles  # noqa: PLC0415
    from throughfare_gate.gate.decision import Gate, Presented, Seen, decide  # noqa: PLC0415
    from throughfare_gate.tickets.jwk import load_jwks  # noqa: PLC0415

    bought = api.buy()
    old = bought.ticket_of("anna")["token"]
    move(api, bought, phone_jwk())
    api.clock.advance(timedelta(hours=1, minutes=10))
    trust = load_jwks(api.get("/.well-known/gate-bundle-jwks.json").json or {})
    held, uses = bundles.read(api.get("/v1/operators/tlt/gate-bundle", api.key("gate", "tlt")).text, trust)

    decision = decide(
        Presented(old), held, Seen(uses), int(api.clock.now().timestamp()), Gate(operator="tlt")
    )

    assert decision.reason == "revoked"


def test_a_ticket_moves_three_times_a_day_and_the_same_key_again_is_no_move(api: Api) -> None:
    from cryptography.hazmat.primitives.asymmetric.ec import (  # noqa: PLC0415
        SECP256R1,
        generate_private_key,
    )

    from throughfare_gate.tickets.jwk import VerifyKey, to_jwk  # noqa: PLC0415

    bought = api.buy()
    keys = [to_jwk(VerifyKey("x", "ES256", generate_private_key(SECP256R1()).public_key())) for _ in range(4)]
    phones = [{name: key[name] for name in ("kty", "crv", "x", "y")} for key in keys]

    left = [move(api, bought, phone).json["moves_left"] for phone in (phones[0], phones[0], *phones[1:3])]

    assert left == [2, 2, 1, 0]
    assert move(api, bought, phones[3]).status_code == 409
    api.clock.advance(timedelta(hours=24))


@pytest.mark.parametrize("change", [{"d": "AA"}, {"y": "A" * 43}, {"crv": "P-384"}, {"kty": "oct"}])
def test_a_key_that_must_not_be_used_moves_nothing(api: Api, change: dict[str, str]) -> None:
    bought = api.buy()

    refused = move(api, bought, {**phone_jwk(), **change})

    assert refused.status_code == 422
    assert move(api, bought, phone_jwk(), "A" * 22).status_code == 404


def test_a_bound_ticket_is_not_printed_and_a_refunded_one_is_not_moved(api: Api) -> None:
    bought = api.buy()
    move(api, bought, phone_jwk())
    path = f"/v1/orders/{bought.order['id']}/tickets/{bought.ticket_of('anna')['jti']}/print.pdf"
    api.post(f"/v1/orders/{bought.order['id']}/refunds", {"passengers": ["mari"]}, bought.token)

    assert api.get(path, bought.token).status_code == 409
    assert move(api, bought, phone_jwk(), bought.ticket_of("mari")["jti"]).status_code == 409
