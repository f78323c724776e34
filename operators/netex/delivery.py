"""Open NeTEx deliveries: XML within limits, without entities, object by object. Pure.

A delivery is one `PublicationDelivery` in each file (CEN/TS 16614): frames with objects, often one file of common objects and
one for each line. lxml loads nothing, expands nothing and refuses what is huge; a document type is refused before it is parsed,
and only UTF-8 is read, so that no encoding can hide one.
"""

import codecs
import io
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from lxml import etree

from operators.elements import Element, child, children, local_name

ROOT, NAMESPACE = "PublicationDelivery", "http://www.netex.org.uk/netex"
# The deepest objects of the profiles lie some thirty deep; fares of the standard's examples twenty-two.
MAX_DEPTH = 64
MAX_ELEMENTS = 40_000_000
_FRAME, _TYPE = "Frame", "TypeOf"


class NotNetex(Exception):
    """A file is no NeTEx delivery, or is beyond the limits."""


@dataclass(frozen=True, slots=True)
class Object:
    """An object of a delivery: its kind is its element's name; `frames` are the ids of the frames around it, the innermost last.

    `place` is the name of the list that holds it. The element is good until the next object is asked for.
    """

    kind: str
    id: str
    version: str
    element: Element
    frames: tuple[str, ...]
    place: str


# Comments and processing instructions by their ends: they may stand before the root (XML 1.0, 2.8).
_BEFORE_ROOT = {b"<?": b"?>", b"<!--": b"-->"}
_NEAR = 4096


@dataclass(slots=True)
class Skipped:
    """Objects with an id that nobody asked for, by their kind."""

    kinds: Counter[str] = field(default_factory=Counter)


def is_delivery(content: bytes) -> bool:
    """Tell by its first element whether a file is meant as a NeTEx delivery; comments before it may be long."""
    at = len(codecs.BOM_UTF8) if content.startswith(codecs.BOM_UTF8) else 0
    while True:
        at += len(content[at : at + _NEAR]) - len(content[at : at + _NEAR].lstrip())
        end = next((end for start, end in _BEFORE_ROOT.items() if content.startswith(start, at)), b"")
        if not end:
            return ROOT.encode() in content[at : at + _NEAR]
        closed = content.find(end, at)
        if closed < 0:
            return False
        at = closed + len(end)


def objects(name: str, content: bytes, wanted: Collection[str], skipped: Skipped) -> Iterator[Object]:
    """Yield the wanted objects of a file, in its order; one inside another is part of the outer one. Raises NotNetex."""
    _check_bytes(name, content)
    try:
        yield from _walk(name, content, wanted, skipped)
    except etree.XMLSyntaxError as error:
        message = f"{name} cannot be read as XML in UTF-8, the encoding of deliveries: {str(error)[:200]}"
        raise NotNetex(message) from error


def _walk(name: str, content: bytes, wanted: Collection[str], skipped: Skipped) -> Iterator[Object]:
    parser = etree.iterparse(
        io.BytesIO(content),
        events=("start", "end"),
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        huge_tree=False,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
    )
    path: list[str] = []
    frames: list[tuple[int, str]] = []
    held = 0
    for event, element in parser:
        if event == "start":
            kind = local_name(element)
            path.append(kind)
            _check_place(name, path, element)
            if held:
                continue
            if kind.endswith(_FRAME) and not kind.startswith(_TYPE):
                frames.append((len(path), element.get("id", "")))
            elif kind in wanted:
                held = len(path)
            elif element.get("id") is not None:
                skipped.kinds[kind] += 1
            continue
        if held == len(path):
            held = 0
            yield _object(element, path, frames)
            _forget(element)
        elif not held:
            if frames and frames[-1][0] == len(path):
                frames.pop()
            _forget(element)
        path.pop()


def _object(element: Element, path: list[str], frames: list[tuple[int, str]]) -> Object:
    return Object(
        kind=path[-1],
        id=element.get("id", ""),
        version=element.get("version", ""),
        element=element,
        frames=tuple(frame for _, frame in frames),
        place=path[-2] if len(path) > 1 else "",
    )


def _check_place(name: str, path: list[str], element: Element) -> None:
    """Refuse another root, and what is nested deeper than any profile does; raises NotNetex."""
    if len(path) > MAX_DEPTH:
        raise NotNetex(f"{name} is nested deeper than {MAX_DEPTH}")
    if len(path) == 1:
        # A name space may hold a brace, and then it cannot be taken apart: names are compared whole.
        if element.tag not in {ROOT, f"{{{NAMESPACE}}}{ROOT}"}:
            raise NotNetex(f"the root of {name} is {str(element.tag)[:200]!r}, not {ROOT}")
        if element.getroottree().docinfo.doctype:
            raise NotNetex(f"{name} has a document type, which is refused")


def _check_bytes(name: str, content: bytes) -> None:
    """Refuse what is told by the bytes alone, before any memory is taken for elements; raises NotNetex."""
    if b"<!DOCTYPE" in content:
        raise NotNetex(f"{name} has a document type, which is refused")
    if b"\0" in content:
        raise NotNetex(f"{name} is not UTF-8")
    if content.count(b"<") - content.count(b"</") > MAX_ELEMENTS:
        raise NotNetex(f"{name} has more than {MAX_ELEMENTS} elements")


def _forget(element: Element) -> None:
    """Let go of what was read: a national timetable would fill the memory."""
    element.clear()
    parent = element.getparent()
    if parent is not None:
        while element.getprevious() is not None:
            del parent[0]


def reference(element: Element, *kinds: str) -> str:
    """The id that the first of an element's references names, by kinds like `LineRef`; empty where there is none."""
    for kind in kinds:
        there = child(element, kind)
        if there is not None and there.get("ref"):
            return str(there.get("ref"))
    return ""


def reference_in(element: Element, view: str, kind: str) -> str:
    """The id that a reference names in a part of an element, such as the `LineRef` of a `RouteView`; empty where there is none."""
    there = child(element, view)
    return reference(there, kind) if there is not None else ""


def references(element: Element, group: str, kind: str) -> tuple[str, ...]:
    """The ids that the references of a kind name in a list of an element."""
    return tuple(ref.get("ref", "") for ref in children(element, group, kind))
