"""Write GTFS-Realtime: trip updates and alerts by the ids of the joint feed. Pure.

GTFS Realtime Reference 2.0: a whole data set each time; a trip that repeats by frequencies is named by its start as well.
"""

from collections.abc import Mapping
from typing import Any

from google.transit import gtfs_realtime_pb2 as gtfs

from ticketing.publishing.gtfs.naming import name
from ticketing.publishing.live.standing import Standing, StandingCall, StandingEnd, StandingRun

_EFFECTS = {"cancelled": "NO_SERVICE", "delayed": "SIGNIFICANT_DELAYS", "call_skipped": "MODIFIED_SERVICE"}
_REPEATED = "@"
_CAUSES = frozenset(gtfs.Alert.Cause.keys())


def trip_updates(standing: Standing, starts: Mapping[tuple[str, str], str]) -> bytes:
    """Write what is told of runs; `starts` are the start times of repeated trips on the feed's clock, by operator and trip."""
    message = _message(standing)
    for run in standing.runs:
        update = message.entity.add(id=_id(run)).trip_update
        _name_trip(update.trip, run, starts)
        update.timestamp = int(run.told_at.timestamp())
        if run.is_cancelled:
            update.trip.schedule_relationship = gtfs.TripDescriptor.CANCELED
            continue
        for call in run.calls:
            _add_call(update, run, call)
        if not update.stop_time_update:
            del message.entity[-1]
    return bytes(message.SerializeToString(deterministic=True))


def alerts(standing: Standing, starts: Mapping[tuple[str, str], str]) -> bytes:
    """Write the departures that do not go as planned, with a sentence in each language."""
    message = _message(standing)
    for happened in standing.events:
        alert = message.entity.add(id=_id(happened.run)).alert
        _name_trip(alert.informed_entity.add().trip, happened.run, starts)
        period = alert.active_period.add(start=int(happened.since.timestamp()))
        period.end = int(happened.run.ends_at.timestamp())
        cause = (happened.cause or "").upper()
        alert.cause = gtfs.Alert.Cause.Value(cause if cause in _CAUSES else "UNKNOWN_CAUSE")
        alert.effect = gtfs.Alert.Effect.Value(_EFFECTS[happened.kind])
        for texts, written in (
            (happened.header, alert.header_text),
            (happened.description, alert.description_text),
        ):
            for language, text in texts.items():
                written.translation.add(language=language, text=text)
    return bytes(message.SerializeToString(deterministic=True))


def _message(standing: Standing) -> Any:
    message = gtfs.FeedMessage()
    message.header.gtfs_realtime_version = "2.0"
    message.header.incrementality = gtfs.FeedHeader.FULL_DATASET
    message.header.timestamp = int(standing.at.timestamp())
    return message


def _id(run: StandingRun) -> str:
    return f"{name(run.operator, run.trip_id)}:{run.service_date:%Y%m%d}"


def _name_trip(trip: Any, run: StandingRun, starts: Mapping[tuple[str, str], str]) -> None:
    own, repeated, _ = run.trip_id.partition(_REPEATED)
    trip.trip_id = name(run.operator, own)
    trip.route_id = name(run.operator, run.route)
    trip.start_date = f"{run.service_date:%Y%m%d}"
    if repeated and (run.operator, run.trip_id) in starts:
        trip.start_time = starts[run.operator, run.trip_id]
    trip.schedule_relationship = gtfs.TripDescriptor.SCHEDULED


def _add_call(update: Any, run: StandingRun, call: StandingCall) -> None:
    known = [end for end in (call.arrival, call.departure) if end and end.at]
    if not known and not call.is_skipped:
        return
    written = update.stop_time_update.add(stop_id=name(run.operator, call.stop_id))
    if call.is_skipped:
        written.schedule_relationship = gtfs.TripUpdate.StopTimeUpdate.SKIPPED
        return
    for event, end in (("arrival", call.arrival), ("departure", call.departure)):
        _add_end(written, event, end)
    if call.platform:
        written.stop_time_properties.assigned_stop_id = name(run.operator, call.platform)


def _add_end(call: Any, event: str, end: StandingEnd | None) -> None:
    if end is None or end.at is None:
        return
    written = getattr(call, event)
    written.time = int(end.at.timestamp())
    written.delay = int((end.at - end.planned).total_seconds())
    if end.is_actual:
        written.uncertainty = 0
