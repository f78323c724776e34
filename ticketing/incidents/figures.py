"""The figure of sharing: how long from a report until four of five partners have answered. Pure, over what the steps say."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ticketing.db.incidents import deliveries, steps
from ticketing.incidents.desk import IncidentDesk

SHARE = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """A report of ours: when it was shared first, with how many partners, and when each answered first."""

    incident_id: str
    shared_at: datetime
    partners: int
    answered_at: Sequence[datetime]

    @property
    def seconds(self) -> float | None:
        """The seconds until four of five had answered; None while they have not."""
        needed = math.ceil(SHARE * self.partners)
        answered = sorted(self.answered_at)
        if not needed or len(answered) < needed:
            return None
        return (answered[needed - 1] - self.shared_at).total_seconds()


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Reports with partners, how many of them four of five have answered, and the median of their times in seconds."""

    reports: int
    answered: int
    median_seconds: float | None


def judge(reports: Sequence[Reported]) -> Figures:
    """Put the reports together; one without partners counts nowhere."""
    counted = [report for report in reports if report.partners]
    times = [report.seconds for report in counted if report.seconds is not None]
    return Figures(
        reports=len(counted), answered=len(times), median_seconds=statistics.median(times) if times else None
    )


def list_reports(desk: IncidentDesk) -> list[Reported]:
    """Read every report of ours with its answers."""
    with desk.database.read() as tx:
        listed = steps.list_steps_of(tx, ("shared", "answer"))
        first = {step.incident_id: step for step in reversed(listed) if step.kind == "shared"}
        sent = deliveries.list_deliveries(tx, [step.id for step in first.values()])
    reports = []
    for step in first.values():
        partners = {delivery.partner_id for delivery in sent if delivery.step_id == step.id}
        answers: dict[str, datetime] = {}
        for answer in listed:
            if answer.incident_id == step.incident_id and answer.partner_id in partners:
                answers.setdefault(str(answer.partner_id), answer.at)
        reports.append(
            Reported(
                incident_id=step.incident_id,
                shared_at=step.at,
                partners=len(partners),
                answered_at=tuple(answers.values()),
            )
        )
    return reports
