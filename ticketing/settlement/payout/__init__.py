"""Pay a run: its approval by a second person, the bank accounts of those it pays, and the file for the bank."""

from ticketing.settlement.payout.account_numbers import forms_of
from ticketing.settlement.payout.again import (
    Again,
    Attempt,
    again_files,
    again_name,
    attempt_of,
    list_again,
    list_files_again,
    message_id_again,
    open_again,
    pay_again,
)
from ticketing.settlement.payout.bank_accounts import approve as approve_account
from ticketing.settlement.payout.bank_accounts import digest_of, list_accounts
from ticketing.settlement.payout.bank_accounts import enter as enter_account
from ticketing.settlement.payout.iban import checked_iban, is_in_sepa
from ticketing.settlement.payout.payees import accounts_of, list_accounts_to_pay, list_payees
from ticketing.settlement.payout.payees import bind as bind_accounts
from ticketing.settlement.payout.payment_file import (
    Due,
    due_date,
    end_to_end_id,
    first_files,
    is_carried,
    national_reference,
    other_payments,
    payer_reference,
)
from ticketing.settlement.payout.references import bare, grouped
from ticketing.settlement.payout.sepa import DOMESTIC, LETTERS, Party, Transfer, to_xml, why_not
from ticketing.settlement.payout.steps import (
    PAYMENTS,
    approval_note,
    approve,
    list_message_ids,
    mark_sent,
    message_id_of,
    reject,
    void,
)
from ticketing.settlement.payout.steps import hold as hold_run

__all__ = [
    "DOMESTIC",
    "LETTERS",
    "PAYMENTS",
    "Again",
    "Attempt",
    "Due",
    "Party",
    "Transfer",
    "accounts_of",
    "again_files",
    "again_name",
    "approval_note",
    "approve",
    "approve_account",
    "attempt_of",
    "bare",
    "bind_accounts",
    "checked_iban",
    "digest_of",
    "due_date",
    "end_to_end_id",
    "enter_account",
    "first_files",
    "forms_of",
    "grouped",
    "hold_run",
    "is_carried",
    "is_in_sepa",
    "list_accounts",
    "list_accounts_to_pay",
    "list_again",
    "list_files_again",
    "list_message_ids",
    "list_payees",
    "mark_sent",
    "message_id_again",
    "message_id_of",
    "national_reference",
    "open_again",
    "other_payments",
    "pay_again",
    "payer_reference",
    "reject",
    "to_xml",
    "void",
    "why_not",
]
