"""Cut a list into pages, in one form for all: `after` and `limit` in, `next` out.

The cursor is the id of the last item of a page, so an item that is added while somebody reads is neither told twice nor
the cause that another one is left out.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol, TypedDict, TypeVar

from ticketing.errors import InvalidRequest

T = TypeVar("T")


class HasId(Protocol):
    """Anything with an id."""

    @property
    def id(self) -> str:
        """Its id."""


class Page(TypedDict):
    """A page that is asked for, as its schema has read it."""

    after: str | None
    limit: int


def page_of(query: Mapping[str, Any]) -> Page:
    """The page that a query with other questions beside it asks for."""
    return Page(after=query["after"], limit=query["limit"])


def id_of(item: HasId) -> str:
    """The cursor of whatever has an id."""
    return item.id


def cut(items: Iterable[T], page: Page, cursor_of: Callable[[T], str]) -> tuple[Sequence[T], str | None]:
    """Take a page out of a whole list, with the cursor of the next one; raises InvalidRequest for a cursor of no item."""
    left = list(items)
    if page["after"] is not None:
        cursors = [cursor_of(item) for item in left]
        if page["after"] not in cursors:
            raise InvalidRequest.at("after", "is the cursor of no item that is there; begin again without it")
        left = left[cursors.index(page["after"]) + 1 :]
    return head(left, page, cursor_of)


def head(items: Sequence[T], page: Page, cursor_of: Callable[[T], str]) -> tuple[Sequence[T], str | None]:
    """Take the first page of what lies behind a cursor; one item more than the page tells that there is a next one."""
    shown = items[: page["limit"]]
    return shown, cursor_of(shown[-1]) if len(items) > page["limit"] else None
