"""Prove the books: every entry's hash, every block and its signature, every run's digest, every allocation anew.

Who took which step, accounts, closed months and exported files are proven in `verify_steps`, ends in `verify_ends`.

Nothing here trusts what it checks: hashes are computed from the rows, allocations from the quotes and refunds, the
datasets of runs from the books. Faults are told, all of them, and the rest is still checked.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from throughfare_gate.tickets.jwk import BadKey, VerifyKey, from_jwk, thumbprint
from throughfare_gate.tickets.jws import Refused
from throughfare_gate.tickets.jws import verify as verify_signature
from ticketing.db import Transaction
from ticketing.db.books import audit, books, chain
from ticketing.db.books.as_priced import share_as_priced, tax_as_priced
from ticketing.db.books.audit import Audited
from ticketing.db.books.books import Share, Tax
from ticketing.db.books.chain import Block
from ticketing.db.documents import canonical
from ticketing.db.patience import take_time
from ticketing.db.settlement import runs
from ticketing.db.settlement.runs import Run
from ticketing.errors import Conflict
from ticketing.frozen import LeftPrice, LineDocument, write_run
from ticketing.progress import Far, Progress, Stages, silent, told, unnamed
from ticketing.settlement.month import ANCHOR_TYPE, dataset, kept_rates
from ticketing.settlement.office import Office
from ticketing.settlement.proof import anchor_files, month_ends, run_steps
from ticketing.settlement.terms import terms_of
from ticketing.tickets.keys import KeyStore

# How long the parts of a verification take beside each other.
_WEIGHTS = {"entries": 4, "runs": 1, "tickets": 6}
COUNTED = ("months", "entries", "postings", "blocks", "runs", "tickets", "allocations")


class Reversal(Protocol):
    """Rows that take back part of an allocation."""

    @property
    def shares(self) -> tuple[Share, ...]:
        """By operator."""

    @property
    def taxes(self) -> tuple[Tax, ...]:
        """By tax row."""


# Rows so far, minor units, number of the refund and its lines.
TakeBack = Callable[[Sequence[Share], Sequence[Tax], int, int, Sequence[LineDocument]], Reversal]


@dataclass(slots=True)
class Verdict:
    """The number of checked rows, and every fault."""

    checked: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTED, 0))
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def verify(office: Office, region: str, take_back: TakeBack, progress: Progress = silent) -> Verdict:
    """Check all of a region's books; `take_back` is the rule by which refunds reverse an allocation."""
    stages = Stages(progress, _WEIGHTS)
    verdict = Verdict()
    with office.database.read() as tx:
        take_time(tx)
        _check_months(tx, office, region, unnamed(stages.begin("entries")), verdict)
        _check_kept(tx, office, region, verdict)
        calculated = [
            run
            for run in runs.list_runs(tx, after=None, limit=1_000_000)
            if run.region == region and run.state != "draft"
        ]
        each = Stages(unnamed(stages.begin("runs")), {run.id: 1 for run in calculated})
        for run in calculated:
            _check_run(tx, run, each.begin(run.id), verdict)
            faults = [*run_steps.step_faults(tx, run), *run_steps.file_faults(tx, run, office.files)]
            verdict.faults.extend(f"run {run.id} of {run.period}: {fault}" for fault in faults)
        verdict.faults.extend(month_ends.carnet_faults(tx, region))
        tickets = audit.stream_tickets(tx, region)
        for ticket in told(tickets, stages.begin("tickets"), audit.count_tickets(tx, region)):
            _check_ticket(ticket, take_back, verdict)
    return verdict


def _check_months(tx: Transaction, office: Office, region: str, progress: Progress, verdict: Verdict) -> None:
    finals: list[Block] = []
    months = chain.list_months(tx, region)
    verdict.faults.extend(run_steps.chart_faults(tx))
    verdict.faults.extend(run_steps.account_faults(tx))
    verdict.faults.extend(run_steps.bank_faults(tx))
    each = Stages(progress, dict.fromkeys(months, 1))
    for month in months:
        verdict.checked["months"] += 1
        _check_entries(tx, region, month, each.begin(month), verdict)
        _check_blocks(tx, office, region, month, finals=finals, verdict=verdict)
        verdict.faults.extend(run_steps.period_faults(tx, region, month))


def _check_entries(tx: Transaction, region: str, month: str, far: Far, verdict: Verdict) -> None:
    for entry, lines in chain.stream_entries(tx, region, month, far):
        verdict.checked["entries"] += 1
        verdict.checked["postings"] += len(lines)
        if books.entry_hash(entry, lines) != entry["hash"]:
            verdict.faults.append(f"entry {entry['id']} of {month} is not what was hashed when it was booked")
        sums: dict[str, int] = {}
        for _, _, currency, amount in lines:
            sums[currency] = sums.get(currency, 0) + amount
        if len(lines) < 2 or any(sums.values()):  # noqa: PLR2004  double entry
            verdict.faults.append(f"entry {entry['id']} of {month} does not balance")


def _check_blocks(
    tx: Transaction, office: Office, region: str, month: str, *, finals: list[Block], verdict: Verdict
) -> None:
    """Recompute each block from its entries; `finals` are the blocks that closed earlier months."""
    behind = previous = ""
    blocks = chain.list_blocks(tx, region, month)
    for at, block in enumerate(blocks, 1):
        verdict.checked["blocks"] += 1
        name = f"block {block.seq} of {month}"
        until = None if block.final else block.last_entry
        computed, last, count = chain.link(
            tx, region, month, previous=block.previous, behind=behind, until=until
        )
        if (computed, last or behind, count) != (block.hash, block.last_entry, block.entries):
            verdict.faults.append(f"{name} does not hold its entries: one was changed, added or removed")
        follows = block.previous == previous if at > 1 else _follows_a_month(block, finals)
        if not follows or block.seq != at:
            verdict.faults.append(f"{name} does not follow the block before it")
        verdict.faults.extend(f"{name}: {fault}" for fault in _signature_faults(office, block, verdict))
        behind, previous = block.last_entry, block.hash
    finals += [block for block in blocks if block.final]
    closed = books.find_period_state(tx, region, month) == "closed"
    if closed and not (blocks and blocks[-1].final):
        verdict.faults.append(f"{month} is closed and its books end without a final block")


def _check_kept(tx: Transaction, office: Office, region: str, found: Verdict) -> None:
    """The anchors that lie outside of the database name the blocks that are in it."""
    if office.anchors is None:
        return
    path = anchor_files.file_of(office.anchors, region)
    if not path.exists():
        found.notes.append("no anchors are kept outside of the database")
        return
    found.faults.extend(anchor_files.faults(path, chain.list_all_blocks(tx, region)))


def _follows_a_month(block: Block, finals: Sequence[Block]) -> bool:
    """A month's first block names the last month that was closed when it was made; the very first names none."""
    earlier = [final for final in finals if final.made_at <= block.made_at]
    return block.previous in {final.hash for final in earlier[-2:]} or (not block.previous and not earlier)


def _signature_faults(office: Office, block: Block, verdict: Verdict) -> Iterator[str]:
    if not block.signed:
        verdict.notes.append(f"block {block.seq} of {block.period} is not signed")
        return
    try:
        key = from_jwk(json.loads(block.jwk))
        statement = json.loads(verify_signature(block.signed, ANCHOR_TYPE, {key.kid: key}))
    except (Refused, BadKey, ValueError) as error:
        yield f"its signature is not genuine ({error})"
        return
    signed = {
        name: statement.get(name) for name in ("region", "period", "seq", "entries", "previous", "hash")
    }
    if signed != {name: getattr(block, name) for name in signed}:
        yield "its signature is over something else"
    if office.keys:
        yield from _strangers(office.keys, key)


def _strangers(keys: KeyStore, key: VerifyKey) -> Iterator[str]:
    """The block brings its key along: it must be the one that we keep under that name."""
    if key.kid not in {record.kid for record in keys.records() if record.kind == "books"}:
        yield f"there is no books key {key.kid} in {keys.folder}: is THROUGHFARE_KEYS_FOLDER right?"
        return
    kept = keys.ring("books").get(key.kid)  # one that was removed after its years is known by name alone
    if kept and thumbprint(kept.key) != thumbprint(key.key):
        yield f"the books key {key.kid} in {keys.folder} is another one: is THROUGHFARE_KEYS_FOLDER right?"


def _check_run(tx: Transaction, run: Run, far: Far, verdict: Verdict) -> None:
    verdict.checked["runs"] += 1
    name = f"run {run.id} of {run.period}"
    if runs.digest_of(run) != run.digest:
        verdict.faults.append(f"{name}: its dataset is not what its digest says")
        return
    if run.version == 1:  # the one that decided the month's end
        verdict.faults.extend(month_ends.month_end_faults(tx, run))
    blocks = chain.list_blocks(tx, run.region, run.period)
    final = next((block.hash for block in blocks if block.final), "")
    if run.dataset.books != final:
        verdict.faults.append(f"{name}: it was calculated from other books")
    try:
        anew = dataset(
            tx,
            run.region,
            run.period,
            terms_of(run.dataset.terms),
            anchored=run.dataset.books,
            rates=kept_rates(run.dataset),
            pools=run.dataset.pools,
            progress=unnamed(far),
        )
    except Conflict as conflict:
        verdict.faults.append(f"{name}: {conflict.detail}")
        return
    before, after = write_run(run.dataset), write_run(anew)
    if run.state not in {"rejected", "voided"} and canonical(after) != canonical(before):
        different = sorted(key for key in after if canonical(after[key]) != canonical(before.get(key)))
        verdict.faults.append(f"{name}: calculated anew, it differs in {', '.join(different)}")


def _check_ticket(ticket: Audited, take_back: TakeBack, verdict: Verdict) -> None:
    """The rows of a ticket follow from its quote and its refunds, in the order of the refunds."""
    verdict.checked["tickets"] += 1
    verdict.checked["allocations"] += len(ticket.shares) + len(ticket.taxes)
    name = f"ticket {ticket.jti}"
    if ticket.unreadable is not None:
        verdict.faults.append(f"{name}: {ticket.unreadable}")
        return
    if ticket.promise is None:
        verdict.faults.append(f"{name}: its quote does not know its passenger")
        return
    sold = _Rows.sold(ticket)
    if Counter(map(share_as_priced, sold.shares)) != Counter(ticket.promise.shares):
        verdict.faults.append(f"{name}: its shares are not those of its quote")
    if Counter(map(tax_as_priced, sold.taxes)) != Counter(ticket.promise.taxes):
        verdict.faults.append(f"{name}: its VAT is not that of its quote")
    if sum(row.gross_minor for row in ticket.shares) != sum(row.gross_minor for row in ticket.taxes):
        verdict.faults.append(f"{name}: its shares and its tax rows do not have one total")
    verdict.faults += [f"{name}: {fault}" for fault in _reversal_faults(ticket, sold, take_back)]


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows of one ticket's allocation."""

    shares: Sequence[Share]
    taxes: Sequence[Tax]

    @classmethod
    def sold(cls, ticket: Audited) -> "_Rows":
        """Those of its sale."""
        return cls(
            [row for row in ticket.shares if row.kind == "sale"],
            [row for row in ticket.taxes if row.kind == "sale"],
        )

    @classmethod
    def taken_by(cls, ticket: Audited, seq: int) -> "_Rows":
        """Those that went back by one number."""
        return cls(
            [row for row in ticket.shares if row.kind != "sale" and row.seq == seq],
            [row for row in ticket.taxes if row.kind != "sale" and row.seq == seq],
        )

    @property
    def back_minor(self) -> int:
        """The amount that they give back."""
        return -sum(row.gross_minor for row in self.shares)


def _reversal_faults(ticket: Audited, so_far: _Rows, take_back: TakeBack) -> Iterator[str]:
    """Take each decided amount back anew, each on what the ones before have left; the first gap ends it."""
    left: LeftPrice | None = None
    for seq in _numbers(ticket):
        lines = _in_turn(ticket, seq)
        before = [left, *(line.left for line in lines)]
        if [line.was for line in lines] != before[:-1]:
            yield f"no. {seq} begins with something else than was left of the ticket"
            return
        left = before[-1]
        booked = _Rows.taken_by(ticket, seq)
        amount = _decided(ticket, seq, lines, booked)
        if amount != booked.back_minor:
            yield f"{booked.back_minor} minor units went back by no. {seq}, {amount} were decided"
            return
        if not (amount or booked.shares or (lines and lines[-1].left)):
            continue
        try:
            anew = take_back(so_far.shares, so_far.taxes, amount, seq, lines)
        except ValueError as error:
            yield f"no. {seq} cannot be taken back: {error}"
            return
        if not _are_same(booked, anew):
            yield f"what no. {seq} took back is not what the rule takes"
        so_far = _Rows([*so_far.shares, *booked.shares], [*so_far.taxes, *booked.taxes])


def _numbers(ticket: Audited) -> list[int]:
    """The numbers by which something was decided, or booked, to go back."""
    booked = {row.seq for row in ticket.shares if row.kind != "sale"}
    return sorted(booked | {seq for seq, _ in ticket.refunds})


def _in_turn(ticket: Audited, seq: int) -> list[LineDocument]:
    """The lines of a ticket in a refund: what comes back of an earlier one first."""
    return sorted((line for at, line in ticket.refunds if at == seq), key=lambda line: line.again is None)


def _decided(ticket: Audited, seq: int, lines: Sequence[LineDocument], booked: _Rows) -> int:
    """Sum the decided refunds by number; where no refund has decided, as in a lost dispute, the booked amount counts."""
    amount = sum(line.amount_minor for line in lines)
    if amount:
        return amount
    others = any(row.seq == seq and row.kind not in {"sale", "refund"} for row in ticket.shares)
    return booked.back_minor if others else 0


def _are_same(booked: _Rows, anew: Reversal) -> bool:
    shares = Counter(map(share_as_priced, booked.shares)) == Counter(map(share_as_priced, anew.shares))
    return shares and Counter(map(tax_as_priced, booked.taxes)) == Counter(map(tax_as_priced, anew.taxes))
