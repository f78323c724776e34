"""The operators that answer for connections, told before the purchase and on the ticket, in words that are kept.

One operator on both rides answers for the connection (`through`). Where two operators meet, nobody does, unless a guarantee was sold (`combined`), and that is said:
Regulation (EU) 2021/782, article 12(5), asks for it on the ticket and before the purchase. Pure.
"""

from ticketing.connections.told import (
    VERSION,
    Connection,
    connections_of,
    connections_shown,
    guarantee_in_words,
    is_separate,
)

__all__ = [
    "VERSION",
    "Connection",
    "connections_of",
    "connections_shown",
    "guarantee_in_words",
    "is_separate",
]
