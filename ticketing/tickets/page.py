"""A page on which papers for holders are printed, in the fonts that every reader has."""

import unicodedata
from typing import Any

from fpdf import FPDF

MARGIN_MM = 18


class Page(FPDF):
    """A4 with the fonts that every reader has; letters beyond them lose their accents."""

    def __init__(self) -> None:
        super().__init__(format="A4")
        self.core_fonts_encoding = "windows-1252"
        self.set_margin(MARGIN_MM)

    def text_line(self, text: str, *, size: int, style: Any = "", height: float) -> None:
        """Write a paragraph."""
        self.set_font("Helvetica", style, size)
        self.multi_cell(0, height, _printable(text), align="L", new_x="LMARGIN", new_y="NEXT")


def _printable(text: str) -> str:
    try:
        text.encode("windows-1252")
    except UnicodeEncodeError:
        plain = unicodedata.normalize("NFKD", text)
        return plain.encode("windows-1252", "ignore").decode("windows-1252")
    return text
