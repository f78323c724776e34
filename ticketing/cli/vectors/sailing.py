"""Lay out the cases about departures: boarding hours, named sailings, delays, waivers."""

from throughfare_gate.tickets.claims import bound_to
from ticketing.cli.vectors.bundles import SAILS
from ticketing.cli.vectors.case import Row, boarding, bound_leg, use
from ticketing.cli.vectors.signing import JTI, NOW, ticket


def sailings() -> list[Row]:
    """List them for one terminal of the tram line, as if it were a ferry."""
    return [
        ("a sailing that boards", "sailings", {"token": bound_leg(SAILS), **boarding()}, "ok", JTI),
        (
            "a sailing whose check-in is not open",
            "sailings",
            {"token": bound_leg(SAILS + 6360), **boarding()},
            "check_in_not_open",
            JTI,
        ),
        (
            "a quarter of an hour after the departure",
            "sailings",
            {"token": bound_leg(SAILS - 1800), **boarding()},
            "ok",
            JTI,
        ),
        (
            "a second later",
            "sailings",
            {"token": bound_leg(SAILS - 1800), **boarding(1)},
            "wrong_sailing",
            JTI,
        ),
        (
            "a late sailing still boards",
            "sailings",
            {"token": bound_leg(SAILS - 7200), **boarding()},
            "ok",
            JTI,
        ),
        ("a named sailing", "sailings", {"token": bound_leg(SAILS), **boarding(trip_id="t1")}, "ok", JTI),
        (
            "another trip is boarding",
            "sailings",
            {"token": bound_leg(SAILS), **boarding(trip_id="t2")},
            "wrong_sailing",
            JTI,
        ),
        (
            "another departure is boarding",
            "sailings",
            {"token": bound_leg(SAILS), **boarding(departure="2026-10-13T08:15:00+03:00")},
            "wrong_sailing",
            JTI,
        ),
        (
            "a trip that the bundle does not know",
            "sailings",
            {"token": bound_leg(SAILS), **boarding(trip_id="t9")},
            "ok_attention",
            JTI,
        ),
        (
            "the gate where a bound leg ends",
            "sailings",
            {"token": bound_leg(SAILS), "gate": {"operator": "tlt", "stop_id": "b"}},
            "wrong_leg",
            JTI,
        ),
        (
            "another terminal",
            "sailings",
            {"token": bound_leg(SAILS), "gate": {"operator": "tlt", "stop_id": "z"}},
            "wrong_leg",
            JTI,
        ),
        (
            "a waiver for a cancelled sailing",
            "sailings",
            {"token": bound_leg(SAILS - 3600), **boarding(trip_id="t1")},
            "ok_attention",
            JTI,
        ),
        (
            "a ticket that has missed another line's departure",
            "sailings",
            {"token": ticket(l=[["hsl", "a", "b", bound_to(SAILS)]], aud=["hsl"]), **boarding()},
            "ok_attention",
            JTI,
        ),
        (
            "another ticket for a departure that some have missed",
            "sailings",
            {
                "token": ticket(l=[["hsl", "a", "b", bound_to(SAILS)]], aud=["hsl"], jti="G" * 22),
                **boarding(),
            },
            "wrong_audience",
            "G" * 22,
        ),
        (
            "a ticket without a departure",
            "sailings",
            {"token": ticket(l=[["tlt", "a", "b"]], aud=["tlt"]), **boarding()},
            "ok_attention",
            JTI,
        ),
        (
            "an inspection on board",
            "sailings",
            {
                "token": bound_leg(SAILS - 5400),
                "gate": {"operator": "tlt", "inspect": True},
                "seen": [use(4800)],
            },
            "ok",
            JTI,
        ),
        (
            "the ferry before was late",
            "sailings",
            {
                "token": ticket(
                    exp=NOW - 7000,
                    nbf=NOW - 9999,
                    iat=NOW - 9999,
                    l=[["tallink", "TLL-D", "HEL-LT2", bound_to(NOW - 7200)], ["tlt", "c", "d"]],
                    aud=["tallink", "tlt"],
                )
            },
            "ok_attention",
            JTI,
        ),
        (
            "beyond the delay",
            "sailings",
            {
                "token": ticket(
                    exp=NOW - 7230,
                    nbf=NOW - 9999,
                    iat=NOW - 9999,
                    l=[["tallink", "TLL-D", "HEL-LT2", bound_to(NOW - 7200)], ["tlt", "c", "d"]],
                    aud=["tallink", "tlt"],
                )
            },
            "expired",
            JTI,
        ),
    ]
