"""Caps: within a window nobody pays more than so much. Pure, over all taps at once.

`rate` looks at the whole set of a passenger's taps in the order of time. So a tap that is sent twice counts
once, and one that arrives late changes what came after it, whatever the order of arrival.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Literal, get_args

from tariffs.findings import Finding
from tariffs.money import Money, MoneyError, parse
from tariffs.table import Row, Table, unique

FILE = "caps.csv"

Window = Literal["calendar_day", "service_day", "rolling", "iso_week", "calendar_month"]
Party = Literal["holder", "everybody"]

_DAY_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """One cap, for taps from `valid_from` to `valid_to`. Empty `operators`, `networks`, `rider` or `medium` stand for any.

    `argument` is the start of the service day in seconds after midnight, or the length of a rolling window in
    seconds. With `party` `holder` companions on the same medium are neither capped nor counted.
    """

    id: str
    networks: frozenset[str]
    rider: str | None
    medium: str | None
    window: Window
    argument: int
    limit: Money
    party: Party
    operators: frozenset[str] = frozenset()
    valid_from: date = date.min
    valid_to: date = date.max

    def covers(self, tap: "Tap") -> bool:
        """Tell whether a tap falls under this cap."""
        return (
            (not self.operators or tap.operator in self.operators)
            and (not self.networks or tap.network in self.networks)
            and self.rider in {None, tap.rider}
            and self.medium in {None, tap.medium}
            and (tap.holder or self.party == "everybody")
            and tap.price.currency == self.limit.currency
            and self.valid_from <= tap.at.date() <= self.valid_to
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Tap:
    """One ride that was tapped: `at` is aware, in the time zone of the tariff; `id` is the tap's identity."""

    id: str
    at: datetime
    price: Money
    network: str
    rider: str
    medium: str
    holder: bool = True
    operator: str = ""


@dataclass(frozen=True, slots=True)
class Charge:
    """The charge for a tap after caps; `cap` is the one that lowered it."""

    tap: str
    amount: Money
    cap: str | None


def rate(taps: Iterable[Tap], caps: Sequence[Cap]) -> dict[str, Charge]:
    """Charge each tap `max(0, min(price, limit - paid in the window))`; of several caps the smallest charge.

    Raises ValueError when one tap id comes with two contents.
    """
    return _rated(taps, caps).charges


@dataclass(slots=True)
class _Rated:
    """The charges of some taps, what is paid in each window of each cap, and the windows into which each tap falls."""

    charges: dict[str, Charge] = field(default_factory=dict)
    paid: dict[tuple[str, object], int] = field(default_factory=dict)
    windows: dict[str, dict[str, object]] = field(default_factory=dict)


def _rated(taps: Iterable[Tap], caps: Sequence[Cap]) -> _Rated:
    rated = _Rated()
    paid, rolling = rated.paid, dict[str, float]()
    for tap in _in_order(taps):
        covering = [(cap, (cap.id, _window_of(cap, tap, rolling))) for cap in caps if cap.covers(tap)]
        amount, by = tap.price.minor, None
        for cap, key in covering:
            room = max(0, min(tap.price.minor, cap.limit.minor - paid.get(key, 0)))
            if room < amount:
                amount, by = room, cap.id
        for cap, key in covering:
            paid[key] = paid.get(key, 0) + amount
            if cap.window == "rolling" and amount and cap.id not in rolling:
                rolling[cap.id] = tap.at.timestamp()
        rated.charges[tap.id] = Charge(tap.id, Money(amount, tap.price.currency), by)
        rated.windows[tap.id] = {cap.id: key[1] for cap, key in covering}
    return rated


@dataclass(frozen=True, slots=True)
class Standing:
    """The rider's position under a cap: `paid` of its `limit` in the window, and the rides like the last one until all are free."""

    cap: Cap
    paid: Money
    rides_left: int

    @property
    def left(self) -> Money:
        """The most that rides of this window still cost."""
        return Money(self.cap.limit.minor - self.paid.minor, self.paid.currency)


def standings(taps: Iterable[Tap], caps: Sequence[Cap], at: datetime) -> list[Standing]:
    """Tell where each cap stands in the window of a moment, with the rides of that window that are bought for later.

    `rides_left` rides at the price of the window's last one, or fewer, pay the rest of the limit. A cap under which
    nothing is paid yet is left out.
    """
    ridden = _in_order(taps)
    if not ridden:
        return []
    last = ridden[-1]
    zoned = at.astimezone(last.at.tzinfo)
    probe = replace(
        last, id=f"{last.id} at {zoned.isoformat()}", at=zoned, price=Money(0, last.price.currency)
    )
    rated = _rated([*ridden, probe], caps)
    here = rated.windows[probe.id]
    reached: list[Standing] = []
    for cap in caps:
        paid = rated.paid.get((cap.id, here.get(cap.id)), 0)
        within = [
            tap for tap in ridden if cap.id in here and rated.windows[tap.id].get(cap.id) == here[cap.id]
        ]
        price = max((tap.price.minor for tap in within[-1:]), default=0)
        if paid > 0 and price > 0:
            left = cap.limit.minor - paid
            reached.append(Standing(cap, Money(paid, cap.limit.currency), -(-left // price)))
    return reached


def charged(taps: Iterable[Tap], caps: Sequence[Cap], counted: Iterable[Tap] = ()) -> int:
    """The sum that taps cost after caps, in minor units, where others were `counted` before; those cost nothing more."""
    wanted = list(taps)
    charges = rate([*counted, *wanted], caps)
    return sum(charges[tap.id].amount.minor for tap in wanted)


def kept_for_others(
    going: Sequence[Tap], staying: Sequence[Tap], caps: Sequence[Cap], *, paid: int, rest: Sequence[Tap] = ()
) -> int:
    """Compute the part of the `paid` price of some taps that stays when they are given back, because other taps count on them.

    What goes back is what the whole costs less without them; `rest` is what is tapped instead of `going`, where a part
    of a journey stays. Minor units of one currency.
    """
    less = charged([*staying, *going], caps) - charged([*staying, *rest], caps)
    return max(0, paid - max(0, less))


def load(text: str, file: str = FILE) -> tuple[list[Cap], list[Finding]]:
    """Read the caps, one a row.

    Columns: cap_id, operators and networks (separated by spaces), rider, medium, window, window_arg, amount,
    currency, party_scope, valid_from and valid_to (days of the tap, inclusive; empty is open).
    """
    findings: list[Finding] = []
    table = Table(file, text or None, findings)
    table.require("cap_id", "window", "amount", "currency")
    caps: dict[str, Cap] = {}
    for row in table.rows():
        cap = _cap(row)
        if cap and unique(row, "cap_id", cap.id, caps):
            caps[cap.id] = cap
    return list(caps.values()), findings


def _in_order(taps: Iterable[Tap]) -> list[Tap]:
    known: dict[str, Tap] = {}
    for tap in taps:
        if known.setdefault(tap.id, tap) != tap:
            raise ValueError(f"the tap {tap.id} came with two contents")
    return sorted(known.values(), key=lambda tap: (tap.at.timestamp(), tap.id))


def _window_of(cap: Cap, tap: Tap, rolling: dict[str, float]) -> object:
    """The window that a tap falls into; a rolling one is named by its first paid ride."""
    match cap.window:
        case "calendar_day":
            return tap.at.date()
        case "service_day":
            return service_day(tap.at, cap.argument)
        case "iso_week":
            return tap.at.isocalendar()[:2]
        case "calendar_month":
            return (tap.at.year, tap.at.month)
        case "rolling":
            start = rolling.get(cap.id)
            if start is not None and tap.at.timestamp() - start >= cap.argument:
                del rolling[cap.id]
                start = None
            return start if start is not None else tap.at.timestamp()


def service_day(at: datetime, start_seconds: int) -> date:
    """The day that a ride belongs to when days begin at so many seconds after midnight on the wall clock."""
    clock = at.hour * 3600 + at.minute * 60 + at.second
    return at.date() - timedelta(days=1) if clock < start_seconds else at.date()


def _cap(row: Row) -> Cap | None:
    name, window, party = row.required("cap_id"), row.required("window"), row.text("party_scope") or "holder"
    if window not in get_args(Window):
        row.fault("window", "invalid_enum", f"{window!r} is not one of {', '.join(get_args(Window))}")
    if party not in get_args(Party):
        row.fault("party_scope", "invalid_enum", f"{party!r} is neither holder nor everybody")
    try:
        limit = parse(row.text("amount"), row.text("currency"))
    except MoneyError as error:
        row.fault("amount", "invalid_amount", str(error))
        return None
    if limit.minor < 0:
        row.fault("amount", "invalid_amount", "a cap must not be negative")
    argument = _argument(row, window)
    first, last = row.days("valid_from", "valid_to")
    if window not in get_args(Window) or party not in get_args(Party) or argument is None or not name:
        return None
    windows: Mapping[str, Window] = {known: known for known in get_args(Window)}
    parties: Mapping[str, Party] = {known: known for known in get_args(Party)}
    return Cap(
        id=name,
        networks=frozenset(row.text("networks").split()),
        rider=row.text("rider") or None,
        medium=row.text("medium") or None,
        window=windows[window],
        argument=argument,
        limit=limit,
        party=parties[party],
        operators=frozenset(row.text("operators").split()),
        valid_from=first,
        valid_to=last,
    )


def _argument(row: Row, window: str) -> int | None:
    value = row.text("window_arg")
    if window == "service_day":
        begin = row.parsed("window_arg", time.fromisoformat, "invalid_time", "a time like 04:00")
        if begin is None:
            return None if value else 0
        return begin.hour * 3600 + begin.minute * 60
    if window == "rolling":
        row.required("window_arg")
        length = row.parsed("window_arg", int, "invalid_integer", "a whole number of seconds")
        if length is not None and not 0 < length <= 31 * _DAY_SECONDS:
            row.fault("window_arg", "invalid_duration", "between a second and a month")
        return length
    if value:
        row.fault("window_arg", "forbidden_value", f"a {window} takes no argument")
    return 0
