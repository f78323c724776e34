"""Reissue what a lost key has signed: the same ticket, signed anew, for its holder to fetch.

The ticket keeps its identity, so its uses, its shares and its refund stay what they are; the old text dies with
the key at the next bundle, and so does everything that a thief signs.
"""

from typing import Any

from throughfare_gate.tickets.claims import TYP
from throughfare_gate.tickets.jws import Signer, header_of
from ticketing.clock import Clock
from ticketing.db import Database
from ticketing.db.ticket import group_codes, tickets
from ticketing.progress import Counted, Progress, silent
from ticketing.tickets.keys import KeyStore
from ticketing.tickets.own import payload_of

_PAGE = 200
# Where signed texts are kept: the queries of tickets and those of group codes have the same names.
_Rows = Any


def reissue(database: Database, clock: Clock, keys: KeyStore, kid: str, progress: Progress = silent) -> int:
    """Sign every unexpired ticket and group code of a key anew; gives how many. Safe to repeat after a crash."""
    signer = Signer(*keys.signer_key("ticket"))
    headers = [header_of(kid, TYP, algorithm) for algorithm in ("EdDSA", "ES256")]
    kinds: tuple[_Rows, ...] = (tickets, group_codes)
    with database.read() as tx:
        whole = sum(rows.count_signed_by(tx, header, clock.now()) for rows in kinds for header in headers)
    signed = Counted(progress, "signing tickets anew", whole)
    return sum(
        _reissue(database, clock, signer, rows, header=header, signed=signed)
        for rows in kinds
        for header in headers
    )


def _reissue(
    database: Database, clock: Clock, signer: Signer, rows: _Rows, *, header: str, signed: Counted
) -> int:
    count, last = 0, ""
    while True:
        with database.write() as tx:
            page = rows.list_signed_by(tx, header, last, clock.now(), _PAGE)
            for held in page:
                rows.replace_token(tx, held, signer.sign(TYP, payload_of(held.token)))
        if not page:
            return count
        count, last = count + len(page), page[-1].jti
        signed.more(len(page))
