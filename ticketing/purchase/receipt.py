"""A receipt: what was bought and why it cost so much, VAT by Member State, payments and refunds; in four languages."""

import io
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from fpdf import FPDF
from fpdf.enums import XPos, YPos

from operators.legal_parties import SCHEME
from tariffs.money import Money
from tariffs.words import decimal, spoken
from ticketing.db.books.books import Tax
from ticketing.db.sale.offers import Quote
from ticketing.db.sale.orders import Order, Refund
from ticketing.emissions import in_words, legs_emissions
from ticketing.frozen import Leg, LineDocument, PricedPassenger, PriceTax, QuoteDocument, SoldPass
from ticketing.purchase import words
from ticketing.purchase.refund.told import Reader, rides
from ticketing.purchase.till import OrderState
from ticketing.regions import Region, category_name, explained
from ticketing.tickets.own import of_own

_EDGE_MM, _LINE_MM = 18, 6
_LETTERS = "windows-1252"


def receipt(
    state: OrderState, region: Region, language: str, issuer: str, given_back: Sequence[Tax] = ()
) -> bytes:
    """Draw the receipt of an order; pure but for the library. An unknown language reads as English.

    `given_back` are the tax rows of its refunds and exchanges, below 0.
    """
    page = _Page(language, _zone(state, region))
    page.heading(f"{page.word('title')} - {issuer}")
    reader = Reader(
        language, state.quote.document.legs, {one.id: one.name for one in region.operators.values()}
    )
    if _is_demo(state):
        page.warning(page.word("demo"))
    for line in _seller(page, region, issuer):
        page.line(line)
    page.line(f"{page.word('order')} {state.order.id}, {page.moment(state.order.created_at)}")
    _journey(page, state.quote.document, reader)
    _emissions(page, state.quote.document, region)
    for passenger in state.quote.document.passengers:
        _passenger(page, passenger, state.quote, region, language)
    _guarantee(page, state)
    page.total(page.word("total"), Money(state.order.total_minor, state.order.currency))
    _taxes(page, state)
    _money_moved(page, state, region, reader)
    _taxes_back(page, state.refunds, given_back)
    return page.bytes()


def _seller(page: "_Page", region: Region, issuer: str) -> list[str]:
    """The seller with its address and numbers, where the region names it (`[parties.scheme]`)."""
    known = region.data.parties.get(SCHEME)
    if known is None:
        return [f"{page.word('seller')}: {issuer}"]
    numbers = {"vat_number": known.vat_number, "register_number": known.register_number}
    return [
        f"{page.word('seller')}: {', '.join([known.legal_name, *known.address])}",
        *(f"{page.word(name)} {number}" for name, number in numbers.items() if number),
    ]


def _guarantee(page: "_Page", state: OrderState) -> None:
    """Write what the guarantee of connections costs, with its guarantor."""
    sold = state.order.guarantee
    if sold is not None:
        amount = page.money(Money(sold.fee_minor, sold.currency))
        page.strong(f"{page.word('guarantee')} ({sold.guarantor}): {amount}")


def _is_demo(state: OrderState) -> bool:
    """Tell whether no money moves for an order: its tickets say so too where an exchange has paid it whole."""
    return any(one.gateway == "demo" for one in state.payments) or any(
        of_own(one.token).demo for one in state.tickets
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class VatLine:
    """The VAT of an order in one Member State, mode and rate; `verified` where all of its rows are."""

    member_state: str
    mode: str
    rate_bp: int
    gross_minor: int
    vat_minor: int
    treatment: str = ""
    verified: bool = True


def tax_lines(state: OrderState) -> list[VatLine]:
    """The VAT of an order by Member State, mode and rate, over all passengers; gross sums to the total. Pure."""
    found: dict[tuple[str, str, int, str], list[PriceTax]] = {}
    for passenger in state.quote.document.passengers:
        for row in passenger.taxes:
            key = row.key
            found.setdefault((key.member_state, key.mode, key.rate_bp, key.treatment), []).append(row)
    return [_tax_line(key, found[key]) for key in sorted(found)]


def _tax_line(key: tuple[str, str, int, str], rows: Sequence[PriceTax]) -> VatLine:
    member_state, mode, rate_bp, treatment = key
    return VatLine(
        member_state=member_state,
        mode=mode,
        rate_bp=rate_bp,
        treatment=treatment,
        gross_minor=sum(row.gross_minor for row in rows),
        vat_minor=sum(row.vat_minor for row in rows),
        verified=all(row.key.verified for row in rows),
    )


def _journey(page: "_Page", quote: QuoteDocument, told: Reader) -> None:
    """Write the journey with its times, ends and party; of a pass its name, and how long it is good."""
    if quote.season is not None:
        page.strong(page.word("season"))
        page.line(_season(page, quote.season, told))
        return
    page.strong(page.word("journey"))
    for number, leg in enumerate(quote.legs, 1):
        page.line(f"{number}  {_ride(leg, told)}")


def _emissions(page: "_Page", quote: QuoteDocument, region: Region) -> None:
    """Write the emissions of one person on the journey with their sources; nothing of a pass."""
    if quote.legs:
        for sentence in in_words(legs_emissions(region.data, quote.legs), page.language):
            page.line(sentence)


def _ride(leg: Leg, told: Reader) -> str:
    """A ride by the clocks of its stops; the day of arrival where it is another one."""
    leaves = leg.departure.astimezone(ZoneInfo(leg.time_zone))
    arrives = leg.arrival.astimezone(ZoneInfo(leg.arrival_time_zone))
    there = f"{arrives:%H:%M}" if arrives.date() == leaves.date() else f"{arrives:%Y-%m-%d %H:%M}"
    operator = told.operators.get(leg.operator, leg.operator_name or leg.operator)
    return f"{leaves:%Y-%m-%d %H:%M} {leg.start.name} - {there} {leg.end.name}, {operator}"


def _season(page: "_Page", sold: SoldPass, told: Reader) -> str:
    """A pass by its name and operators, with its rides where they are counted."""
    carriers = [told.operators.get(one, one) for one in sorted(sold.scope.operators)]
    parts = [sold.name_in(page.language), *carriers]
    if sold.uses is not None:
        parts.append(page.word("uses", count=sold.uses))
    span = {"start": page.moment(sold.valid_from), "end": page.moment(sold.valid_until)}
    return ", ".join([*parts, page.word("valid", **span)])


def _passenger(
    page: "_Page", passenger: PricedPassenger, quote: Quote, region: Region, language: str
) -> None:
    price = Money(passenger.total_minor, quote.currency)
    page.strong(
        f"{page.word('passenger')} {_person(quote, passenger, region, language)}: {page.money(price)}"
    )
    for sentence in explained(region, passenger, quote.document.rides, language):
        page.line(f"  {sentence}")


def _person(quote: Quote, passenger: PricedPassenger, region: Region, language: str) -> str:
    """A traveller by the buyer's word and the category; by the category alone where the word says no more."""
    category, season = category_name(region.data, passenger.rider, language), quote.document.season
    word = (season.holder or "") if season is not None else passenger.ref
    return category if word in {"", passenger.rider} else f"{word} ({category})"


def _zone(state: OrderState, region: Region) -> ZoneInfo:
    """The zone of the place where the journey begins; of a pass that of the region's first operator."""
    legs = state.quote.document.legs
    if legs:
        return ZoneInfo(legs[0].time_zone)
    zones = [timetable.timezone for timetable in region.data.timetables.values()]
    return ZoneInfo(zones[0] if zones else "UTC")


def _taxes(page: "_Page", state: OrderState) -> None:
    page.strong(page.word("vat"))
    page.row(*(page.word(name) for name in ("state", "mode", "rate", "gross", "amount")))
    lines = tax_lines(state)
    for line in lines:
        _tax(page, line, state.order.currency)
    if not all(line.verified for line in lines):
        page.line(page.word("unverified"))


def _tax(page: "_Page", line: VatLine, currency: str) -> None:
    """One row of VAT; the sea beyond every state's waters by its name and without a rate."""
    at_sea = line.member_state == "XX"
    page.row(
        page.word("sea") if at_sea else line.member_state,
        words.mode(line.mode, page.language),
        page.word("outside") if at_sea else f"{decimal(f'{line.rate_bp / 100:.2f}', page.language)} %",
        page.money(Money(line.gross_minor, currency)),
        page.money(Money(line.vat_minor, currency)),
    )


def _money_moved(page: "_Page", state: OrderState, region: Region, reader: Reader) -> None:
    """Write the payments of an order, what went back or into other orders, and what remains."""
    credit = Money(_credit(state.order), state.order.currency)
    if credit.minor:
        page.line(f"{page.word('credit', order=state.order.exchange_of)}: {page.money(credit)}")
    for payment in state.payments:
        if payment.state == "captured":
            amount = Money(payment.amount_minor, payment.currency)
            page.line(f"{page.word('paid')}: {page.money(amount)}, {page.moment(payment.created_at)}")
    for refund in state.refunds:
        for line in refund.document.lines:
            amount = Money(line.amount_minor, refund.currency)
            page.line(f"{_whose(line, state, region, reader)}: {page.money(amount)}")
        _went_back(page, refund)
    prices_back = any(refund.document.claim is None for refund in state.refunds)
    if prices_back and not any(one.state == "lost" for one in state.disputes):
        remains = Money(_remains(state), state.order.currency)
        page.strong(f"{page.word('remains')}: {page.money(remains)}")


def _credit(order: Order) -> int:
    """Return the amount of another order that has paid this one, in minor units."""
    return min(order.credit_minor, order.total_minor) if order.exchange_of is not None else 0


def _remains(state: OrderState) -> int:
    """Sum what has paid the order and went neither back nor into another one, in minor units; compensation is no price."""
    paid = sum(one.amount_minor for one in state.payments if one.state == "captured")
    gone = sum(one.amount_minor + _into_order(one) for one in state.refunds if one.document.claim is None)
    return paid + _credit(state.order) - gone


def _whose(line: LineDocument, state: OrderState, region: Region, told: Reader) -> str:
    """Say whose ticket a line of a refund was of, and which rides went."""
    passenger = state.quote.document.passenger(line.passenger_ref)
    person = _person(state.quote, passenger, region, told.language)
    return f"{person}, {rides(line.legs, told)}" if line.legs and told.legs else person


def _went_back(page: "_Page", refund: Refund) -> None:
    """Write how much went into another order by an exchange, and what money was given back, where any was."""
    document, when = refund.document, page.moment(refund.created_at)
    if document.exchanged_for is not None:
        amount = Money(_into_order(refund), refund.currency)
        page.line(f"{page.word('into', order=document.exchanged_for)}: {page.money(amount)}, {when}")
    if refund.amount_minor:
        amount = Money(refund.amount_minor, refund.currency)
        how_far = words.refund_state(refund.state, page.language)
        # Another way is repaid under the number of the order that it was bought with.
        paid_for = "other_way" if document.claim == refund.order_id else "compensated"
        word = page.word("back" if document.claim is None else paid_for)
        page.line(f"{word}: {page.money(amount)}, {when} ({how_far})")


def _into_order(made: Refund) -> int:
    """Return the amount of an exchange that its new order took, in minor units; of a refund nothing."""
    if made.document.exchanged_for is None:
        return 0
    back = made.document.back_minor
    rest = made.amount_minor if back is None else back
    return sum(line.amount_minor for line in made.document.lines) - rest


def _taxes_back(page: "_Page", refunds: Sequence[Refund], rows: Sequence[Tax]) -> None:
    """The VAT of what was given back, and that of what went into each other order."""
    orders_by_seq = {made.seq: made.document.exchanged_for for made in refunds}
    rows_by_order: dict[str, list[Tax]] = {}
    for row in (row for row in rows if row.gross_minor or row.vat_minor):
        rows_by_order.setdefault(orders_by_seq.get(row.seq) or "", []).append(row)
    for order in sorted(rows_by_order):
        page.strong(page.word("vat_into", order=order) if order else page.word("vat_back"))
        _summed(page, rows_by_order[order])


def _summed(page: "_Page", rows: Sequence[Tax]) -> None:
    """Rows of VAT summed like those of the sale, below 0."""
    sums: dict[tuple[str, str, int, str], tuple[int, int]] = {}
    for row in rows:
        key = row.member_state, row.mode, row.rate_bp, row.currency
        gross, vat = sums.get(key, (0, 0))
        sums[key] = gross + row.gross_minor, vat + row.vat_minor
    for (state, mode, rate, currency), (gross, vat) in sorted(sums.items()):
        line = VatLine(member_state=state, mode=mode, rate_bp=rate, gross_minor=gross, vat_minor=vat)
        _tax(page, line, currency)


class _Page:
    """One A4 page in a core font: the four languages need no other letters than those of Windows-1252, stops may."""

    def __init__(self, language: str, zone: ZoneInfo) -> None:
        self.language = language
        self._zone = zone
        self._pdf = FPDF(format="A4")
        self._pdf.core_fonts_encoding = _LETTERS
        self._pdf.set_margins(_EDGE_MM, _EDGE_MM)
        self._pdf.set_auto_page_break(auto=True, margin=_EDGE_MM)
        self._pdf.add_page()

    def word(self, name: str, **values: object) -> str:
        """A word of the form in the buyer's language."""
        return words.word(name, self.language, **values)

    def money(self, amount: Money) -> str:
        """An amount with the decimal sign of the buyer's language."""
        return spoken(amount, self.language)

    def moment(self, at: datetime) -> str:
        """A moment by the local clock, with that clock's distance from UTC."""
        local = at.astimezone(self._zone)
        offset = f"{local:%z}"
        return f"{local:%Y-%m-%d %H:%M} (UTC{offset[:3]}:{offset[3:]})"

    def heading(self, text: str) -> None:
        """The title."""
        self._text(text, "B", 18)

    def warning(self, text: str) -> None:
        """Write the warning that nobody may overlook."""
        self._pdf.set_fill_color(255, 213, 77)
        self._pdf.set_font("helvetica", "B", 11)
        self._pdf.cell(0, 9, _latin(text), fill=True, new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def strong(self, text: str) -> None:
        """A line that begins a part."""
        self._pdf.ln(2)
        self._text(text, "B", 11)

    def line(self, text: str) -> None:
        """A line of text."""
        self._text(text, "", 10)

    def total(self, name: str, amount: Money) -> None:
        """The sum."""
        self._pdf.ln(2)
        self._text(f"{name}: {self.money(amount)}", "B", 13)

    def row(self, *cells: str) -> None:
        """One row of a table."""
        self._pdf.set_font("helvetica", "", 10)
        for text, width in zip(cells, (20, 26, 58, 34, 34), strict=True):
            self._pdf.cell(width, _LINE_MM, _latin(text))
        self._pdf.ln(_LINE_MM)

    def bytes(self) -> bytes:
        """The document."""
        out = io.BytesIO()
        self._pdf.output(out)
        return out.getvalue()

    def _text(self, text: str, style: str, size: int) -> None:
        self._pdf.set_font("helvetica", style, size)
        self._pdf.multi_cell(
            0, _LINE_MM + (size - 10) * 0.4, _latin(text), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT
        )


def _latin(text: str) -> str:
    """Keep the letters that the font has; another one loses its accent or becomes a question mark, never a broken page."""
    return "".join(map(_letter, text))


def _letter(letter: str) -> str:
    bare = unicodedata.normalize("NFKD", letter)[0]
    return next((one for one in (letter, bare) if one.encode(_LETTERS, "ignore")), "?")
