"""An inspector with a phone: enrolled by the office, before a camera whose picture a test draws, frame by frame."""

import io
import itertools
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import segno
import zxingcpp
from PIL import Image, ImageFilter
from playwright.sync_api import Browser, expect

from tests.web.browser import Phone, phone
from tests.web.conftest import Served
from ticketing.tickets import barcode

KOPLI = "09005-1"
_WIDTH, _HEIGHT = 1280, 720
_NAMES = itertools.count(1)


def enrolment_code(served: Served, operator: str = "tlt", stop: str | None = KOPLI) -> str:
    """Make a code in the office of an operator."""
    body = {"name": f"Inspector {next(_NAMES)} {uuid.uuid4().hex[:4]}", "stop_id": stop}
    made = _call(
        "POST", served, f"/v1/operators/{operator}/device-codes", body, served.key(operator, "operator_admin")
    )
    return str(made["code"])


def buy(served: Served, passengers: int = 1) -> dict[str, Any]:
    """Buy paper tickets from Kopli to Pasila; gives the order, its token and its tickets."""
    wanted = {
        "from": {"place": "Kopli"},
        "to": {"place": "Pasila"},
        "depart_at": "2026-10-13T06:10:00+03:00",
        "passengers": [{"ref": f"p{at}", "rider_category": "adult"} for at in range(passengers)],
    }
    found = _call("POST", served, "/v1/journeys", wanted)
    quote = _call("POST", served, "/v1/quotes", {"offer_id": found["itineraries"][0]["offer_id"]})
    order = _call("POST", served, "/v1/orders", {"quote_id": quote["id"]})
    token = order["access_token"]
    _call("POST", served, f"/v1/orders/{order['id']}/payments", {"method": "demo_ok"}, token)
    tickets = _call("GET", served, f"/v1/orders/{order['id']}/tickets", None, token)["tickets"]
    return {"order": order, "token": token, "tickets": tickets}


def give_back(served: Served, bought: dict[str, Any], passenger: str) -> None:
    """Give a ticket back: no gate may take it from now on."""
    path = f"/v1/orders/{bought['order']['id']}/refunds"
    _call("POST", served, path, {"passengers": [passenger]}, bought["token"])


def revoke(served: Served, operator: str, device: str) -> None:
    """Revoke a device in the office."""
    path = f"/v1/operators/{operator}/devices/{device}/revocation"
    _call("POST", served, path, {"because": "lost"}, served.key(operator, "operator_admin"))


def devices(served: Served, operator: str = "tlt") -> list[dict[str, Any]]:
    """List the operator's devices."""
    answer = _call(
        "GET",
        served,
        f"/v1/operators/{operator}/devices?limit=100",
        None,
        served.key(operator, "operator_admin"),
    )
    return list(answer["devices"])


def _call(method: str, served: Served, path: str, body: Any, key: str | None = None) -> dict[str, Any]:
    headers = {"Idempotency-Key": uuid.uuid4().hex} | ({"Authorization": f"Bearer {key}"} if key else {})
    answer = httpx.request(method, f"{served.url}{path}", json=body, headers=headers, timeout=60)
    assert answer.is_success, answer.text
    return dict(answer.json()) if answer.content else {}


def film(to: Path, *texts: str, blur: float = 1.2, turn: float = 4, aztec: bool = False) -> None:
    """Draw a camera's picture of codes as raw video: blurred, turned, a frame for each; it is there for who opens it next."""
    draft = to.with_suffix(".new")
    with draft.open("wb") as video:
        video.write(f"YUV4MPEG2 W{_WIDTH} H{_HEIGHT} F10:1 Ip A1:1 C420jpeg\n".encode())
        for text in texts:
            frame = _frame(text, blur, turn, aztec=aztec) if text else _empty()
            video.write(b"FRAME\n" + frame.tobytes() + bytes([128]) * (_WIDTH * _HEIGHT // 2))
    draft.replace(to)


def _empty() -> Image.Image:
    return Image.new("L", (_WIDTH, _HEIGHT), 90)


def _frame(text: str, blur: float, turn: float, *, aztec: bool) -> Image.Image:
    if aztec:
        code = Image.open(io.BytesIO(barcode.png(text, "aztec"))).convert("L").resize((560, 560))
    else:
        drawn = io.BytesIO()
        segno.make_qr(text, error="l", boost_error=False).save(drawn, kind="png", scale=5, border=4)
        code = Image.open(drawn).convert("L")
    room = Image.new("L", (_WIDTH, _HEIGHT), 90)
    turned = code.rotate(turn, expand=True, fillcolor=90, resample=Image.Resampling.BICUBIC)
    room.paste(turned, ((_WIDTH - turned.width) // 2, (_HEIGHT - turned.height) // 2))
    return room.filter(ImageFilter.GaussianBlur(blur))


def read_code(file: Path) -> str:
    """Read a photographed code."""
    with Image.open(file) as image:
        code = zxingcpp.read_barcode(image)
    assert code is not None
    return str(code.text)


@dataclass
class Camera:
    """A browser whose camera shows what a test films."""

    browser: Browser
    file: Path

    def shows(self, *texts: str, **how: Any) -> None:
        film(self.file, *texts, **how)


class Inspector(Phone):
    """The phone of an inspector."""

    def open(self, path: str = "") -> None:
        """Open a screen of the inspector's app."""
        self.page.goto(f"{self.url}/inspect/{path}")
        self.page.locator("h1").wait_for(state="attached")

    def enrol(self, code: str) -> None:
        """Open the link of the office."""
        self.page.goto(f"{self.url}/inspect/#code={code}")
        expect(self.page.locator(".strip")).to_be_visible()
        # The strip is there before the first data are: until then nothing can be decided.
        expect(self.page.locator(".view .start .main")).to_be_enabled()

    def type_in(self, code: str) -> None:
        """Read a code by a hand scanner, which types it and ends with Enter."""
        self.page.evaluate(
            "code => { for (const key of [...code, 'Enter']) document.body.dispatchEvent("
            "new KeyboardEvent('keydown', { key, bubbles: true })); }",
            code,
        )

    def answer(self, word: str, more: str = "") -> None:
        """Wait for the answer."""
        expect(self.page.locator(".result .word")).to_have_text(word)
        if more:
            expect(self.page.locator(".result")).to_contain_text(more)

    def next(self) -> None:
        """Go on to the next passenger, unless a good answer has gone by itself."""
        self.page.evaluate("document.querySelector('.result .next')?.click()")
        expect(self.page.locator(".result")).to_have_count(0)

    def fetch_news(self) -> None:
        """Fetch a bundle now, as a phone does when its network comes back."""
        with self.page.expect_response(lambda answer: "gate-bundle" in answer.url) as answered:
            self.page.evaluate("window.dispatchEvent(new Event('online'))")
        tag = answered.value.headers["etag"]
        expect(self.page.locator(".strip")).to_have_attribute("data-bundle", tag)

    def later(self, seconds: int) -> None:
        """Let so much time go by on this phone."""
        self.page.evaluate(f"{{ const before = Date.now; Date.now = () => before() + {seconds * 1000}; }}")

    def board(self) -> None:
        """Use tickets up from now on."""
        self.page.locator("input[name=mode]").nth(1).check()


@contextmanager
def inspector(browser: Browser, served: Served, **more: Any) -> Iterator[Inspector]:
    """Lend an inspector's phone."""
    with phone(browser, served.url, **more) as lent:
        lent.context.grant_permissions(["camera"])
        # The phone's clock is right: that of the pretended morning.
        ahead = round((served.clock.now() - datetime.now(UTC)).total_seconds() * 1000)
        lent.context.add_init_script(f"{{ const real = Date.now; Date.now = () => real() + {ahead}; }}")
        yield Inspector(lent.page, lent.url, lent.wrong)
