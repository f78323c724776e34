"""End the sessions of somebody, or of everybody: devices of commuters and browsers of staff, by an administrator at the machine."""

from ticketing.clock import Clock
from ticketing.db import Database
from ticketing.db.people import audit_trail, people, staff
from ticketing.errors import NotFound
from ticketing.identity.people import fold_email

_WHY = "an administrator signed it out"


def end_of_person(database: Database, clock: Clock, email: str) -> int:
    """End every session of an address, as commuter and as staff; answers how many. Raises NotFound for an unknown one."""
    folded, now = fold_email(email), clock.now()
    with database.write() as tx:
        person, member = people.find_person_by_email(tx, folded), staff.find_member_by_email(tx, folded)
        if person is None and member is None:
            raise NotFound(f"nobody here has the address {email}")
        ended = people.end_sessions(tx, person.id, now, _WHY) if person else 0
        ended += staff.end_sessions(tx, member.id, now) if member else 0
        for known in (person, member):
            if known is not None:
                audit_trail.note(tx, "command line", "sessions_ended", known.id, at=now)
    return ended


def end_of_everybody(database: Database, clock: Clock) -> int:
    """End every session of everybody; answers how many."""
    now = clock.now()
    with database.write() as tx:
        ended = people.end_all_sessions(tx, now, _WHY) + staff.end_all_sessions(tx, now)
        audit_trail.note(tx, "command line", "sessions_ended", "everybody", at=now)
    return ended
