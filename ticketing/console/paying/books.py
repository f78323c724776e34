"""The books: when they were last proven and what was found, their anchors; ask the worker for another proof."""

from flask import Response, url_for

from ticketing.console.blueprint import blueprint, console
from ticketing.console.door import needs
from ticketing.console.pages import attempt, page, region, staff
from ticketing.settlement import proof


@blueprint.get("/books")
@needs("finance", "admin")
def books() -> str:
    """Show the newest checks and anchors."""
    office, place = console().office, region()
    return page(
        "books",
        here="books",
        region=place,
        checks=proof.list_checks(office, place),
        anchors=proof.list_anchors(office, place),
        kept=proof.anchors_file(office, place),
    )


@blueprint.post("/books/checks")
@needs("finance", "admin")
def check_books() -> Response:
    """Ask the worker to prove the books."""
    return attempt(
        lambda: proof.ask(console().office, region(), staff().name),
        books,
        to=lambda: url_for("console.books", region=region(), done="asked"),
    )
