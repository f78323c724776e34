"""The clocks that run from the moment at which somebody knew: NIS2, GDPR and CRA. Pure.

Sources: Directive (EU) 2022/2555, Art. 23(4); Regulation (EU) 2016/679, Art. 33(1); Regulation (EU) 2024/2847, Art. 14(2) and
(4). Hours are hours, whatever a local clock does. A month ends at the same local time of the same day of the next month, or of
its last day where there is none (Regulation 1182/71, Art. 3(2)(c)): earlier than midnight, never later.
"""

import calendar
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from ticketing.frozen import IncidentRecord, Vulnerability

Duty = Literal[
    "nis2_early_warning",
    "nis2_notification",
    "nis2_final_report",
    "gdpr_notification",
    "cra_early_warning",
    "cra_notification",
    "cra_final_report",
]
DUTIES: tuple[Duty, ...] = get_args(Duty)
DeadlineState = Literal["open", "late", "done", "done_late", "not_due", "does_not_apply"]
_WARNING, _NOTIFICATION, _AFTER_MEASURE = timedelta(hours=24), timedelta(hours=72), timedelta(days=14)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """One duty: when it is due (None while that cannot be said) and when it was done; `because` says why it does not run."""

    duty: Duty
    due_at: datetime | None
    done_at: datetime | None
    state: DeadlineState
    because: str = ""


def deadlines(
    record: IncidentRecord, done: Mapping[str, datetime], now: datetime, zone: str = "UTC"
) -> Sequence[Deadline]:
    """List the duties of a record in their order; `done` is when each was answered, `zone` the local clock of months."""
    aware = record.aware_at
    notified = done.get("nis2_notification") or aware + _NOTIFICATION
    early, notification = aware + _WARNING, aware + _NOTIFICATION
    due: dict[Duty, datetime | None] = {
        "nis2_early_warning": early,
        "nis2_notification": notification,
        "nis2_final_report": a_month_after(notified, zone),
        "gdpr_notification": notification,
        "cra_early_warning": early,
        "cra_notification": notification,
        "cra_final_report": _after_measure(record),
    }
    return [_deadline(duty, due[duty], done.get(duty), now, why_not(record, duty)) for duty in DUTIES]


def why_not(record: IncidentRecord, duty: Duty) -> str:
    """Say why a duty does not run for a record: a word, or nothing where it runs."""
    if record.status == "false_alarm":
        return "false_alarm"
    if duty.startswith("nis2"):
        return "" if record.is_significant else "not_significant"
    if duty.startswith("gdpr"):
        return "" if record.type == "personal_data_breach" else "no_personal_data"
    return "" if record.type == "supplier_or_software_vulnerability" else "no_product"


def a_month_after(moment: datetime, zone: str = "UTC") -> datetime:
    """The same local time one month later, on the last day of a month that is shorter; in UTC.

    A local time that the clock jumps over counts with the offset from before, which is the earlier moment of an hour that
    comes twice.
    """
    local = moment.astimezone(ZoneInfo(zone))
    year, month = local.year + local.month // 12, local.month % 12 + 1
    day = min(local.day, calendar.monthrange(year, month)[1])
    return local.replace(year=year, month=month, day=day, fold=0).astimezone(UTC)


def _after_measure(record: IncidentRecord) -> datetime | None:
    measure_at = record.facts.measure_at if isinstance(record.facts, Vulnerability) else None
    return None if measure_at is None else measure_at + _AFTER_MEASURE


def _deadline(
    duty: Duty, due_at: datetime | None, done_at: datetime | None, now: datetime, because: str
) -> Deadline:
    return Deadline(
        duty=duty,
        due_at=due_at,
        done_at=done_at,
        state=_state(due_at, done_at, now, because),
        because=because,
    )


def _state(due_at: datetime | None, done_at: datetime | None, now: datetime, because: str) -> DeadlineState:
    if done_at is not None:
        return "done_late" if due_at is not None and done_at > due_at else "done"
    if because:
        return "does_not_apply"
    if due_at is None:
        return "not_due"
    return "late" if now > due_at else "open"
