"""Take the bank account of a holder whose compensation no payment can give back; it is shown to nobody again."""

from dataclasses import replace

from ticketing.claims.desk import ClaimsDesk
from ticketing.claims.settling import account_of
from ticketing.db.rights import claims, payouts
from ticketing.db.rights.claims import Claim, ClaimStep
from ticketing.db.rights.payouts import ClaimAccount
from ticketing.errors import Conflict, InvalidRequest, NotFound
from ticketing.purchase.till import locked
from ticketing.settlement.payout import checked_iban, is_in_sepa
from ticketing.settlement.run_state import checked_name

_MOST_NAME = 70


def give_account(desk: ClaimsDesk, order_id: str, claim_id: str, *, iban: str, name: str) -> Claim:
    """Take the account for a claim that needs one; the same one given again changes nothing.

    Raises InvalidRequest naming the field, NotFound for a claim of another order, Conflict where none is needed.
    """
    account, holder = _checked(iban), _checked_holder(name)
    now = desk.clock.now()
    with desk.database.write() as tx:
        locked(tx, order_id)
        claim = claims.find_claim(tx, claim_id)
        if claim is None or claim.order_id != order_id:
            raise NotFound("this order has no such claim")
        before = account_of(tx, claim_id)
        if claim.state == "paying" and before and (before.iban, before.holder) == (account, holder):
            return claim
        if claim.state != "needs_account":
            raise Conflict(f"a claim that is {claim.state} needs no account")
        given = ClaimAccount(
            claim_id=claim_id,
            seq=len(payouts.list_accounts(tx, claim_id)) + 1,
            holder=holder,
            iban=account,
            hint=f"{account[:2]}…{account[-4:]}",
            given_at=now,
        )
        payouts.put_account(tx, given)
        paying = replace(claim, state="paying")
        step = ClaimStep(state="paying", at=now, actor="holder", reason=f"account {given.hint}")
        claims.change_claim(tx, paying, step)
    return paying


def _checked(iban: str) -> str:
    account = checked_iban(iban)
    if not is_in_sepa(account):
        raise InvalidRequest.at("iban", f"a transfer in euro does not reach accounts in {account[:2]}")
    return account


def _checked_holder(name: str) -> str:
    holder = checked_name(name, "name")
    if len(holder) > _MOST_NAME:
        raise InvalidRequest.at("name", f"at most {_MOST_NAME} characters reach the bank")
    return holder
