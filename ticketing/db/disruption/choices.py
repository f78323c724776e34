"""The choices of persons between two words that contradict each other about a call: which one holds, by whom, and why."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

import sqlalchemy as sa

from ticketing.db.engine import Transaction
from ticketing.db.operators.run_states import RunKey
from ticketing.db.rows import insert_once
from ticketing.db.tables.disruption import evidence_choice

Chosen = Literal["own_word", "seen"]
# The kind of the case that waits until a person has chosen.
CASE = "evidence_contradicted"


@dataclass(frozen=True, slots=True)
class Choice:
    """The word that holds for a call: the operator's own, or what was seen."""

    chosen: Chosen
    reason: str
    by: str
    at: datetime


def subject_of(region: str, run: RunKey, call: int) -> str:
    """Name the case of a call of a run."""
    operator, trip, day = run
    return f"{region}/{operator}/{trip}/{day.isoformat()}/{call}"


def read_subject(subject: str) -> tuple[str, RunKey, int]:
    """Read the name of a case; a trip's id may have any letters."""
    region, operator, rest = subject.split("/", 2)
    trip, day, call = rest.rsplit("/", 2)
    return region, (operator, trip, date.fromisoformat(day)), int(call)


def put_choice(tx: Transaction, region: str, run: RunKey, call: int, choice: Choice) -> bool:
    """Keep a choice; False where there is one already, which stays."""
    row = {
        "region": region,
        "operator": run[0],
        "trip_id": run[1],
        "service_date": run[2].isoformat(),
        "call": call,
        "chosen": choice.chosen,
        "reason": choice.reason,
        "chosen_by": choice.by,
        "chosen_at": choice.at,
    }
    return tx.execute(insert_once(tx, evidence_choice, row)).rowcount == 1


def find_choices(tx: Transaction, region: str, run: RunKey) -> dict[int, Choice]:
    """Read the choices about a run, by call."""
    table = evidence_choice.c
    same = (table.region == region, table.operator == run[0], table.trip_id == run[1])
    query = sa.select(evidence_choice).where(*same, table.service_date == run[2].isoformat())
    return {
        row.call: Choice(row.chosen, row.reason, row.chosen_by, row.chosen_at) for row in tx.execute(query)
    }


def forget_choices(tx: Transaction, before: date) -> None:
    """Forget the choices about runs of service days before one."""
    tx.execute(sa.delete(evidence_choice).where(evidence_choice.c.service_date < before.isoformat()))
