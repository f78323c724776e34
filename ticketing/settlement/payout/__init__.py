"""Pay a run: its approval by a second person, the bank accounts of those it pays, and the file for the bank."""

from ticketing.settlement.payout.bank_accounts import approve as approve_account
from ticketing.settlement.payout.bank_accounts import digest_of, list_accounts
from ticketing.settlement.payout.bank_accounts import enter as enter_account
from ticketing.settlement.payout.iban import checked_iban, is_in_sepa
from ticketing.settlement.payout.payees import accounts_of
from ticketing.settlement.payout.payees import bind as bind_accounts
from ticketing.settlement.payout.payment_file import due_date, end_to_end_id, other_payments, sepa_file
from ticketing.settlement.payout.sepa import LETTERS, Party, Transfer, to_xml, why_not
from ticketing.settlement.payout.steps import (
    PAYMENTS,
    approval_note,
    approve,
    mark_sent,
    message_id_of,
    reject,
    void,
)
from ticketing.settlement.payout.steps import hold as hold_run

__all__ = [
    "LETTERS",
    "PAYMENTS",
    "Party",
    "Transfer",
    "accounts_of",
    "approval_note",
    "approve",
    "approve_account",
    "bind_accounts",
    "checked_iban",
    "digest_of",
    "due_date",
    "end_to_end_id",
    "enter_account",
    "hold_run",
    "is_in_sepa",
    "list_accounts",
    "mark_sent",
    "message_id_of",
    "other_payments",
    "reject",
    "sepa_file",
    "to_xml",
    "void",
    "why_not",
]
