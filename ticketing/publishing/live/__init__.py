"""Live data out of the stored observations and disruptions: GTFS-Realtime, SIRI-ET and SIRI-SX, by the ids of the joint feed."""

from ticketing.publishing.live.gtfs_rt import alerts, trip_updates
from ticketing.publishing.live.siri_et import siri_et
from ticketing.publishing.live.siri_sx import siri_sx
from ticketing.publishing.live.standing import Standing, read_standing

__all__ = ["Standing", "alerts", "read_standing", "siri_et", "siri_sx", "trip_updates"]
