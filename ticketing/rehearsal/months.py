"""Close the months of a rehearsal as two people of finance do, and hold runs and files against the invariants."""

import csv
import io
import json
import re
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from ticketing.rehearsal import invariants, sums
from ticketing.rehearsal.facts import read_facts
from ticketing.rehearsal.http import Client
from ticketing.rehearsal.journey import Call, Fault
from ticketing.rehearsal.stage import Stage

# The bank code of published test accounts; nobody owns the numbers behind it.
_BANK = "37040044"
_COUNTRY_DIGITS = "131400"  # DE00, as ISO 7064 counts letters
_FILES, _OTHER = "payments-*.xml", "payments-other.csv"
_TRANSFER = re.compile(rb'<InstdAmt Ccy="([A-Z]{3})">([0-9.]+)</InstdAmt>')
_DECEMBER = 12
# The worker looks every few seconds, and asks an operator whose breaker is open every half minute: one that fails a third of
# its calls may do so four times in a row.
_PATIENCE_SECONDS = 150.0
_LOOK_SECONDS = 0.25


class Close:
    """Closes every month that has entries, one after the other, and proves the books."""

    def __init__(self, stage: Stage, region: str, played_until: datetime) -> None:
        self._stage, self._region, self._played_until = stage, region, played_until
        self._calls: list[Call] = []
        self._faults: list[Fault] = []
        self._http = Client(stage.urls[None], self._calls.append)
        self.tried: list[str] = []
        self.closed: list[str] = []

    def run(self) -> list[Fault]:
        """Close them; answers what did not hold."""
        last = max(read_facts(self._stage.database_url).months, default="")
        over = _after(last) if last else self._played_until
        self._stage.move_clock(max(over, self._played_until + timedelta(days=1)))
        self._await_quiet()
        while month := next((one for one in self._months() if last >= one not in self.tried), None):
            self.tried.append(month)
            self._month(month)
        after = read_facts(self._stage.database_url)
        self._hold("money_is_accounted_for", sums.money_is_accounted_for(after))
        self._hold("entries_balance", sums.entries_balance(after))
        self._hold("paid_means_ticketed", sums.paid_means_ticketed(after))
        self._hold("nothing_hangs", sums.nothing_hangs(after))
        self._hold("no_server_error", invariants.no_server_error(self._calls))
        checks = {
            "books verify": ["books", "verify", "--region", self._region],
            "payments reconcile": ["payments", "reconcile", "--days", "400"],
        }
        with ThreadPoolExecutor(len(checks)) as both:
            for name, check in zip(checks, both.map(self._checked, checks.values()), strict=True):
                self._hold(name.replace(" ", "_"), sums.is_silent(name, *check))
        if self._stage.offline:
            self._decide_offline()
        self._http.close()
        return self._faults

    def _checked(self, words: list[str]) -> tuple[int, str]:
        return self._stage.command(words, "")

    def _decide_offline(self) -> None:
        """Let the gate's own function decide what was shown, each with the bundle that was published then."""
        lines = "".join(json.dumps(request) + "\n" for request, _ in self._stage.offline)
        code, output = self._stage.command(["gate", "decide", "--jsonl", "-"], lines)
        self._hold("offline_gates", sums.is_silent("gate decide", code, output))
        if code == 0:
            decided = [json.loads(line) for line in output.splitlines()]
            online = [decision for _, decision in self._stage.offline]
            self._hold("offline_gates", sums.offline_gates_decide_the_same(online, decided))

    def _await_quiet(self) -> None:
        """Wait until the worker has brought everything to its end, for as long as something still comes to one.

        What never does is told by `nothing_hangs`.
        """
        give_up, before = time.monotonic() + _PATIENCE_SECONDS, -1
        while time.monotonic() < give_up:
            hanging = len(sums.nothing_hangs(read_facts(self._stage.database_url)))
            if not hanging:
                return
            if hanging != before:
                give_up, before = time.monotonic() + _PATIENCE_SECONDS, hanging
            time.sleep(_LOOK_SECONDS)

    def _months(self) -> tuple[str, ...]:
        """The months with entries; closing one books into the next."""
        return read_facts(self._stage.database_url).months

    def _hold(self, kind: str, broken: list[str]) -> None:
        self._faults += [Fault(kind, message) for message in broken]

    def _month(self, month: str) -> None:
        anna, bertil = self._stage.finance
        answer = self._http.post(
            "/v1/settlement-runs", {"region": self._region, "period": month}, anna, once=True
        )
        if not answer.ok:
            self._hold("a_month_closes", [f"{month}: {answer.status} {answer.detail}"])
            return
        run: dict[str, Any] = answer.body
        self.closed.append(month)
        self._hold("positions_are_zero_sum", sums.positions_are_zero_sum(run))
        self._hold("payments_settle_positions", sums.payments_settle_positions(run))
        self._accounts(run)
        steps = f"/v1/settlement-runs/{run['id']}/steps"
        for body in ({"step": "approved", "digest": run["digest"]}, {"step": "exported"}):
            done = self._http.post(steps, body, bertil, once=True)
            if not done.ok:
                self._hold("a_month_closes", [f"{month} {body['step']}: {done.status} {done.detail}"])
                return
        self._files(run)

    def _accounts(self, run: dict[str, Any]) -> None:
        """Enter and approve an account for everybody who is paid, each by two people."""
        anna, bertil = self._stage.finance
        parties = {"scheme", *(payment["to"] for payment in run["payments"])}
        known = {
            row["party"] for row in (self._http.get("/v1/bank-accounts", anna).body or {}).get("accounts", [])
        }
        for party in sorted(parties - known):
            answer = self._http.post(
                "/v1/bank-accounts", {"party": party, "iban": _iban(party), "name": party}, anna, once=True
            )
            if not answer.ok:
                self._hold("a_month_closes", [f"an account of {party}: {answer.status} {answer.detail}"])
                continue
            self._http.post(f"/v1/bank-accounts/{answer.body['id']}/approval", {}, bertil, once=True)

    def _files(self, run: dict[str, Any]) -> None:
        statements = {}
        for party in sorted({row["operator"] for row in (*run["operators"], *run["other"])}):
            files = self._http.get(
                f"/v1/settlement-runs/{run['id']}/statements/{party}.csv", self._stage.finance[0]
            )
            if files.ok:
                statements[party] = _statement(files.content.decode())
        self._hold("statements_say_the_run", sums.statements_say_the_run(run, statements))
        folder = self._stage.folder / "settlement" / self._region / f"{run['period']}-v1"
        paid: list[dict[str, str]] = []
        for path in sorted(folder.glob(_FILES)):
            content = path.read_bytes()
            paid += [
                {"currency": name.decode(), "amount": amount.decode()}
                for name, amount in _TRANSFER.findall(content)
            ]
        if (folder / _OTHER).exists():
            paid += csv.DictReader(io.StringIO((folder / _OTHER).read_text(encoding="utf-8")))
        self._hold("files_pay_the_run", sums.files_pay_the_run(run, paid))


def _after(month: str) -> datetime:
    """The second day of the next month."""
    year, number = int(month[:4]), int(month[5:])
    return datetime(year + number // _DECEMBER, number % _DECEMBER + 1, 2, 6, tzinfo=UTC)


def _iban(party: str) -> str:
    """A test account of its own for each party, with the right checksum (ISO 13616)."""
    account = f"{_BANK}{zlib.crc32(party.encode()):010}"
    return f"DE{98 - int(account + _COUNTRY_DIGITS) % 97:02}{account}"


def _statement(text: str) -> list[dict[str, str]]:
    """The lines of a statement: below the row that names the columns, above the totals."""
    rows = list(csv.reader(io.StringIO(text)))
    head = next((at for at, row in enumerate(rows) if {"Net", "Gross"} <= set(row)), len(rows) - 1)
    names = [name.lower() for name in rows[head]]
    lines = [dict(zip(names, row, strict=False)) for row in rows[head + 1 :]]
    return [line for line in lines if line.get("line")]
