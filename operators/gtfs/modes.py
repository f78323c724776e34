"""Read a GTFS route type: one of the few kinds of vehicles that the service knows."""

from operators.gtfs.timetable import Mode

_MODES: dict[int, Mode] = {
    0: "tram",
    1: "metro",
    2: "rail",
    3: "bus",
    4: "ferry",
    5: "tram",
    6: "tram",
    7: "tram",
    11: "bus",
    12: "rail",
}
# Extended route types (hundreds): 100 railway, 200 coach, 400 urban railway, 700 bus, 800 trolleybus, 900 tram,
# 1000 water transport, 1200 ferry, 1300 aerial lift, 1400 funicular, 1500 taxi. What a cable pulls is local transport on a
# way of its own, as a tram is (6 and 7 too); a taxi that runs by a timetable is a small bus.
_EXTENDED: dict[int, Mode] = {
    1: "rail",
    2: "bus",
    4: "metro",
    7: "bus",
    8: "bus",
    9: "tram",
    10: "ferry",
    12: "ferry",
    13: "tram",
    14: "tram",
    15: "bus",
}


def mode_of(route_type: int) -> Mode | None:
    """The kind of vehicle of a route type; None for one that is not known."""
    return _MODES.get(route_type) or _EXTENDED.get(route_type // 100)
