"""Emissions as answers and papers show them, with their sources and a sentence in four languages. Pure."""

import json
from pathlib import Path

from operators.emission_factors import EmissionFactor
from tariffs.words import decimal
from ticketing.emissions.journey import CarWay, JourneyEmissions, RideEmissions

_SAID: dict[str, dict[str, str]] = json.loads(Path(__file__).with_name("words.json").read_text("utf-8"))
_ENGLISH = "en"
_KILO = 1_000


def journey_shown(journey: JourneyEmissions, language: str) -> dict[str, object]:
    """Show the emissions of one person on a journey, with each ride and each factor that was used."""
    return {
        "grams": journey.grams,
        "at_least": journey.at_least,
        "unit": "g CO2e",
        "per": "person",
        "scope": journey.scope,
        "data_class": journey.data_class,
        "year": journey.year,
        "text": in_words(journey, language)[0],
        "rides": [ride_shown(one) for one in journey.rides],
        "factors": [_factor(one) for one in journey.factors],
        "car": _car(journey.car, language) if journey.car else None,
    }


def ride_shown(ride: RideEmissions) -> dict[str, object]:
    """Show the emissions of one person on a ride; null where no factor is known."""
    return {
        "grams": ride.grams,
        "scope": ride.factor.scope if ride.factor else None,
        "factor": ride.factor.id if ride.factor else None,
        "distance_m": ride.metres,
        "distance_source": ride.distance_source,
        "data_class": ride.data_class,
        "year": ride.factor.year if ride.factor else None,
    }


def in_words(journey: JourneyEmissions, language: str) -> list[str]:
    """Say the emissions in a language: the sum with its scope, the car beside it, and the sources."""
    if journey.grams is None or journey.scope is None:
        return [_word("unknown", language)]
    sum_said = _word(
        "at_least" if journey.at_least else "known", language, amount=_amount(journey.grams, language)
    )
    car = [_car_said(journey.car, language)] if journey.car else []
    sources = dict.fromkeys(one.source for one in journey.factors)
    said = [_word("source", language, source=one) for one in sources]
    return [f"{sum_said} ({_word(journey.scope, language)})", *car, *said]


def _factor(factor: EmissionFactor) -> dict[str, object]:
    return {
        "factor": factor.id,
        "mode": factor.mode,
        "milligrams_per_km": factor.milligrams_per_km,
        "scope": factor.scope,
        "method": factor.method,
        "data_class": factor.data_class,
        "year": factor.year,
        "source": factor.source,
        "url": factor.url,
    }


def _car(car: CarWay, language: str) -> dict[str, object]:
    return {
        "grams": car.grams,
        "at_least": car.at_least,
        "distance_m": car.metres,
        "factor": car.factor.id,
        "text": _car_said(car, language),
    }


def _car_said(car: CarWay, language: str) -> str:
    name = "car_at_least" if car.at_least else "car"
    return _word(name, language, amount=_amount(car.grams, language))


def _amount(grams: int, language: str) -> str:
    """Write grams below a kilogram, kilograms with one digit from there on."""
    if grams < _KILO:
        return f"{grams} g"
    tenths = (grams + 50) // 100
    return f"{decimal(f'{tenths // 10}.{tenths % 10}', language)} kg"


def _word(name: str, language: str, **values: object) -> str:
    said = _SAID[name]
    return (said.get(language) or said[_ENGLISH]).format(**values)
