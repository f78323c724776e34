"""Bank statements, line by line."""

from pathlib import Path

from tests.ticketing.settlement.bank_details import IBANS, enter_accounts
from ticketing.db.settlement.runs import Run
from ticketing.settlement import service
from ticketing.settlement.office import Office
from ticketing.settlement.payout import steps
from ticketing.settlement.statement import export

_ENTRY = """<Ntry><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>{way}</CdtDbtInd><Sts><Cd>{status}</Cd></Sts>
<BookgDt><Dt>2026-10-15</Dt></BookgDt><ValDt><Dt>2026-10-15</Dt></ValDt><AcctSvcrRef>{bank}</AcctSvcrRef>
<NtryDtls><TxDtls><Refs><EndToEndId>{reference}</EndToEndId></Refs>
<RltdPties><Cdtr><Pty><Nm>{name}</Nm></Pty></Cdtr></RltdPties><RmtInf><Ustrd>{text}</Ustrd></RmtInf>
</TxDtls></NtryDtls></Ntry>"""
_STATEMENT = """<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}"><BkToCstmrStmt>
<Stmt><Id>S1</Id><Acct><Id><IBAN>{iban}</IBAN></Id></Acct>
<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">100.00</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal>
<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">{closing}</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal>
{entries}</Stmt></BkToCstmrStmt></Document>"""


def line(amount: str, reference: str = "", *, way: str = "DBIT", bank: str = "b1", **more: str) -> str:
    told = {"status": "BOOK", "name": "", "text": "", **more}
    return _ENTRY.format(amount=amount, way=way, bank=bank, reference=reference, **told)


def statement(*entries: str, closing: str, version: str = "08", iban: str = IBANS["scheme"]) -> bytes:
    return _STATEMENT.format(entries="".join(entries), closing=closing, version=version, iban=iban).encode()


def sent(desk: Office, folder: Path) -> Run:
    run = service.close(desk, "r", "2026-09", "Anna")
    steps.approve(desk, run.id, "Bertil", run.digest)
    enter_accounts(desk)
    run = export.export(desk, run.id, "Bertil", folder)
    return steps.mark_sent(desk, run.id, "Bertil", steps.message_id_of(run))


def refusal(run: Run, reference: str = "", code: str = "AC04") -> bytes:
    """A pain.002 that refuses a payment of a run, or its whole file."""
    reason = f"<StsRsnInf><Rsn><Cd>{code}</Cd></Rsn><AddtlInf>closed</AddtlInf></StsRsnInf>"
    one = f"<TxInfAndSts><OrgnlEndToEndId>{reference}</OrgnlEndToEndId><TxSts>RJCT</TxSts>{reason}</TxInfAndSts>"
    group = "PART" if reference else "RJCT"
    return (
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.03"><CstmrPmtStsRpt><OrgnlGrpInfAndSts>'
        f"<OrgnlMsgId>{steps.message_id_of(run)}</OrgnlMsgId><GrpSts>{group}</GrpSts>{'' if reference else reason}"
        f"</OrgnlGrpInfAndSts><OrgnlPmtInfAndSts>{one if reference else ''}</OrgnlPmtInfAndSts>"
        "</CstmrPmtStsRpt></Document>"
    ).encode()


def in_account(currency: str, content: bytes) -> bytes:
    return content.replace(b"</IBAN></Id></Acct>", f"</IBAN></Id><Ccy>{currency}</Ccy></Acct>".encode())
