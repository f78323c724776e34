"""Look, then do: a form that moves money or ends something shows first what it is about to do, and acts when that is sent again.

The second form repeats the figures and carries their digest (WCAG 2.2, 3.3.4). Where they have changed meanwhile, nothing
is done, and the page is shown anew.
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from flask import Response, make_response, request

from ticketing.console.pages import attempt, page

SEEN = "seen"
_NOT_NOW = "not_now"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """The page before an action: its facts by name, what follows from it, and the form that does it.

    `fields` are what the first form gave, `asks` what the second one asks in words, by its label. *Not now* sends them back
    to the first form, which so keeps what was typed.
    """

    title: str
    facts: Sequence[tuple[str, str]]
    consequence: str
    button: str
    fields: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    asks: Mapping[str, str] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """The digest of everything that the page tells."""
        return digest_of([*self.facts, *self.hidden])

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """The hidden fields of the second form, one for each value."""
        return [
            (name, value)
            for name, given in self.fields.items()
            for value in ([given] if isinstance(given, str) else given)
        ]


def digest_of(facts: Sequence[tuple[str, str]]) -> str:
    """The digest of some facts, in their order."""
    return hashlib.sha256("\x00".join(f"{name}\x01{value}" for name, value in facts).encode()).hexdigest()


def is_seen(digest: str) -> bool:
    """Tell whether the form that was sent is the second one, of exactly these facts."""
    return hmac.compare_digest(request.form.get(SEEN, "").encode(), digest.encode())


def look_then_do(
    look: Look, act: Callable[[], object], shown: Callable[[], str], *, to: Callable[[], str], here: str
) -> Response:
    """Show the page before an action, take it when that page was sent, or go back to the first form with what was typed."""
    if _NOT_NOW in request.form:
        return make_response(shown())
    if is_seen(look.digest):
        return attempt(act, shown, to=to)
    return make_response(
        page(
            "look_do",
            here=here,
            before=look,
            to=request.full_path.rstrip("?"),
            has_changed=SEEN in request.form,
        )
    )
