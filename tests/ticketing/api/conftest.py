"""The service as a process of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ticketing.validator.server import Server, serving
from ticketing.db import Database


@pytest.fixture
def server(database: Database, tmp_path: Path) -> Iterator[Server]:
    with serving(database, tmp_path) as up:
        yield up
