"""Privacy of published numbers: the rules of a table, the noise, the decision about each cell, and the budget. Pure but for the noise."""

from ticketing.publishing.privacy.budget import Needed, refusal, spent_after
from ticketing.publishing.privacy.clamping import Contribution, clamp_weekly, week_of
from ticketing.publishing.privacy.noise import Noise, OpenDpNoise
from ticketing.publishing.privacy.protecting import Cell, protect
from ticketing.publishing.privacy.rules import MICRO, Rule

__all__ = [
    "MICRO",
    "Cell",
    "Contribution",
    "Needed",
    "Noise",
    "OpenDpNoise",
    "Rule",
    "clamp_weekly",
    "protect",
    "refusal",
    "spent_after",
    "week_of",
]
