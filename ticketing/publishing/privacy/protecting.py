"""Decide about each number of a table: noise over the whole domain, nothing below zero, nothing below the threshold, rounded. Pure.

The domain comes from timetables and calendars. A cell where nobody was gets its noise as every other, and a row of its own:
neither the rows of a file nor their number say anything about people.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ticketing.errors import Conflict
from ticketing.publishing.privacy.noise import Noise
from ticketing.publishing.privacy.rules import Rule

Key = tuple[str, ...]
# So many numbers are drawn and written within a minute; a larger region publishes by fewer groups.
_MOST_CELLS = 8_000_000


@dataclass(frozen=True, slots=True)
class Cell:
    """A number as it is published; None where it is withheld."""

    key: Key
    count: int | None


def protect(domain: Sequence[Key], counts: Mapping[Key, int], rule: Rule, noise: Noise) -> list[Cell]:
    """Protect the numbers of a table; raises Conflict for a domain that is too large, ValueError where it names a cell twice.

    A count outside the domain is left out, as are all of its kind: an unknown stop makes no row.
    """
    if len(domain) > _MOST_CELLS:
        raise Conflict(f"the table has {len(domain)} cells, at most {_MOST_CELLS}")
    if len(set(domain)) != len(domain):
        raise ValueError("the domain names a cell twice")
    noisy = noise.add([counts.get(key, 0) for key in domain], rule)
    return [Cell(key, published(value, rule)) for key, value in zip(domain, noisy, strict=True)]


def published(noisy: int, rule: Rule) -> int | None:
    """Give a number as it is published: withheld below the threshold, else rounded to the rule's step, halves up."""
    value = max(noisy, 0)
    if value < rule.threshold:
        return None
    return (value + rule.step // 2) // rule.step * rule.step
