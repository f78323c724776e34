"""A stand-in for the demo's bank: it answers a payment file with a statement in which one amount is a cent wrong."""

import xml.etree.ElementTree as ET
from datetime import UTC, date, datetime
from typing import BinaryIO

import click

from tariffs.money import Money, MoneyError, parse

_OPENING = 100_000
_ENTRY = """      <Ntry>
        <Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>
        <BookgDt><Dt>{day}</Dt></BookgDt><ValDt><Dt>{day}</Dt></ValDt><AcctSvcrRef>DEMO-{number}</AcctSvcrRef>
        <NtryDtls><TxDtls><Refs><EndToEndId>{reference}</EndToEndId></Refs>
          <RltdPties><Cdtr><Pty><Nm>{name}</Nm></Pty></Cdtr></RltdPties></TxDtls></NtryDtls>
      </Ntry>
"""
_STATEMENT = """<?xml version="1.0" encoding="UTF-8"?>
<!-- A stand-in: the demo's bank exists nowhere, and no money has moved. -->
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">
  <BkToCstmrStmt>
    <GrpHdr><MsgId>DEMO-BANK</MsgId><CreDtTm>{day}T06:00:00Z</CreDtTm></GrpHdr>
    <Stmt>
      <Id>DEMO-{day}</Id>
      <Acct><Id><IBAN>{iban}</IBAN></Id></Acct>
      <Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp>{opening}<Dt><Dt>{day}</Dt></Dt></Bal>
      <Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp>{closing}<Dt><Dt>{day}</Dt></Dt></Bal>
{entries}    </Stmt>
  </BkToCstmrStmt>
</Document>
"""


def answer(payments: bytes, day: date) -> str:
    """Carry out a payment file as a bank would, and take one cent too much for its last payment."""
    root = ET.fromstring(payments)  # noqa: S314  a file that this program has just written
    iban = _texts(root, "IBAN")[0]
    charges = list(
        zip(_texts(root, "EndToEndId"), _texts(root, "InstdAmt"), _texts(root, "Nm")[2:], strict=False)
    )
    entries, paid = "", 0
    for number, (reference, amount, name) in enumerate(charges, 1):
        minor = parse(amount, "EUR").minor + (number == len(charges))
        paid += minor
        entries += _ENTRY.format(
            amount=Money(minor, "EUR").text, day=day, number=number, reference=reference, name=name
        )
    return _STATEMENT.format(
        day=day,
        iban=iban,
        entries=entries,
        opening=_balance(_OPENING),
        closing=_balance(_OPENING - paid),
    )


def _balance(minor: int) -> str:
    """A balance as ISO 20022 writes it: its amount without a sign, and whether it is a credit or a debit."""
    side = "CRDT" if minor >= 0 else "DBIT"
    return f'<Amt Ccy="EUR">{Money(abs(minor), "EUR").text}</Amt><CdtDbtInd>{side}</CdtDbtInd>'


def _texts(root: ET.Element, name: str) -> list[str]:
    return [node.text or "" for node in root.iter() if node.tag.rpartition("}")[2] == name]


@click.command()
@click.argument("payments", type=click.File("rb"))
def command(payments: BinaryIO) -> None:
    """Answer the payment file PAYMENTS as a bank would: print its statement, one amount a cent wrong. A stand-in.

    \b
    Example:
      python -m ticketing.cli.demo.bank payments-sepa.xml > bank-statement.xml
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    try:
        statement = answer(payments.read(), datetime.now(UTC).date())
    except (ET.ParseError, IndexError, MoneyError):
        raise click.BadParameter(
            f"{payments.name} is no payment file (pain.001)", param_hint="PAYMENTS"
        ) from None
    click.echo(statement, nl=False)


if __name__ == "__main__":
    command(prog_name="python -m ticketing.cli.demo.bank")
