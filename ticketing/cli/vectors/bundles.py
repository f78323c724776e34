"""Lay out the bundles that the cases are decided by: policies, products, sailings, and what orders took of passes."""

from collections.abc import Mapping
from dataclasses import replace

from throughfare_gate.gate.bundle import Facts
from throughfare_gate.gate.decision import Policy, ProductRule, Use
from throughfare_gate.gate.model import Boarding, Delay, Extras, Ordered, OrderedRide, Waiver
from throughfare_gate.tickets import status_list
from ticketing.cli.vectors.signing import AT, ISSUER, JTI, NOW, RING, SIGNER, URI

SAILS = NOW + 900


def bundles() -> Mapping[str, Facts]:
    """Name the bundles that the cases are decided by."""
    base = Facts(
        issuer=ISSUER,
        operator="tlt",
        version=1,
        ticket_keys=RING,
        status_keys=RING,
        removed=["25a"],
        lists=[status_list.sign(SIGNER, URI, {6: 1, 7: 2, 8: 3}, AT)],
        rules={"through": ProductRule()},
        uses=[],
        policy=Policy(),
    )
    ruled = {
        "required": ProductRule(binding="required"),
        "board": ProductRule(stops="board"),
        "first": ProductRule(classes=("1",)),
        "morning": ProductRule(hours=((6 * 3600, 9 * 3600),)),
        "weekend": ProductRule(days=(6, 7)),
        "group": ProductRule(passback_seconds=0),
        "carnet": ProductRule(transfer_seconds=3600, transfers=1),
        "window": ProductRule(window_seconds=3600),
        "swiped": ProductRule(check="in_out"),
        "early": ProductRule(check="in_out", hours=((0, 6 * 3600),)),
    }
    return {
        "plain": base,
        "rules": replace(base, rules={**base.rules, **ruled}, offsets=((NOW - 86_400, 10_800),)),
        "no lists, closed": replace(base, lists=[]),
        "no lists, open": replace(base, lists=[], policy=Policy(degrade="fail_open")),
        "demo": replace(base, policy=Policy(accept_demo=True)),
        "orders": replace(base, extras=Extras(), uses=[Use("B" * 22, 0, NOW - 600)], ordered=_ordered()),
        "sailings": replace(base, extras=sailings(), offsets=((NOW - 86_400, 10_800),)),
        "guests": replace(base, extras=_guests(), offsets=((NOW - 86_400, 10_800),)),
        "open": replace(base, policy=Policy(degrade="fail_open")),
        "impatient": replace(base, policy=Policy(max_stale_seconds=60)),
    }


def _ordered() -> dict[str, Ordered]:
    """Two strokes of a carnet; of three passes a ride that is to begin, one that has just begun, and one that is half over.

    A fourth has a ride that is to begin while another one is under way, a fifth one of no minutes, a sixth two on one ticket.
    """
    coming = OrderedRide(
        ticket="D" * 22,
        leg=0,
        departs=NOW + 60,
        arrives=NOW + 660,
        starts=NOW - 7140,
        ends=NOW + 11_460,
    )
    riding = replace(coming, ticket="B" * 22, departs=NOW - 600, arrives=NOW + 602)
    return {
        JTI: Ordered(2),
        "E" * 22: Ordered(0, (coming,)),
        "F" * 22: Ordered(0, (riding,)),
        "G" * 22: Ordered(0, (replace(riding, arrives=NOW + 600),)),
        "H" * 22: Ordered(0, (replace(coming, ticket="I" * 22), replace(riding, arrives=NOW + 660))),
        "J" * 22: Ordered(0, (replace(coming, ticket="K" * 22, arrives=coming.departs),)),
        "L" * 22: Ordered(
            0, (replace(coming, ticket="M" * 22, arrives=NOW + 210), replace(coming, ticket="M" * 22, leg=1))
        ),
    }


def sailings() -> Extras:
    """One sailing is late, one is cancelled; waivers let those of the cancelled one on any other, and a ticket that missed another line's."""
    return Extras(
        boarding={"through": Boarding(7200)},
        sailings={"t1": (("a", SAILS), ("a", SAILS + 86_400)), "t2": (("a", SAILS + 3600),)},
        delays={
            ("tlt", "a", SAILS - 7200): Delay(SAILS - 1800, {"b": 5400}),
            ("tallink", "TLL-D", NOW - 7200): Delay(NOW, {"HEL-LT2": 7200}),
            ("tlt", "a", SAILS - 3600): Delay(None, cancelled=True),
        },
        waivers=(
            Waiver("e1", frozenset({("tlt", "a", SAILS - 3600)}), ("tlt", "any"), NOW + 3600),
            Waiver("e2", frozenset({("hsl", "a", SAILS)}), ("tlt", "any"), NOW + 3600, frozenset({JTI})),
        ),
        categories={"chil": "child"},
    )


def _guests() -> Extras:
    """A waiver sends the passengers of another operator's cancelled ship to one trip of this operator."""
    missed = ("viking", "V", NOW + 1800)
    waiver = Waiver("e2", frozenset({missed}), ("tlt", "t1"), NOW + 3600)
    return replace(sailings(), delays={missed: Delay(None, cancelled=True)}, waivers=(waiver,))
