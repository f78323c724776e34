"""Payments: one gateway port and its adapters; Stripe's is `stripe_gateway`, loaded where Stripe is used."""

from ticketing.payments.card_form import CardForm, card_form
from ticketing.payments.demo import DemoGateway
from ticketing.payments.port import (
    Attempt,
    Authorisation,
    BalanceKind,
    BalanceLine,
    Capture,
    Charge,
    EventRefused,
    GatewayDispute,
    GatewayEvent,
    GatewayPayout,
    GatewayRefund,
    OutcomeUnknown,
    PaymentGateway,
)

__all__ = [
    "Attempt",
    "Authorisation",
    "BalanceKind",
    "BalanceLine",
    "Capture",
    "CardForm",
    "Charge",
    "DemoGateway",
    "EventRefused",
    "GatewayDispute",
    "GatewayEvent",
    "GatewayPayout",
    "GatewayRefund",
    "OutcomeUnknown",
    "PaymentGateway",
    "card_form",
]
