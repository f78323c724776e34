"""`--by` at the command line is a person of the right role with a code, wherever second factors are required."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from tests.ticketing.identity.authenticator_app import App, enrolled
from ticketing.cli import by, deployment, main
from ticketing.clock import FixedClock
from ticketing.db import Database
from ticketing.db.migrate import upgrade
from ticketing.identity.staff import StaffDesk
from ticketing.tickets import known_keys
from ticketing.tickets.keys import KeyStore

pytestmark = pytest.mark.usefixtures("quick_hashes")
# What they report is no money of a run, and the doc of the second factor does not name them.
_OF_TRAFFIC = {"operators cancel", "operators late"}


@pytest.fixture
def apps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, App]]:
    """A deployment that requires second factors, and the apps of three people."""
    monkeypatch.setenv("THROUGHFARE_DATABASE_URL", f"sqlite:///{tmp_path / 'by.db'}")
    monkeypatch.setenv("THROUGHFARE_KEYS_FOLDER", str(tmp_path / "keys"))
    monkeypatch.setenv("THROUGHFARE_SECOND_FACTOR", "required")
    deployment.settings.cache_clear()
    configured, database = deployment.settings(), Database(f"sqlite:///{tmp_path / 'by.db'}")
    upgrade(database)
    clock = FixedClock(datetime.now(UTC) - timedelta(minutes=5))
    keys = KeyStore(tmp_path / "keys", configured.key_passphrase)
    known_keys.make_and_tell(database, keys, clock.now())
    desk = StaffDesk(database, clock, keys=keys)
    yield {
        "anna": enrolled(desk, clock, "anna"),
        "ada": enrolled(desk, clock, "ada", role="admin"),
        "heli": enrolled(desk, clock, "heli", role="operator_finance", operator="hsl"),
    }
    database.close()
    deployment.settings.cache_clear()


def run(words: str, name: str, code: str) -> Result:
    return CliRunner(env={"THROUGHFARE_CODE": code}).invoke(main, [*words.split(), "--by", name])


def present(app: App) -> str:
    return app.code(datetime.now(UTC))


def commands(group: click.Command, path: str = "") -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, by its words."""
    if not isinstance(group, click.Group):
        yield path, group
        return
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        if found is not None:
            yield from commands(found, f"{path} {name}".strip())


def test_every_by_of_every_command_asks_who_it_is() -> None:
    unasked = {
        path
        for path, command in commands(main)
        for option in command.params
        if "--by" in option.opts and getattr(option.callback, "__module__", "") != by.__name__
    }
    assert unasked == _OF_TRAFFIC


@pytest.mark.parametrize(
    "words",
    [
        "settlement pay-again 019a --reason again",
        "settlement approve 019a --digest 0",
        "settlement account approve 019a",
        "payments payouts release 019a --digest 0",
    ],
)
def test_a_command_about_money_takes_no_name_without_its_code(apps: dict[str, App], words: str) -> None:
    refused = run(words, "Anna", "000000")
    assert (refused.exit_code, "not the present code" in refused.output) == (2, True), refused.output

    stranger = run(words, "Somebody", present(apps["anna"]))
    assert "nobody here is called Somebody" in stranger.output
    passed = run(words, "Anna", present(apps["anna"]))
    assert re.search("not_found|no settlement run|no bank account", passed.output), passed.output


@pytest.mark.parametrize("name", ["ada", "heli"])
def test_a_role_that_may_not_do_it_in_the_console_may_not_do_it_by_name(
    apps: dict[str, App], name: str
) -> None:
    for words in ("settlement approve 019a --digest 0", "settlement pay-again 019a --reason again"):
        refused = run(words, name.title(), present(apps[name]))
        assert (refused.exit_code, "not_allowed" in refused.output) == (2, True), refused.output


def test_an_operators_person_disputes_its_own_lines_alone(apps: dict[str, App]) -> None:
    others = run("settlement dispute 019a tlt 019b --reason ours", "Heli", present(apps["heli"]))
    assert (others.exit_code, "not_allowed" in others.output) == (2, True), others.output


def test_a_timer_takes_a_name_of_its_own_and_nobody_elses(apps: dict[str, App], tmp_path: Path) -> None:
    exchange = f"settlement exchange {tmp_path / 'bank'}"
    assert run(exchange, "night-run", "").exit_code == 0
    refused = run(exchange, "anna", "000000")
    assert (refused.exit_code, "not the present code" in refused.output) == (2, True), refused.output


def test_without_a_name_the_open_payments_are_listed_and_no_code_is_asked(apps: dict[str, App]) -> None:
    listed = CliRunner().invoke(main, ["settlement", "pay-again", "019a"])
    assert "no settlement run 019a" in listed.output
