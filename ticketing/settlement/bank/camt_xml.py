"""A bank's XML file as elements that know their line: read without entities, asked by local names. Pure."""

from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from ticketing.errors import Fault, InvalidRequest

# The deepest element of camt.053 lies some twenty deep.
MAX_DEPTH = 64
# An element of a statement has twenty bytes or more, so the longest file has fewer than these; more would fill the memory of a worker.
MAX_ELEMENTS = 3_000_000


@dataclass(frozen=True, slots=True)
class Faults:
    """The faults of a file, each with its element and the line where that begins."""

    lines: dict[Element, int]
    found: list[Fault] = field(default_factory=list)

    def at(self, element: Element, path: str, message: str) -> None:
        """Keep a fault of an element, or of what is missing in it."""
        self.found.append(Fault(path, f"line {self.lines[element]}: {message}"))


class _NoMessage(Exception):
    """Elements are nested deeper, or are more, than in any message of a bank."""


class _Lined(TreeBuilder):
    """Builds the tree and keeps the line on which each element begins."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: dict[Element, int] = {}
        self.parser: Any = None
        self._depth = 0

    def start(self, tag: str, attrs: dict[str, str], /) -> Element:
        """An element begins."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _NoMessage(f"elements are nested more than {MAX_DEPTH} deep")
        if len(self.lines) >= MAX_ELEMENTS:
            raise _NoMessage(f"the file has more than {MAX_ELEMENTS:,} elements")
        element = super().start(tag, attrs)
        self.lines[element] = self.parser.parser.CurrentLineNumber
        return element

    def end(self, tag: str, /) -> Element:
        """An element ends."""
        self._depth -= 1
        return super().end(tag)


def parsed(content: bytes) -> tuple[Element, dict[Element, int]]:
    """The root of a file and the line of each element; raises InvalidRequest for what is no plain XML."""
    builder = _Lined()
    builder.parser = DefusedXMLParser(target=builder, forbid_dtd=True)
    try:
        builder.parser.feed(content)
        return builder.parser.close(), builder.lines
    except DefusedXmlException:
        line = builder.parser.parser.CurrentLineNumber
        raise InvalidRequest.at(
            "file",
            f"line {line}: it declares a document type or entities, which no bank does: it is not read",
        ) from None
    except _NoMessage as why:
        line = builder.parser.parser.CurrentLineNumber
        raise InvalidRequest.at("file", f"line {line}: {why}, which no bank does") from None
    except (ParseError, ValueError, LookupError) as error:
        raise InvalidRequest.at("file", f"this is no XML that can be read: {error}") from None


def text(element: Element, *names: str) -> str:
    """The text of the element at this path; empty where there is none."""
    found: Element | None = element
    for name in names:
        found = child(found, name)
    return (found.text or "").strip() if found is not None else ""


def child(element: Element | None, name: str) -> Element | None:
    """The first child of this local name."""
    return next(iter(all_of(element, name)), None)


def all_of(element: Element | None, name: str) -> list[Element]:
    """The children of this local name: versions of the message differ in nothing but their namespace."""
    return [one for one in (element if element is not None else ()) if one.tag.rpartition("}")[2] == name]


def deepest(element: Element, *names: str) -> Element:
    """The element at this path, or the last one before it breaks off."""
    for name in names:
        below = child(element, name)
        if below is None:
            return element
        element = below
    return element
