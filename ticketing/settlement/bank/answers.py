"""Take in the bank's answers to payment files: a payment that it has refused is open again, and waits to be made once more."""

from collections.abc import Sequence
from dataclasses import dataclass

from ticketing.db import Transaction
from ticketing.db.settlement import bank_words
from ticketing.db.settlement.bank_words import Refusal
from ticketing.settlement.bank import pain002
from ticketing.settlement.bank.expected import list_expected
from ticketing.settlement.bank.matching import Expected
from ticketing.settlement.bank.trail import queue
from ticketing.settlement.office import Office
from ticketing.settlement.payout import bare
from ticketing.settlement.run_state import checked_name


@dataclass(frozen=True, slots=True)
class Answered:
    """A payment that the bank has refused, or what of an answer names nothing of ours."""

    reference: str
    party: str
    because: str
    is_new: bool


def take_answer(office: Office, region: str, content: bytes, by: str) -> list[Answered]:
    """Take in a pain.002; the same one again changes nothing. Raises InvalidRequest for another file.

    An answer to a file that is not ours, or to a payment that the statement has settled, is named and changes nothing.
    """
    words = pain002.read(content)
    by, answered = checked_name(by), list[Answered]()
    with office.database.write() as tx:
        regions = queue(tx, office.served(region), office.clock.now())
        expected = [one for one in list_expected(tx, office, regions) if one.kind == "payment" and one.run_id]
        for word in words:
            if word.status != pain002.REFUSED:
                continue
            for wanted in _meant(word, expected):
                answered.append(_refuse(tx, office, wanted, word, by))
            if not _meant(word, expected):
                because = f"{word.code} {word.words}".strip()
                answered.append(
                    Answered(
                        word.end_to_end_id or word.message_id, "", f"no payment of ours: {because}", False
                    )
                )
        ours = {bare(wanted.batch) for wanted in expected}
    strangers = sorted({word.message_id for word in words if bare(word.message_id) not in ours})
    named = {one.reference for one in answered}
    for message_id in strangers:
        if message_id not in named:
            answered.append(Answered(message_id, "", "an answer to a file that is not ours", is_new=False))
    return answered


def _meant(word: pain002.Told, expected: Sequence[Expected]) -> list[Expected]:
    """The payments that a word of the bank is about."""
    of_file = [wanted for wanted in expected if bare(wanted.batch) == bare(word.message_id)]
    if not word.end_to_end_id:
        return of_file
    return [wanted for wanted in of_file if bare(wanted.reference) == bare(word.end_to_end_id)]


def _refuse(tx: Transaction, office: Office, wanted: Expected, word: pain002.Told, by: str) -> Answered:
    because = f"{word.code or 'no code'} {word.words}".strip()
    if not wanted.open:
        return Answered(
            wanted.reference, str(wanted.party), f"settled by the bank's statement: {because}", False
        )
    again = bank_words.list_again(tx, [str(wanted.run_id)])
    attempt = max(
        (one.attempt for one in again if (one.party, one.currency) == (wanted.party, wanted.currency)),
        default=0,
    )
    refusal = Refusal(
        run_id=str(wanted.run_id),
        party=str(wanted.party),
        currency=wanted.currency,
        attempt=attempt,
        code=word.code or "no code",
        words=word.words,
        message_id=word.message_id,
        told_by=by,
        at=office.clock.now(),
    )
    is_new = bank_words.insert_refusal(tx, refusal)
    return Answered(wanted.reference, str(wanted.party), because, is_new)
