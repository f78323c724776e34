"""Play a year of money: sales in two currencies, a gateway that does everything, a bank that does everything, people in between.

Reports of the gateway come twice, late, in any order, or never; its lines may be listed late and its answers lost. The
gateway's and the bank's own books are the measure: ours must be equal to them at the end of each day.
"""

import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from tests.stripe_ledger import StripeLedger
from tests.ticketing.settlement.month import Sold, give_back, sell
from tests.ticketing.settlement.paid import pay
from ticketing.clock import FixedClock
from ticketing.db.books import month_books
from ticketing.db.settlement import runs
from ticketing.db.settlement.runs import Run
from ticketing.purchase.gateway.account import AccountDifference, roll_forward_of
from ticketing.purchase.gateway.healing import take_and_heal
from ticketing.purchase.gateway.reports import learn_charge, learn_dispute, learn_outside_refund
from ticketing.purchase.till import Till
from ticketing.settlement import bank, payout, service
from ticketing.settlement.month import paid_positions
from ticketing.settlement.office import Office
from ticketing.settlement.payout import bank_accounts
from ticketing.settlement.statement import export

REGION = "r"
FIRST = datetime(2026, 1, 2, 12, tzinfo=UTC)
ACCOUNTS = {"EUR": "FI2112345600000785", "SEK": "SE4550000000058398257466"}
PAYEES = {"hsl": "DE89370400440532013000", "tlt": "EE382200221020145685"}
NEW_ACCOUNT = "FI5542345670000081"
_BALANCE = (
    '<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="{currency}">{amount}</Amt>'
    "<CdtDbtInd>{way}</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>"
)


@dataclass
class Movement:
    """One entry of the bank: minor units, and what it says."""

    minor: int
    reference: str = ""
    text: str = ""
    more: str = ""
    back: bool = False


@dataclass
class Bank:
    """The bank's own book of our accounts."""

    balance: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    today: dict[str, list[Movement]] = field(default_factory=lambda: defaultdict(list))
    entries: int = 0

    def book(self, currency: str, movement: Movement) -> None:
        self.today[currency].append(movement)

    def statement(self, currency: str, day: str) -> bytes:
        """The statement of a day; the day is over."""
        movements, self.today[currency] = self.today[currency], []
        opening = self.balance[currency]
        self.balance[currency] += sum(one.minor for one in movements)
        balances = "".join(
            _BALANCE.format(
                code=code,
                currency=currency,
                amount=_text(minor),
                way="CRDT" if minor >= 0 else "DBIT",
                day=day,
            )
            for code, minor in (("OPBD", opening), ("CLBD", self.balance[currency]))
        )
        entries = "".join(self._entry(currency, day, one) for one in movements)
        return (
            '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>'
            f"<Stmt><Id>{currency}{day}</Id><Acct><Id><IBAN>{ACCOUNTS[currency]}</IBAN></Id><Ccy>{currency}</Ccy></Acct>"
            f"{balances}{entries}</Stmt></BkToCstmrStmt></Document>"
        ).encode()

    def _entry(self, currency: str, day: str, one: Movement) -> str:
        self.entries += 1
        detail = one.more or (
            f"<TxDtls><Refs><EndToEndId>{one.reference}</EndToEndId></Refs><RmtInf><Ustrd>{one.text}</Ustrd></RmtInf>"
            f"{'<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>' if one.back else ''}</TxDtls>"
        )
        return (
            f'<Ntry><Amt Ccy="{currency}">{_text(one.minor)}</Amt><CdtDbtInd>{"CRDT" if one.minor > 0 else "DBIT"}</CdtDbtInd>'
            f"<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{day}</Dt></BookgDt><AcctSvcrRef>E{self.entries}</AcctSvcrRef>"
            f"<NtryDtls>{detail}</NtryDtls></Ntry>"
        )


def _text(minor: int) -> str:
    return f"{abs(minor) // 100}.{abs(minor) % 100:02}"


@dataclass
class Year:
    """The year while it is played; `played` counts its events by kind."""

    till: Till
    ledger: StripeLedger
    office: Office
    folder: Path
    chance: random.Random
    bank: Bank = field(default_factory=Bank)
    played: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    sold: list[tuple[Sold, str, str]] = field(default_factory=list)
    refunds: list[str] = field(default_factory=list)
    disputes: list[str] = field(default_factory=list)
    payouts: list[str] = field(default_factory=list)
    reports: list[tuple[datetime, Callable[[], object]]] = field(default_factory=list)
    failed_payouts: set[str] = field(default_factory=set)
    months: list[str] = field(default_factory=list)
    tickets: int = 0
    waiting: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    @property
    def clock(self) -> FixedClock:
        return self.ledger.clock

    def play(self, days: int) -> None:
        """Play so many days, every day to its end."""
        self._open_accounts()
        self.clock.set(FIRST)
        for day in range(days):
            self.clock.set(FIRST + timedelta(days=day))
            self._trade()
            self._deliver()
            self._pay_runs()
            self._end_day()

    # --- a day's trade ------------------------------------------------------------------------------------

    def _trade(self) -> None:
        acts = [
            (0.9, self._sell),
            (0.5, self._sell),
            (0.15, self._partly),
            (0.2, self._refund),
            (0.1, self._refund_outside),
            (0.1, self._refund_fails),
            (0.1, self._dispute),
            (0.2, self._decide),
            (0.1, self._fee),
            (0.05, self._tax),
            (0.05, self._reserve),
            (0.03, self._top_up),
            (0.02, self._adjust),
            (0.4, self._pay_out),
            (0.5, self._end_payout),
            (0.1, self._bank_fee),
            (0.05, self._exchange_rate),
        ]
        for odds, act in acts:
            if self.chance.random() < odds:
                act()
                self.played[act.__name__.strip("_")] += 1
        if self.chance.random() < 0.1:
            self.ledger.be_late(1)
            self.played["late_line"] += 1
        if self.chance.random() < 0.05:
            self.ledger.drop = 1
            self.played["lost_answer"] += 1

    def _report(self, learn: Callable[[], object]) -> None:
        """A report of the gateway: lost, once or twice, now or days later."""
        for _ in range(self.chance.choice((0, 1, 1, 2))):
            self.reports.append((self.clock.now() + timedelta(days=self.chance.choice((0, 0, 1, 3))), learn))

    def _deliver(self) -> None:
        due = [learn for at, learn in self.reports if at <= self.clock.now()]
        self.reports = [one for one in self.reports if one[0] > self.clock.now()]
        self.chance.shuffle(due)
        for learn in due:
            learn()

    def _sell(self, *, captured: int | None = None) -> None:
        currency = self.chance.choice(("EUR", "EUR", "SEK"))
        jti = f"t{self.tickets}"
        self.tickets += 1
        parts = {"hsl": self.chance.randint(100, 9000), "tlt": self.chance.randint(100, 9000)}
        whole = sum(parts.values())
        sold = sell(self.till.database, jti, parts, at=self.clock.now(), currency=currency)
        asked = whole if captured is None else whole + captured
        intent = self.ledger.charge(asked, currency.lower(), jti, f"o-{jti}", captured=whole)
        pay(self.till, jti, whole, currency, intent)
        self.sold.append((sold, intent, currency))
        self._report(lambda: learn_charge(self.till, self.till.gateway.fetch(intent)))

    def _partly(self) -> None:
        self._sell(captured=700)

    def _take(self) -> tuple[Sold, str, str] | None:
        return self.sold.pop(self.chance.randrange(len(self.sold))) if self.sold else None

    def _refund(self, *, ours: bool = True) -> None:
        taken = self._take()
        if taken is None:
            return
        sold, intent, _ = taken
        amount = sum(share.gross_minor for share in sold.shares)
        refund_id = f"r-{sold.jti}" if ours else None
        if refund_id:
            give_back(self.till.database, sold, refund_id, at=self.clock.now())
            with self.till.database.write() as tx:
                change = sa.text("UPDATE refund SET payment_id = :payment WHERE id = :id")
                tx.execute(change, {"payment": sold.jti, "id": refund_id})
        made = self.ledger.refund(intent, amount if ours else amount // 2, refund_id)
        self.refunds.append(made)
        self._report(lambda: learn_outside_refund(self.till, self.till.gateway.fetch_refund(made)))

    def _refund_outside(self) -> None:
        self._refund(ours=False)

    def _refund_fails(self) -> None:
        if self.refunds:
            made = self.refunds.pop()
            self.ledger.fail_refund(made)
            self._report(lambda: learn_outside_refund(self.till, self.till.gateway.fetch_refund(made)))

    def _dispute(self) -> None:
        taken = self._take()
        if taken is not None:
            made = self.ledger.dispute(taken[1])
            self.disputes.append(made)
            self._report(lambda: learn_dispute(self.till, self.till.gateway.fetch_dispute(made)))

    def _decide(self) -> None:
        if self.disputes:
            made = self.disputes.pop()
            won = self.chance.random() < 0.5
            self.played["dispute_won" if won else "dispute_lost"] += 1
            self.ledger.close_dispute(made, won=won)
            self._report(lambda: learn_dispute(self.till, self.till.gateway.fetch_dispute(made)))

    # --- the gateway's own movements ----------------------------------------------------------------------

    def _fee(self) -> None:
        self.ledger.move("stripe_fee", -self.chance.randint(10, 900), "eur", category="fee")

    def _tax(self) -> None:
        self.ledger.move("tax_fee", -self.chance.randint(10, 90), "eur", category="tax")

    def _reserve(self) -> None:
        held = self.chance.randint(100, 2000)
        self.ledger.move("reserve_hold", -held, "eur", category="risk_reserved_funds")
        self.ledger.move("reserve_release", held, "eur", category="risk_reserved_funds")

    def _top_up(self) -> None:
        source = f"tu_{len(self.ledger.lines):06}"
        self.ledger.move("topup", 1000, "eur", category="topup", source=source)
        self.bank.book("EUR", Movement(-1000, text=f"STRIPE TOPUP {source}"))

    def _adjust(self) -> None:
        self.ledger.move("adjustment", -self.chance.randint(1, 50), "eur", category="other_adjustment")

    def _exchange_rate(self) -> None:
        """From now on, or no longer, charges in kronor are settled in euro; a new rate each time."""
        if "sek" not in self.ledger.settles or self.chance.random() < 0.5:
            self.ledger.settles["sek"] = ("eur", self.chance.choice(("0.089", "0.0875", "0.0911")))
        else:
            del self.ledger.settles["sek"]

    def _pay_out(self) -> None:
        currency = self.chance.choice(("eur", "sek"))
        balance = self.ledger.balance()[currency]
        if balance:
            self.played["negative_payout"] += balance < 0
            self.payouts.append(self.ledger.pay_out(currency))

    def _end_payout(self) -> None:
        if not self.payouts:
            return
        made = self.payouts.pop(0)
        payout_made = self.ledger.objects[made]
        currency, amount = payout_made["currency"].upper(), payout_made["amount"]
        end = self.chance.choice(("paid", "paid", "paid", "failed", "canceled"))
        if end == "paid":
            self.ledger.end_payout(made, "paid")
            self.bank.book(currency, Movement(amount, text=f"STRIPE {made}"))
        else:
            if end == "failed":
                self.ledger.end_payout(made, "paid")
            self.ledger.end_payout(made, end)
            self.played[f"payout_{end}"] += 1

    def _bank_fee(self) -> None:
        self.bank.book("EUR", Movement(-250, text="account keeping"))

    # --- runs ---------------------------------------------------------------------------------------------

    def _open_accounts(self) -> None:
        numbers = {"scheme": ACCOUNTS["EUR"], "scheme:SEK": ACCOUNTS["SEK"], **PAYEES}
        for party, number in numbers.items():
            account = bank_accounts.enter(self.office, party, number, name=party, by="Clara")
            bank_accounts.approve(self.office, account.id, "David")

    def _pay_runs(self) -> None:
        """On the fifth the month before is closed and sent; later its payments are at the bank, one way or another."""
        now = self.clock.now()
        if now.day != 5 or (now - FIRST).days < 28:
            return
        month = (now.replace(day=1) - timedelta(days=1)).strftime("%Y-%m")
        run = service.close(self.office, REGION, month, "Anna")
        payout.approve(self.office, run.id, "Bertil", run.digest)
        run = export.export(self.office, run.id, "Bertil", self.folder)
        run = payout.mark_sent(self.office, run.id, "Bertil", payout.message_id_of(run))
        self.months.append(month)
        positions = paid_positions(run.dataset)
        self._pay_euro(
            run, {party: minor for (party, currency), minor in positions.items() if currency == "EUR"}
        )
        for (party, currency), minor in positions.items():
            if currency != "EUR":
                self.bank.book(currency, Movement(-minor, payout.end_to_end_id(run, party, currency)))

    def _pay_euro(self, run: Run, positions: dict[str, int]) -> None:
        for party, minor in positions.items():
            if minor < 0:
                self.bank.book("EUR", Movement(-minor, text=payout.payer_reference(run, party, "EUR")))
        paid = {party: minor for party, minor in positions.items() if minor > 0}
        way = self.chance.choice(("single", "batch", "fee", "returned"))
        self.played[f"run_{way}"] += 1
        if way == "batch" and len(paid) > 1:
            names = (
                f"<Btch><PmtInfId>{payout.message_id_of(run)}</PmtInfId><NbOfTxs>{len(paid)}</NbOfTxs></Btch>"
            )
            self.bank.book("EUR", Movement(-sum(paid.values()), more=names))
            return
        for party, minor in paid.items():
            reference = payout.end_to_end_id(run, party)
            if way == "fee":
                detail = (
                    f'<TxDtls><Refs><EndToEndId>{reference}</EndToEndId></Refs><Amt Ccy="EUR">{_text(minor)}</Amt>'
                    '<Chrgs><Rcrd><Amt Ccy="EUR">0.35</Amt><CdtDbtInd>DBIT</CdtDbtInd></Rcrd></Chrgs></TxDtls>'
                )
                self.bank.book("EUR", Movement(-minor - 35, more=detail))
            else:
                self.bank.book("EUR", Movement(-minor, reference))
            if way == "returned":
                self.bank.book("EUR", Movement(minor, reference, back=True))

    def _pay_again(self) -> None:
        """A person pays again what came back, to another account of the payee."""
        with self.office.database.read() as tx:
            open_runs = runs.list_runs_in_state(tx, REGION, ("sent",))
        for run in open_runs:
            for again in payout.list_again(self.office, run.id):
                account = bank_accounts.enter(
                    self.office, again.party, NEW_ACCOUNT, name=again.party, by="Erik"
                )
                bank_accounts.approve(self.office, account.id, "David")
            if payout.list_again(self.office, run.id):
                for again in payout.list_again(self.office, run.id):
                    reference = payout.end_to_end_id(
                        run, again.party, again.currency, again.attempt.number + 1
                    )
                    self.bank.book(again.currency, Movement(-again.amount_minor, reference))
                payout.pay_again(self.office, run.id, "Bertil", "another account")
                self.played["paid_again"] += 1

    # --- the day's end ------------------------------------------------------------------------------------

    def _end_day(self) -> None:
        day = self.clock.now().date().isoformat()
        differences = take_and_heal(self.till, self.clock.now() - timedelta(days=12))
        self._check_gateway(differences)
        for currency in ACCOUNTS:
            content = self.bank.statement(currency, day)
            for _ in range(self.chance.choice((1, 1, 2))):
                bank.take_statement(self.office, REGION, content, "Clara")
        self._clear_lines()
        self._check_bank()
        self._pay_again()

    def _clear_lines(self) -> None:
        """A person books what the bank's lines do not tell."""
        self.waiting.clear()
        findings, _ = bank.review(self.office, REGION)
        for finding in findings:
            line = finding.line
            if "account keeping" in line.remittance:
                bank.book_line(self.office, REGION, line.id, "bank_fee", by="Clara", reason="the contract")
                continue
            # The bank has a payout whose line the gateway lists late: it is booked with the next statement.
            late = {one["source"] for one in self.ledger.lines if one["id"] in self.ledger.unlisted}
            assert line.remittance.rpartition(" ")[2] in late, (finding.verdict, finding.because, line)
            self.waiting[line.currency] += line.amount_minor

    def _check_gateway(self, differences: list[AccountDifference]) -> None:
        """The books are the gateway's balance, less only what it lists late."""
        late = defaultdict(int)
        for line in self.ledger.lines:
            if self.ledger.unlisted.get(line["id"], self.clock.now()) > self.clock.now():
                late[line["currency"].upper()] += line["net"]
        named = {one.amount.currency: one.amount.minor for one in differences if one.kind == "balance"}
        assert named == {currency: minor for currency, minor in late.items() if minor}
        apart = [one for one in differences if one.kind != "balance"]
        assert not apart or late, apart
        if not late:
            booked = self.sums("psp_clearing")
            assert {name: minor for name, minor in booked.items() if minor} == {
                currency.upper(): minor for currency, minor in self.ledger.balance().items() if minor
            }

    def _check_bank(self) -> None:
        booked = self.sums("bank")
        for currency, balance in self.bank.balance.items():
            assert booked.get(currency, 0) + self.waiting[currency] == balance, (currency, self.clock.now())

    def sums(self, purpose: str) -> dict[str, int]:
        """Sum the accounts of a purpose over all months, by currency."""
        totals: dict[str, int] = defaultdict(int)
        with self.till.database.read() as tx:
            for month in sorted({f"2026-{number:02}" for number in range(1, 13)} | {"2027-01", "2027-02"}):
                for one in month_books.balances(tx, REGION, month):
                    name, _, currency = one.account_id.partition(":")
                    if name == purpose:
                        totals[currency[-3:]] += one.amount_minor
        return dict(totals)

    def is_rolled_forward(self) -> bool:
        """Tell whether each day of the gateway's account opens with what the day before closed with."""
        closing: dict[str, int] = defaultdict(int)
        for row in roll_forward_of(self.till):
            if row.opening_minor != closing[row.currency]:
                return False
            closing[row.currency] = row.closing_minor
            if row.opening_minor + sum(row.moved.values()) != row.closing_minor:
                return False
        return True
