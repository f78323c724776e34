"""Addresses of several servers, and a pooler in transaction mode between us and PostgreSQL."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from ticketing.db import Database
from ticketing.db.migrate import is_current
from ticketing.errors import Misconfigured

POOLER = shutil.which("pgbouncer")


def test_libpqs_form_of_several_hosts_is_read_and_the_first_that_answers_is_taken(
    postgresql_url: str,
) -> None:
    url = sa.make_url(postgresql_url)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nobody = closed.getsockname()[1]
    several = f"postgresql://{url.username}@127.0.0.1:{nobody},127.0.0.1:{url.port}/{url.database}?target_session_attrs=read-write"

    database = Database(several)

    assert is_current(database)
    with database.read() as tx:
        assert tx.execute(sa.text("SHOW statement_timeout")).scalar() == "15s"
        assert tx.execute(sa.text("SHOW timezone")).scalar() == "UTC"
    database.close()


@pytest.mark.parametrize("url", ["postgresql://u@h1,h2:x/db", "mysql://h1,h2/db", "nothing"])
def test_an_address_that_is_none_is_refused_by_name(url: str) -> None:
    with pytest.raises(Misconfigured, match="THROUGHFARE_DATABASE_URL"), Database(url).read():
        pass


@pytest.fixture
def pooled(postgresql_url: str) -> Iterator[str]:
    """A pgbouncer with two servers for everybody; without one the test is left out, and CI has it."""
    if POOLER is None:
        pytest.skip("pgbouncer is not installed: apt-get install pgbouncer")
    url = sa.make_url(postgresql_url)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    # Its own account reads it, which pytest's folders keep out.
    with tempfile.TemporaryDirectory(prefix="pooler-") as folder:
        settings = Path(folder) / "pgbouncer.ini"
        settings.write_text(
            f"[databases]\n{url.database} = host=127.0.0.1 port={url.port} dbname={url.database} user={url.username}\n"
            f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nauth_type = any\n"
            "pool_mode = transaction\ndefault_pool_size = 2\nmax_client_conn = 100\nunix_socket_dir =\n"
        )
        Path(folder).chmod(0o755)
        settings.chmod(0o644)
        runs_as = ["--user", "nobody"] if os.geteuid() == 0 else []
        with subprocess.Popen([POOLER, *runs_as, str(settings)], stderr=subprocess.DEVNULL) as process:
            for _ in range(100):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.05)
            yield f"postgresql://{url.username}@127.0.0.1:{port}/{url.database}"
            process.terminate()


def test_sixteen_threads_share_two_servers_and_no_statement_is_mixed_up(pooled: str) -> None:
    database = Database(pooled, is_pooled=True)

    def ask(at: int) -> None:
        for round_ in range(40):
            with database.write() as tx:
                # A different statement each time, so that named ones would meet each other on one server.
                query = (
                    f"SELECT {at} + :more, current_setting('statement_timeout'), current_setting('timezone')"
                )
                row = tx.execute(sa.text(query), {"more": round_}).one()
            assert tuple(row) == (at + round_, "15s", "UTC")

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(ask, range(16)))

    database.close()
