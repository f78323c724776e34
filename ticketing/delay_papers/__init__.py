"""Papers with which a holder goes to a carrier: the signed confirmation of a delay, and the form of a claim."""

from ticketing.delay_papers.confirmations import KIND, check, confirm, list_of_order
from ticketing.delay_papers.forms import Form, form_of_claim, form_of_leg
from ticketing.delay_papers.show import show_check, show_form, show_leg, show_signed, shown_as

__all__ = [
    "KIND",
    "Form",
    "check",
    "confirm",
    "form_of_claim",
    "form_of_leg",
    "list_of_order",
    "show_check",
    "show_form",
    "show_leg",
    "show_signed",
    "shown_as",
]
