"""Regions: the data folders this process serves, loaded and checked once, and what their operators tell of today."""

from ticketing.regions.cache import Served, load_regions, load_served
from ticketing.regions.changing import change_seconds, is_in_seat, stays_seated
from ticketing.regions.connectors import Connectors, open_connectors
from ticketing.regions.guaranteed import guarantee_for
from ticketing.regions.live_board import LiveBoard, News, Told, news_of_rides
from ticketing.regions.load import Region, check_region
from ticketing.regions.names import category_name, explained, pass_name
from ticketing.regions.not_carried import Expected, failure_of
from ticketing.regions.polling import LiveDesk, ask_now, poll_live
from ticketing.regions.run_news import key_of, news_of
from ticketing.regions.running import next_departures, require_running
from ticketing.regions.sailings import Late, Sailing, Sailings, lateness
from ticketing.regions.selling import is_closed, require_on_sale
from ticketing.regions.watch import Watch
from ticketing.regions.word import Change, Word

__all__ = [
    "Change",
    "Connectors",
    "Expected",
    "Late",
    "LiveBoard",
    "LiveDesk",
    "News",
    "Region",
    "Sailing",
    "Sailings",
    "Served",
    "Told",
    "Watch",
    "Word",
    "ask_now",
    "category_name",
    "change_seconds",
    "check_region",
    "explained",
    "failure_of",
    "guarantee_for",
    "is_closed",
    "is_in_seat",
    "key_of",
    "lateness",
    "load_regions",
    "load_served",
    "news_of",
    "news_of_rides",
    "next_departures",
    "open_connectors",
    "pass_name",
    "poll_live",
    "require_on_sale",
    "require_running",
    "stays_seated",
]
