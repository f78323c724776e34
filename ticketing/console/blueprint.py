"""The console's blueprint, what its pages need of the deployment, and how it is mounted."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

from flask import Blueprint, Flask, current_app

from ticketing.claims import ClaimsDesk
from ticketing.errors import ThroughfareError
from ticketing.gate.house import Gatehouse
from ticketing.identity import Counters
from ticketing.identity.staff import StaffDesk
from ticketing.impact import Coast, ImpactDesk
from ticketing.incidents.desk import IncidentDesk
from ticketing.notices import PostOffice
from ticketing.purchase.service import Till
from ticketing.regions import LiveDesk
from ticketing.regions.levels import FeedFigures
from ticketing.search.service import Planner
from ticketing.settlement.service import Office

blueprint = Blueprint("console", __name__, url_prefix="/console", template_folder="templates")
_NAME = "throughfare_console"


@dataclass(frozen=True, slots=True, kw_only=True)
class Console:
    """`secure` cookies need HTTPS; `status_of` is the one table from errors to statuses; `warnings` name stand-ins.

    `feeds` gives the live data of a region's operators in figures, `live` is the desk at which staff speak of departures,
    `claims` the one of passengers' claims, `incidents` the one of what failed, `gatehouse` knows the operators' devices, `post_office`
    writes to the holders of tickets, `impact` reads published months, `coasts` the outlines of maps. `four_eyes` are the words with
    which the database refuses one person a second time. With `second_factor` everybody has an authenticator app.
    """

    office: Office
    till: Till
    desk: StaffDesk
    counters: Counters
    regions: tuple[str, ...]
    secure: bool
    rate_limits: bool
    warnings: tuple[str, ...]
    status_of: Callable[[ThroughfareError], int]
    feeds: Callable[[str], Sequence[FeedFigures]]
    live: LiveDesk
    claims: ClaimsDesk
    incidents: IncidentDesk
    gatehouse: Gatehouse
    post_office: PostOffice
    planner: Planner
    impact: ImpactDesk
    coasts: Callable[[], Coast]
    four_eyes: Callable[[BaseException], str | None]
    second_factor: bool = False

    @property
    def cookie_name(self) -> str:
        """A browser takes a `__Host-` cookie from this very host over HTTPS alone."""
        return "__Host-throughfare" if self.secure else "throughfare"


def register(app: Flask, made: Console) -> None:
    """Mount the console in an application."""
    app.extensions[_NAME] = made
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.register_blueprint(blueprint)


def console() -> Console:
    """The console of the application that answers this request."""
    return cast("Console", current_app.extensions[_NAME])
