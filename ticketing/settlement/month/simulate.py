"""Simulate a closed month with another agreement or with other terms, before anybody signs. Nothing is stored.

Another agreement prices every quote of the month again from the tariff version that it was made with, in which the
agreement takes the place of the one with its id. Sales are compared, refunds left out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tariffs.book import TariffBook, build_book
from tariffs.findings import errors
from tariffs.money import Money
from tariffs.party import Passenger
from tariffs.pricing import price_journey
from ticketing.books.settling import MONTH_END
from ticketing.db.books import month_books, sold
from ticketing.db.books.sold import SoldQuote
from ticketing.db.patience import take_time
from ticketing.db.sale.offers import get_tariff
from ticketing.db.settlement import runs
from ticketing.errors import Fault, InvalidRequest, NotFound
from ticketing.progress import Far, silent
from ticketing.settlement.month import calculate, month_end
from ticketing.settlement.month.positions import Key, settle
from ticketing.settlement.months import check_month
from ticketing.settlement.office import Office
from ticketing.settlement.terms import Terms


@dataclass(slots=True, kw_only=True)
class Comparison:
    """Net amounts by operator and currency, before and after; what passengers would have paid.

    What is carried forward to the next month is known of terms alone: it hangs on everything that an operator gets.
    """

    before: dict[Key, int] = field(default_factory=dict)
    after: dict[Key, int] = field(default_factory=dict)
    paid_before: dict[str, int] = field(default_factory=dict)
    paid_after: dict[str, int] = field(default_factory=dict)
    carried_before: dict[Key, int] | None = None
    carried_after: dict[Key, int] | None = None
    tickets: int = 0
    changed: int = 0
    without_price: int = 0

    def as_dict(self) -> dict[str, object]:
        """JSON, a line for each operator and currency."""
        return {
            "tickets": self.tickets,
            "tickets_with_other_shares": self.changed,
            "tickets_without_a_price": self.without_price,
            "operators": _by_operator(self.before, self.after),
            "paid_by_passengers": [
                {"currency": currency, **_difference(self.paid_before, self.paid_after, currency, currency)}
                for currency in sorted({*self.paid_before, *self.paid_after})
            ],
            **(
                {}
                if self.carried_before is None or self.carried_after is None
                else {"carried": _by_operator(self.carried_before, self.carried_after)}
            ),
        }


def by_agreement(office: Office, region: str, period: str, agreement: Any, far: Far = silent) -> Comparison:
    """Compare a month's sales with what they would have given under another agreement.

    Raises InvalidRequest for an agreement that is none, naming every fault, NotFound for a month without sales.
    """
    check_month(period)
    changed = agreement if isinstance(agreement, list) else [agreement]
    if not changed or not all(isinstance(one, dict) and isinstance(one.get("id"), str) for one in changed):
        raise InvalidRequest.at("agreement", "must be an agreement with its id, or a list of them")
    comparison, versions = Comparison(), dict[str, TariffBook]()
    with office.database.read() as tx:
        take_time(tx)
        for quote in sold.stream_quotes(tx, region, period, far):
            if quote.tariff_version not in versions:
                tariff = get_tariff(tx, quote.tariff_version).document
                versions[quote.tariff_version] = _book(tariff, changed)
            _compare(comparison, quote, versions[quote.tariff_version])
    if not comparison.tickets:
        raise NotFound(f"nothing was sold in {period} of {region}")
    return comparison


def by_terms(office: Office, region: str, period: str, terms: Terms, far: Far = silent) -> Comparison:
    """Compare what operators get in a closed month with what they would get by other terms."""
    check_month(period)
    with office.database.read() as tx:
        take_time(tx)
        run = runs.find_run_of_period(tx, region, period)
        if run is None or run.state == "draft":
            raise NotFound(f"{period} of {region} is not closed: close it first")
        sums = month_books.balances_by_kind(tx, region, period, far)
        bare = [line for line in sums if not line.kind.startswith(MONTH_END)]
        facts = calculate.facts(tx, region, period, terms, sums=bare)
        comparison = Comparison(before=calculate.payables(sums), after=calculate.payables(bare))
        comparison.tickets = sold.count_tickets(tx, region, period)
    for entry in month_end.month_end(facts, terms):
        for posting in entry.postings:
            if posting.account.purpose == "operator_payable":
                key = (str(posting.account.operator), posting.account.currency)
                comparison.after[key] = comparison.after.get(key, 0) - posting.amount_minor
    later = settle(
        comparison.after, calculate.minor_of(run.dataset.opening), terms.thresholds, terms.held_back
    ).carried
    comparison.carried_before = calculate.minor_of(run.dataset.carried)
    comparison.carried_after = {(line.operator, line.currency): line.amount_minor for line in later}
    return comparison


def _book(tariff: Mapping[str, Any], changed: Sequence[Mapping[str, Any]]) -> TariffBook:
    """The stored tariff with these agreements in the place of those with their ids."""
    ids = {one["id"] for one in changed}
    kept = [one for one in tariff["agreement_documents"] or [] if one.get("id") not in ids]
    book, findings = build_book(**{**tariff, "agreement_documents": [*kept, *changed]})
    if book is None:
        faults = [Fault(one.place, one.message) for one in errors(findings)]
        raise InvalidRequest(
            f"with this agreement the tariff has {len(faults)} faults: {faults[0].message}", faults
        )
    return book


def _compare(comparison: Comparison, quote: SoldQuote, book: TariffBook) -> None:
    price = price_journey(
        book,
        quote.document.rides,
        [Passenger(person.ref, person.rider) for person in quote.document.passengers],
        at=quote.created_at,
    )
    anew = {one.passenger.ref: one for one in price.passengers}
    for person in quote.document.passengers:
        if person.ref not in quote.passengers:
            continue
        comparison.tickets += 1
        mine = {row.operator: row.net_minor for row in person.shares}
        other = anew.get(person.ref)
        if other is None or other.total is None:
            comparison.without_price += 1
            continue
        theirs = {share.operator: share.net for share in other.shares}
        comparison.changed += mine != theirs
        _add(comparison.before, mine, quote.currency)
        _add(comparison.after, theirs, other.total.currency)
        for sums, currency, amount in (
            (comparison.paid_before, quote.currency, person.total_minor),
            (comparison.paid_after, other.total.currency, other.total.minor),
        ):
            sums[currency] = sums.get(currency, 0) + amount


def _add(sums: dict[Key, int], shares: Mapping[str, int], currency: str) -> None:
    for operator, net in shares.items():
        sums[operator, currency] = sums.get((operator, currency), 0) + net


def _by_operator(before: Mapping[Key, int], after: Mapping[Key, int]) -> list[dict[str, str]]:
    return [
        {"operator": name, "currency": currency, **_difference(before, after, (name, currency), currency)}
        for name, currency in sorted({*before, *after})
    ]


def _difference(
    before: Mapping[Any, int], after: Mapping[Any, int], key: Any, currency: str
) -> dict[str, str]:
    old, new = before.get(key, 0), after.get(key, 0)
    named = {"before": old, "after": new, "difference": new - old}
    return {name: Money(minor, currency).text for name, minor in named.items()}
