"""A receipt: what was bought and why it cost so much, VAT by Member State, payments and refunds; in four languages."""

import io
from collections.abc import Mapping
from typing import Any

from fpdf import FPDF
from fpdf.enums import XPos, YPos

from tariffs.money import Money
from ticketing.db.sale.offers import Quote
from ticketing.purchase.till import OrderState
from ticketing.regions import Region, category_name, explained

LANGUAGES = ("en", "et", "fi", "sv")

_WORDS: Mapping[str, tuple[str, str, str, str]] = {
    "title": ("Receipt", "Kviitung", "Kuitti", "Kvitto"),
    "order": ("Order", "Tellimus", "Tilaus", "Beställning"),
    "passenger": ("Traveller", "Reisija", "Matkustaja", "Resenär"),
    "total": ("Total", "Kokku", "Yhteensä", "Totalt"),
    "vat": ("VAT included, by Member State and distance", "Sisaldab käibemaksu, liikmesriigi ja vahemaa järgi",
            "Sisältää arvonlisäveron, jäsenvaltion ja matkan mukaan", "Inklusive moms, per medlemsstat och sträcka"),
    "state": ("State", "Riik", "Valtio", "Stat"),
    "mode": ("Ride", "Sõit", "Matka", "Resa"),
    "rate": ("Rate", "Määr", "Kanta", "Sats"),
    "gross": ("Gross", "Bruto", "Brutto", "Brutto"),
    "amount": ("VAT", "KM", "ALV", "Moms"),
    "paid": ("Paid", "Makstud", "Maksettu", "Betalt"),
    "back": ("Given back", "Tagastatud", "Palautettu", "Återbetalt"),
    "outside": ("open sea, outside VAT", "avameri, käibemaksuväline", "avomeri, ALV:n ulkopuolella", "öppet hav, utanför moms"),
    "unverified": ("A rate on this receipt has not been verified by a tax adviser.",
                   "Üks määr sellel kviitungil ei ole maksunõustaja kinnitatud.",
                   "Kuitin yhtä verokantaa ei ole vahvistanut veroasiantuntija.",
                   "En sats på kvittot har inte bekräftats av en skatterådgivare."),
    "demo": ("SPECIMEN - NOT PAID: the demo gateway moves no money", "NÄIDIS - TASUMATA: demovärav raha ei liiguta",
             "NÄYTE - EI MAKSETTU: demo ei siirrä rahaa", "PROV - INTE BETALT: demon flyttar inga pengar"),
}  # fmt: skip
_EDGE_MM, _LINE_MM = 18, 6


def receipt(state: OrderState, region: Region, language: str, issuer: str) -> bytes:
    """Draw the receipt of an order; pure but for the library. An unknown language reads as English."""
    at = LANGUAGES.index(language) if language in LANGUAGES else 0
    page = _Page(at)
    page.heading(f"{page.word('title')} - {issuer}")
    if any(payment.gateway == "demo" for payment in state.payments):
        page.warning(page.word("demo"))
    page.line(f"{page.word('order')} {state.order.id}, {state.order.created_at:%Y-%m-%d %H:%M} UTC")
    for passenger in state.quote.document["passengers"]:
        _passenger(page, passenger, state.quote, region, language)
    page.total(page.word("total"), Money(state.order.total_minor, state.order.currency))
    _taxes(page, state)
    _money_moved(page, state)
    return page.bytes()


def tax_lines(state: OrderState) -> list[dict[str, Any]]:
    """The VAT of an order by Member State, mode and rate, over all passengers; gross sums to the total. Pure."""
    found: dict[tuple[str, str, int, str], dict[str, Any]] = {}
    for passenger in state.quote.document["passengers"]:
        for row in passenger["taxes"]:
            key = (row["member_state"], row["mode"], row["rate_bp"], row["treatment"])
            line = found.setdefault(
                key,
                {
                    **{name: row[name] for name in ("member_state", "mode", "rate_bp", "treatment")},
                    "gross_minor": 0,
                    "vat_minor": 0,
                    "verified": True,
                },
            )
            line["gross_minor"] += row["gross_minor"]
            line["vat_minor"] += row["vat_minor"]
            line["verified"] = line["verified"] and bool(row["verified"])
    return [found[key] for key in sorted(found)]


def _passenger(page: "_Page", passenger: dict[str, Any], quote: Quote, region: Region, language: str) -> None:
    price = Money(passenger["total_minor"], quote.currency)
    rider = category_name(region.data, passenger["rider"], language)
    page.strong(f"{page.word('passenger')} {passenger['ref']} ({rider}): {price}")
    for sentence in explained(region.book, passenger, quote.document["rides"], language):
        page.line(f"  {sentence}")


def _taxes(page: "_Page", state: OrderState) -> None:
    page.strong(page.word("vat"))
    page.row(*(page.word(name) for name in ("state", "mode", "rate", "gross", "amount")))
    lines = tax_lines(state)
    for line in lines:
        sea = line["member_state"] == "XX"
        rate = page.word("outside") if sea else f"{line['rate_bp'] / 100:.2f} %"
        page.row(
            line["member_state"],
            line["mode"],
            rate,
            str(Money(line["gross_minor"], state.order.currency)),
            str(Money(line["vat_minor"], state.order.currency)),
        )
    if not all(line["verified"] for line in lines):
        page.line(page.word("unverified"))


def _money_moved(page: "_Page", state: OrderState) -> None:
    for payment in state.payments:
        if payment.state == "captured":
            amount = Money(payment.amount_minor, payment.currency)
            page.line(f"{page.word('paid')}: {amount}, {payment.created_at:%Y-%m-%d}")
    for made in state.refunds:
        amount = Money(made.amount_minor, made.currency)
        page.line(f"{page.word('back')}: {amount}, {made.created_at:%Y-%m-%d} ({made.state})")


class _Page:
    """One A4 page in a core font: the four languages need no other letters than Latin-1's and the dash's."""

    def __init__(self, language: int) -> None:
        self._language = language
        self._pdf = FPDF(format="A4")
        self._pdf.set_margins(_EDGE_MM, _EDGE_MM)
        self._pdf.set_auto_page_break(auto=True, margin=_EDGE_MM)
        self._pdf.add_page()

    def word(self, name: str) -> str:
        """A word of the form in the buyer's language."""
        return _WORDS[name][self._language]

    def heading(self, text: str) -> None:
        """The title."""
        self._text(text, "B", 18)

    def warning(self, text: str) -> None:
        """What nobody may overlook."""
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
        self._text(f"{name}: {amount}", "B", 13)

    def row(self, *cells: str) -> None:
        """One row of a table."""
        self._pdf.set_font("helvetica", "", 10)
        for text, width in zip(cells, (18, 24, 62, 34, 34), strict=True):
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
            0, _LINE_MM + (size - 10) * 0.4, _latin(text), new_x=XPos.LMARGIN, new_y=YPos.NEXT
        )


def _latin(text: str) -> str:
    """What the font has; another letter becomes a question mark, never a broken page."""
    return text.encode("latin-1", "replace").decode("latin-1")
