"""Ask the elements of an XML document by their local names, whatever the prefix and the namespace. Pure."""

from collections.abc import Iterator
from typing import Any

MAX_TEXT = 2_000
# An element of lxml, which has no types.
Element = Any


def local_name(element: Element) -> str:
    """The name of an element without its namespace."""
    return str(element.tag).rpartition("}")[2]


def children(element: Element, *path: str) -> Iterator[Element]:
    """The elements at a path of local names below an element."""
    if not path:
        yield element
        return
    for one in element.iterchildren(f"{{*}}{path[0]}"):
        yield from children(one, *path[1:])


def child(element: Element, *path: str) -> Element | None:
    """The first element at a path."""
    return next(children(element, *path), None)


def leaves_of(element: Element) -> dict[str, str]:
    """The texts of an element's children that have no children, by local name; of two the first."""
    found: dict[str, str] = {}
    for one in element.iterchildren("{*}*"):
        text = one.text
        if text and not len(one):
            found.setdefault(one.tag.rpartition("}")[2], text.strip())
    return found


def text_at(element: Element, *path: str) -> str:
    """The text at a path; empty where there is none."""
    found = child(element, *path)
    return (found.text or "").strip()[:MAX_TEXT] if found is not None else ""


def is_true(text: str | None) -> bool:
    """Tell whether a text is XML's word for true."""
    return text in {"true", "1"}
