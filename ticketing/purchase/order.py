"""The states of an order and the only moves between them. Pure.

    holding ──hold──▶ awaiting_payment ──authorise──▶ authorised ──issue──▶ ticketed ──refund_part──▶ part_refunded
       │                │      ▲  │                       │                   │ │                         │    │
       │                │      │  └─decline─▶ payment_failed (may pay again)  │ └──refund_all─▶ refunded ◀┘    │
       │                │      └─ lose_answer ─▶ payment_unknown              └──exchange──▶ exchanged ◀───────┘
       │                └──expire──▶ expired              │
       └──unwind──▶ unwinding ◀───unwind──────────────────┘
                       └──close──▶ cancelled, or expired where nobody paid in time

`holding` asks operators for places, `authorised` has them confirm, takes the money and issues; `unwinding`
gives back what operators and the gateway still hold. `part_refunded` has lost some of its
passengers or legs, to a refund or an exchange (`exchange_part`). An order of 0.00 without places is issued at once.
"""

from typing import Literal

from ticketing.errors import Conflict

State = Literal[
    "holding",
    "awaiting_payment",
    "payment_failed",
    "payment_unknown",
    "authorised",
    "unwinding",
    "ticketed",
    "part_refunded",
    "refunded",
    "exchanged",
    "cancelled",
    "expired",
]
Move = Literal[
    "hold",
    "authorise",
    "decline",
    "lose_answer",
    "expire",
    "issue",
    "unwind",
    "close",
    "close_expired",
    "refund_part",
    "refund_all",
    "exchange_part",
    "exchange",
]

_MOVES: dict[tuple[str, Move], State] = {
    ("holding", "hold"): "awaiting_payment",
    ("holding", "unwind"): "unwinding",
    ("awaiting_payment", "authorise"): "authorised",
    ("awaiting_payment", "decline"): "payment_failed",
    ("awaiting_payment", "lose_answer"): "payment_unknown",
    ("awaiting_payment", "expire"): "expired",
    ("awaiting_payment", "issue"): "ticketed",
    ("awaiting_payment", "unwind"): "unwinding",
    ("payment_failed", "authorise"): "authorised",
    ("payment_failed", "decline"): "payment_failed",
    ("payment_failed", "lose_answer"): "payment_unknown",
    ("payment_failed", "expire"): "expired",
    ("payment_failed", "unwind"): "unwinding",
    ("payment_unknown", "authorise"): "authorised",
    ("payment_unknown", "decline"): "payment_failed",
    ("payment_unknown", "lose_answer"): "payment_unknown",
    ("authorised", "issue"): "ticketed",
    ("authorised", "unwind"): "unwinding",
    ("unwinding", "close"): "cancelled",
    ("unwinding", "close_expired"): "expired",
    ("ticketed", "refund_part"): "part_refunded",
    ("ticketed", "refund_all"): "refunded",
    ("ticketed", "exchange_part"): "part_refunded",
    ("ticketed", "exchange"): "exchanged",
    ("part_refunded", "refund_part"): "part_refunded",
    ("part_refunded", "refund_all"): "refunded",
    ("part_refunded", "exchange_part"): "part_refunded",
    ("part_refunded", "exchange"): "exchanged",
}

PAYABLE: tuple[State, ...] = ("awaiting_payment", "payment_failed")
UNFINISHED: tuple[State, ...] = ("holding", "payment_unknown", "authorised", "unwinding")
REFUNDABLE: tuple[State, ...] = ("ticketed", "part_refunded")
# Only an order in one of these has ever had a ticket.
ISSUED: tuple[State, ...] = (*REFUNDABLE, "refunded", "exchanged")


def after(state: str, move: Move) -> State:
    """The state that a move leads to; raises Conflict for a move that the drawing does not have."""
    try:
        return _MOVES[state, move]
    except KeyError:
        raise Conflict(f"an order that is {state} cannot {move.replace('_', ' ')}") from None
