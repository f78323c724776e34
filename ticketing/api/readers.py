"""Find the language and the names in which an order is told to its reader."""

from collections.abc import Iterator
from contextlib import contextmanager

from ticketing.api.context import rooms
from ticketing.api.language import language
from ticketing.errors import Conflict
from ticketing.purchase.refund.told import Reader, sentence
from ticketing.purchase.till import OrderState


def reader_of(state: OrderState) -> Reader:
    """Make the reader of an order: in the language that is asked for, with operators by their names."""
    operators = rooms().till.regions[state.quote.region].operators
    legs = state.quote.document.legs
    return Reader(language(), legs, {name: one.name for name, one in operators.items()})


@contextmanager
def refusals_told(reader: Reader) -> Iterator[None]:
    """Say the refusal of a refund or exchange as an offer says it."""
    try:
        yield
    except Conflict as no:
        no.detail = sentence(no.detail, reader)
        raise
