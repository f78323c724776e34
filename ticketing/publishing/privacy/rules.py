"""The rule by which one table of numbers is protected; it is published with the table."""

from dataclasses import dataclass

# Budgets are whole numbers: millionths of an epsilon.
MICRO = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """The protection of one table.

    `unit` is the thing of which nobody can tell whether it is in the numbers. `sensitivity` is the most by which all counts
    together change where one such unit becomes another one: one ride moves from a cell to another, and changes two counts.
    Its noise is discrete Laplace noise of scale sensitivity / epsilon. Numbers below `threshold` are withheld, the others are rounded to `step`.
    """

    unit: str
    sensitivity: int
    epsilon_micro: int
    threshold: int
    step: int = 5

    @property
    def epsilon(self) -> float:
        """The privacy that the table spends on one unit."""
        return self.epsilon_micro / MICRO

    @property
    def scale(self) -> float:
        """The scale of its noise."""
        return self.sensitivity / self.epsilon
