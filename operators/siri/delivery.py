"""Open a SIRI delivery: XML within limits, without entities, asked by local names. Pure.

SIRI 2.0 and 2.1 (CEN/TS 15531), one `Siri` document with one `ServiceDelivery`. Producers write its names with a prefix,
by default or without a namespace. lxml's parser loads nothing, expands nothing and refuses what is huge; a document type is
refused before it is parsed, and only UTF-8 is read, so that no encoding can hide one.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from lxml import etree

from operators.elements import Element, child, children, is_true, leaves_of
from operators.errors import BadReply

NAMESPACE = "http://www.siri.org.uk/siri"
MAX_BYTES = 64 * 1024 * 1024
# The deepest element of the two services lies some twenty deep.
MAX_DEPTH = 48
MAX_ELEMENTS = 2_000_000
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_VERSION = re.compile(r"2\.\d{1,2}\b")
_TOO_DEEP = "boolean(" + "/*" * (MAX_DEPTH + 1) + ")"
_EARLIEST, _LATEST = 2000, 2200


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery of one service: its elements, and when its producer made it."""

    root: Element
    told_at: datetime


def parse(content: bytes, service: str) -> Delivery:
    """Read the delivery of a service (`EstimatedTimetableDelivery`, `SituationExchangeDelivery`); raises BadReply."""
    root = _root(content)
    # A name space may hold a brace, and then it cannot be taken apart: names are compared whole.
    if root.tag not in {"Siri", f"{{{NAMESPACE}}}Siri"}:
        raise BadReply(f"the root is {root.tag[:200]!r}, not Siri")
    version = root.get("version", "2.0")
    if not _VERSION.match(version):
        raise BadReply(f"version {version[:20]!r} of SIRI is not known")
    delivery = child(root, "ServiceDelivery")
    if delivery is None:
        raise BadReply("ServiceDelivery is missing")
    services = list(children(delivery, service))
    if not services:
        raise BadReply(f"ServiceDelivery has no {service}")
    for part in (delivery, *services):
        leaves = leaves_of(part)
        if is_true(leaves.get("MoreData")):
            raise BadReply("only whole deliveries are read: MoreData is true")
        if leaves.get("Status", "true") in {"false", "0"}:
            raise BadReply("the producer says that its delivery failed: Status is false")
    told_at = instant(leaves_of(delivery).get("ResponseTimestamp"))
    if told_at is None:
        raise BadReply("ResponseTimestamp must be an instant with its offset")
    return Delivery(delivery, told_at.astimezone(UTC))


def language_of(element: Element) -> str:
    """The language of an element in small letters; empty where it names none."""
    return str(element.get(_LANGUAGE, "")).strip().lower()[:35]


def instant(text: str | None) -> datetime | None:
    """Read a moment; None for one without its offset, or that is no time of ours."""
    try:
        found = datetime.fromisoformat(text) if text else None
        if found is None or found.tzinfo is None or not _EARLIEST <= found.year < _LATEST:
            return None
        found.timestamp()
    except (ValueError, OverflowError):
        return None
    return found


def _root(content: bytes) -> Element:
    """Parse within the limits; raises BadReply."""
    _check_bytes(content)
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        huge_tree=False,
        load_dtd=False,
        dtd_validation=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise BadReply(f"the SIRI document cannot be read: {str(error)[:200]}") from error
    if root is None or root.getroottree().docinfo.doctype:
        raise BadReply("the SIRI document has a document type, which is refused")
    try:
        too_deep = root.xpath(_TOO_DEEP)
    except etree.XPathError as error:
        raise BadReply(f"the SIRI document is too wide: {error}") from error
    if too_deep:
        raise BadReply(f"the SIRI document is nested deeper than {MAX_DEPTH}")
    return root


def _check_bytes(content: bytes) -> None:
    """Refuse what is told by the bytes alone, before any memory is taken for elements; raises BadReply."""
    if len(content) > MAX_BYTES:
        raise BadReply(f"the SIRI document is larger than {MAX_BYTES} bytes")
    if b"<!DOCTYPE" in content:
        raise BadReply("the SIRI document has a document type, which is refused")
    if b"\0" in content:
        raise BadReply("the SIRI document is not UTF-8")
    # Each element has a tag that begins it.
    if content.count(b"<") - content.count(b"</") > MAX_ELEMENTS:
        raise BadReply(f"the SIRI document has more than {MAX_ELEMENTS} elements")
