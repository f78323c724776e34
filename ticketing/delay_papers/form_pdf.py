"""Print the form of a claim: each section once with its number, its text, its boxes, or a line for the passenger."""

from ticketing.delay_papers.form import HEADINGS, Entry
from ticketing.delay_papers.forms import Form
from ticketing.delay_papers.words import word
from ticketing.tickets.page import Page

_LINE = "_" * 48


def form_pdf(form: Form) -> bytes:
    """Print a form on A4."""
    known, language = form.known, form.language
    page = Page()
    page.set_creation_date(known.now)
    title = word("form", "title", language)
    page.set_title(title)
    page.set_auto_page_break(auto=True, margin=18)
    page.add_page()
    page.text_line(title, size=17, style="B", height=9)
    page.text_line(word("form", "common" if known.is_rail else "other", language), size=9, height=5)
    at = f"{known.now:%d.%m.%Y %H:%M} UTC"
    page.text_line(word("form", "filled", language, at=at), size=9, height=5)
    page.text_line(word("form", "layout", language), size=9, style="B", height=5)
    for number, entry in form.entries.items():
        _section(page, number, entry, language)
    return bytes(page.output())


def _section(page: Page, number: str, entry: Entry, language: str) -> None:
    label = word("sections", number, language)
    heading = f"{number}  {label}" if number[0].isdigit() else label
    if "." not in number:
        page.ln(2)
        page.text_line(heading, size=11, style="B", height=6)
    elif number in HEADINGS or entry.choices:
        page.text_line(heading, size=10, style="B", height=6)
    else:
        text = "; ".join(entry.lines) or _LINE
        page.text_line(f"{heading}: {text}", size=10, height=6)
        return
    for line in entry.lines:
        page.text_line(line, size=10, height=5)
    for choice in entry.choices:
        mark = "[X]" if choice.ticked else "[  ]"
        page.text_line(f"{mark} {word('choices', choice.name, language)}", size=10, height=5)
    if not (entry.lines or entry.choices or number in HEADINGS):
        page.text_line(_LINE, size=10, height=6)
