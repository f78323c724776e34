"""Read the picture of a day: of all regions together, as the scheme has one gateway and one bank for them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from tariffs.money import Money
from ticketing.db import Transaction
from ticketing.db.books import day_sums
from ticketing.db.sale import gateway_account
from ticketing.db.settlement import bank, bank_words, runs
from ticketing.db.settlement.runs import Run
from ticketing.errors import InvalidRequest
from ticketing.settlement.bank import Expected, booking_of, list_expected
from ticketing.settlement.day import picture
from ticketing.settlement.day.picture import Aged, Debt, Exposure, Jump, Place, Unexplained
from ticketing.settlement.month import owed_positions
from ticketing.settlement.office import Office
from ticketing.settlement.payout import Again, again_name, open_again


@dataclass(frozen=True, slots=True)
class ToApprove:
    """A calculated run that waits for its approval, with what jumped in it."""

    run: Run
    jumps: list[Jump]


@dataclass(frozen=True, slots=True)
class PaidAgainFile:
    """A file of payments that were made again, whose payments are not all at the bank."""

    run_id: str
    number: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """The picture of one day."""

    day: date
    places: list[Place]
    unexplained: list[Unexplained]
    debts: list[Aged]
    exposures: list[Exposure]
    next_run: list[tuple[str, Money]]
    to_approve: list[ToApprove]
    to_pay_again: list[tuple[Run, Again]]
    paid_again: list[PaidAgainFile]


def read_day(office: Office, region: str, day: date | None = None) -> Day:
    """Read the picture at the end of a day, today's as it is now. Raises InvalidRequest for a day that has not begun."""
    now = office.clock.now()
    on = day or now.date()
    if on > now.date():
        raise InvalidRequest.at("day", f"{on} has not begun")
    until = datetime(on.year, on.month, on.day, tzinfo=UTC) + timedelta(days=1)
    credit = office.terms(region).credit
    with office.database.read() as tx:
        regions = sorted({office.served(region), *bank.list_regions(tx)})
        sums = day_sums.sum_accounts(tx, until)
        expected = list_expected(tx, office, regions)
        debts = [*_debts(expected)]
        return Day(
            day=on,
            places=picture.places(sums),
            unexplained=[*_unexplained(tx, regions, on, until)],
            debts=picture.aged(debts, on, credit),
            exposures=picture.exposures(debts, credit),
            next_run=picture.next_run(sums),
            to_approve=[
                ToApprove(run, _jumps(tx, office, run))
                for name in regions
                for run in runs.list_runs_in_state(tx, name, ("calculated",))
            ],
            to_pay_again=[*_to_pay_again(tx, regions)],
            paid_again=[*_paid_again(tx, regions)],
        )


def list_jumps(office: Office, run_id: str) -> list[Jump]:
    """List the positions of a run that jumped; none of a run that is not there."""
    with office.database.read() as tx:
        run = runs.find_run(tx, run_id)
        return _jumps(tx, office, run) if run else []


def _to_pay_again(tx: Transaction, regions: Iterable[str]) -> Iterator[tuple[Run, Again]]:
    """The payments that the bank has returned or refused, each with its run."""
    for region in regions:
        for run in runs.list_runs_in_state(tx, region, ("sent", "reconciled")):
            yield from ((run, again) for again in open_again(tx, run))


def _paid_again(tx: Transaction, regions: Iterable[str]) -> Iterator[PaidAgainFile]:
    """The files of payments made again, of runs that are not reconciled."""
    for run in (run for name in regions for run in runs.list_runs_in_state(tx, name, ("sent",))):
        again = {(one.number, one.currency) for one in bank_words.list_again(tx, [run.id])}
        for number, currency in sorted(again):
            yield PaidAgainFile(run.id, number, again_name(number, currency))


def _debts(expected: Iterable[Expected]) -> Iterator[Debt]:
    """List the debts of operators by runs that were exported, and that the bank has not seen paid."""
    for wanted in expected:
        is_debt = wanted.kind == "receipt" and not wanted.comes_back and wanted.run_id
        if is_debt and wanted.open:
            yield Debt(
                str(wanted.party),
                Money(wanted.amount_minor, wanted.currency),
                wanted.due,
                wanted.aliases[0] if wanted.aliases else wanted.reference,
            )


def _unexplained(tx: Transaction, regions: Iterable[str], on: date, until: datetime) -> Iterator[Unexplained]:
    """Lines of the bank that nobody has booked, money on suspense, gaps between statements, and the gateway's differences."""
    for line in bank.list_open_lines(tx):
        if line.booking_date <= on.isoformat() and line.imported_at < until:
            booked_on = date.fromisoformat(line.booking_date) if line.booking_date else on
            said = " ".join(part for part in (line.counterparty, line.remittance) if part)
            yield Unexplained(
                "bank_line",
                line.id[:12],
                Money(line.amount_minor, line.currency),
                said,
                (on - booked_on).days,
            )
    for region in regions:
        for waits in bank.list_suspense(tx, region):
            booked = booking_of(bank.list_trail(tx, waits.line_id))
            if booked is not None and booked.at < until:
                days = max(0, (on - booked.at.date()).days)
                amount = Money(waits.amount_minor, waits.currency)
                yield Unexplained("suspense", waits.line_id[:12], amount, booked.reason, days)
    yield from picture.gaps(bank_words.list_balances(tx), on.isoformat())
    yield from _of_gateway(tx, on, until)


def _of_gateway(tx: Transaction, on: date, until: datetime) -> Iterator[Unexplained]:
    """The lines of the gateway that a person assigns, those of no payment of ours, and a balance that differs."""
    for gateway in gateway_account.list_gateways(tx):
        for line in gateway_account.list_lines(tx, gateway, until):
            if line.verdict in {"named", "waits"}:
                net = Money(line.amount_minor - line.fee_minor, line.currency)
                said = f"{line.category} {line.description}".strip()
                yield Unexplained(f"gateway_{line.verdict}", line.id, net, said, (on - line.at.date()).days)
        for kept in gateway_account.list_balances(tx, gateway, until):
            apart = {
                "lines": kept.balance_minor - kept.lines_minor,
                "books": kept.lines_minor - kept.books_minor,
            }
            for what, minor in apart.items():
                if minor:
                    detail = f"at {kept.at:%Y-%m-%d %H:%M} the gateway held {Money(kept.balance_minor, kept.currency)}"
                    yield Unexplained(f"gateway_{what}", kept.currency, Money(minor, kept.currency), detail)


def _jumps(tx: Transaction, office: Office, run: Run) -> list[Jump]:
    """List the jumps of a run against the month before, and against the same month of the year before."""
    credit = office.terms(run.region).credit
    year, month = int(run.period[:4]), int(run.period[5:])
    earlier = (
        f"{year - (month == 1)}-{(month - 2) % 12 + 1:02}",
        f"{year - 1}-{month:02}",
    )
    jumped: list[Jump] = []
    for period in earlier:
        before = runs.find_run_of_period(tx, run.region, period)
        if before is not None and before.state not in {"rejected", "voided", "draft"}:
            jumped += picture.jumps(
                owed_positions(run.dataset), owed_positions(before.dataset), period, credit
            )
    return jumped
