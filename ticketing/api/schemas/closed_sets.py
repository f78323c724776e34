"""The closed sets of words that answers tell: each from the room that decides it, or as its table holds it.

A client may know all words of a set. A word that is added is a change of the API (docs/api.md). Sets that the rooms do
not name in public are written out here, and a test holds them against those rooms and the tables of the database.
"""

import json
from typing import get_args

from marshmallow import fields, validate

from operators.gtfs.timetable import Mode
from tariffs.passes import PassKind
from tariffs.words import LANGUAGES as _LANGUAGES
from throughfare_gate.gate import sentences
from ticketing.claims import STATES as CLAIM_STATES
from ticketing.gate.judgment import Answer
from ticketing.identity.principal import ROLES
from ticketing.notices.event_types import TEST, TYPES, WILDCARDS
from ticketing.payments.port import RefundState
from ticketing.purchase import words
from ticketing.purchase.order import State

LANGUAGES: tuple[str, ...] = tuple(_LANGUAGES)
MODES: tuple[str, ...] = get_args(Mode)
PASS_KINDS: tuple[str, ...] = get_args(PassKind)
ORDER_STATES: tuple[str, ...] = get_args(State)
PAYMENT_STATES = ("pending", "action_required", "authorised", "captured", "declined", "cancelled", "held")
REFUND_STATES: tuple[str, ...] = ("decided", *get_args(RefundState))
BOOKING_STATES = ("wanted", "held", "confirmed", "unwanted", "released", "cancelled", "refused", "stuck")
GATEWAYS = ("demo", "stripe")
TAX_SCOPES = ("domestic", "international")
TAX_TREATMENTS = ("taxable", "zero", "exempt", "exempt_with_credit", "outside")
BEST_FOR = (
    "earliest_arrival",
    "latest_departure",
    "fewest_changes",
    "cheapest",
    "compromise",
    "later_departure",
    "earlier_departure",
)
VEHICLE_STATUSES = ("incoming_at", "stopped_at", "in_transit_to")
CLAIM_REASONS = (
    "delayed",
    "missed_connection",
    "choice_not_offered",
    "lost_rides",
    "carrier_arrangement",
    "not_decided",
    "below_threshold",
    "under_min_payout",
    "out_of_scope",
    "exempt",
    "informed_before_purchase",
    "reimbursed",
    "open_ticket",
    "separate_contracts",
    "choice_offered",
    "not_from_terminal",
    "expenses_paid",
    "no_rule",
)
WEBHOOK_TYPES = (*WILDCARDS, *TYPES)
DELIVERY_TYPES = (*TYPES, TEST)
HAPPENED_TYPES = tuple(
    dict.fromkeys(
        [
            *(f"order.{state}" for state in ORDER_STATES),
            *(f"refund.{state}" for state in REFUND_STATES),
            *(name for name in TYPES if name.startswith("journey.")),
            *(f"claim.{state}" for state in CLAIM_STATES),
        ]
    )
)
OFF_BECAUSE = ("by_hand", "failing", "gone", "key_ended")
DELIVERY_STATES = ("waiting", "delivered", "unreachable", "dropped")
CONTACT_KINDS = ("email", "webpush", "webhook")
KEY_ROLES: tuple[str, ...] = ROLES
CANCELS = ("never", "whole", "by_passenger")
TELLS = ("availability", "offers", "disruptions")
SCAN_RESULTS: tuple[str, ...] = get_args(Answer)
DIRECTIONS = ("in", "out")
JOURNAL_KINDS = ("inspection", "by_hand", "look_up", "incident", "enrolment", "revocation")
STAFF_NOTE_KINDS = ("incident", "by_hand")
RUN_STATES = (
    "draft",
    "calculated",
    "approved",
    "exported",
    "sent",
    "reconciled",
    "rejected",
    "voided",
)
BANK_VERDICTS = ("matched", "fee", "wrong_amount", "not_sent", "paid_before", "looks_like", "unknown")
MOVEMENT_KINDS = ("payment", "receipt", "payout")
BOOKED_AS = (
    "payment",
    "receipt",
    "payout",
    "suspense",
    "bank_fee",
    "fx",
    "cleared",
    "unbooked",
    "uncleared",
)
DISPUTE_STATES = ("open", "answered", "corrected", "rejected", "withdrawn")

# Reasons of a device alone: the service never answers them.
_OF_DEVICES = {"no_bundle", "clock_ahead", "clock_late", "scanner", "no_scanner"}
_SAID = json.loads(sentences.FILE.read_text(encoding="utf-8"))
GATE_REASONS = tuple(reason for reason in _SAID["staff"] if reason not in _OF_DEVICES)
GATE_NOTES = tuple(code for code in _SAID["notes"] if "." not in code)
REFUND_REASONS = tuple(json.loads(words.FILE.read_text(encoding="utf-8"))["refunds"])


def one_of(words: tuple[str, ...], **more: object) -> fields.String:
    """A word of a closed set."""
    return fields.String(validate=validate.OneOf(words), **more)  # type: ignore[arg-type]
