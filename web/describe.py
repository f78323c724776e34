"""Write the API's description to standard output: the answer of `/openapi.json`, without a server.

The build of the apps makes its client from it (web/building/client.mjs).
"""

import sys
import tempfile
from pathlib import Path

from ticketing.app import create_app
from ticketing.cli.lab import prepare
from ticketing.clock import SystemClock
from ticketing.config import Settings


def main() -> None:
    """Build the service on a folder of its own, ask it, and write the answer."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(database_url=f"sqlite:///{folder}/empty.db", keys_folder=Path(folder, "keys"))
        prepare(settings, SystemClock().now()).close()
        answer = create_app(settings, regions={}, announces=False).test_client().get("/openapi.json")
        sys.stdout.buffer.write(answer.get_data())


if __name__ == "__main__":
    main()
