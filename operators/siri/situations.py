"""Read SIRI-SX: situations become alerts, with their texts by language, their cause, and whom they are about. Pure.

SIRI 2.1, `PtSituationElement`. Of several versions of a situation the highest counts; one that is a draft, closed or over is
left out. `cause` is SIRI's own word (`siri_situationReasons.xsd`), of which `operators/causes.py` tells the class; effect and
severity are the words of GTFS-Realtime that say the same.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from itertools import islice

from operators.elements import MAX_TEXT, Element, children, leaves_of, text_at
from operators.errors import BadReply
from operators.plain_text import plain
from operators.port import Alert, Disruptions, Selector
from operators.siri.delivery import Delivery, instant, language_of
from operators.siri.journeys import Names

SOURCE = "siri_sx"
SERVICE = "SituationExchangeDelivery"
MAX_SITUATIONS = 5_000
_MAX_LANGUAGES, _MAX_SELECTORS = 20, 500
_SILENT = {"draft", "pendingApproval", "approvedDraft", "closed"}
# Of a selector with this nothing can hold.
_NO_MODE = "?"
_MODES = {
    "bus": "bus", "coach": "bus", "trolleyBus": "bus", "tram": "tram", "metro": "metro", "underground": "metro",
    "rail": "rail", "suburbanRail": "rail", "urbanRail": "rail", "intercityRail": "rail", "water": "ferry", "ferry": "ferry",
}  # fmt: skip
_REASONS = (
    "AlertCause", "MiscellaneousReason", "PersonnelReason", "EquipmentReason", "EnvironmentReason", "UndefinedReason", "Reason",
)  # fmt: skip
_UNTOLD = {"unknown", "undefined", "undefinedAlertCause", "unknownReason"}
_EFFECTS = {
    "cancelled": "no_service", "tripCancellation": "no_service", "noService": "no_service", "lineCancellation": "no_service",
    "suspended": "no_service", "serviceSuspended": "no_service", "journeyCancelled": "no_service",
    "disrupted": "reduced_service", "reducedService": "reduced_service", "irregularService": "reduced_service",
    "irregular": "reduced_service", "partiallyCancelled": "reduced_service", "disruption": "reduced_service",
    "delayed": "significant_delays", "delay": "significant_delays", "trafficDelays": "significant_delays",
    "diverted": "detour", "detour": "detour", "rerouted": "detour", "extraService": "additional_service",
    "additionalService": "additional_service", "altered": "modified_service", "changeOfPlatform": "modified_service",
    "changedPlatform": "modified_service", "stopMoved": "stop_moved", "noEffect": "no_effect", "normal": "no_effect",
    "normalService": "no_effect", "accessibilityProblem": "accessibility_issue",
}  # fmt: skip
_SEVERITIES = {
    "noImpact": "info", "verySlight": "info", "slight": "info", "normal": "warning", "severe": "severe", "verySevere": "severe",
}  # fmt: skip


def read_situations(delivery: Delivery, names: Names | None = None) -> Disruptions:
    """The alerts of a delivery; raises BadReply for more situations than anybody could read."""
    read = [_alert(one, delivery.told_at, names or Names()) for one in _newest(delivery)]
    alerts = [alert for alert in read if alert is not None]
    return Disruptions(
        as_of=delivery.told_at,
        items=(),
        alerts=tuple(alerts),
        source=SOURCE,
        alerts_source=SOURCE,
        tells_trips=False,
    )


def _newest(delivery: Delivery) -> list[Element]:
    """The newest version of each situation; one without a number is a situation of its own."""
    newest: dict[object, tuple[int, Element]] = {}
    for at, element in enumerate(children(delivery.root, SERVICE, "Situations", "PtSituationElement")):
        if at == MAX_SITUATIONS:
            raise BadReply(f"the delivery has more than {MAX_SITUATIONS} situations")
        leaves = leaves_of(element)
        number = leaves.get("SituationNumber")
        key = (leaves.get("ParticipantRef"), number) if number else at
        version = _version(leaves.get("Version", ""))
        if key not in newest or newest[key][0] <= version:
            newest[key] = version, element
    return [element for _, element in newest.values()]


def _alert(element: Element, told_at: datetime, names: Names) -> Alert | None:
    """Read one situation; None for one without a text, that is not published, or is over."""
    leaves = leaves_of(element)
    periods = tuple(_period(one) for one in children(element, "ValidityPeriod"))
    over = periods and all(until is not None and until <= told_at.timestamp() for _, until in periods)
    header, description = _header_and_description(element, leaves.get("Language", "").lower()[:35])
    if leaves.get("Progress") in _SILENT or over or not header:
        return None
    consequences = [leaves_of(one) for one in children(element, "Consequences", "Consequence")]
    reasons = (leaves[one] for one in _REASONS if leaves.get(one, "unknown") not in _UNTOLD)
    return Alert(
        header=header,
        description=description,
        url=_link(element),
        cause=next(reasons, "")[:64],
        effect=_first(_EFFECTS, consequences, "Condition"),
        severity=_first(_SEVERITIES, [leaves, *consequences], "Severity"),
        periods=periods,
        about=tuple(_about(element, names)),
    )


def _header_and_description(element: Element, home: str) -> tuple[dict[str, str], dict[str, str]]:
    """The summary and the description; without a summary the description is the header, without both the reason."""
    header = _texts(element, home, "Summary", "SummaryText")
    description = _texts(element, home, "Description", "DescriptionText")
    if header:
        return header, description
    return description or _texts(element, home, "ReasonName", "ReasonText"), {}


def _link(element: Element) -> dict[str, str]:
    links = (text_at(one, "Uri") for one in children(element, "InfoLinks", "InfoLink"))
    return next(({"": one} for one in links if one.startswith(("https://", "http://"))), {})


def _first(words: Mapping[str, str], rows: Iterable[Mapping[str, str]], name: str) -> str:
    """Our word for the first one that is told and known; empty where there is none."""
    return next((words[word] for row in rows if (word := row.get(name, "")) in words), "")


def _texts(element: Element, home: str, name: str, inside: str) -> dict[str, str]:
    """The texts by language: those of the situation, else those of its first action that has any."""
    own = _by_language(children(element, name), home)
    if own:
        return own
    content = (
        _by_language(one.iterdescendants(f"{{*}}{inside}"), home)
        for actions in children(element, "PublishingActions")
        for one in actions.iterchildren("{*}*")
    )
    return next((texts for texts in content if texts), {})


def _by_language(elements: Iterator[Element], home: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in elements:
        text = plain(" ".join((one.text or "").split()), MAX_TEXT)
        if text and len(found) < _MAX_LANGUAGES:
            found.setdefault(language_of(one) or home, text)
    return found


def _about(element: Element, names: Names) -> Iterator[Selector]:
    """Select what a situation affects: its own word, else that of its consequences; of words that say nothing to us nothing holds."""
    affects = [one for one in children(element, "Affects") if len(one)]
    if not affects:
        affects = [one for one in children(element, "Consequences", "Consequence", "Affects") if len(one)]
    # Trips and stops of one journey multiply: no more of them are made than are kept.
    every = (selector for one in affects for selector in _selectors(one, names))
    affected = list(islice(every, _MAX_SELECTORS))
    if affects and not affected:
        yield Selector(mode=_NO_MODE)
    yield from affected


def _selectors(affects: Element, names: Names) -> Iterator[Selector]:
    for named in children(affects, "Operators", "AffectedOperator"):
        if operator := text_at(named, "OperatorRef"):
            yield Selector(agency_id=operator)
    for network in children(affects, "Networks", "AffectedNetwork"):
        yield from _network(network, names)
    for kind, ref in (("StopPoint", "StopPointRef"), ("StopPlace", "StopPlaceRef")):
        for named in children(affects, f"{kind}s", f"Affected{kind}"):
            if stop := text_at(named, ref).removeprefix(names.stop):
                yield Selector(stop_id=stop)
    for named in children(affects, "VehicleJourneys", "AffectedVehicleJourney"):
        yield from _journeys(named, names)


def _network(network: Element, names: Names) -> Iterator[Selector]:
    operator = text_at(network, "AffectedOperator", "OperatorRef")
    mode = leaves_of(network).get("VehicleMode") or text_at(network, "AffectedModes", "Mode", "VehicleMode")
    kind = (_MODES.get(mode) or _NO_MODE) if mode else ""
    lines = list(children(network, "AffectedLine"))
    if not lines and (operator or kind):
        yield Selector(agency_id=operator, mode=kind)
    for line in lines:
        yield from _line(line, kind, names)


def _line(line: Element, kind: str, names: Names) -> Iterator[Selector]:
    """Select a line, in the directions and at the stops that are named."""
    route = text_at(line, "LineRef").removeprefix(names.line)
    words = [text_at(one, "DirectionRef") for one in children(line, "Direction")]
    # A word for a direction that is not known says less, not another thing: the alert is about the whole line.
    directions = {names.directions.get(word) for word in words} or {None}
    stops = [
        text_at(one, "StopPointRef").removeprefix(names.stop)
        for one in children(line, "StopPoints", "AffectedStopPoint")
    ]
    if route:
        for direction in (None,) if None in directions else sorted(directions, key=str):
            for stop in stops or [""]:
                yield Selector(route_id=route, direction=direction, stop_id=stop, mode=kind)


def _journeys(element: Element, names: Names) -> Iterator[Selector]:
    """Select the journeys that are named, on their day where it is told; else those of the line that is."""
    day_text = text_at(element, "FramedVehicleJourneyRef", "DataFrameRef")
    day = _day(day_text)
    stops = [
        text_at(one, "StopPointRef").removeprefix(names.stop)
        for path in (("StopPoints", "AffectedStopPoint"), ("Calls", "Call"))
        for one in children(element, *path)
    ]
    line = text_at(element, "LineRef").removeprefix(names.line)
    trips = _trips(element, names)
    unreadable = bool(day_text) and day is None
    for trip in trips or ([""] if line else []):
        for stop in stops or [""]:
            yield Selector(
                trip_id=trip,
                route_id="" if trip else line,
                service_date=day,
                stop_id=stop,
                mode=_NO_MODE if unreadable else "",
            )


def _trips(element: Element, names: Names) -> list[str]:
    """The trips that are named, each once."""
    references = [
        *(
            _plain(one)
            for name in ("DatedVehicleJourneyRef", "VehicleJourneyRef")
            for one in children(element, name)
        ),
        text_at(element, "FramedVehicleJourneyRef", "DatedVehicleJourneyRef"),
    ]
    return [one.removeprefix(names.journey) for one in dict.fromkeys(references) if one]


def _plain(element: Element) -> str:
    return (element.text or "").strip()[:MAX_TEXT]


def _period(element: Element) -> tuple[int | None, int | None]:
    told = leaves_of(element)
    start, end = instant(told.get("StartTime")), instant(told.get("EndTime"))
    return (int(start.timestamp()) if start else None, int(end.timestamp()) if end else None)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _version(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else 0  # noqa: PLR2004  more than anybody counts
