"""The VAT report names operators by their metres, and what is given back leaves none of them a cent."""

import random
from fractions import Fraction

import pytest
import sqlalchemy as sa

from tariffs.money import half_up
from tests.documents import ride
from tests.ticketing.settlement.month import AT, office, sell
from ticketing.db import Database
from ticketing.db.books import books, tax_lines
from ticketing.db.books.books import Tax
from ticketing.db.books.tax_lines import TaxLine
from ticketing.db.tables import sale as tables
from ticketing.settlement.statement.vat import split

_RIDES = tuple(ride(name, distance_m=(("EE", 1),)) for name in ("a", "b", "c"))


def line(gross: int, vat: int, *, gross_before: int = 0, vat_before: int = 0) -> TaxLine:
    return TaxLine(
        id="1",
        booked_at=AT,
        ticket_jti="t",
        kind="sale",
        member_state="EE",
        mode="tram",
        scope="domestic",
        treatment="taxable",
        rate_bp=2400,
        verified=1,
        currency="EUR",
        gross_minor=gross,
        vat_minor=vat,
        original_period="2026-09",
        gross_before=gross_before,
        vat_before=vat_before,
        rides=_RIDES,
    )


@pytest.mark.parametrize("seed", range(30))
def test_partial_refunds_leave_no_operator_a_cent(seed: int) -> None:
    chance = random.Random(seed)
    left = whole = chance.randint(1, 999)
    kept = [(whole, half_up(Fraction(whole * 24, 124)))]
    while left:
        left -= chance.randint(1, left)
        kept.append((left, half_up(Fraction(left * 24, 124))))
    sums: dict[str, list[int]] = {name: [0, 0] for name in "abc"}
    was, was_vat = 0, 0
    for now, vat in kept:
        for part in split(line(now - was, vat - was_vat, gross_before=was, vat_before=was_vat)):
            sums[part.operator][0] += part.gross_minor
            sums[part.operator][1] += part.vat_minor
        was, was_vat = now, vat

    assert sums == {name: [0, 0] for name in "abc"}


def test_a_row_knows_what_the_rows_before_it_sum_to_in_whatever_month(database: Database) -> None:
    sold = sell(database, "t1", {"hsl": 1000}, vat=194)
    (tax,) = sold.taxes
    office(database)
    with database.write() as tx:
        for seq, gross in ((1, -400), (2, -600)):
            vat = -77 if seq == 1 else -117
            back = Tax(
                **{
                    **{name: getattr(tax, name) for name in Tax.__slots__},
                    "kind": "refund",
                    "seq": seq,
                    "gross_minor": gross,
                    "vat_minor": vat,
                }
            )
            books.allocate(tx, [back], AT.replace(month=10), AT.replace(month=10))
        quote = sa.select(tables.quote.c.id)
        assert tx.execute(quote).first() is not None
        september = list(tax_lines.stream(tx, "r", "2026-09"))
        october = list(tax_lines.stream(tx, "r", "2026-10"))

    assert [(one.gross_minor, one.gross_before, one.vat_before) for one in september] == [(1000, 0, 0)]
    assert [(one.gross_minor, one.gross_before, one.vat_before) for one in october] == [
        (-400, 1000, 194),
        (-600, 600, 117),
    ]
