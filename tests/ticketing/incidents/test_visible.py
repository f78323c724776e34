"""The Traffic Light Protocol holds in the query: five colours and six readers, and a chain that shows each change."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from tests.ticketing.incidents.records import AT, TLPS, record
from throughfare_gate.ids import new_id
from ticketing.db import Database
from ticketing.db.incidents import partners, steps, visible
from ticketing.db.incidents.partners import Partner, Relation
from ticketing.db.incidents.steps import Incident, NewStep, Step
from ticketing.db.incidents.visible import OFFICE, PUBLIC, Viewer
from ticketing.db.tables.incidents import incident_step
from ticketing.frozen import IncidentRecord, Tlp

SEEN_BY = {
    "CLEAR": {"office", "named", "organisation", "client", "community", "public"},
    "GREEN": {"office", "named", "organisation", "client", "community"},
    "AMBER": {"office", "named", "organisation", "client"},
    "AMBER+STRICT": {"office", "named", "organisation"},
    "RED": {"office", "named"},
}
ROLES = ("office", "named", "organisation", "client", "community", "public")


def partner(database: Database, name: str, relation: Relation) -> str:
    made = Partner(
        id=new_id(),
        issuer=f"https://{name}.example",
        name=name,
        relation=relation,
        jwks="{}",
        address=None,
        mail=None,
        fetched=None,
        fetched_at=None,
        added_at=AT,
        added_by="Anna",
        ended_at=None,
    )
    with database.write() as tx:
        partners.insert_partner(tx, made)
    return made.id


def share(
    database: Database, wanted: IncidentRecord, incident_id: str | None = None, to: tuple[str, ...] = ()
) -> Step:
    known = incident_id or new_id()
    with database.write() as tx:
        if incident_id is None:
            steps.open_incident(
                tx, Incident(id=known, partner_id=None, type=wanted.type, trigger_key=None, opened_at=AT)
            )
        steps.name_recipients(tx, known, to, AT)
        return steps.add_step(
            tx, NewStep(incident_id=known, kind="shared", at=AT, actor="Anna", record=wanted)
        )


@pytest.fixture
def viewers(database: Database) -> dict[str, Viewer]:
    relations: dict[str, Relation] = {
        "named": "community",
        "organisation": "organisation",
        "client": "client",
        "community": "community",
    }
    known = {
        name: Viewer(relation, partner(database, name, relation)) for name, relation in relations.items()
    }
    return {"office": OFFICE, "public": PUBLIC, **known}


@pytest.mark.parametrize("tlp", TLPS)
@pytest.mark.parametrize("role", ROLES)
def test_a_colour_reaches_its_circle_and_no_other(
    database: Database, viewers: dict[str, Viewer], tlp: Tlp, role: str
) -> None:
    named = viewers["named"].partner_id
    assert named
    shared = share(database, record(tlp=tlp), to=(named,))

    with database.read() as tx:
        listed = visible.list_shared(tx, viewers[role], "", 10)
        single = visible.find_shared(tx, viewers[role], shared.incident_id)
        told = visible.list_told(tx, viewers[role], 10)

    sees = role in SEEN_BY[tlp]
    assert [one.id for one in listed] == ([shared.id] if sees else [])
    assert (single is not None) is sees
    assert bool(told) is sees


def test_a_narrower_colour_ends_the_reading_and_a_wider_one_does_not_open_what_was_before(
    database: Database, viewers: dict[str, Viewer]
) -> None:
    narrowed = share(database, record(tlp="GREEN"))
    share(database, record(tlp="RED"), narrowed.incident_id)
    widened = share(database, record(tlp="RED"))
    last = share(database, record(tlp="CLEAR"), widened.incident_id)

    with database.read() as tx:
        listed = visible.list_shared(tx, viewers["community"], "", 10)

    assert [one.id for one in listed] == [last.id]


def test_a_draft_is_nobodys(database: Database, viewers: dict[str, Viewer]) -> None:
    known = new_id()
    with database.write() as tx:
        steps.open_incident(
            tx, Incident(id=known, partner_id=None, type="other_failure", trigger_key=None, opened_at=AT)
        )
        drafted = record("other_failure", "CLEAR")
        steps.add_step(tx, NewStep(incident_id=known, kind="draft", at=AT, actor="worker", record=drafted))

    with database.read() as tx:
        assert [visible.list_shared(tx, one, "", 10) for one in viewers.values()] == [[]] * 6
        assert visible.list_told(tx, PUBLIC, 10) == []


def test_the_chain_holds_and_shows_a_change(database: Database) -> None:
    first = share(database, record())
    share(database, record(status="contained"), first.incident_id)
    with database.read() as tx:
        assert list(steps.broken(tx)) == []
    with database.engine.begin() as connection:
        if database.is_sqlite:
            connection.exec_driver_sql("DROP TRIGGER incident_step_no_update")
        else:
            connection.exec_driver_sql("ALTER TABLE incident_step DISABLE TRIGGER USER")
        change = sa.update(incident_step).where(incident_step.c.seq == 1)
        connection.execute(change.values(actor="Erik"))

    with database.read() as tx:
        assert list(steps.broken(tx)) == [first.id]


def test_writers_at_one_instant_make_one_chain(database: Database) -> None:
    first = share(database, record())

    with ThreadPoolExecutor(8) as writers:
        list(writers.map(lambda _: share(database, record(), first.incident_id), range(24)))

    with database.read() as tx:
        assert list(steps.broken(tx)) == []
        assert [step.seq for step in steps.list_steps(tx, first.incident_id)] == list(range(1, 26))


@pytest.mark.parametrize("statement", ["UPDATE {} SET {} = {}", "DELETE FROM {}"])
@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("incident", "type"),
        ("incident_step", "actor"),
        ("incident_recipient", "named_at"),
        ("withdrawn_kid", "since"),
    ],
)
def test_the_database_refuses_to_change_what_was_said(
    database: Database, statement: str, table: str, column: str
) -> None:
    known = partner(database, "b", "community")
    shared = share(database, record(), to=(known,))
    with database.write() as tx:
        partners.withdraw_kid(
            tx,
            partners.WithdrawnKid(
                issuer="https://b.example",
                kid="26a",
                incident_id=shared.incident_id,
                since=AT,
                withdrawn_by="Anna",
            ),
        )

    with pytest.raises(sa.exc.IntegrityError, match="append-only"), database.write() as tx:
        tx.exec_driver_sql(statement.format(table, column, column))
