"""Payments: one gateway port and its adapters."""

from ticketing.payments.demo import DemoGateway
from ticketing.payments.port import (
    Attempt,
    Authorisation,
    BalanceLine,
    Capture,
    Charge,
    EventRefused,
    GatewayDispute,
    GatewayEvent,
    GatewayRefund,
    OutcomeUnknown,
    PaymentGateway,
)
from ticketing.payments.stripe_gateway import StripeGateway

__all__ = [
    "Attempt",
    "Authorisation",
    "BalanceLine",
    "Capture",
    "Charge",
    "DemoGateway",
    "EventRefused",
    "GatewayDispute",
    "GatewayEvent",
    "GatewayRefund",
    "OutcomeUnknown",
    "PaymentGateway",
    "StripeGateway",
]
