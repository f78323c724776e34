"""An authenticator app in the hand of a person: it holds a secret and shows the code of a moment."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pyotp

from ticketing.clock import FixedClock
from ticketing.identity import second_factor, staff
from ticketing.identity.staff import StaffDesk

PASSWORD = "seven ferries cross the gulf"


@dataclass
class App:
    """The app of one person."""

    secret: str

    def code(self, at: datetime) -> str:
        """Show the code of a moment."""
        return pyotp.TOTP(self.secret).at(at)


def enrolled(
    desk: StaffDesk, clock: FixedClock, name: str, role: str = "finance", operator: str | None = None
) -> App:
    """Make an account with its own password and an enrolled app; the clock goes on to the next code."""
    email = f"{name}@example.org"
    _, first = staff.add(desk, email, name.title(), role=role, operator=operator)
    cookie = staff.sign_in(desk, email, first)
    who = staff.recognise(desk, cookie)
    staff.change_password(desk, who, cookie, first, PASSWORD)
    app = App(second_factor.begin(desk, who).secret)
    second_factor.prove(desk, who, cookie, app.code(clock.now()))
    clock.advance(timedelta(seconds=30))
    return app
