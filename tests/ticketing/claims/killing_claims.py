"""Have a worker of claims or guarantees, or the people who pay out, killed at each edge, by the program beside it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.ticketing.claims.coast import Coast


def killed(coast: Coast, tmp_path: Path, what: str) -> list[dict[str, Any]]:
    """Have something killed at each of its edges; answers what each database holds after another has gone on."""
    database = coast.rooms.till.database
    if database.is_sqlite:
        with database.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    url = database.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "tests.ticketing.claims.killed", url, str(tmp_path / "keys")]
    done = subprocess.run(
        [*command, coast.api.clock.now().isoformat(), what],
        check=True,
        timeout=300,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[3],
    )
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"paid"')]
