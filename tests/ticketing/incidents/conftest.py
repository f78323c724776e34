"""Two schemes, of which the second one is on either database."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from operators.fake import FakeOperator
from tests.networks import lent
from tests.ticketing.incidents.two_schemes import Line, Scheme, scheme
from ticketing.app import create_app
from ticketing.clock import FixedClock
from ticketing.config import Settings
from ticketing.regions import Region


@dataclass(frozen=True)
class Two:
    a: Scheme
    b: Scheme
    line: Line
    clock: FixedClock


@pytest.fixture
def two(
    settings: Settings,
    clock: FixedClock,
    regions: dict[str, Region],
    ferries: dict[str, FakeOperator],
    tmp_path: Path,
    *,
    sqlite_template: Path,
) -> Iterator[Two]:
    shutil.copy(sqlite_template, tmp_path / "a.db")
    of_a = replace(
        settings,
        database_url=f"sqlite:///{tmp_path / 'a.db'}",
        keys_folder=tmp_path / "keys-a",
        issuer="a.example",
    )
    line, connectors = Line(), {"helsinki-tallinn": ferries}
    apps = [
        create_app(one, clock=clock, regions=regions, connectors=connectors)
        for one in (of_a, replace(settings, issuer="b.example"))
    ]
    with lent(apps[0]), lent(apps[1]):
        a = scheme("a", apps[0], clock, line, tmp_path / "mail-a")
        b = scheme("b", apps[1], clock, line, tmp_path / "mail-b")
        a.knows(b)
        b.knows(a)
        yield Two(a, b, line, clock)
    for app in apps:
        app.extensions["throughfare"].till.database.close()
