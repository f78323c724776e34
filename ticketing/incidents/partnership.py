"""The partners with whom incidents are shared: added by a person who has compared the keys with another one, never by a fetch."""

import re
from dataclasses import dataclass, replace

from throughfare_gate.ids import new_id
from throughfare_gate.strictjson import loads
from throughfare_gate.tickets.jwk import load_jwks, thumbprint
from ticketing.db import Transaction
from ticketing.db.incidents import partners
from ticketing.db.incidents.partners import Partner, Relation
from ticketing.db.people import audit_trail
from ticketing.errors import Conflict, InvalidRequest, NotFound
from ticketing.incidents import papers
from ticketing.incidents.desk import IncidentDesk

_ADDRESS = re.compile(r"https?://[A-Za-z0-9.\[\]:-]+(/[^\s?#]*)?")
# One address of ASCII, as a header can carry it; a domain of other letters by its name in `xn--`.
_MAIL = re.compile(r"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*")
_LONGEST_MAIL = 254
_ISSUER = re.compile(r"[A-Za-z0-9][A-Za-z0-9.:/_-]{1,120}")
_MOST_NAME = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPartner:
    """A partner as a person gives it: its issuer, its name, its key set as text, and the ways to it."""

    issuer: str
    name: str
    relation: Relation
    jwks: str
    address: str | None = None
    mail: str | None = None


def add(desk: IncidentDesk, wanted: NewPartner, actor: str) -> Partner:
    """Add a partner, or begin again with one that was ended; raises InvalidRequest, and Conflict where its issuer is one, or ours."""
    _check(wanted)
    if wanted.issuer == desk.issuer:
        raise Conflict(f"{desk.issuer} is this deployment itself")
    now = desk.clock.now()
    partner = Partner(
        id=new_id(),
        issuer=wanted.issuer,
        name=wanted.name,
        relation=wanted.relation,
        jwks=papers.read_key_set(wanted.jwks),
        address=wanted.address.rstrip("/") if wanted.address else None,
        mail=wanted.mail,
        fetched=None,
        fetched_at=None,
        added_at=now,
        added_by=actor,
        ended_at=None,
    )
    with desk.database.write() as tx:
        _refuse_known_keys(partners.list_partners(tx), partner)
        kept = _insert_or_revive(tx, partner)
        audit_trail.note(tx, actor, "incident_partner_added", kept.id, at=now, detail=partner.issuer)
    return kept


def change_keys(desk: IncidentDesk, issuer: str, jwks: str, actor: str) -> None:
    """Take new keys of a partner, which two people have compared; the old ones end with this."""
    read = papers.read_key_set(jwks)
    with desk.database.write() as tx:
        partner = _known(partners.find_partner(tx, issuer), issuer)
        partners.change_partner(tx, partner.id, jwks=read)
        audit_trail.note(
            tx, actor, "incident_partner_keys", partner.id, at=desk.clock.now(), detail=partner.issuer
        )


def end(desk: IncidentDesk, issuer: str, actor: str) -> None:
    """End a partnership: nothing more is sent, taken in or given out."""
    now = desk.clock.now()
    with desk.database.write() as tx:
        partner = _known(partners.find_partner(tx, issuer), issuer)
        partners.change_partner(tx, partner.id, ended_at=now)
        audit_trail.note(tx, actor, "incident_partner_ended", partner.id, at=now, detail=partner.issuer)


def list_all(desk: IncidentDesk) -> list[Partner]:
    """List the partners by name."""
    with desk.database.read() as tx:
        return partners.list_partners(tx)


def thumbprints(jwks: str) -> list[str]:
    """The thumbprints of a key set (RFC 7638): what two people read to each other."""
    return [thumbprint(key.key) for key in load_jwks(loads(jwks)).values()]


def _insert_or_revive(tx: Transaction, partner: Partner) -> Partner:
    """Add a partner; one that was ended keeps its row, to which its incidents belong, and its place in what we have fetched."""
    if partners.insert_partner(tx, partner):
        return partner
    before = partners.find_partner(tx, partner.issuer)
    if before is None or before.ended_at is None:
        raise Conflict(
            f"{partner.issuer} is a partner already; `incidents partner keys` changes its keys, "
            "`incidents partner end` and `add` its addresses"
        )
    kept = replace(partner, id=before.id, fetched=before.fetched, fetched_at=before.fetched_at)
    partners.replace_partner(tx, kept)
    return kept


def _check(wanted: NewPartner) -> None:
    if not _ISSUER.fullmatch(wanted.issuer):
        raise InvalidRequest.at("issuer", "must be the partner's issuer, as its tickets name it")
    if not 1 <= len(wanted.name) <= _MOST_NAME or not wanted.name.isprintable():
        raise InvalidRequest.at("name", f"must have 1 to {_MOST_NAME} letters")
    if wanted.address is not None and not _ADDRESS.fullmatch(wanted.address):
        raise InvalidRequest.at("address", "must be like https://tickets.example")
    if wanted.mail is not None and not (len(wanted.mail) <= _LONGEST_MAIL and _MAIL.fullmatch(wanted.mail)):
        raise InvalidRequest.at("mail", "must be one address of mail, like incidents@malmo.example")


def _refuse_known_keys(known: list[Partner], partner: Partner) -> None:
    """Refuse a key that another partner has: a signature must name one partner."""
    mine = set(thumbprints(partner.jwks))
    for other in known:
        if other.issuer != partner.issuer and mine & set(thumbprints(other.jwks)):
            raise Conflict(f"a key of this set is one of {other.name}")


def _known(partner: Partner | None, issuer: str) -> Partner:
    if partner is None or partner.ended_at is not None:
        raise NotFound(f"{issuer} is no partner of ours")
    return partner
