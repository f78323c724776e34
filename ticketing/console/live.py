"""What operators tell live, in figures: whether it is fetched, how old it is, and how much of it fits their timetables."""

from ticketing.console.blueprint import blueprint, console
from ticketing.console.door import needs
from ticketing.console.pages import page, region


@blueprint.get("/live")
@needs("finance", "admin")
def live() -> str:
    """Show the live data of a region's operators."""
    wanted = region()
    return page("live", here="live", region=wanted, feeds=console().feeds(wanted))
