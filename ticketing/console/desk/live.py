"""Show figures of operators' live data: whether they are fetched, their age, and how much of them fits the timetables."""

from ticketing.console.blueprint import blueprint, console
from ticketing.console.door import needs
from ticketing.console.pages import page, region


@blueprint.get("/live")
@needs("finance", "admin")
def live() -> str:
    """Show the live data of a region's operators."""
    wanted = region()
    return page("live", here="live", region=wanted, feeds=console().feeds(wanted))
