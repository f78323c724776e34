"""Anchor the books: link the entries of a month into the chain and sign where it ends."""

import json
import uuid
from datetime import datetime, timedelta

from throughfare_gate.moments import written
from throughfare_gate.tickets.jwk import VerifyKey, to_jwk
from throughfare_gate.tickets.jws import Signer
from ticketing.db import Transaction
from ticketing.db.books import books, chain
from ticketing.db.books.chain import Block
from ticketing.progress import Far, Progress, Stages, silent
from ticketing.settlement.office import Office
from ticketing.tickets.keys import KeyStore

TYPE = "books-anchor+jwt"
# Far longer than any transaction may take: an id that is older than this is committed or never will be.
MARGIN = timedelta(minutes=10)


def anchor(office: Office, region: str, progress: Progress = silent) -> list[Block]:
    """Link what has been booked up to ten minutes ago in every open month; answers the new blocks."""
    now = office.clock.now()
    blocks = []
    with office.database.write() as tx:
        months = [month for month in chain.list_months(tx, region) if not _is_final(tx, region, month)]
        stages = Stages(progress, dict.fromkeys(months, 1))
        for month in months:
            block = next_block(
                tx, office.keys, region, month, now, until=id_before(now - MARGIN), far=stages.begin(month)
            )
            if block and chain.insert_block(tx, block):  # else the month's close came between
                blocks.append(block)
    return blocks


def next_block(
    tx: Transaction,
    keys: KeyStore | None,
    region: str,
    period: str,
    now: datetime,
    *,
    until: str | None = None,
    far: Far = silent,
) -> Block | None:
    """Make a month's next block; without `until` it is the month's last. None where there is nothing to link."""
    earlier = chain.list_blocks(tx, region, period)
    before = earlier[-1] if earlier else chain.find_last_final(tx, region, period)
    previous = before.hash if before else ""
    behind = earlier[-1].last_entry if earlier else ""
    hashes, last, count = chain.link(
        tx, region, period, previous=previous, behind=behind, until=until, far=far
    )
    if until is not None and (not count or (earlier and earlier[-1].final)):
        return None
    statement = {
        "region": region,
        "period": period,
        "seq": len(earlier) + 1,
        "entries": count,
        "last_entry": last,
        "final": until is None,
        "previous": previous,
        "hash": hashes,
        "made_at": written(now),
    }
    signed, jwk = _sign(keys, statement)
    return Block(
        region=region,
        period=period,
        seq=len(earlier) + 1,
        last_entry=last,
        entries=count,
        final=int(until is None),
        previous=previous,
        hash=hashes,
        signed=signed,
        jwk=jwk,
        made_at=now,
    )


def id_before(moment: datetime) -> str:
    """The largest UUIDv7 that could have been made before a moment."""
    milliseconds = int(moment.timestamp() * 1000)
    return str(uuid.UUID(int=milliseconds << 80))


def _is_final(tx: Transaction, region: str, period: str) -> bool:
    return any(block.final for block in chain.list_blocks(tx, region, period)) or (
        books.find_period_state(tx, region, period) == "closed"
    )


def _sign(keys: KeyStore | None, statement: dict[str, object]) -> tuple[str, str]:
    if keys is None:
        return "", ""
    kid, key = keys.signer_key("books")
    return Signer(kid, key).sign(TYPE, statement), json.dumps(
        to_jwk(VerifyKey(kid, "EdDSA", key.public_key()))
    )
