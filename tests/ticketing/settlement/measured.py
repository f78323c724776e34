"""A job in a process of its own, whose memory is measured."""

from collections.abc import Iterator
from datetime import UTC, datetime

from tariffs.money import Money
from ticketing.db.settlement.runs import Run
from ticketing.frozen import AccountSum, Dataset
from ticketing.settlement.statement.lines import Line

AT = datetime(2026, 9, 1, tzinfo=UTC)
DOCUMENT = Dataset(
    period="2026-09",
    region="r",
    demo=False,
    operators=(),
    other=(),
    taxes=(),
    accounts=(AccountSum("bank:EUR", "bank", None, None, Money(0, "EUR")),),
    postings=0,
    pools={},
    opening=(),
    terms={},
    books="",
    positions=(),
    conversions=(),
    payments=(),
    carried=(),
    gross=(),
    net=(),
)
RUN = Run(
    id="run",
    region="r",
    period="2026-09",
    version=1,
    state="calculated",
    digest="digest",
    prepared_by="Anna",
    created_at=AT,
    document=DOCUMENT,
)


def lines(count: int) -> Iterator[Line]:
    for at in range(count):
        yield Line(
            id=f"id{at}",
            booked_at="2026-09-01T00:00:00+00:00",
            kind="sale",
            ticket=f"t{at}",
            journey="A - B",
            seq=0,
            rule="rule",
            original_period="2026-09",
            currency="EUR",
            gross_minor=100,
            vat_minor=5,
            fee_minor=1,
            net_minor=94,
        )
