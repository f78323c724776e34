"""Write described things as RDF: Turtle and JSON-LD of the same triples. Pure."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

PREFIXES = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "mobilitydcatap": "https://w3id.org/mobilitydcat-ap#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}


@dataclass(frozen=True, slots=True)
class Iri:
    """A thing by its address."""

    address: str


@dataclass(frozen=True, slots=True)
class Text:
    """A text in a language."""

    text: str
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Typed:
    """A value of a type of XML Schema, by its short name."""

    text: str
    kind: str


Value = Iri | Text | Typed
Pair = tuple[str, Value]


@dataclass(frozen=True, slots=True)
class Thing:
    """A thing: its address, its class, and its properties by prefixed names."""

    address: str
    kind: str
    properties: tuple[Pair, ...]


def turtle(things: Iterable[Thing]) -> str:
    """Write things as Turtle (RDF 1.1)."""
    lines = [f"@prefix {name}: <{address}> ." for name, address in PREFIXES.items()]
    for thing in things:
        rows = [f"a {thing.kind}", *(f"{name} {_turtle(value)}" for name, value in thing.properties)]
        lines += ["", f"<{_escaped_iri(thing.address)}>", "    " + " ;\n    ".join(rows) + " ."]
    return "\n".join(lines) + "\n"


def jsonld(things: Iterable[Thing]) -> str:
    """Write things as JSON-LD 1.1."""
    document = {"@context": PREFIXES, "@graph": [_node(thing) for thing in things]}
    return json.dumps(document, ensure_ascii=False, indent=1)


def _node(thing: Thing) -> dict[str, object]:
    by_name: dict[str, list[object]] = {}
    for name, value in thing.properties:
        by_name.setdefault(name, []).append(_json(value))
    return {"@id": thing.address, "@type": thing.kind, **by_name}


def _json(value: Value) -> dict[str, str]:
    if isinstance(value, Iri):
        return {"@id": value.address}
    if isinstance(value, Text):
        return {"@value": value.text, "@language": value.language}
    return {"@value": value.text, "@type": value.kind}


def _turtle(value: Value) -> str:
    if isinstance(value, Iri):
        return f"<{_escaped_iri(value.address)}>"
    if isinstance(value, Text):
        return f"{_quoted(value.text)}@{value.language}"
    return f"{_quoted(value.text)}^^{value.kind}"


def _quoted(text: str) -> str:
    return '"' + "".join(_escaped(text)) + '"'


def _escaped(text: str) -> Iterator[str]:
    """Escape what ends or breaks a short string of Turtle."""
    for letter in text:
        if letter in '"\\':
            yield "\\" + letter
        elif letter < " ":
            yield f"\\u{ord(letter):04X}"
        else:
            yield letter


def _escaped_iri(address: str) -> str:
    """Escape what an address in angle brackets may not have."""
    return "".join(f"%{ord(letter):02X}" if letter in '<>"{}|^`\\ ' else letter for letter in address)
