"""Account for privacy: the parts of a dataset add up, and nothing is drawn beyond the budget of its month. Pure.

What is spent on one unit by several tables adds up (basic composition of differential privacy).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from ticketing.publishing.privacy.rules import MICRO


@dataclass(frozen=True, slots=True)
class Needed:
    """The spending that a part of a dataset asks for."""

    part: str
    epsilon_micro: int


def spent_after(spent_micro: int, needed: Iterable[Needed]) -> int:
    """Add what is asked for to what is spent."""
    return spent_micro + sum(one.epsilon_micro for one in needed)


def refusal(spent_micro: int, needed: Iterable[Needed], budget_micro: int) -> str | None:
    """Say why a spending is refused; None where the budget allows it."""
    after = spent_after(spent_micro, needed)
    if after <= budget_micro:
        return None
    return (
        f"the budget is {budget_micro / MICRO:g}, {spent_micro / MICRO:g} of it is spent, "
        f"and this needs {(after - spent_micro) / MICRO:g}"
    )
