"""Measure the way between two coordinates."""

import math

_EARTH_M = 6_371_000


def great_circle_m(start: tuple[float, float], end: tuple[float, float]) -> float:
    """Metres between two WGS 84 coordinates on a sphere (haversine)."""
    lat1, lon1, lat2, lon2 = map(math.radians, (*start, *end))
    half = math.sin((lat2 - lat1) / 2) ** 2
    half += math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * _EARTH_M * math.asin(math.sqrt(half))
