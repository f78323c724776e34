"""The gate's own SQLite file: its bundle, the uses it knows of, and every scan until the server has it.

Each change is one transaction that is on the disk before anybody is let through, so a power cut at any moment
loses no scan and doubles none.
"""

import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from throughfare_gate.gate.additions import ordered_document, ordered_of
from throughfare_gate.gate.bundle import Opened
from throughfare_gate.gate.model import NOTHING_ORDERED, Ordered
from throughfare_gate.gate.usage import Kind, Use

_SCHEMA = """
CREATE TABLE IF NOT EXISTS state (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS known_use (
    jti TEXT NOT NULL, leg INTEGER NOT NULL, at INTEGER NOT NULL, gate TEXT, kind TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS ordered (jti TEXT PRIMARY KEY, taken TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS ordered_ride (ticket TEXT NOT NULL, jti TEXT NOT NULL, PRIMARY KEY (ticket, jti)) STRICT;
CREATE INDEX IF NOT EXISTS known_use_jti ON known_use (jti);
CREATE TABLE IF NOT EXISTS scan (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, scan_id TEXT NOT NULL UNIQUE, jti TEXT NOT NULL, leg INTEGER,
    nonce TEXT, device_ts INTEGER NOT NULL, clock_offset INTEGER NOT NULL, admitted INTEGER NOT NULL,
    kind TEXT NOT NULL, reason TEXT NOT NULL, direction TEXT, bundle_version INTEGER,
    answer TEXT NOT NULL, shown INTEGER NOT NULL DEFAULT 0, told_at INTEGER) STRICT;
CREATE INDEX IF NOT EXISTS scan_jti ON scan (jti, seq);
CREATE INDEX IF NOT EXISTS scan_untold ON scan (seq) WHERE told_at IS NULL;
CREATE TABLE IF NOT EXISTS proof (
    jti TEXT NOT NULL, nonce TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (jti, nonce)) STRICT;
"""
# The replay of a proof is possible for 75 seconds.
_PROOF_SECONDS = 90
# Scans that the server has are kept for a day: until then the bundle may not bring them back.
_TOLD_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredScan:
    """One scan as it was decided and answered."""

    seq: int
    scan_id: str
    jti: str
    leg: int | None
    nonce: str | None
    device_ts: int
    clock_offset: int
    admitted: bool
    kind: str
    reason: str
    direction: str | None
    bundle_version: int | None
    answer: dict[str, Any]
    shown: bool

    @property
    def at(self) -> int:
        """The corrected time."""
        return self.device_ts + self.clock_offset


class Store:
    """The file. Every thread has a connection of its own."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        with self.write() as tx:
            for statement in filter(str.strip, _SCHEMA.split(";")):
                tx.execute(statement)

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """One transaction, on the disk when the block ends."""
        connection = self._connection()
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")

    def state(self, name: str) -> str | None:
        """Read one remembered value."""
        row = self._connection().execute("SELECT value FROM state WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def remember(self, **values: str) -> None:
        """Remember values across restarts."""
        with self.write() as tx:
            _remember(tx, values)

    def apply(self, token: str, opened: Opened, etag: str, values: Mapping[str, str]) -> None:
        """Take a bundle in, whole or not at all; the uses of the tickets that it names are its, the rest stays."""
        delta = opened.delta
        with self.write() as tx:
            _remember(tx, {"bundle": token, "etag": etag, **values})
            if delta is None or delta.since == 0:
                tx.execute("DELETE FROM known_use")
                _forget_ordered(tx)
            else:
                tickets = {use.jti for use in opened.uses} | set(delta.cleared)
                named = [(jti,) for jti in tickets]
                tx.executemany("DELETE FROM known_use WHERE jti = ?", named)
                tx.executemany("DELETE FROM ordered WHERE jti = ?", named)
                tx.executemany("DELETE FROM ordered_ride WHERE jti = ?", named)
            rows = [(use.jti, use.leg, use.at, use.gate, use.kind) for use in opened.uses]
            tx.executemany("INSERT INTO known_use VALUES (?, ?, ?, ?, ?)", rows)
            taken = [(row[0], json.dumps([row])) for row in ordered_document(opened.ordered)]
            tx.executemany("INSERT OR REPLACE INTO ordered VALUES (?, ?)", taken)
            tx.executemany("INSERT OR REPLACE INTO ordered_ride VALUES (?, ?)", _rides_of(opened.ordered))
            tx.execute("DELETE FROM scan WHERE told_at < ?", (opened.bundle.issued_at - _TOLD_SECONDS,))

    def forget(self) -> None:
        """Forget the bundle and what other riders did; own scans wait until the server has them."""
        with self.write() as tx:
            tx.execute("DELETE FROM known_use")
            _forget_ordered(tx)
            tx.execute("DELETE FROM state WHERE name IN ('bundle', 'etag', 'cursor')")

    def add_scan(self, scan: StoredScan, keep_proof: bool) -> StoredScan:
        """Write one scan down; gives it with its number. Raises sqlite3.Error when the disk does not take it."""
        with self.write() as tx:
            cursor = tx.execute(
                "INSERT INTO scan (scan_id, jti, leg, nonce, device_ts, clock_offset, admitted, kind, reason, direction,"
                " bundle_version, answer) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    scan.scan_id,
                    scan.jti,
                    scan.leg,
                    scan.nonce,
                    scan.device_ts,
                    scan.clock_offset,
                    int(scan.admitted),
                    scan.kind,
                    scan.reason,
                    scan.direction,
                    scan.bundle_version,
                    json.dumps(scan.answer),
                ),
            )
            if keep_proof and scan.nonce is not None:
                tx.execute("DELETE FROM proof WHERE at < ?", (scan.at - _PROOF_SECONDS,))
                tx.execute("INSERT OR IGNORE INTO proof VALUES (?, ?, ?)", (scan.jti, scan.nonce, scan.at))
            number = int(cursor.lastrowid or 0)
        return replace(scan, seq=number)

    def mark_shown(self, seq: int) -> None:
        """Note that the answer was shown: the same ticket is from now on a second presentation."""
        with self.write() as tx:
            tx.execute("UPDATE scan SET shown = 1 WHERE seq = ?", (seq,))

    def last_scan(self, jti: str) -> StoredScan | None:
        """The newest scan of a ticket at this gate."""
        found = self._scans("WHERE jti = ? ORDER BY seq DESC LIMIT 1", (jti,))
        return found[0] if found else None

    def list_untold(self, limit: int) -> list[StoredScan]:
        """The oldest scans that the server has not confirmed."""
        return self._scans("WHERE told_at IS NULL ORDER BY seq LIMIT ?", (limit,))

    def count_untold(self) -> int:
        """Count the scans that wait."""
        row = self._connection().execute("SELECT count(*) FROM scan WHERE told_at IS NULL").fetchone()
        return int(row[0])

    def mark_told(self, scan_ids: Sequence[str], at: int) -> None:
        """Note which scans the server has confirmed."""
        with self.write() as tx:
            tx.executemany(
                "UPDATE scan SET told_at = ? WHERE scan_id = ?", [(at, scan_id) for scan_id in scan_ids]
            )

    def known_uses(self, jti: str) -> list[Use]:
        """The uses of a ticket that bundles have told."""
        rows = self._connection().execute(
            "SELECT jti, leg, at, gate, kind FROM known_use WHERE jti = ?", (jti,)
        )
        return [Use(row[0], row[1], row[2], row[3], cast("Kind", row[4])) for row in rows]

    def ordered(self, jti: str) -> Ordered:
        """Read the uses of a pass that orders took, as bundles have told."""
        row = self._connection().execute("SELECT taken FROM ordered WHERE jti = ?", (jti,)).fetchone()
        return ordered_of({"ordered": json.loads(row[0])})[jti] if row else NOTHING_ORDERED

    def passes_behind(self, jti: str) -> list[str]:
        """Name the passes that pay for rides of an order's ticket, as bundles have told."""
        rows = self._connection().execute("SELECT jti FROM ordered_ride WHERE ticket = ?", (jti,))
        return [str(row[0]) for row in rows]

    def own_uses(self, jti: str, gate: str, but: int | None) -> list[Use]:
        """The uses of a ticket that this gate has accepted, one scan set aside."""
        return [
            Use(jti, scan.leg or 0, scan.at, gate, cast("Kind", scan.kind))
            for scan in self._scans("WHERE jti = ? AND admitted = 1 AND kind <> 'inspection'", (jti,))
            if scan.seq != but
        ]

    def has_proof(self, jti: str, nonce: str) -> bool:
        """Tell whether a proof was shown here."""
        query = "SELECT 1 FROM proof WHERE jti = ? AND nonce = ?"
        return self._connection().execute(query, (jti, nonce)).fetchone() is not None

    def _scans(self, where: str, values: tuple[Any, ...]) -> list[StoredScan]:
        names = tuple(StoredScan.__dataclass_fields__)
        rows = self._connection().execute(f"SELECT {', '.join(names)} FROM scan {where}", values)  # noqa: S608  no text of others
        scans = [dict(zip(names, row, strict=True)) for row in rows]
        return [
            StoredScan(
                **{
                    **scan,
                    "admitted": bool(scan["admitted"]),
                    "shown": bool(scan["shown"]),
                    "answer": json.loads(scan["answer"]),
                }
            )
            for scan in scans
        ]

    def _connection(self) -> sqlite3.Connection:
        if not hasattr(self._local, "connection"):
            connection = sqlite3.connect(self._path, timeout=10, isolation_level=None)
            for pragma in ("journal_mode=WAL", "synchronous=FULL"):
                connection.execute(f"PRAGMA {pragma}")
            self._local.connection = connection
        return cast("sqlite3.Connection", self._local.connection)

    def close(self) -> None:
        """Close this thread's connection."""
        if hasattr(self._local, "connection"):
            self._local.connection.close()
            del self._local.connection


def _remember(tx: sqlite3.Connection, values: Mapping[str, str]) -> None:
    tx.executemany("INSERT OR REPLACE INTO state VALUES (?, ?)", list(values.items()))


def _rides_of(ordered: Mapping[str, Ordered]) -> list[tuple[str, str]]:
    """The pairs of an order's ticket and the pass that pays for a ride of it."""
    return [(ride.ticket, jti) for jti, taken in ordered.items() for ride in taken.rides]


def _forget_ordered(tx: sqlite3.Connection) -> None:
    tx.execute("DELETE FROM ordered")
    tx.execute("DELETE FROM ordered_ride")
