"""Tell the class of a disruption's cause, by which passenger rights judge it: words of SIRI-SX and of GTFS-Realtime. Pure.

SIRI 2.1, `siri_situationReasons.xsd`; GTFS Realtime Reference, `Alert.cause`. A word that is not here is unknown, which
exempts nobody until the operator proves it.
"""

from collections.abc import Mapping
from typing import Literal

CauseClass = Literal["weather", "own_staff", "operator", "third_party", "infrastructure", "unknown"]
_WORDS: Mapping[CauseClass, str] = {
    "weather": "roughSea iceDrift strongWinds highTide lowTide fog heavySnowFall flooding weather",
    "own_staff": "industrialAction staffSickness staffAbsence strike",
    "operator": "technicalProblem engineFailure defectiveVehicle technical_problem",
    "third_party": "vandalism cableTheft bombAlert personOnTheLine",
    "infrastructure": "signalFailure pointsFailure",
}
_CLASSES: Mapping[str, CauseClass] = {word: name for name, words in _WORDS.items() for word in words.split()}

# The causes of GTFS-Realtime (`Alert.Cause`), by which staff name one.
CAUSES = (
    "technical_problem",
    "strike",
    "demonstration",
    "accident",
    "holiday",
    "weather",
    "maintenance",
    "construction",
    "police_activity",
    "medical_emergency",
    "other_cause",
    "unknown_cause",
)


def class_of(cause: str) -> CauseClass:
    """The class of a cause as its source wrote it."""
    return _CLASSES.get(cause, "unknown")
