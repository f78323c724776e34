"""Write SIRI-ET 2.1: estimated vehicle journeys with recorded calls, by the ids of the joint feed. Pure.

A call is recorded as far as observations say that it is over; the calls after it are estimated.
"""

from xml.etree.ElementTree import Element

from ticketing.publishing.gtfs.naming import name
from ticketing.publishing.live.siri_xml import (
    add,
    add_journey_ref,
    add_moment,
    delivery,
    document,
)
from ticketing.publishing.live.standing import Standing, StandingCall, StandingEnd, StandingRun

SERVICE = "EstimatedTimetableDelivery"


def siri_et(standing: Standing) -> bytes:
    """Write what is told of runs."""
    root, part = delivery(SERVICE, standing.at)
    frame = add(part, "EstimatedJourneyVersionFrame")
    add_moment(frame, "RecordedAtTime", standing.at)
    for run in standing.runs:
        _add_run(frame, run)
    return document(root)


def _add_run(frame: Element, run: StandingRun) -> None:
    journey = add(frame, "EstimatedVehicleJourney")
    add_moment(journey, "RecordedAtTime", run.told_at)
    add(journey, "LineRef", name(run.operator, run.route))
    add(journey, "DirectionRef", "" if run.direction is None else str(run.direction))
    add_journey_ref(journey, run.service_date.isoformat(), name(run.operator, run.trip_id))
    if run.is_cancelled:
        add(journey, "Cancellation", "true")
    add(journey, "PublishedLineName", run.line)
    add(journey, "OperatorRef", run.operator)
    recorded = [call for call in run.calls if _is_over(call) and not run.is_cancelled]
    _add_calls(journey, "Recorded", run, recorded)
    _add_calls(journey, "Estimated", run, [call for call in run.calls if call not in recorded])
    add(journey, "IsCompleteStopSequence", "true")


def _is_over(call: StandingCall) -> bool:
    return any(end is not None and end.is_actual for end in (call.arrival, call.departure))


def _add_calls(journey: Element, kind: str, run: StandingRun, calls: list[StandingCall]) -> None:
    if not calls:
        return
    group = add(journey, f"{kind}Calls")
    for call in calls:
        element = add(group, f"{kind}Call")
        add(element, "StopPointRef", name(run.operator, call.stop_id))
        add(element, "Order", str(call.place + 1))
        if call.is_skipped or run.is_cancelled:
            add(element, "Cancellation", "true")
        for event, end in (("Arrival", call.arrival), ("Departure", call.departure)):
            _add_end(element, event, end, run, call)


def _add_end(
    element: Element, event: str, end: StandingEnd | None, run: StandingRun, call: StandingCall
) -> None:
    if end is None:
        return
    add_moment(element, f"Aimed{event}Time", end.planned)
    if call.is_skipped or run.is_cancelled:
        add(element, f"{event}Status", "cancelled")
        return
    add_moment(element, f"{'Actual' if end.is_actual else 'Expected'}{event}Time", end.at)
    if call.platform:
        assignment = add(element, f"{event}StopAssignment")
        add(assignment, "AimedQuayRef", name(run.operator, call.stop_id))
        add(assignment, "ExpectedQuayRef", name(run.operator, call.platform))
