"""The joint timetable of a region with its prices, as one GTFS feed that planners read, and the files that are made from it."""

from ticketing.publishing.gtfs.joint import Joint, joint_feed
from ticketing.publishing.gtfs.ride import gtfs_ride
from ticketing.publishing.gtfs.zipped import zipped

__all__ = ["Joint", "gtfs_ride", "joint_feed", "zipped"]
