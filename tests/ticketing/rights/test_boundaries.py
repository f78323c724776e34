"""The page of boundaries that a lawyer reads is what the engine decides."""

from tests.ticketing.rights.write_boundaries import PAGE, page


def test_the_page_of_boundaries_is_what_the_engine_decides() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), (
        "run `python -m tests.ticketing.rights.write_boundaries`"
    )
