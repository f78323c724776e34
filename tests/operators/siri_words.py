"""SIRI documents written as a test wants them, for the timetable of `written_feed`."""

from datetime import UTC, datetime

NOON = datetime(2026, 10, 13, 3, 0, tzinfo=UTC)


def siri(body: str, *, at: datetime = NOON, prefix: str = "", version: str = "2.1") -> str:
    """A delivery with whatever is in it; with a prefix its names are written with it."""
    document = (
        f'<Siri version="{version}"><ServiceDelivery>'
        f"<ResponseTimestamp>{at.isoformat()}</ResponseTimestamp>{body}</ServiceDelivery></Siri>"
    )
    if prefix:
        document = document.replace("</", "\0").replace("<", f"<{prefix}:").replace("\0", f"</{prefix}:")
    bound = f"xmlns:{prefix}" if prefix else "xmlns"
    return document.replace("Siri version", f'Siri {bound}="http://www.siri.org.uk/siri" version', 1)


def estimated(*journeys: str, more: str = "") -> str:
    """The body of an estimated timetable with journeys."""
    told = "".join(f"<EstimatedVehicleJourney>{one}</EstimatedVehicleJourney>" for one in journeys)
    return (
        f"<EstimatedTimetableDelivery>{more}<EstimatedJourneyVersionFrame>{told}"
        "</EstimatedJourneyVersionFrame></EstimatedTimetableDelivery>"
    )


def situation(inside: str) -> str:
    """The body of a situation exchange with one situation."""
    return (
        "<SituationExchangeDelivery><Situations><PtSituationElement>"
        f"{inside}</PtSituationElement></Situations></SituationExchangeDelivery>"
    )


def named(trip: str = "t0", day: str = "2026-10-13") -> str:
    """The reference of a journey on a day."""
    return (
        f"<FramedVehicleJourneyRef><DataFrameRef>{day}</DataFrameRef>"
        f"<DatedVehicleJourneyRef>{trip}</DatedVehicleJourneyRef></FramedVehicleJourneyRef>"
    )


def calls(*estimated_calls: str, recorded: tuple[str, ...] = ()) -> str:
    """The calls of a journey: those that it has left, and those to come."""
    left = "".join(f"<RecordedCall>{one}</RecordedCall>" for one in recorded)
    to_come = "".join(f"<EstimatedCall>{one}</EstimatedCall>" for one in estimated_calls)
    return f"<RecordedCalls>{left}</RecordedCalls><EstimatedCalls>{to_come}</EstimatedCalls>"


def call(stop: str, **told: str) -> str:
    """A call at a stop; times of the day are local (`05:05:00`), other words as they are."""
    fields = "".join(
        f"<{name}>{f'2026-10-13T{text}+03:00' if name.endswith('Time') else text}</{name}>"
        for name, text in told.items()
    )
    return f"<StopPointRef>{stop}</StopPointRef>{fields}"
