"""The terms on which an operator gives money back."""

from dataclasses import dataclass

from operators.region import RefundStep


@dataclass(frozen=True, slots=True)
class Conditions:
    """On which terms an operator gives money back; `fee_minor` is what it keeps of each ticket."""

    steps: tuple[RefundStep, ...] = ()
    fee_minor: int = 0
