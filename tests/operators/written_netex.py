"""A GTFS feed written as a NeTEx delivery, in the ways of several profiles: what one reader must make of both."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from xml.sax.saxutils import escape, quoteattr

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MODES = {"0": "tram", "1": "metro", "2": "rail", "3": "bus", "4": "water"}
# The ways to write a journey: passing times at a pattern's points, the same with day bits, or calls of its own.
DIALECTS = ("nordic", "epip", "calls")


def delivery(files: Mapping[str, str], dialect: str = "nordic") -> dict[str, bytes]:
    """The files of a delivery: one of common objects, and one of lines and journeys."""
    tables = {name: list(csv.DictReader(io.StringIO(text))) for name, text in files.items()}
    zone = tables["agency.txt"][0]["agency_timezone"]
    common = [
        (
            f"<ResourceFrame id='x:ResourceFrame:1' version='1'><organisations>{_join(_operators(tables))}"
            "</organisations></ResourceFrame>"
        ),
        f"<SiteFrame id='x:SiteFrame:1' version='1'><stopPlaces>{_join(_stop_places(tables))}</stopPlaces></SiteFrame>",
        (
            f"<ServiceFrame id='x:ServiceFrame:1' version='1'><scheduledStopPoints>{_join(_points(tables))}"
            f"</scheduledStopPoints><stopAssignments>{_join(_assignments(tables))}</stopAssignments></ServiceFrame>"
        ),
        (
            f"<ServiceCalendarFrame id='x:ServiceCalendarFrame:1' version='1'>{_calendar(tables, dialect)}"
            "</ServiceCalendarFrame>"
        ),
    ]
    lines = [
        (
            f"<ServiceFrame id='x:ServiceFrame:2' version='1'><lines>{_join(_lines(tables))}</lines>"
            f"<destinationDisplays>{_join(_displays(tables))}</destinationDisplays>"
            f"<journeyPatterns>{_join(_patterns(tables, dialect))}</journeyPatterns></ServiceFrame>"
        ),
        (
            f"<TimetableFrame id='x:TimetableFrame:1' version='1'><vehicleJourneys>"
            f"{_join(_journeys(tables, dialect))}</vehicleJourneys></TimetableFrame>"
        ),
    ]
    return {"_common.xml": document(common, zone), "lines.xml": document(lines, zone)}


def document(frames: Iterable[str], zone: str = "") -> bytes:
    """A PublicationDelivery with frames in a CompositeFrame."""
    locale = (
        f"<DefaultLocale><TimeZone>{zone}</TimeZone><DefaultLanguage>en</DefaultLanguage></DefaultLocale>"
    )
    defaults = f"<FrameDefaults>{locale}</FrameDefaults>" if zone else ""
    return (
        "<?xml version='1.0' encoding='UTF-8'?>"
        "<PublicationDelivery xmlns='http://www.netex.org.uk/netex' version='1.15'><dataObjects>"
        f"<CompositeFrame id='x:CompositeFrame:1' version='1'>{defaults}<frames>{_join(frames)}</frames></CompositeFrame>"
        "</dataObjects></PublicationDelivery>"
    ).encode()


def _join(parts: Iterable[str]) -> str:
    return "".join(parts)


def _id(kind: str, name: str) -> str:
    return quoteattr(f"x:{kind}:{name}")


def _named(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>" if text else ""


Tables = Mapping[str, list[dict[str, str]]]


def _operators(tables: Tables) -> Iterator[str]:
    for row in tables["agency.txt"]:
        yield f"<Operator id={_id('Operator', row['agency_id'])} version='1'>{_named('Name', row['agency_name'])}</Operator>"


def _place(row: Mapping[str, str]) -> str:
    return (
        f"<Centroid><Location><Longitude>{row['stop_lon']}</Longitude><Latitude>{row['stop_lat']}</Latitude>"
        "</Location></Centroid>"
    )


def _stop_places(tables: Tables) -> Iterator[str]:
    """Each station with its quays; a stop without a station is a quay of a place of its own, which GTFS would call a station."""
    rows = tables["stops.txt"]
    for station in (row for row in rows if row.get("location_type") == "1"):
        quays = [row for row in rows if row.get("parent_station") == station["stop_id"]]
        inside = _join(
            f"<Quay id={_id('Quay', row['stop_id'])} version='1'>{_place(row)}</Quay>" for row in quays
        )
        yield (
            f"<StopPlace id={_id('StopPlace', station['stop_id'])} version='1'>{_named('Name', station['stop_name'])}"
            f"{_place(station)}<quays>{inside}</quays></StopPlace>"
        )


def _stops(tables: Tables) -> list[dict[str, str]]:
    return [row for row in tables["stops.txt"] if row.get("location_type") != "1"]


def _points(tables: Tables) -> Iterator[str]:
    for row in _stops(tables):
        at = "" if row.get("parent_station") else _place(row).replace("Centroid>", "Projection>")
        own = (
            f"<Location>{at.partition('<Location>')[2].partition('</Location>')[0]}</Location>" if at else ""
        )
        yield (
            f"<ScheduledStopPoint id={_id('ScheduledStopPoint', row['stop_id'])} version='1'>"
            f"{_named('Name', row['stop_name'])}{own}</ScheduledStopPoint>"
        )


def _assignments(tables: Tables) -> Iterator[str]:
    for number, row in enumerate(row for row in _stops(tables) if row.get("parent_station")):
        yield (
            f"<PassengerStopAssignment id='x:PassengerStopAssignment:{number}' version='1' order='{number + 1}'>"
            f"<ScheduledStopPointRef ref={_id('ScheduledStopPoint', row['stop_id'])}/>"
            f"<QuayRef ref={_id('Quay', row['stop_id'])}/></PassengerStopAssignment>"
        )


def _calendar(tables: Tables, dialect: str) -> str:
    types, periods, given = [], [], []
    for row in tables["calendar.txt"]:
        name, start, end = row["service_id"], _day(row["start_date"]), _day(row["end_date"])
        runs = [at for at, word in enumerate(_WEEKDAYS) if row[word.lower()] == "1"]
        words = " ".join(_WEEKDAYS[at] for at in runs) or "none"
        bits = _join(
            str(int((start + timedelta(at)).weekday() in runs)) for at in range((end - start).days + 1)
        )
        own = f"<properties><PropertyOfDay><DaysOfWeek>{words}</DaysOfWeek></PropertyOfDay></properties>"
        types.append(
            f"<DayType id={_id('DayType', name)} version='1'>{'' if dialect == 'epip' else own}</DayType>"
        )
        kind = "UicOperatingPeriod" if dialect == "epip" else "OperatingPeriod"
        days = f"<ValidDayBits>{bits}</ValidDayBits>" if dialect == "epip" else ""
        periods.append(
            f"<{kind} id={_id(kind, name)} version='1'><FromDate>{start}T00:00:00</FromDate>"
            f"<ToDate>{end}T00:00:00</ToDate>{days}</{kind}>"
        )
        given.append(
            f"<DayTypeAssignment id={_id('DayTypeAssignment', name)} version='1' order='1'>"
            f"<OperatingPeriodRef ref={_id(kind, name)}/><DayTypeRef ref={_id('DayType', name)}/></DayTypeAssignment>"
        )
    for row in tables.get("calendar_dates.txt", []):
        available = "true" if row["exception_type"] == "1" else "false"
        name = f"{row['service_id']}-{row['date']}"
        given.append(
            f"<DayTypeAssignment id={_id('DayTypeAssignment', name)} version='1' order='2'><Date>{_day(row['date'])}</Date>"
            f"<DayTypeRef ref={_id('DayType', row['service_id'])}/><isAvailable>{available}</isAvailable></DayTypeAssignment>"
        )
    return (
        f"<dayTypes>{_join(types)}</dayTypes><operatingPeriods>{_join(periods)}</operatingPeriods>"
        f"<dayTypeAssignments>{_join(given)}</dayTypeAssignments>"
    )


def _day(text: str) -> date:
    return date(int(text[:4]), int(text[4:6]), int(text[6:]))


def _lines(tables: Tables) -> Iterator[str]:
    for row in tables["routes.txt"]:
        yield (
            f"<Line id={_id('Line', row['route_id'])} version='1'>{_named('Name', row.get('route_long_name', ''))}"
            f"<TransportMode>{_MODES[row['route_type']]}</TransportMode>{_named('PublicCode', row['route_short_name'])}"
            f"<OperatorRef ref={_id('Operator', row['agency_id'])}/></Line>"
        )


def _displays(tables: Tables) -> Iterator[str]:
    for row in tables["trips.txt"]:
        if row.get("trip_headsign"):
            yield (
                f"<DestinationDisplay id={_id('DestinationDisplay', row['trip_id'])} version='1'>"
                f"{_named('FrontText', row['trip_headsign'])}</DestinationDisplay>"
            )


def _calls(tables: Tables, trip: str) -> list[dict[str, str]]:
    rows = [row for row in tables["stop_times.txt"] if row["trip_id"] == trip]
    return sorted(rows, key=lambda row: int(row["stop_sequence"]))


def _flags(row: Mapping[str, str]) -> tuple[str, str]:
    boards = "<ForBoarding>false</ForBoarding>" if row.get("pickup_type") == "1" else ""
    alights = "<ForAlighting>false</ForAlighting>" if row.get("drop_off_type") == "1" else ""
    return boards, alights


def _patterns(tables: Tables, dialect: str) -> Iterator[str]:
    kind = "ServiceJourneyPattern" if dialect == "epip" else "JourneyPattern"
    for trip in tables["trips.txt"] if dialect != "calls" else []:
        direction = {"0": "outbound", "1": "inbound"}.get(trip.get("direction_id", ""), "")
        points = _join(
            f"<StopPointInJourneyPattern id={_id('Halt', trip['trip_id'] + '-' + row['stop_sequence'])} version='1' order='{at}'>"
            f"<ScheduledStopPointRef ref={_id('ScheduledStopPoint', row['stop_id'])}/>{_flags(row)[1]}{_flags(row)[0]}"
            "</StopPointInJourneyPattern>"
            for at, row in enumerate(_calls(tables, trip["trip_id"]), 1)
        )
        display = f"<DestinationDisplayRef ref={_id('DestinationDisplay', trip['trip_id'])}/>"
        yield (
            f"<{kind} id={_id(kind, trip['trip_id'])} version='1'>{_named('DirectionType', direction)}"
            f"{display if trip.get('trip_headsign') else ''}<RouteView><LineRef ref={_id('Line', trip['route_id'])}/></RouteView>"
            f"<pointsInSequence>{points}</pointsInSequence></{kind}>"
        )


def _clock(name: str, text: str) -> str:
    """A time of GTFS as NeTEx writes it: within a day, with the number of days."""
    hours, _, rest = text.partition(":")
    days = int(hours) // 24
    offset = f"<{name}DayOffset>{days}</{name}DayOffset>" if days else ""
    return f"<{name}Time>{int(hours) % 24:02}:{rest}</{name}Time>{offset}"


def _journeys(tables: Tables, dialect: str) -> Iterator[str]:
    for trip in tables["trips.txt"]:
        name = trip["trip_id"]
        calls = _calls(tables, name)
        headways = [row for row in tables.get("frequencies.txt", []) if row["trip_id"] == name]
        days = f"<dayTypes><DayTypeRef ref={_id('DayType', trip['service_id'])}/></dayTypes>"
        block = f"<BlockRef ref={_id('Block', trip['block_id'])}/>" if trip.get("block_id") else ""
        if dialect == "calls":
            body = _own_calls(trip, calls)
        else:
            kind = "ServiceJourneyPattern" if dialect == "epip" else "JourneyPattern"
            body = f"<{kind}Ref ref={_id(kind, name)}/><passingTimes>{_join(_passings(name, calls))}</passingTimes>"
        groups = _join(_headway(number, row) for number, row in enumerate(headways))
        yield (
            f"<ServiceJourney id={_id('ServiceJourney', name)} version='1'>{days}{block}{body}"
            f"<frequencyGroups>{groups}</frequencyGroups></ServiceJourney>"
        )


def _passings(trip: str, calls: list[dict[str, str]]) -> Iterator[str]:
    """The first has no arrival and the last no departure, as producers write them."""
    for at, row in enumerate(calls):
        yield (
            f"<TimetabledPassingTime id={_id('TimetabledPassingTime', trip + '-' + row['stop_sequence'])} version='1'>"
            f"<StopPointInJourneyPatternRef ref={_id('Halt', trip + '-' + row['stop_sequence'])}/>"
            f"{_clock('Arrival', row['arrival_time']) if at else ''}"
            f"{_clock('Departure', row['departure_time']) if at < len(calls) - 1 else ''}</TimetabledPassingTime>"
        )


def _own_calls(trip: Mapping[str, str], calls: list[dict[str, str]]) -> str:
    rows = _join(
        f"<Call id={_id('Call', trip['trip_id'] + '-' + row['stop_sequence'])} version='1' order='{at}'>"
        f"<ScheduledStopPointRef ref={_id('ScheduledStopPoint', row['stop_id'])}/>"
        f"<Arrival>{_clock('', row['arrival_time'])}{_flags(row)[1]}</Arrival>"
        f"<Departure>{_clock('', row['departure_time'])}{_flags(row)[0]}</Departure></Call>"
        for at, row in enumerate(calls, 1)
    )
    shown = (
        f"<DestinationDisplayView>{_named('Name', trip.get('trip_headsign', ''))}</DestinationDisplayView>"
    )
    direction = {"0": "outbound", "1": "inbound"}.get(trip.get("direction_id", ""), "")
    return (
        f"{_named('DirectionType', direction)}<LineRef ref={_id('Line', trip['route_id'])}/>"
        f"<JourneyPatternView>{shown}</JourneyPatternView><calls>{rows}</calls>"
    )


def _headway(number: int, row: Mapping[str, str]) -> str:
    """A headway: GTFS ends it before its last moment, NeTEx with its last departure."""
    return (
        f"<HeadwayJourneyGroup id='x:HeadwayJourneyGroup:{row['trip_id']}-{number}' version='1'>"
        f"{_clock('FirstDeparture', row['start_time'])}{_clock('LastDeparture', _before(row['end_time']))}"
        f"<ScheduledHeadwayInterval>PT{row['headway_secs']}S</ScheduledHeadwayInterval></HeadwayJourneyGroup>"
    )


def _before(text: str) -> str:
    hours, minutes, seconds = map(int, text.split(":"))
    whole = hours * 3600 + minutes * 60 + seconds - 1
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}"
