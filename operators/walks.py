"""Read `walks.csv`: ways on foot between stops as somebody has walked them, over a bridge or through a tunnel, or that there is none. Pure."""

from collections.abc import Collection

from tariffs.findings import Finding
from tariffs.table import Row, Table

FILE = "walks.csv"
# A walk of hours is no change between two rides.
_MOST_MINUTES = 120
_MINUTE = 60
Walks = dict[tuple[str, str], int | None]


def read_walks(text: str | None, stops: Collection[str], findings: list[Finding]) -> Walks:
    """Read rows of `from_stop,to_stop,minutes,note`: seconds in both directions, None where nobody can walk.

    Stops are `<operator>:<stop_id>`; no `minutes` means that there is no way. Faults are appended to `findings`.
    """
    table = Table(FILE, text, findings)
    table.require("from_stop", "to_stop", "minutes")
    walks: Walks = {}
    for row in table.rows():
        ends = (_stop(row, "from_stop", stops), _stop(row, "to_stop", stops))
        seconds = _seconds(row)
        if ends[0] == ends[1]:
            row.fault("to_stop", "invalid_value", "a walk leads to another stop")
        elif ends in walks:
            row.fault("from_stop", "duplicate_key", f"a second walk between {ends[0]} and {ends[1]}")
        else:
            walks[ends] = walks[ends[::-1]] = seconds
    return walks


def _stop(row: Row, field: str, stops: Collection[str]) -> str:
    stop = row.required(field)
    if stop and stop not in stops:
        message = f"{stop!r} is no stop; stops are written <operator>:<stop_id>"
        row.fault(field, "unknown_reference", message)
    return stop


def _seconds(row: Row) -> int | None:
    minutes = row.parsed("minutes", int, "invalid_integer", "a whole number of minutes")
    if minutes is not None and not 1 <= minutes <= _MOST_MINUTES:
        row.fault(
            "minutes",
            "invalid_value",
            f"must be from 1 to {_MOST_MINUTES}; leave it empty where there is no way",
        )
    return None if minutes is None else minutes * _MINUTE
