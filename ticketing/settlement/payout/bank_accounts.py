"""Bank accounts: one person enters an account, another approves it, and only then it is paid to."""

from throughfare_gate.ids import new_id
from ticketing.db.documents import digest
from ticketing.db.settlement import bank
from ticketing.db.settlement.bank import Approval, BankAccount
from ticketing.errors import Conflict, InvalidRequest, NotAllowed, NotFound
from ticketing.settlement.month import SCHEME
from ticketing.settlement.office import Office
from ticketing.settlement.payout.account_numbers import checked_account, country_of
from ticketing.settlement.payout.iban import checked_bic
from ticketing.settlement.payout.sepa import DOMESTIC
from ticketing.settlement.run_state import checked_name, is_same_person

_COUNTRY_LETTERS = 2


def enter(
    office: Office,
    party: str,
    iban: str,
    *,
    name: str,
    by: str,
    bic: str = "",
    town: str = "",
    country: str = "",
) -> BankAccount:
    """Enter an account of an operator, or of the scheme; it is in force once another person approves it.

    An IBAN, or for payments in kronor a bankgiro, a plusgiro or a national number (`account_numbers`).
    Raises InvalidRequest naming the field that is wrong.
    """
    checked, party = checked_account(iban), _checked_party(office, party)
    country = country or country_of(checked)
    if len(country) != _COUNTRY_LETTERS or not country.isascii() or not country.isupper():
        raise InvalidRequest.at("country", "must be two capital letters")
    account = BankAccount(
        id=new_id(),
        party=party,
        name=checked_name(name, "name"),
        iban=checked,
        bic=checked_bic(bic, country_of(checked)),
        town=town.strip(),
        country=country,
        entered_by=checked_name(by),
        entered_at=office.clock.now(),
    )
    with office.database.write() as tx:
        for other in bank.list_accounts_in_force(tx):
            if other.iban == checked and SCHEME in {party, other.party} and other.party != party:
                raise InvalidRequest.at("iban", f"is the account of {other.party}")
        bank.insert_account(tx, account)
    return account


def approve(office: Office, account_id: str, by: str) -> BankAccount:
    """Put an account in force; raises NotAllowed for whoever entered it, Conflict when it was decided before."""
    by = checked_name(by)
    with office.database.write() as tx:
        account = bank.find_account(tx, account_id)
        if account is None:
            raise NotFound(f"no bank account {account_id}")
        if is_same_person(account.entered_by, by):
            raise NotAllowed(f"{by} has entered this account: another person approves it")
        approval = Approval(
            id=new_id(),
            subject_type=bank.SUBJECT,
            subject_id=account.id,
            digest=digest_of(account),
            decision="approved",
            actor=by,
            decided_at=office.clock.now(),
        )
        if not bank.insert_approval(tx, approval):
            raise Conflict("this account was decided before; enter it anew")
    return account


def _checked_party(office: Office, party: str) -> str:
    """The scheme, or an operator of a region; raises InvalidRequest naming those that there are."""
    party, known = checked_name(party, "party"), office.operators()
    own = {SCHEME, *(f"{SCHEME}:{currency}" for currency in DOMESTIC)}
    if known and party not in {*own, *known}:
        raise InvalidRequest.at("party", f"{party!r} is not {SCHEME} nor one of {', '.join(sorted(known))}")
    return party


def digest_of(account: BankAccount) -> str:
    """Return the digest that an approval of an account is bound to."""
    return digest([account.party, account.iban, account.bic, account.name])


def list_accounts(office: Office) -> list[tuple[BankAccount, str]]:
    """Every account with its state: in force, replaced or waiting for approval."""
    with office.database.read() as tx:
        accounts = bank.list_accounts(tx)
        in_force = {account.id for account in bank.list_accounts_in_force(tx)}
        decided = {approval.subject_id for approval in bank.list_approvals(tx, bank.SUBJECT)}
    # An account that is in force has been decided, too: the later word counts.
    states = {**dict.fromkeys(decided, "replaced"), **dict.fromkeys(in_force, "in force")}
    return [(account, states.get(account.id, "waiting")) for account in accounts]
