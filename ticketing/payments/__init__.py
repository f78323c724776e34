"""Payments: one gateway port and its adapters."""

from ticketing.payments.demo import DemoGateway
from ticketing.payments.port import Authorisation, Capture, OutcomeUnknown, PaymentGateway

__all__ = ["Authorisation", "Capture", "DemoGateway", "OutcomeUnknown", "PaymentGateway"]
