"""The pace of an inspector's phone, from a picture to an answer, and with the tickets of a large operator (with `SOAK=1`)."""

import os

import pytest
from playwright.sync_api import Page

from tests.web.conftest import Served
from tests.web.inspecting import Camera, Inspector, buy, enrolment_code, inspector

pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(not os.environ.get("SOAK"), reason="measures, which a busy machine spoils (SOAK=1)"),
]
_SLOWER = 4
_ANSWER_MS, _OPEN_MS = 300, 2_000
_TICKETS = 100_000
# Fill the store as a bundle with so many used tickets would.
_FILL = """async count => {
  const database = await new Promise(done => { const asked = indexedDB.open("tf-inspect"); asked.onsuccess = () => done(asked.result); });
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const buckets = new Map();
  for (let number = 0; number < count; number++) {
    const jti = Array.from({ length: 22 }, () => letters[Math.floor(Math.random() * 64)]).join("");
    const id = jti.slice(0, 2);
    if (!buckets.has(id)) buckets.set(id, { id, tickets: [] });
    buckets.get(id).tickets.push([jti, [{ jti, leg: 0, at: 1791857000, gate: "09005-1", kind: "ride" }], null]);
  }
  const tx = database.transaction("known", "readwrite");
  for (const one of buckets.values()) tx.objectStore("known").put(one);
  await new Promise(done => { tx.oncomplete = done; });
  database.close();
}"""


def slow_down(page: Page, times: int) -> None:
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": times})


def test_a_readable_picture_is_an_answer_within_300_ms_on_a_slow_phone(
    camera: Camera, served: Served
) -> None:
    tokens = [ticket["token"] for _ in range(3) for ticket in buy(served, 8)["tickets"]]
    with inspector(camera.browser, served) as kati:
        kati.enrol(enrolment_code(served))
        kati.board()
        slow_down(kati.page, _SLOWER)
        camera.shows(*(token for token in tokens for _ in range(4)))
        kati.press("Start camera")
        taken = answers(kati, len(tokens))

    assert sorted(taken)[int(len(taken) * 0.95)] <= _ANSWER_MS


def answers(kati: Inspector, count: int) -> list[float]:
    """Wait for so many answers; gives the milliseconds of each."""
    return list(
        kati.page.evaluate(
            "count => new Promise(done => { const look = setInterval(() => {"
            "const taken = performance.getEntriesByName('scan to answer').map(one => one.duration);"
            "if (taken.length >= count) { clearInterval(look); done(taken); } }, 200); })",
            count,
        )
    )


def test_the_data_of_a_hundred_thousand_tickets_open_within_two_seconds(
    camera: Camera, served: Served
) -> None:
    with inspector(camera.browser, served) as kati:
        kati.enrol(enrolment_code(served))
        kati.page.evaluate(_FILL, _TICKETS)
        slow_down(kati.page, _SLOWER)
        kati.page.reload()
        kati.page.locator(".strip").wait_for()
        [taken] = kati.page.evaluate("performance.getEntriesByName('open').map(one => one.duration)")

    assert taken <= _OPEN_MS
