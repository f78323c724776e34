"""Compensation that the payment cannot give back, and the people and the bank that pay it: common to several tests."""

from typing import Any

from tests.api import Api, Bought
from tests.ticketing.claims.coast import REGION, Coast
from tests.ticketing.settlement.bank_details import IBANS
from ticketing import claims
from ticketing.settlement import bank
from ticketing.settlement.payout import approve_account, enter_account

IBAN, NAME = "FI4250001510000023", "Anna Mäki"
_STATEMENT = """<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>
<Stmt><Id>{id}</Id><Acct><Id><IBAN>{iban}</IBAN></Id></Acct>
<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">1000.00</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal>
<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">{closing}</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal>
<Ntry><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>{way}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>
<BookgDt><Dt>{day}</Dt></BookgDt><ValDt><Dt>{day}</Dt></ValDt><AcctSvcrRef>{id}</AcctSvcrRef>
<NtryDtls><TxDtls><Refs><EndToEndId>{reference}</EndToEndId></Refs>{reason}</TxDtls></NtryDtls></Ntry>
</Stmt></BkToCstmrStmt></Document>"""
_RETURNED = "<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>"


def spent(coast: Coast, *, left_minor: int = 100) -> Bought:
    """A ferry that came late for somebody whose payment has given back all but a little another way."""
    bought = coast.api.buy()
    coast.board(bought)
    coast.delay(bought, 75)
    with coast.rooms.till.database.write() as tx:
        tx.exec_driver_sql(
            "INSERT INTO refund (id, order_id, payment_id, seq, request_key, state, amount_minor, currency, document, created_at) "
            f"SELECT 'gone-' || id, order_id, id, 1, 'gone', 'confirmed', amount_minor - {left_minor}, currency, "
            "'{\"lines\":[]}', created_at FROM payment WHERE order_id = '" + bought.order["id"] + "'"
        )
    coast.wait(bought)
    coast.work()
    return bought


def give_account(api: Api, bought: Bought, claim_id: str, iban: str = IBAN, name: str = NAME) -> Any:
    path = f"/v1/orders/{bought.order['id']}/claims/{claim_id}/account"
    return api.post(path, {"iban": iban, "name": name}, bought.token, once=None)


def enter_scheme(coast: Coast) -> None:
    """The account of the scheme, as two people enter it."""
    office = coast.rooms.office
    made = enter_account(office, "scheme", IBANS["scheme"], name="Scheme", by="Clara", town="Tallinn")
    approve_account(office, made.id, "David")


def paid_out(coast: Coast) -> str:
    """Prepare a run as Anna and release it as Bertil; answers the run."""
    run = claims.prepare(coast.rooms.office, REGION, "Anna")
    claims.release(coast.rooms.office, run.id, "Bertil", run.digest)
    return run.id


def statement_of(payout: Any, number: str, day: str, *, returned: bool = False) -> bytes:
    """The bank's statement with the line of a transfer, or of its return."""
    cents = payout.amount_minor
    return _STATEMENT.format(
        id=number,
        iban=IBANS["scheme"],
        amount=f"{cents / 100:.2f}",
        closing=f"{1000 + cents / 100 * (1 if returned else -1):.2f}",
        way="CRDT" if returned else "DBIT",
        reference=payout.id,
        reason=_RETURNED if returned else "",
        day=day,
    ).encode()


def from_bank(coast: Coast, payout: Any, number: str, *, returned: bool = False) -> list[Any]:
    """Import the bank's line of a transfer, or of its return; answers what was found of the lines."""
    content = statement_of(payout, number, f"{coast.api.clock.now():%Y-%m-%d}", returned=returned)
    return bank.import_statement(coast.rooms.office, REGION, content, "Clara")[1]


def states(coast: Coast) -> list[str]:
    return [one["state"] for one in coast.claims()]


def balance(coast: Coast, account: str) -> int:
    """The balance of an account over all months."""
    with coast.rooms.till.database.read() as tx:
        query = f"SELECT coalesce(sum(amount_minor), 0) FROM posting WHERE account_id = '{account}:EUR'"
        return int(tx.exec_driver_sql(query).scalar_one())
