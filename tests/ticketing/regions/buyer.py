"""A process that buys one ferry ticket through the deployment's connectors; its parent kills it in the middle."""

import os
import sys

from operators.departures import upcoming
from operators.port import HoldRequest, Traveller
from ticketing.clock import SystemClock
from ticketing.config import Settings
from ticketing.db import Database
from ticketing.regions import load_regions, open_connectors


def main(url: str, step: str, key: str) -> None:
    """Hold, or hold and confirm."""
    database, clock = Database(url), SystemClock()
    regions = load_regions(Settings(database_url=url))
    connector = open_connectors(database, clock, regions, environ=os.environ).of(
        "helsinki-tallinn", "tallink"
    )
    departure = upcoming(regions["helsinki-tallinn"].data.timetables["tallink"], clock.now(), 40)[-1]
    connector.hold(HoldRequest(key, departure, (Traveller("anna", "adult"),)))
    if step == "confirm":
        connector.confirm(key)
    sys.stdout.write("done\n")
    database.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
