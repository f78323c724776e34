"""The states of an order and the only moves between them. Pure.

    awaiting_payment ──authorise──▶ authorised ──issue──▶ ticketed ──refund_part──▶ part_refunded
      │      ▲  │                       │                    │                          │
      │      │  └─decline─▶ payment_failed                   └──refund_all──▶ refunded ◀┘
      │      │                   (may pay again)
      │      └── lose_answer ─▶ payment_unknown ─authorise | decline─▶
      └─expire─▶ expired              authorised ──void──▶ cancelled

An order of 0.00 has nothing to pay: it is issued at once.
"""

from typing import Literal

from ticketing.errors import Conflict

State = Literal[
    "awaiting_payment", "payment_failed", "payment_unknown", "authorised", "ticketed",
    "part_refunded", "refunded", "cancelled", "expired",
]  # fmt: skip
Move = Literal["authorise", "decline", "lose_answer", "expire", "issue", "void", "refund_part", "refund_all"]

_MOVES: dict[tuple[str, Move], State] = {
    ("awaiting_payment", "authorise"): "authorised",
    ("awaiting_payment", "decline"): "payment_failed",
    ("awaiting_payment", "lose_answer"): "payment_unknown",
    ("awaiting_payment", "expire"): "expired",
    ("awaiting_payment", "issue"): "ticketed",
    ("payment_failed", "authorise"): "authorised",
    ("payment_failed", "decline"): "payment_failed",
    ("payment_failed", "lose_answer"): "payment_unknown",
    ("payment_failed", "expire"): "expired",
    ("payment_unknown", "authorise"): "authorised",
    ("payment_unknown", "decline"): "payment_failed",
    ("payment_unknown", "lose_answer"): "payment_unknown",
    ("authorised", "issue"): "ticketed",
    ("authorised", "void"): "cancelled",
    ("ticketed", "refund_part"): "part_refunded",
    ("ticketed", "refund_all"): "refunded",
    ("part_refunded", "refund_part"): "part_refunded",
    ("part_refunded", "refund_all"): "refunded",
}

PAYABLE: tuple[State, ...] = ("awaiting_payment", "payment_failed")
UNFINISHED: tuple[State, ...] = ("payment_unknown", "authorised")
REFUNDABLE: tuple[State, ...] = ("ticketed", "part_refunded")


def after(state: str, move: Move) -> State:
    """The state that a move leads to; raises Conflict for a move that the drawing does not have."""
    try:
        return _MOVES[state, move]
    except KeyError:
        raise Conflict(f"an order that is {state} cannot {move.replace('_', ' ')}") from None
