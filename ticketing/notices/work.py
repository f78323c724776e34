"""Write letters to people who work here: an operator's statement is ready, and what waits for somebody of finance."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from throughfare_gate.ids import new_id
from ticketing.db import Transaction
from ticketing.db.notices import outbox, work_contacts
from ticketing.db.notices.outbox import Notice
from ticketing.db.notices.work_contacts import Matter, WorkContact
from ticketing.db.settlement import runs, waiting
from ticketing.db.settlement.waiting import Waiting
from ticketing.errors import Conflict, InvalidRequest
from ticketing.identity.people import fold_email
from ticketing.identity.recovery import reachable
from ticketing.notices import text
from ticketing.notices.channels import Message
from ticketing.notices.post_office import PostOffice

MOST_ADDRESSES = 10
# Seven or eight in the morning in Estonia and Finland; the day of these letters begins then.
_MORNING_HOUR_UTC = 5
_STATEMENTS_BACK = timedelta(days=14)
_TAKEN_BACK = ("rejected", "voided")


@dataclass(frozen=True, slots=True)
class Reader:
    """A reader of letters: an address and a language."""

    address: str
    language: str


def replace_readers(
    office: PostOffice, matter: Matter, operator: str | None, wanted: Sequence[Reader]
) -> list[Reader]:
    """Make these the addresses that get letters about a matter, of an operator or of the scheme (None).

    Raises InvalidRequest naming an operator that nobody knows and an address that mail does not reach or that stands there
    twice, Conflict where no mail is sent. Of an operator that has left all may be taken out.
    """
    if wanted and not office.sends_mail:
        raise Conflict("this service sends no mail")
    known_operators = {name for region in office.till.regions.values() for name in region.operators}
    if wanted and operator is not None and operator not in known_operators:
        raise InvalidRequest.at("operator", f"must be one of {', '.join(sorted(known_operators))}")
    now, readers = office.clock.now(), [_checked(reader, at) for at, reader in enumerate(wanted)]
    for at, reader in enumerate(readers):
        if reader.address in {other.address for other in readers[:at]}:
            raise InvalidRequest.at(f"readers[{at}].address", "stands there twice")
    with office.database.write() as tx:
        known = {one.address: one for one in _readers(tx, matter, operator)}
        contacts = [
            WorkContact(
                id=new_id(),
                matter=matter,
                operator=operator,
                address=reader.address,
                language=reader.language,
                created_at=known[reader.address].created_at if reader.address in known else now,
            )
            for reader in readers
        ]
        work_contacts.replace_work_contacts(tx, matter, operator, contacts)
    return readers


def list_readers(office: PostOffice, matter: Matter, operator: str | None) -> list[Reader]:
    """List the addresses that get letters about a matter, of an operator or of the scheme (None)."""
    with office.database.read() as tx:
        return [Reader(one.address, one.language) for one in _readers(tx, matter, operator)]


def write_letters(office: PostOffice) -> int:
    """Write the letters that are due, each once; answers how many."""
    now = office.clock.now()
    with office.database.write() as tx:
        return _write_statements(tx, now) + _write_waiting(tx, now)


def compose_statement_ready(office: PostOffice, notice: Notice) -> Message | None:
    """Tell that a statement is ready: period and region, no amounts; nothing where the run was taken back meanwhile."""
    run_id, operator = notice.document["run_id"], notice.document["operator"]
    with office.database.read() as tx:
        run = runs.find_run(tx, run_id)
        is_read = _is_read_by(tx, "statement_ready", operator, notice)
    if run is None or run.state in _TAKEN_BACK or not is_read:
        return None
    link = _link(office, f"/console/runs/{run_id}/statements/{operator}", notice.language)
    values = {"operator": operator, "period": run.period, "region": run.region, "link": link}
    return _letter(notice, "statement.ready", values)


def compose_waits_for_you(office: PostOffice, notice: Notice) -> Message | None:
    """Tell what waits for a person of finance now; nothing where nothing does any more."""
    language = notice.language
    with office.database.read() as tx:
        waits = waiting.list_waiting(tx)
        is_read = _is_read_by(tx, "waits_for_you", None, notice)
    if not waits or not is_read:
        return None
    lines = "\n".join(_line(one, language) for one in waits)
    return _letter(
        notice, "work.waits_for_you", {"lines": lines, "link": _link(office, "/console/", language)}
    )


def _write_statements(tx: Transaction, now: datetime) -> int:
    """Write a letter for each reader of each statement that was approved since the reader was named."""
    readers = work_contacts.list_work_contacts(tx, "statement_ready")
    approvals = waiting.list_approvals(tx, now - _STATEMENTS_BACK) if readers else []
    owed: dict[str, tuple[str, WorkContact]] = {}
    for run_id, at in approvals:
        named = [reader for reader in readers if at >= reader.created_at]
        owed |= {f"letter:statement_ready:{run_id}:{_digest(reader)}": (run_id, reader) for reader in named}
    untold = owed.keys() - outbox.list_topics(tx, owed)
    return sum(_write_statement(tx, topic, *owed[topic], now) for topic in sorted(untold))


def _write_statement(tx: Transaction, topic: str, run_id: str, reader: WorkContact, now: datetime) -> bool:
    run = runs.find_run(tx, run_id)
    is_in_run = run is not None and any(line.operator == reader.operator for line in run.dataset.operators)
    letter = _notice(topic, reader, now, run_id=run_id, operator=str(reader.operator))
    outbox.post(tx, letter)
    if not is_in_run:
        # The topic says that it was looked at: this operator has no statement in this run.
        outbox.end(tx, [letter.id], "dropped", now, "this run has no statement of the operator")
    return is_in_run


def _write_waiting(tx: Transaction, now: datetime) -> int:
    """Write a letter a day for each reader, where something waits."""
    readers = work_contacts.list_work_contacts(tx, "waits_for_you")
    if not readers or now.hour < _MORNING_HOUR_UTC:
        return 0
    owed = {f"letter:waits_for_you:{now.date()}:{_digest(reader)}": reader for reader in readers}
    untold = owed.keys() - outbox.list_topics(tx, owed)
    if not untold or not waiting.list_waiting(tx):
        return 0
    return outbox.post_all(tx, [_notice(topic, owed[topic], now) for topic in sorted(untold)])


def _notice(topic: str, reader: WorkContact, now: datetime, **values: str) -> Notice:
    return Notice(
        id=new_id(),
        topic=topic,
        kind="email",
        template=reader.matter,
        language=reader.language,
        document={"to": {"address": reader.address}, **values},
        order_id=None,
        created_at=now,
        due_at=now,
    )


def _letter(notice: Notice, type_: str, values: dict[str, str]) -> Message:
    return Message(
        id=notice.id,
        topic=notice.id,
        type=type_,
        subject=text.subject(notice.template, notice.language, **values),
        body=text.body(notice.template, notice.language, **values).strip(),
        language=notice.language,
    )


def _line(waits: Waiting, language: str) -> str:
    return text.part(
        f"waits_{waits.kind}", language, of=waits.of, count=waits.count, since=f"{waits.since:%d.%m.%Y}"
    )


def _link(office: PostOffice, path: str, language: str) -> str:
    """Write where to look; nothing where the service has no address that others reach."""
    return text.part("look", language, address=office.public_url + path) if office.public_url else ""


def _readers(tx: Transaction, matter: Matter, operator: str | None) -> list[WorkContact]:
    return [one for one in work_contacts.list_work_contacts(tx, matter) if one.operator == operator]


def _is_read_by(tx: Transaction, matter: Matter, operator: str | None, notice: Notice) -> bool:
    """Tell whether an address still gets letters about a matter: it may have gone since the letter was written."""
    address = notice.document["to"]["address"]
    return any(one.address == address for one in _readers(tx, matter, operator))


def _digest(reader: WorkContact) -> str:
    """Name a reader without the address, which is not kept as long as the name of the letter."""
    return hashlib.sha256(f"{reader.operator or ''} {reader.address}".encode()).hexdigest()[:32]


def _checked(reader: Reader, at: int) -> Reader:
    try:
        return Reader(reachable(fold_email(reader.address)), reader.language)
    except InvalidRequest:
        raise InvalidRequest.at(
            f"readers[{at}].address", "must be an e-mail address that mail reaches"
        ) from None
