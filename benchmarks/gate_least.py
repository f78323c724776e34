"""The least that an online gate can do, as an application of its own: verify one signature, write one row, commit.

Served by the same server, on the same kind of database, by the same library as ours: `LEAST_URL` and `LEAST_KEYS` say
which. `python -m benchmarks.gate_online` starts it.
"""

import json
import os
import uuid
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from flask import Flask, jsonify, request

from throughfare_gate.tickets.jws import verify
from ticketing.config import DEMO_PASSPHRASE
from ticketing.db import Database
from ticketing.tickets.keys import KeyStore


def create_app(url: str, keys_folder: Path) -> Flask:
    """The application; its one table is made where it is missing."""
    app, database = Flask("least"), Database(url)
    database.create()
    with database.write() as tx:
        tx.execute(
            sa.text("CREATE TABLE IF NOT EXISTS least_scan (id TEXT PRIMARY KEY, token TEXT, at TEXT)")
        )
    ring = KeyStore(keys_folder, DEMO_PASSPHRASE).ring("ticket")
    insert = sa.text("INSERT INTO least_scan VALUES (:id, :token, :at)")

    @app.post("/v1/validations")
    def scan() -> object:
        token = json.loads(request.get_data())["token"]
        verify(token, "ticket+jwt", ring)
        with database.write() as tx:
            tx.execute(insert, {"id": str(uuid.uuid4()), "token": token, "at": datetime.now(UTC).isoformat()})
        return jsonify({"reason": "ok"})

    return app


if "LEAST_URL" in os.environ:
    app = create_app(os.environ["LEAST_URL"], Path(os.environ["LEAST_KEYS"]))
