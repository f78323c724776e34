"""The document of a refund: of each ticket what was decided, what it was worth before, and what is left of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ticketing.frozen.fields import (
    document,
    part,
    part_or_none,
    rows,
    text,
    text_or_none,
    texts,
    whole,
    wholes,
    wholes_by_name,
)
from ticketing.frozen.prices import LeftPrice, read_left, write_left

_NAMES = frozenset({"lines", "exchanged_for", "back_minor", "dispute", "continues", "claim"})
_LINE = frozenset(
    {
        "jti",
        "passenger",
        "percent",
        "amount_minor",
        "because",
        "legs",
        "operators",
        "fees",
        "together_minor",
        "was",
        "left",
        "again",
    }
)
_AGAIN = frozenset({"seq", "line", "from_minor"})


@dataclass(frozen=True, slots=True, kw_only=True)
class LineDocument:
    """The decision about one ticket: enough to reverse its allocation anew. Amounts are minor units.

    `legs` go, `operators` are those whose shares are at stake, `fees` what they keep, `together_minor` what is kept for
    those who stay in a group. `was` is what earlier lines had left of the ticket (None: all of it), `left` what this one
    leaves (None: nothing). `again` is the earlier line of which this one gives back more.
    """

    jti: str
    passenger_ref: str
    percent: int
    amount_minor: int
    because: str
    legs: tuple[int, ...] = ()
    operators: tuple[str, ...] = ()
    fees: Mapping[str, int] = field(default_factory=dict)
    together_minor: int = 0
    was: LeftPrice | None = None
    left: LeftPrice | None = None
    again: "Again | None" = None


@dataclass(frozen=True, slots=True)
class Again:
    """An earlier line, the number of its refund, and how much had come back of it before."""

    seq: int
    line: LineDocument
    from_minor: int


@dataclass(frozen=True, slots=True)
class RefundDocument:
    """The decision of a refund: a line for each ticket, none of an order that came to nothing.

    `exchanged_for` is the order that an exchange pays with it, and `back_minor` what comes back of it; `continues` is the
    refund of which this one is a part over another payment, `dispute` the one that was lost. `claim` is the claim of which
    it pays the compensation: no price goes back with it, and no ticket.
    """

    lines: tuple[LineDocument, ...] = ()
    exchanged_for: str | None = None
    back_minor: int | None = None
    dispute: str | None = None
    continues: str | None = None
    claim: str | None = None


def read_refund(raw: object) -> RefundDocument:
    """Read the document of a refund; raises Unreadable, naming the field."""
    refund = document(raw, _NAMES)
    return RefundDocument(
        lines=rows(refund, "lines", _line),
        exchanged_for=text_or_none(refund, "exchanged_for"),
        back_minor=whole(refund, "back_minor") if "back_minor" in refund else None,
        dispute=text_or_none(refund, "dispute"),
        continues=text_or_none(refund, "continues"),
        claim=text_or_none(refund, "claim"),
    )


def write_refund(refund: RefundDocument) -> dict[str, object]:
    """Write the document of a refund; what it does not have is left out."""
    known = {
        "exchanged_for": refund.exchanged_for,
        "back_minor": refund.back_minor,
        "dispute": refund.dispute,
        "continues": refund.continues,
        "claim": refund.claim,
    }
    return {
        "lines": [write_line(line) for line in refund.lines],
        **{name: value for name, value in known.items() if value is not None},
    }


def write_line(line: LineDocument) -> dict[str, object]:
    """Write one line."""
    again = line.again
    return {
        "jti": line.jti,
        "passenger": line.passenger_ref,
        "percent": line.percent,
        "amount_minor": line.amount_minor,
        "because": line.because,
        "legs": list(line.legs),
        "operators": list(line.operators),
        "fees": dict(line.fees),
        **({"together_minor": line.together_minor} if line.together_minor else {}),
        "was": write_left(line.was) if line.was else None,
        "left": write_left(line.left) if line.left else None,
        **(
            {"again": {"seq": again.seq, "line": write_line(again.line), "from_minor": again.from_minor}}
            if again
            else {}
        ),
    }


def _line(raw: object) -> LineDocument:
    """Read one line; the first ones of whole tickets had neither legs nor fees."""
    line = document(raw, _LINE)
    return LineDocument(
        jti=text(line, "jti"),
        passenger_ref=text(line, "passenger"),
        percent=whole(line, "percent"),
        amount_minor=whole(line, "amount_minor"),
        because=text(line, "because"),
        legs=wholes(line, "legs") if "legs" in line else (),
        operators=texts(line, "operators") if "operators" in line else (),
        fees=part_or_none(line, "fees", wholes_by_name) or {},
        together_minor=whole(line, "together_minor") if "together_minor" in line else 0,
        was=part_or_none(line, "was", read_left),
        left=part_or_none(line, "left", read_left),
        again=part_or_none(line, "again", _again),
    )


def _again(found: object) -> Again:
    again = document(found, _AGAIN)
    return Again(whole(again, "seq"), part(again, "line", _line), whole(again, "from_minor"))
