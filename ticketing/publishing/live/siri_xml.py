"""Write the frame that every SIRI 2.1 delivery has, and its elements in their order. Pure."""

import re
from datetime import datetime
from xml.etree import ElementTree as ET
from xml.etree.ElementTree import Element

from throughfare_gate.moments import written

NAMESPACE = "http://www.siri.org.uk/siri"
# Characters that no XML document may have (XML 1.0, section 2.2).
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LANGUAGE = "xml:lang"
PARTICIPANT = "throughfare"


def add(parent: Element, name: str, text: str | None = None, language: str | None = None) -> Element:
    """Add an element; with a text where one is given."""
    element = ET.SubElement(parent, name)
    if text is not None:
        element.text = _NO_XML.sub("", text)
    if language is not None:
        element.set(_LANGUAGE, language)
    return element


def add_moment(parent: Element, name: str, at: datetime | None) -> None:
    """Add a moment, where there is one."""
    if at is not None:
        add(parent, name, written(at))


def delivery(service: str, at: datetime) -> tuple[Element, Element]:
    """Begin a document; answers its root, and the delivery of the service."""
    root = Element("Siri", {"xmlns": NAMESPACE, "version": "2.1"})
    whole = add(root, "ServiceDelivery")
    add_moment(whole, "ResponseTimestamp", at)
    add(whole, "ProducerRef", PARTICIPANT)
    part = add(whole, service)
    part.set("version", "2.1")
    add_moment(part, "ResponseTimestamp", at)
    return root, part


def document(root: Element) -> bytes:
    """Write a document."""
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def add_journey_ref(parent: Element, day: str, journey: str) -> None:
    """Name a journey of a day."""
    framed = add(parent, "FramedVehicleJourneyRef")
    add(framed, "DataFrameRef", day)
    add(framed, "DatedVehicleJourneyRef", journey)
