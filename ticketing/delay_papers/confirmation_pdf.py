"""Print a confirmation of a delay: the signed token as a code, and what it says in the reader's language."""

import io
from datetime import UTC, datetime

from throughfare_gate.tickets.confirmation import Confirmation
from ticketing.delay_papers.telling import lines_of
from ticketing.delay_papers.words import word
from ticketing.tickets import barcode
from ticketing.tickets.page import MARGIN_MM, Page

# A code of a hundred modules and more is read from paper at half a millimetre a module.
_CODE_MM = 82


def confirmation_pdf(token: str, confirmed: Confirmation, language: str, keys: str) -> bytes:
    """Print one confirmation on A4; `keys` is the address of the keys by which anybody checks it."""
    title, *lines = lines_of(confirmed, language)
    page = Page()
    page.set_creation_date(datetime.fromtimestamp(confirmed.issued_at, UTC))
    page.set_title(title)
    page.add_page()
    page.text_line(title, size=20, style="B", height=11)
    top = page.get_y() + 2
    page.image(io.BytesIO(barcode.png(token)), x=MARGIN_MM - 3, y=top, w=_CODE_MM)
    page.set_y(top + _CODE_MM + 3)
    for line in lines:
        page.text_line(line, size=11, height=6)
    page.ln(3)
    page.text_line(word("confirmation", "verify", language, keys=keys), size=9, height=5)
    return bytes(page.output())
