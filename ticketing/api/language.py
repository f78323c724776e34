"""Choose the language in which a caller wants to read."""

import functools

from flask import request
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from tariffs.words import LANGUAGES

_MOST = 10


def asked() -> tuple[str, ...]:
    """The languages that the caller asks for, the best one first, as they are written there (`fi`, `en-gb`)."""
    return tuple(tag.lower() for tag in request.accept_languages.values() if tag != "*")[:_MOST]


def language() -> str:
    """The language that the caller asks for (Accept-Language), English where none is spoken here."""
    return _chosen(request.accept_languages)


@functools.lru_cache(maxsize=256)
def language_of(header: str) -> str:
    """The same, by the header alone."""
    return _chosen(parse_accept_header(header, LanguageAccept))


def _chosen(accepted: LanguageAccept) -> str:
    # The best one first, a region set aside: who asks for fi-FI before en reads Finnish.
    asked = (tag.partition("-")[0].lower() for tag in accepted.values())
    return next((tag for tag in asked if tag in LANGUAGES), LANGUAGES[0])
