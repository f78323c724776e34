"""Rerouting: the ways on for a holder whose departure does not go as sold, and the way that they take."""

from ticketing.rerouting import show
from ticketing.rerouting.assistance import is_assistance_needed, say_assistance
from ticketing.rerouting.cases import CASE_STATES, Case, list_cases
from ticketing.rerouting.choosing import NOTES, LegChoice, list_choices
from ticketing.rerouting.holding import carry_on as carry_on_hold
from ticketing.rerouting.holding import hold_due, list_asked, list_over, settle
from ticketing.rerouting.options import (
    KINDS,
    WHYS,
    Around,
    Coming,
    DisruptedLeg,
    LegFacts,
    Option,
    disrupted_legs,
    options_of,
)
from ticketing.rerouting.repaying import list_to_repay, repay
from ticketing.rerouting.scene import ReroutingDesk
from ticketing.rerouting.taking import OptionWish, Taken, finish, list_unfinished, take

__all__ = [
    "CASE_STATES",
    "KINDS",
    "NOTES",
    "WHYS",
    "Around",
    "Case",
    "Coming",
    "DisruptedLeg",
    "LegChoice",
    "LegFacts",
    "Option",
    "OptionWish",
    "ReroutingDesk",
    "Taken",
    "carry_on_hold",
    "disrupted_legs",
    "finish",
    "hold_due",
    "is_assistance_needed",
    "list_asked",
    "list_cases",
    "list_choices",
    "list_over",
    "list_to_repay",
    "list_unfinished",
    "options_of",
    "repay",
    "say_assistance",
    "settle",
    "show",
    "take",
]
