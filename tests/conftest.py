"""Fixtures that every test may use: databases of both kinds, a clock that stands still."""

import functools
import gc
import os
import re
import shutil
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from hypothesis import HealthCheck, Phase, settings

from operators.fake import FakeOperator
from tests import (
    described_problems,
    long,
    postgresql,
    scratch,
    shared_addresses,
    shared_searches,
    shared_statements,
    shared_templates,
    stripe_process,
)
from tests.api import Api
from tests.documents import differing
from tests.networks import lent
from tests.source_tree import PYTHONPATH, ROOT
from tests.stripe_stand_in import StripeStandIn
from tests.ticketing.identity.riders import app_with_carnet
from ticketing.app import create_app
from ticketing.clock import FixedClock
from ticketing.config import Settings
from ticketing.db import Database
from ticketing.db.migrate import upgrade
from ticketing.identity import create_key, passwords
from ticketing.identity.principal import Role
from ticketing.regions import Region, load_regions

os.environ["PYTHONPATH"] = PYTHONPATH
scratch.use_memory()
shared_statements.begin()
shared_addresses.begin()
shared_searches.begin()
shared_templates.begin()

# The everyday run asks the same questions every time; `make soak` looks for new ones.
settings.register_profile(
    "default", derandomize=True, max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "soak", parent=settings.get_profile("default"), max_examples=10_000, derandomize=False
)
# A mutant is only to be noticed: nobody looks for the smallest example (`make mutants`).
settings.register_profile(
    "mutants",
    parent=settings.get_profile("default"),
    phases=(Phase.explicit, Phase.generate),
    database=None,
)
settings.load_profile("soak" if os.environ.get("SOAK") else "default")


_SERVERS: dict[str, sa.Engine] = {}
_HELPERS = re.compile(r"^from (tests\.[\w.]+) import", re.MULTILINE)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Two workers more than processors (`-n auto`): many tests wait for programs that they have started."""
    waiting = 0 if "not programs" in config.option.markexpr else 2
    return (os.cpu_count() or 1) + waiting


@functools.cache
def _starts_programs(module: Path) -> bool:
    """Tell whether a module of tests starts programs, itself or by a module of helpers that it names."""
    text = module.read_text(encoding="utf-8")
    helpers = (ROOT.joinpath(*name.split(".")).with_suffix(".py") for name in _HELPERS.findall(text))
    texts = [text, *(one.read_text(encoding="utf-8") for one in helpers if one.is_file())]
    return any("subprocess" in one for one in texts)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--stopwatch FOLDER`, with which `python -m tests.long` measures, and `--one-database`, with which `make test` runs."""
    parser.addoption(
        "--one-database", action="store_true", help="run what is costly on one of the two databases"
    )
    parser.addoption("--stopwatch", type=Path, help="write down the processor time of each test in a folder")


def pytest_configure(config: pytest.Config) -> None:
    """Measure the tests where that is asked for, and give the suite's processes a cache of regions for this run."""
    if cache := scratch.share_cache():
        config.add_cleanup(functools.partial(shutil.rmtree, cache, ignore_errors=True))
    if folder := config.getoption("stopwatch"):
        config.pluginmanager.register(long.Stopwatch(folder))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what starts programs of its own and what takes long, so that `make test-fast` leaves it out.

    With `--one-database` a costly test runs on one of the two.
    """
    if config.getoption("one_database"):
        ids = frozenset(item.nodeid for item in items)
        kept: list[pytest.Item] = []
        left: list[pytest.Item] = []
        for item in items:
            (left if long.is_left_to_the_other(item, ids) else kept).append(item)
        config.hook.pytest_deselected(items=left)
        items[:] = kept
    for item in items:
        if _starts_programs(item.path) or _asks_for_stripe(item):
            item.add_marker("programs")
        if long.name_of(item) in long.long_tests():
            item.add_marker("long")


def pytest_collection_finish() -> None:
    """Leave modules and tests, which are no garbage, out of every search for it: that was a quarter of a test's processor time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say at the end of a run what was not tested, where something is missing for that."""
    skipped = terminalreporter.stats.get("skipped", [])
    for left_out, subject in (
        ("APPS ARE NOT TESTED", "the apps"),
        ("TOKEN ARE NOT TESTED", "hardware tokens"),
        ("PROXIES ARE NOT TESTED", "the shipped proxies"),
        ("ALERTS AND UNITS ARE NOT TESTED", "files for operations"),
    ):
        untested = [one for one in skipped if left_out in str(one.longrepr)]
        if untested:
            terminalreporter.write_sep(
                "!", f"{len(untested)} tests of {subject} were left out: {untested[0].longrepr[2]}", red=True
            )


def _asks_for_stripe(item: pytest.Item) -> bool:
    """Tell whether a test takes the stand-in by a fixture, or by a parameter for which a fixture asks for it later."""
    params = getattr(getattr(item, "callspec", None), "params", {})
    asked = {*getattr(item, "fixturenames", ()), *map(str, params.values())}
    return bool(asked & {"stripe", "stand_in"})


@pytest.fixture(autouse=True, scope="module")
def _swept() -> Iterator[None]:
    """Collect the garbage of a module when its tests are over, so that what it has left open fails there.

    A socket or a connection that nobody has closed is a warning, and so an error, in the test in which the collector happens to
    run: one that makes many objects, of whatever module. What has survived is left out of the next search, which is short then.
    """
    yield
    gc.collect()
    gc.freeze()


@pytest.fixture
def clock() -> FixedClock:
    """A Tuesday morning in Tallinn: 05:10 local time on 13 October 2026."""
    return FixedClock(datetime(2026, 10, 13, 2, 10, tzinfo=UTC))


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file that each test copies."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    database = Database(f"sqlite:///{path}")
    upgrade(database)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return path


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """A PostgreSQL server with a migrated database `template_throughfare`."""
    with postgresql.server() as url:
        _execute(url, "CREATE DATABASE template_throughfare")
        database = Database(url.replace("/postgres", "/template_throughfare"))
        upgrade(database)
        shared_statements.meet(database.engine)
        database.close()
        yield url
        _SERVERS.pop(url).dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty, migrated database of either kind."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "test.db")
        yield f"sqlite:///{tmp_path / 'test.db'}"
        return
    yield request.getfixturevalue("postgresql_url")


@pytest.fixture
def postgresql_url(postgresql_server: str) -> Iterator[str]:
    """The URL of an empty, migrated database on PostgreSQL."""
    url = new_database(postgresql_server, "template_throughfare")
    yield url
    _execute(postgresql_server, f"DROP DATABASE {url.rpartition('/')[2]} WITH (FORCE)")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An empty, migrated database of either kind."""
    opened = Database(database_url)
    yield opened
    opened.close()


@pytest.fixture
def frozen_rows(database: Database) -> Iterator[None]:
    """Hold every document that a test has stored against its reader and writer, once the test is over."""
    yield
    assert differing(database) == []


@pytest.fixture(scope="session")
def regions() -> dict[str, Region]:
    """Helsinki-Tallinn, loaded once."""
    return load_regions(Settings(database_url="sqlite://"))


@pytest.fixture(scope="session")
def every_region() -> dict[str, Region]:
    """Every region of the repository, as one service runs them together."""
    names = sorted(path.parent.name for path in Path("regions").glob("*/region.toml"))
    return load_regions(Settings(database_url="sqlite://", regions=tuple(names)))


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """A deployment of its own for one test."""
    return Settings(
        database_url=database_url, keys_folder=tmp_path / "keys", public_url="https://throughfare.example"
    )


@pytest.fixture(scope="session")
def stand_in() -> Iterator[StripeStandIn]:
    """Stripe's HTTP API on loopback."""
    with stripe_process.running() as found:
        yield found


@pytest.fixture
def hasty_stripe(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stripe's SDK tries again as often as ever, without its half second and more between two attempts."""
    monkeypatch.setattr("stripe.HTTPClient.INITIAL_DELAY", 0.01)


@pytest.fixture
def ferries(clock: FixedClock) -> dict[str, FakeOperator]:
    """The operators of Helsinki-Tallinn that hold places, in memory: fast, and failing on demand.

    The stories repeat the whole way with the operators' real protocols.
    """
    return {name: FakeOperator(name, clock.now, {"foot": 1000}) for name in ("tallink", "viking", "eckero")}


@pytest.fixture
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hashes as weak as can be: what is tested there is the door, not the lock's steel."""
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    passwords._nobodys.cache_clear()
    yield
    passwords._nobodys.cache_clear()


@pytest.fixture
def api(
    settings: Settings, clock: FixedClock, regions: dict[str, Region], ferries: dict[str, FakeOperator]
) -> Iterator[Api]:
    """The whole service behind its HTTP API, on either database."""
    app = create_app(settings, clock=clock, regions=regions, connectors={"helsinki-tallinn": ferries})
    rooms = app.extensions["throughfare"]

    def key(role: Role, operator: str | None = None) -> str:
        return create_key(rooms.till.database, clock, role=role, operator=operator, label="test")[1]

    with lent(app), described_problems.held(app):
        yield Api(app.test_client(), clock, key)
    rooms.till.database.close()


@pytest.fixture
def city(
    settings: Settings, clock: FixedClock, regions: dict[str, Region], ferries: dict[str, FakeOperator]
) -> Iterator[Api]:
    """The service with a carnet of three rides, `tll-3`, on sale beside the pass of thirty days."""
    app = app_with_carnet(settings, clock, regions, ferries, 3)
    with lent(app):
        yield Api(app.test_client(), clock, lambda *_: "")
    app.extensions["throughfare"].till.database.close()


def new_database(server_url: str, template: str = "template1") -> str:
    """Make a database on a PostgreSQL server; answers its URL.

    From 15 on it would write the template block by block into its log: to copy a thousand small files is cheaper.
    """
    name = f"t{uuid.uuid4().hex}"
    by_file = " STRATEGY FILE_COPY" if _version(server_url) >= (15,) else ""
    _execute(server_url, f"CREATE DATABASE {name} TEMPLATE {template}{by_file}")
    return server_url.replace("/postgres", f"/{name}")


def _version(url: str) -> tuple[int, ...]:
    """The version of a server."""
    with _server(url).connect() as connection:
        return connection.dialect.server_version_info or ()


def _server(url: str) -> sa.Engine:
    """A server, whose connection stays open for the next test."""
    if url not in _SERVERS:
        psycopg_url = url.replace("postgresql://", "postgresql+psycopg://")
        _SERVERS[url] = sa.create_engine(psycopg_url, isolation_level="AUTOCOMMIT")
    return _SERVERS[url]


def _execute(url: str, statement: str) -> None:
    """Say something to a server."""
    with _server(url).connect() as connection:
        connection.exec_driver_sql(statement)
