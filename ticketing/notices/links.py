"""Links that open an order once: in letters about a disruption, for two days, and from phone to phone, for ten minutes.

Its code stands behind `#`, which browsers send to no server and proxies do not log.
"""

from datetime import datetime, timedelta

from throughfare_gate.ids import new_id
from ticketing.db.disruption import reroutings
from ticketing.db.notices.outbox import Notice
from ticketing.errors import NotAuthenticated
from ticketing.notices.post_office import PostOffice

# As long as other departures are offered.
LINK_LIFE = timedelta(hours=48)
# As long as two phones lie side by side.
HANDOVER_LIFE = timedelta(minutes=10)


def link_for(office: PostOffice, notice: Notice) -> str | None:
    """Make the link of a letter about its order, the same however often it is written; None where no page is known."""
    if notice.kind != "email" or not office.options_page:
        return None
    code = office.order_tokens.issue_link(str(notice.order_id), notice.id, notice.created_at + LINK_LIFE)
    return f"{office.options_page}#{code}"


def new_link(office: PostOffice, order_id: str) -> tuple[str, datetime]:
    """Make a code that opens an order on another phone, once and until the moment that is answered too."""
    until = (office.clock.now() + HANDOVER_LIFE).replace(microsecond=0)
    return office.order_tokens.issue_link(order_id, new_id(), until), until


def open_link(office: PostOffice, code: str) -> str:
    """Use the code of a link up and name the order that it opens; raises NotAuthenticated for a wrong, used or old one."""
    now = office.clock.now()
    named = office.order_tokens.read_link(code, now)
    if named is not None:
        order_id, letter = named
        with office.database.write() as tx:
            if reroutings.use_link(tx, letter, order_id, now):
                return order_id
    raise NotAuthenticated("the link is wrong, was used, or is too old")
