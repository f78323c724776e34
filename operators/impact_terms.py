"""Read `[impact]` of region.toml: the project, its programme and its budget, which paid for a region's service."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tariffs.money import Money, MoneyError, parse

# Reports a fault: the path of the value, a code, a sentence.
Tell = Callable[[str, str, str], None]

_TEXTS = ("project", "programme", "authority")
_KEYS = frozenset({*_TEXTS, "budget", "currency", "url", "source"})
_MOST_TEXT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ImpactTerms:
    """The project that paid, of which programme, with which budget, and the authority that answers for it; `source` tells where that stands."""

    project: str
    programme: str
    authority: str
    budget: Money
    url: str | None
    source: str


def read_impact(value: object, fault: Tell) -> ImpactTerms | None:
    """Read the table; None where there is none, or where something is wrong with it."""
    if value is None:
        return None
    if not isinstance(value, Mapping):
        fault("impact", "invalid_value", "must be a table")
        return None
    faults: list[str] = []

    def wrong(field: str, code: str, message: str) -> None:
        faults.append(field)
        fault(f"impact.{field}", code, message)

    for unknown in sorted(value.keys() - _KEYS):
        wrong(unknown, "unknown_key", f"{unknown} means nothing here")
    texts = {name: _text(name, value.get(name), wrong) for name in (*_TEXTS, "source")}
    budget, url = _budget(value, wrong), value.get("url")
    if url is not None and not _is_address(url):
        wrong("url", "invalid_value", "must be an address that begins with https://")
    if faults or budget is None:
        return None
    return ImpactTerms(
        project=texts["project"],
        programme=texts["programme"],
        authority=texts["authority"],
        budget=budget,
        url=url,
        source=texts["source"],
    )


def _text(name: str, value: object, wrong: Tell) -> str:
    if value is None:
        wrong(name, "missing", "is missing")
        return ""
    if not isinstance(value, str) or not 1 <= len(value) <= _MOST_TEXT:
        wrong(name, "invalid_value", f"must be a text of at most {_MOST_TEXT} characters")
        return ""
    return value


def _budget(value: Mapping[str, object], wrong: Tell) -> Money | None:
    missing = [name for name in ("budget", "currency") if value.get(name) is None]
    for name in missing:
        wrong(name, "missing", "is missing")
    if missing:
        return None
    try:
        return parse(str(value["budget"]), str(value["currency"]))
    except MoneyError as error:
        wrong("budget", "invalid_value", f'must be an amount like "32000000.00" in its currency: {error}')
        return None


def _is_address(url: object) -> bool:
    return isinstance(url, str) and url.startswith("https://") and len(url) <= _MOST_TEXT
