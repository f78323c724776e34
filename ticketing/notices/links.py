"""Links in letters to the page on which a holder chooses how to go on: each opens its order once, and for two days.

Its code stands behind `#`, which browsers send to no server and proxies do not log.
"""

from datetime import timedelta

from ticketing.db.disruption import reroutings
from ticketing.db.notices.outbox import Notice
from ticketing.errors import NotAuthenticated
from ticketing.notices.post_office import PostOffice

# As long as other departures are offered.
LINK_LIFE = timedelta(hours=48)


def link_for(office: PostOffice, notice: Notice) -> str | None:
    """Make the link of a letter about its order, the same however often it is written; None where no page is known."""
    if notice.kind != "email" or not office.options_page:
        return None
    code = office.order_tokens.issue_link(str(notice.order_id), notice.id, notice.created_at + LINK_LIFE)
    return f"{office.options_page}#{code}"


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
