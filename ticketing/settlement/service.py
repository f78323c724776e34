"""Settlement: close a month, net what the scheme owes its operators, keep the run. No price is computed here."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from tariffs.money import Money
from ticketing.clock import Clock
from ticketing.db import Database, Transaction, books, runs
from ticketing.db.books import Balance, ShareLine
from ticketing.db.documents import digest
from ticketing.db.runs import Run
from ticketing.errors import Conflict, InvalidRequest, NotFound
from ticketing.ids import new_id
from ticketing.settlement.journal import Format, to_text
from ticketing.settlement.netting import Netting, Obligation, net
from ticketing.settlement.statement import to_csv

SCHEME = "scheme"


@dataclass(frozen=True, slots=True)
class Office:
    """What settlement needs."""

    database: Database
    clock: Clock


def close(office: Office, region: str, period: str, prepared_by: str) -> Run:
    """Close a month and calculate its run; closing it again answers the same run.

    Raises InvalidRequest for a period that is none or that is not over (UTC), Conflict when the books of
    the period do not balance.
    """
    now = office.clock.now()
    _check_is_over(period, now)
    with office.database.write() as tx:
        state = books.lock_period(tx, region, period)
        earlier = runs.find_run_of_period(tx, region, period)
        if earlier is not None:
            return earlier
        document = _calculate(tx, region, period)
        made = Run(new_id(), region, period, 1, "calculated", digest(document), prepared_by, now, document)
        runs.insert_run(tx, made)
        if state != "closed":
            books.close_period(tx, region, period, made.digest, now)
    return made


def get_run(office: Office, run_id: str) -> Run:
    """Read a run; raises NotFound."""
    with office.database.read() as tx:
        found = runs.find_run(tx, run_id)
    if found is None:
        raise NotFound(f"no settlement run {run_id}")
    return found


def list_runs(office: Office, *, after: str | None, limit: int) -> list[Run]:
    """List runs, oldest first."""
    with office.database.read() as tx:
        return runs.list_runs(tx, after=after, limit=limit)


def statement(office: Office, run_id: str, operator: str) -> Iterator[str]:
    """Give one operator's statement as CSV lines; raises NotFound for an unknown run or operator."""
    run = get_run(office, run_id)
    if operator not in {line["operator"] for line in run.document["operators"]}:
        raise NotFound(f"the run {run.id} has no statement of {operator}")
    return to_csv(run, operator, _statement_lines(office, run, operator))


def write_journal(office: Office, region: str, period: str, form: Format) -> Iterator[str]:
    """Give the general journal of a closed month as lines; raises NotFound when the month has no run."""
    with office.database.read() as tx:
        if runs.find_run_of_period(tx, region, period) is None:
            raise NotFound(f"{period} of {region} is not closed: close it first")
        end = f"{books.next_month(period)}-01"
        yield from to_text(
            form, end, books.balances(tx, region, period), books.stream_journal(tx, region, period)
        )


def _statement_lines(office: Office, run: Run, operator: str) -> Iterator[ShareLine]:
    with office.database.read() as tx:
        yield from books.stream_statement(tx, run.region, run.period, operator)


def _check_is_over(period: str, now: datetime) -> None:
    try:
        start = datetime.strptime(f"{period}-01 +0000", "%Y-%m-%d %z")
    except ValueError:
        raise InvalidRequest.at("period", f"{period!r} is not a month like 2026-03") from None
    if books.month_of(start) != period:
        raise InvalidRequest.at("period", f"{period!r} is not a month like 2026-03")
    if books.month_of(now) <= period:
        raise InvalidRequest.at("period", f"{period} is not over yet")


def _calculate(tx: Transaction, region: str, period: str) -> dict[str, Any]:
    """Build the frozen dataset of a run: what every output is made from."""
    balances = books.balances(tx, region, period)
    unbalanced = books.unbalanced_entries(tx, period)
    if unbalanced:
        raise Conflict(f"{len(unbalanced)} entries of {period} do not balance, the first is {unbalanced[0]}")
    netting = net(_obligations(balances))
    return {
        "period": period,
        "region": region,
        "demo": any(balance.purpose == "demo_clearing" for balance in balances),
        "operators": [_with_amounts(row) for row in _by_operator(books.sum_shares(tx, region, period))],
        "taxes": [_with_amounts(row) for row in books.sum_taxes(tx, region, period)],
        "accounts": [_account_line(balance) for balance in balances],
        **as_dict(netting),
    }


def _obligations(balances: list[Balance]) -> list[Obligation]:
    """The scheme owes an operator its credit balance; a debit balance (more refunds than sales) is owed back."""
    owed = [balance for balance in balances if balance.purpose == "operator_payable" and balance.amount_minor]
    return [
        Obligation(SCHEME, str(line.operator), -line.amount_minor, line.currency)
        if line.amount_minor < 0
        else Obligation(str(line.operator), SCHEME, line.amount_minor, line.currency)
        for line in owed
    ]


def as_dict(netting: Netting) -> dict[str, Any]:
    """The JSON form of the contract `settlement net`."""
    return {
        "positions": [
            {"operator": position.operator, **Money(position.amount_minor, position.currency).as_dict()}
            for position in netting.positions
        ],
        "payments": [
            {
                "from": payment.debtor,
                "to": payment.creditor,
                **Money(payment.amount_minor, payment.currency).as_dict(),
            }
            for payment in netting.payments
        ],
        "gross": [Money(amount, currency).as_dict() for currency, amount in netting.gross],
        "net": [Money(amount, currency).as_dict() for currency, amount in netting.net],
    }


_AMOUNTS = ("gross_minor", "vat_minor", "fee_minor", "net_minor")


def _by_operator(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Add sales and refunds of each operator and currency."""
    summed: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        key = (row["operator"], row["currency"])
        line = summed.setdefault(
            key, {"operator": key[0], "currency": key[1], "lines": 0, **dict.fromkeys(_AMOUNTS, 0)}
        )
        for name in ("lines", *_AMOUNTS):
            line[name] += row[name]
    return list(summed.values())


def _with_amounts(row: dict[str, Any]) -> dict[str, Any]:
    """Write minor units as decimal strings under their short names."""
    currency = row["currency"]
    return {
        name.removesuffix("_minor"): Money(value, currency).text if name.endswith("_minor") else value
        for name, value in row.items()
    }


def _account_line(balance: Balance) -> dict[str, Any]:
    line = {name: value for name, value in asdict(balance).items() if name not in {"amount_minor", "type"}}
    return {**line, "amount": Money(balance.amount_minor, balance.currency).text}
