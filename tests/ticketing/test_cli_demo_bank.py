"""The demo's bank writes balances as ISO 20022 does, on either side of zero, and Viking's clerk allots every day."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from operators.files import read_feed
from operators.gtfs.reader import load_timetable
from operators.gtfs.timetable import FILES
from operators.simulators.exchange import ExchangeSimulator
from ticketing.cli.demo.bank import answer
from ticketing.cli.simulate.commands import Allotments
from ticketing.clock import FixedClock
from ticketing.settlement.bank import camt

_PAYMENT = """<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"><CstmrCdtTrfInitn>
<GrpHdr><InitgPty><Nm>Scheme</Nm></InitgPty></GrpHdr><PmtInf><Dbtr><Nm>Scheme</Nm></Dbtr>
<DbtrAcct><Id><IBAN>FI2112345600000785</IBAN></Id></DbtrAcct>
<CdtTrfTxInf><PmtId><EndToEndId>R-1</EndToEndId></PmtId><Amt><InstdAmt Ccy="EUR">{amount}</InstdAmt></Amt>
<Cdtr><Nm>Tallink</Nm></Cdtr></CdtTrfTxInf></PmtInf></CstmrCdtTrfInitn></Document>"""


@pytest.mark.parametrize(
    ("amount", "closing"),
    [
        ("10.00", '<Amt Ccy="EUR">989.99</Amt><CdtDbtInd>CRDT</CdtDbtInd>'),
        ("999.99", '<Amt Ccy="EUR">0.00</Amt><CdtDbtInd>CRDT</CdtDbtInd>'),
        ("2500.00", '<Amt Ccy="EUR">1500.01</Amt><CdtDbtInd>DBIT</CdtDbtInd>'),
    ],
)
def test_a_closing_balance_has_no_sign_and_names_its_side(amount: str, closing: str) -> None:
    statement = answer(_PAYMENT.format(amount=amount).encode(), date(2026, 11, 1))

    assert f"<Cd>CLBD</Cd></CdOrPrtry></Tp>{closing}" in statement
    assert len(camt.read(statement.encode())) == 1  # our own reader proves the balances


def test_every_day_of_two_months_is_allotted_also_after_the_clock_has_gone_on(tmp_path: Path) -> None:
    clock = FixedClock(datetime(2026, 10, 13, 6, 0, tzinfo=UTC))
    simulator = ExchangeSimulator(clock.now, tmp_path, "viking")
    timetable, _ = load_timetable("viking", read_feed(Path("regions/helsinki-tallinn/feeds/viking"), FILES))
    assert timetable
    allotments = Allotments(simulator, timetable, {"foot": 10})

    for moved in (timedelta(), timedelta(days=31), timedelta(days=-31), timedelta(days=40)):
        clock.advance(moved)
        allotments.go_on()

    told = "".join(path.read_text(encoding="utf-8") for path in sorted((tmp_path / "in").iterdir()))
    days = [date(2026, 10, 12) + timedelta(days=number) for number in range(1 + 40 + 62)]
    assert [day for day in days if f"{day:%Y%m%d}" not in told and str(day) not in told] == []
