"""`throughfare simulate`: start a stand-in for an operator's system, with an inventory and a fault plan."""

import json
import signal
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import click

from operators.conformance.stands import SAMPLE_FEED
from operators.fault_plan import FaultPlan
from operators.files import FEED_FILES, read_feed
from operators.gtfs.reader import load_timetable
from operators.gtfs.timetable import FILES, Timetable
from operators.simulators.exchange import ExchangeSimulator
from operators.simulators.gtfs import GtfsSimulator
from operators.simulators.maritime import MaritimeSimulator, Ship
from operators.simulators.osdm import OsdmSimulator, Sale
from operators.simulators.server import Simulator
from ticketing.clock import Clock, DemoClock, SystemClock

_KEYS = {
    "maritime": "; its key is: sandbox",
    "osdm": "; its client secret is: sandbox",
}
_ONE_DAY = timedelta(days=1)
# Further than the demo's clock goes in one step, so that every day of its months can be bought.
_ALLOTTED_AHEAD = timedelta(days=62)


@click.command()
@click.argument("name", type=click.Choice(["exchange", "gtfs", "maritime", "osdm"]))
@click.option("--port", type=int, default=0, help="The port on loopback; a free one if not given.")
@click.option("--places", type=click.IntRange(0), default=300, help="Places of a departure.")
@click.option(
    "--hold-minutes", type=click.IntRange(1, 1440), default=15, help="The minutes that a hold lasts."
)
@click.option("--price", "prices", multiple=True, metavar="CATEGORY=CENTS", help="A price; may be repeated.")
@click.option("--folder", type=click.Path(file_okay=False), help="exchange: the folder of the files.")
@click.option("--feed", type=click.Path(exists=True), help="exchange, gtfs: the operator's timetable.")
@click.option("--operator", default="viking", help="exchange: the operator's id.")
@click.option("--faults", type=click.Path(dir_okay=False, exists=True), help="A fault plan as JSON.")
@click.option(
    "--clock-file", type=click.Path(dir_okay=False), help="Shift the clock by the seconds in this file."
)
def command(*, name: str, port: int, faults: str | None, clock_file: str | None, **options: Any) -> None:
    """Serve the protocol NAME on loopback until Ctrl-C. Nothing behind it is real.

    It accepts `sandbox` as the key (maritime) or the secret (osdm): set the variable that the operator's table
    names, such as TALLINK_API_KEY=sandbox. A price is told at a confirmation, and one that is not the operator's
    tariff makes that booking a case.

    \b
    Example:
      throughfare simulate maritime --port 8471 --places 300
      throughfare simulate exchange --folder var/exchange/viking --feed regions/helsinki-tallinn/feeds/viking
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    clock: Clock = DemoClock(Path(clock_file)) if clock_file else SystemClock()
    simulator = _SIMULATORS[name](clock, options)
    if faults:
        simulator.plan = _plan(Path(faults))
    with simulator:
        url = simulator.start(port)
        click.echo(
            f"A simulator of {simulator.name} at {url} (inspect it there, plan faults at {url}/_faults)"
            f"{_KEYS.get(name, '')}"
        )
        stopped = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopped.set())
        stopped.wait()


def _maritime(clock: Clock, options: Mapping[str, Any]) -> Simulator:
    ship = Ship(places=options["places"], prices=_prices(options["prices"]))
    return MaritimeSimulator(clock.now, ship=ship, hold_life=timedelta(minutes=options["hold_minutes"]))


def _exchange(clock: Clock, options: Mapping[str, Any]) -> Simulator:
    """A clerk who allots seats on every trip of two months ahead, and then looks into the folder every second."""
    if not options["folder"] or not options["feed"]:
        raise click.UsageError("exchange needs --folder and --feed")
    simulator = ExchangeSimulator(clock.now, Path(options["folder"]), options["operator"])
    timetable, _ = load_timetable(options["operator"], read_feed(Path(options["feed"]), FILES))
    if timetable is None:
        raise click.UsageError("the feed has faults; see `throughfare tariff check`")
    allotments = Allotments(simulator, timetable, {"foot": options["places"]})
    allotments.go_on()
    threading.Thread(target=_visit, args=(simulator, allotments), daemon=True).start()
    return simulator


@dataclass(slots=True)
class Allotments:
    """The allotments of the clerk: every trip from yesterday to two months ahead, further days as the clock goes on."""

    simulator: ExchangeSimulator
    timetable: Timetable
    seats: Mapping[str, int]
    until: date | None = None

    def go_on(self) -> None:
        """Allot the days that have come within two months; a clock that was set back changes nothing."""
        today = self.simulator.now().date()
        first = today - _ONE_DAY if self.until is None else max(self.until + _ONE_DAY, today - _ONE_DAY)
        last = today + _ALLOTTED_AHEAD
        if first <= last:
            self.simulator.allot_days(self.timetable, first + _ONE_DAY, self.seats, (last - first).days)
            self.until = last


def _gtfs(clock: Clock, options: Mapping[str, Any]) -> Simulator:
    files = read_feed(Path(options["feed"]), FEED_FILES) if options["feed"] else SAMPLE_FEED
    return GtfsSimulator(clock.now, files)


def _osdm(clock: Clock, options: Mapping[str, Any]) -> Simulator:
    sale = Sale(places=options["places"], prices=_prices(options["prices"]) or Sale().prices)
    return OsdmSimulator(clock.now, sale=sale, hold_life=timedelta(minutes=options["hold_minutes"]))


def _visit(simulator: ExchangeSimulator, allotments: Allotments) -> None:
    while not simulator.stopping.wait(1.0):
        allotments.go_on()
        simulator.turn()


def _prices(options: tuple[str, ...]) -> dict[str, int]:
    found: dict[str, int] = {}
    for option in options:
        category, _, cents = option.partition("=")
        if not category or not cents.isascii() or not cents.isdigit():
            raise click.BadParameter(f"{option!r} is not like adult=2500", param_hint="--price")
        found[category] = int(cents)
    return found


def _plan(path: Path) -> FaultPlan:
    try:
        document: Any = json.loads(path.read_text(encoding="utf-8"))
        return FaultPlan.from_json(document)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--faults") from error


_SIMULATORS: dict[str, Callable[[Clock, Mapping[str, Any]], Simulator]] = {
    "exchange": _exchange,
    "gtfs": _gtfs,
    "maritime": _maritime,
    "osdm": _osdm,
}
