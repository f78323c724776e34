"""Lay out the cases about passes of which orders took rides: one person travels on a pass."""

from ticketing.cli.vectors.case import Row, use
from ticketing.cli.vectors.signing import JTI, NOW, ticket


def ordering() -> list[Row]:
    """List them: carnets, passes and the tickets of their orders."""
    return [
        ("a carnet that orders have emptied", "orders", {"token": ticket(u=0, c=2)}, "uses_exhausted", JTI),
        ("a carnet of which orders took two", "orders", {"token": ticket(u=0, c=3)}, "ok", JTI),
        (
            "the last stroke of such a carnet",
            "orders",
            {"token": ticket(u=0, c=3), "seen": [use(600)]},
            "uses_exhausted",
            JTI,
        ),
        (
            "a pass that pays for a journey",
            "orders",
            {"token": ticket(u=0, jti="E" * 22)},
            "ok",
            "E" * 22,
        ),
        (
            "a pass whose journey is on board",
            "orders",
            {"token": ticket(u=0, jti="F" * 22)},
            "ride_of_an_order",
            "F" * 22,
        ),
        (
            "a pass that was shown after its journey had begun",
            "orders",
            {
                "token": ticket(u=0, jti="F" * 22),
                "seen": [{"jti": "F" * 22, "leg": 0, "ts": NOW - 599, "gate": "g0"}],
            },
            "ok",
            "F" * 22,
        ),
        (
            "the second ride of a ticket that was shown after its pass",
            "orders",
            {
                "token": ticket(jti="M" * 22, l=[["tlt", "a", "b"], ["tlt", "b", "c"]], aud=["tlt"]),
                "gate": {"operator": "tlt", "leg": 1},
                "seen": [
                    {"jti": "M" * 22, "leg": 0, "ts": NOW - 75, "gate": "g0"},
                    {"jti": "L" * 22, "leg": 0, "ts": NOW - 150, "gate": "g0"},
                ],
            },
            "ok",
            "M" * 22,
        ),
        (
            "the ticket of a journey that a pass pays for",
            "orders",
            {"token": ticket(jti="D" * 22)},
            "ok",
            "D" * 22,
        ),
        (
            "the ticket of a journey whose pass has opened another ride",
            "orders",
            {
                "token": ticket(jti="D" * 22),
                "seen": [{"jti": "E" * 22, "leg": 0, "ts": NOW - 299, "gate": "g0"}],
            },
            "pass_on_another_ride",
            "D" * 22,
        ),
        (
            "the ticket of a journey whose pass can be there by now",
            "orders",
            {
                "token": ticket(jti="D" * 22),
                "seen": [{"jti": "E" * 22, "leg": 0, "ts": NOW - 300, "gate": "g0"}],
            },
            "ok",
            "D" * 22,
        ),
        (
            "a pass that was shown before its journey",
            "orders",
            {
                "token": ticket(u=0, jti="E" * 22),
                "seen": [{"jti": "E" * 22, "leg": 0, "ts": NOW - 299, "gate": "g0"}],
            },
            "ok",
            "E" * 22,
        ),
        (
            "a journey on a pass while another ticket of it is on board",
            "orders",
            {"token": ticket(jti="I" * 22)},
            "pass_on_another_ride",
            "I" * 22,
        ),
        (
            "the ticket of a ride of no minutes, whose pass was shown half a minute ago",
            "orders",
            {
                "token": ticket(jti="K" * 22),
                "seen": [{"jti": "J" * 22, "leg": 0, "ts": NOW - 30, "gate": "g0"}],
            },
            "pass_on_another_ride",
            "K" * 22,
        ),
        (
            "the second ride of a ticket whose first has just begun on the same pass",
            "orders",
            {
                "token": ticket(jti="M" * 22, l=[["tlt", "a", "b"], ["tlt", "b", "c"]], aud=["tlt"]),
                "gate": {"operator": "tlt", "leg": 1},
                "seen": [{"jti": "M" * 22, "leg": 0, "ts": NOW - 60, "gate": "g0"}],
            },
            "pass_on_another_ride",
            "M" * 22,
        ),
        ("a pass whose journey is half over", "orders", {"token": ticket(u=0, jti="G" * 22)}, "ok", "G" * 22),
        *(
            (
                f"an inspection of a pass {what}",
                "orders",
                {"token": ticket(u=0, jti=jti * 22), "gate": {"operator": "tlt", "inspect": True}},
                "ok_attention",
                jti * 22,
            )
            for jti, what in (("E", "that pays for a journey"), ("G", "whose journey is half over"))
        ),
    ]
