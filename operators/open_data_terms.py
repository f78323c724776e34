"""Read the terms on which a region publishes open data, from `[open_data]` of region.toml."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

# Reports a fault: the path of the value, a code, a sentence.
Tell = Callable[[str, str, str], None]

_KEYS = frozenset({"publisher", "homepage", "contact", "licence", "since", "budgets"})
_MONTH = re.compile(r"20\d\d-(0[1-9]|1[0-2])")
_URL = re.compile(r"https?://[^\s<>\"]{3,500}")
_MAIL = re.compile(r"[^\s@<>\"]{1,64}@[^\s@<>\"]{3,190}")
_MOST_NAME, _MOST_EPSILON = 200, 100


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDataTerms:
    """The publisher of a region's open data, with its homepage and the address of people who answer, and the licence by its URL.

    `since` is the first month that is published. `budgets` are the most that may be spent of the privacy of one month, by
    dataset, where it is less or more than the dataset needs (docs/open-data.md).
    """

    publisher: str
    homepage: str
    contact: str
    licence: str
    since: str
    budgets: Mapping[str, float] = field(default_factory=dict)


def read_open_data(value: object, fault: Tell) -> OpenDataTerms | None:
    """Read the terms; None where a region publishes nothing, or where something is wrong with them."""
    if value is None:
        return None
    if not isinstance(value, Mapping):
        fault("open_data", "invalid_value", "must be a table")
        return None
    faults = [
        *((f"open_data.{name}", "unknown_key", "is not known") for name in sorted(value.keys() - _KEYS)),
        *_wrong(value),
        *_wrong_budgets(value.get("budgets", {})),
    ]
    for path, code, message in faults:
        fault(path, code, message)
    if faults:
        return None
    texts = {name: str(value[name]) for name in ("publisher", "homepage", "contact", "licence", "since")}
    return OpenDataTerms(**texts, budgets=dict(value.get("budgets", {})))


def _wrong(value: Mapping[str, object]) -> list[tuple[str, str, str]]:
    name = value.get("publisher")
    faults = []
    if not isinstance(name, str) or not 1 <= len(name) <= _MOST_NAME:
        faults.append(
            ("open_data.publisher", "invalid_value", f"must be a name of at most {_MOST_NAME} letters")
        )
    for field_name, pattern, wanted in (
        ("homepage", _URL, "a URL like https://example.org/data"),
        ("licence", _URL, "the URL of a licence, like https://creativecommons.org/licenses/by/4.0/"),
        ("contact", _MAIL, "an e-mail address"),
        ("since", _MONTH, 'a month like "2026-10"'),
    ):
        text = value.get(field_name)
        if not isinstance(text, str) or not pattern.fullmatch(text):
            faults.append((f"open_data.{field_name}", "invalid_value", f"must be {wanted}"))
    return faults


def _wrong_budgets(value: object) -> list[tuple[str, str, str]]:
    if not isinstance(value, Mapping):
        return [("open_data.budgets", "invalid_value", "must be a table from dataset to its budget")]
    return [
        (f"open_data.budgets.{name}", "invalid_value", f"must be a number from 0 to {_MOST_EPSILON}")
        for name, budget in value.items()
        if isinstance(budget, bool) or not isinstance(budget, int | float) or not 0 <= budget <= _MOST_EPSILON
    ]
