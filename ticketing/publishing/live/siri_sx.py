"""Write SIRI-SX 2.1: the departures that do not go as planned, as situations, by the ids of the joint feed. Pure."""

from xml.etree.ElementTree import Element

from ticketing.publishing.gtfs.naming import name
from ticketing.publishing.live.siri_xml import (
    PARTICIPANT,
    add,
    add_journey_ref,
    add_moment,
    delivery,
    document,
)
from ticketing.publishing.live.standing import Happened, Standing

SERVICE = "SituationExchangeDelivery"
# The condition and the severity of each kind (SIRI 2.1, `ServiceConditionEnumeration`, `SeverityEnumeration`).
_CONSEQUENCES = {
    "cancelled": ("cancelled", "severe"),
    "delayed": ("delayed", "normal"),
    "call_skipped": ("altered", "normal"),
}
# Causes of GTFS-Realtime in the words of SIRI; all others are unknown.
_CAUSES = {
    "technical_problem": "technicalProblem",
    "strike": "industrialAction",
    "weather": "poorWeather",
    "maintenance": "maintenanceWork",
    "construction": "constructionWork",
    "accident": "accident",
    "police_activity": "policeActivity",
    "demonstration": "demonstration",
    "medical_emergency": "emergencyServicesCall",
    "holiday": "holiday",
}


def siri_sx(standing: Standing) -> bytes:
    """Write the departures that do not go as planned."""
    root, part = delivery(SERVICE, standing.at)
    situations = add(part, "Situations")
    for happened in standing.events:
        _add_situation(situations, happened)
    return document(root)


def _add_situation(situations: Element, happened: Happened) -> None:
    run = happened.run
    condition, severity = _CONSEQUENCES[happened.kind]
    element = add(situations, "PtSituationElement")
    add_moment(element, "CreationTime", happened.since)
    add(element, "ParticipantRef", PARTICIPANT)
    add(element, "SituationNumber", f"{name(run.operator, run.trip_id)}:{run.service_date:%Y%m%d}")
    add(element, "Version", str(happened.revision))
    add(add(element, "Source"), "SourceType", "feed")
    add(element, "Progress", "published")
    _add_period(element, "ValidityPeriod", happened)
    add(element, "AlertCause", _CAUSES.get(happened.cause or "", "unknown"))
    add(element, "Severity", severity)
    add(element, "ScopeType", "vehicleJourney")
    for tag, texts in (("Summary", happened.header), ("Description", happened.description)):
        for language, text in texts.items():
            add(element, tag, text, language)
    journeys = add(add(element, "Affects"), "VehicleJourneys")
    journey = add(journeys, "AffectedVehicleJourney")
    add_journey_ref(journey, run.service_date.isoformat(), name(run.operator, run.trip_id))
    add(add(journey, "Operator"), "OperatorRef", run.operator)
    add(journey, "LineRef", name(run.operator, run.route))
    consequence = add(add(element, "Consequences"), "Consequence")
    _add_period(consequence, "Period", happened)
    add(consequence, "Condition", condition)
    add(consequence, "Severity", severity)


def _add_period(element: Element, tag: str, happened: Happened) -> None:
    period = add(element, tag)
    add_moment(period, "StartTime", min(happened.since, happened.run.starts_at))
    add_moment(period, "EndTime", happened.run.ends_at)
