"""Every connector keeps every promise that it declares, and one that does not is found out."""

import inspect
from datetime import timedelta
from pathlib import Path

import pytest

from operators.conformance import score, stands
from operators.conformance.bench import Bench
from operators.connectors.own import OwnInventory
from operators.departures import upcoming
from operators.fake import FakeOperator
from operators.gtfs.reader import load_timetable
from operators.port import Booking, Hold, HoldRequest
from tests.operators.sample import clock
from tests.operators.smallest import Seats, SeatServer


@pytest.mark.parametrize("kind", stands.kinds())
def test_a_connector_keeps_every_promise_against_its_simulator(kind: str, tmp_path: Path) -> None:
    with stands.simulated(kind, clock().now, tmp_path) as bench:
        found = score.run(bench)

    assert [one for one in found.results if one.verdict == "broken"] == []
    assert found.percent == 100
    assert found.may == "sell"


class Forgetful(FakeOperator):
    """Sells again whatever is confirmed again."""

    def hold(self, request: HoldRequest) -> Hold:
        self.kept._kept.pop(("sample", request.key), None)
        return super().hold(request)

    def confirm(self, key: str) -> Booking:
        booking = OwnInventory.confirm(self, key)
        return Booking(key, f"{booking.reference}-{len(self.calls)}")


def test_a_connector_that_sells_twice_may_sell_nothing(tmp_path: Path) -> None:
    with stands.simulated("own", clock().now, tmp_path) as bench:
        forgetful = Forgetful("sample", clock().now)
        found = score.run(
            Bench(
                connect=lambda: forgetful,
                departures=bench.departures,
                category="adult",
                price=bench.price,
                over_http=False,
                now=clock().now,
            )
        )

    broken = {one.area for one in found.results if one.verdict == "broken"}
    assert "idempotency" in broken
    assert found.may == "nothing"
    assert found.percent < 100
    assert all(one.seen for one in found.results if one.verdict == "broken")


def test_the_smallest_connector_of_the_manual_keeps_every_promise() -> None:
    time = clock()
    timetable, _ = load_timetable("sample", stands.SAMPLE_FEED)
    with SeatServer(time.now) as server:
        url = server.start()
        departures = upcoming(timetable, time.now() + timedelta(days=1), 5)
        found = score.run(
            Bench(
                connect=lambda: Seats("sample", timetable, time.now, url),
                departures=departures,
                category="adult",
                price=None,
                over_http=True,
                now=time.now,
            )
        )

    assert [one for one in found.results if one.verdict == "broken"] == []
    assert found.percent == 100


def test_the_manual_shows_the_smallest_connector_as_it_is() -> None:
    shown = Path("docs/connectors.md").read_text(encoding="utf-8")

    assert inspect.getsource(Seats).strip() in shown
