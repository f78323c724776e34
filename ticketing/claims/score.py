"""Count the contests of an operator that were ruled on, month by month and reason by reason: won ones were proven, lost ones were not."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from ticketing.claims.desk import ClaimsDesk
from ticketing.db.rights import claims
from ticketing.errors import NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """The contests of one reason on which was ruled in one month."""

    month: str
    reason: str
    won: int
    lost: int


def list_scores(desk: ClaimsDesk, operator: str) -> list[Score]:
    """Count the contests of an operator in the months that are over, newest month first; raises NotFound for a stranger.

    A contest counts in the month of its ruling (UTC), so that a number that was published stays so.
    """
    if not any(operator in region.data.operators for region in desk.regions.values()):
        raise NotFound(f"no operator {operator}")
    this_month = _month(desk.clock.now())
    with desk.database.read() as tx:
        ruled = claims.list_ruled(tx, operator)
    counts = Counter((_month(at), reason, ruling) for reason, ruling, at in ruled)
    over = sorted({(month, reason) for month, reason, _ in counts if month < this_month})
    scores = [
        Score(
            month=month,
            reason=reason,
            won=counts[month, reason, "accept"],
            lost=counts[month, reason, "uphold"],
        )
        for month, reason in over
    ]
    return sorted(scores, key=lambda score: score.month, reverse=True)


def _month(at: datetime) -> str:
    return f"{at:%Y-%m}"
