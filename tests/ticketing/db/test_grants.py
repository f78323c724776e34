"""A role that runs the service sells and closes months, and changes no fact, not even by taking a trigger off."""

import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from operators.fake import FakeOperator
from tests.api import Api
from tests.networks import lent
from tests.ticketing.settlement.bank_details import enter_accounts
from tests.ticketing.settlement.month import office, sell
from ticketing.app import create_app
from ticketing.cli import main
from ticketing.clock import FixedClock
from ticketing.config import Settings
from ticketing.db import Database
from ticketing.db.grants import grants
from ticketing.identity import create_key
from ticketing.regions import Region
from ticketing.settlement import service
from ticketing.settlement.payout import steps
from ticketing.settlement.statement import export


@pytest.fixture
def service_url(postgresql_url: str) -> Iterator[str]:
    """The address of a database for a role that owns nothing in it."""
    role = f"service_{uuid.uuid4().hex}"
    owner = Database(postgresql_url)
    with owner.write() as tx:
        tx.exec_driver_sql(f"CREATE ROLE {role} LOGIN PASSWORD '{role}'")
        for statement in list(grants(tx, role)):
            tx.exec_driver_sql(statement)
    url = sa.make_url(postgresql_url).set(username=role, password=role)
    yield url.render_as_string(hide_password=False)
    with owner.write() as tx:
        tx.exec_driver_sql(f"DROP OWNED BY {role}")
        tx.exec_driver_sql(f"DROP ROLE {role}")
    owner.close()


@pytest.fixture
def served(service_url: str) -> Iterator[Database]:
    """The database as that role sees it."""
    served = Database(service_url)
    yield served
    served.close()


def test_the_service_sells_validates_and_gives_back_as_that_role(
    service_url: str,
    tmp_path: Path,
    clock: FixedClock,
    regions: dict[str, Region],
    ferries: dict[str, FakeOperator],
) -> None:
    settings = Settings(database_url=service_url, keys_folder=tmp_path / "keys")
    app = create_app(settings, clock=clock, regions=regions, connectors={"helsinki-tallinn": ferries})
    database = app.extensions["throughfare"].till.database
    gate = create_key(database, clock, role="gate", operator="tlt", label="gate")[1]
    with lent(app):
        shop = Api(app.test_client(), clock, lambda *_: gate)
        bought = shop.buy()
        refund = shop.post(f"/v1/orders/{bought.order['id']}/refunds", {"passengers": ["mari"]}, bought.token)
        clock.advance(timedelta(hours=1, minutes=14))
        scan = shop.scan(bought.ticket_of("anna")["token"], gate, stop_id="09005-1")

    assert (refund.status_code, (scan.json or {})["decision"]) == (201, "accept")
    database.close()


def test_a_role_with_the_grants_sells_and_closes_a_month(served: Database, tmp_path: Path) -> None:
    sell(served, "t1", {"hsl": 300, "tlt": 200}, vat=40)
    desk = office(served)
    run = service.close(desk, "r", "2026-09", "Anna")
    enter_accounts(desk)
    steps.approve(desk, run.id, "Bertil", run.digest)

    assert export.export(desk, run.id, "Bertil", tmp_path).state == "exported"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE posting SET amount_minor = 1",
        "DELETE FROM entry",
        "UPDATE run_step SET actor = 'Anna'",
        "DELETE FROM settlement_run",
        "TRUNCATE alloc_share",
        "DELETE FROM months.entry_other",
        "ALTER TABLE posting DISABLE TRIGGER USER",
        "DROP TRIGGER entry_seal ON entry",
        "UPDATE alembic_version SET version_num = '1'",
    ],
)
def test_a_role_with_the_grants_changes_no_fact(served: Database, statement: str) -> None:
    with (
        pytest.raises(sa.exc.ProgrammingError, match=r"permission denied|must be owner"),
        served.write() as tx,
    ):
        tx.exec_driver_sql(statement)


def test_the_command_writes_the_statements(postgresql_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ticketing.cli.db.database", lambda _configured: Database(postgresql_url))

    told = CliRunner().invoke(main, ["db", "grants", "Service-1"])

    assert told.exit_code == 0, told.output
    assert 'GRANT SELECT, INSERT ON public.posting TO "Service-1";' in told.stdout
    assert 'GRANT SELECT, INSERT, UPDATE ON public.period TO "Service-1";' in told.stdout
