"""What waits for a person, and who has dealt with it."""

from ticketing.db import audit_trail, gateway_events
from ticketing.db.gateway_events import Alert
from ticketing.errors import NotFound
from ticketing.purchase.till import Till


def list_waiting(till: Till) -> list[Alert]:
    """What nobody has dealt with yet, oldest first."""
    with till.database.read() as tx:
        return gateway_events.list_alerts(tx)


def resolve(till: Till, alert_id: str, by: str) -> None:
    """Put an alert away; raises NotFound for one that does not wait."""
    now = till.clock.now()
    with till.database.write() as tx:
        if not gateway_events.resolve_alert(tx, alert_id, by, now):
            raise NotFound("there is no such alert that waits")
        audit_trail.note(tx, by, "alert_resolved", alert_id, now)
