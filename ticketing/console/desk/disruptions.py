"""Disruptions: what has happened to runs and how far the word of it has come; staff say what they know of a departure."""

from dataclasses import dataclass
from datetime import date, timedelta

from flask import Response, g, make_response, redirect, request, url_for

from operators.causes import CAUSES
from ticketing import disruption
from ticketing.console.blueprint import blueprint, console
from ticketing.console.door import needs
from ticketing.console.pages import attempt, language, page, region, staff
from ticketing.console.words import text
from ticketing.errors import InvalidRequest, ThroughfareError
from ticketing.regions import by_staff
from ticketing.regions.note import LANGUAGES, MOST_LETTERS, MOST_LINES, in_language, read_note
from ticketing.search import free_places

_MOST_ROWS = 300
_MOST_MINUTES = 24 * 60
# The words on a departure that have a cause.
_NOT_AS_PLANNED = ("cancelled", "late")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """The word of a person on a departure: `way` is `cancelled`, `late` by so many minutes, or `runs` after all."""

    region: str
    operator: str
    trip_id: str
    day: date
    way: str
    minutes: int | None
    note: dict[str, str]
    cause: str | None = None


@blueprint.get("/disruptions")
@needs("finance", "admin")
def disruptions() -> str:
    """List what has happened to runs, the newest first."""
    wanted = region()
    rows = disruption.list_happenings(console().live, wanted)
    return page("disruptions", here="disruptions", region=wanted, happenings=rows)


@blueprint.get("/disruptions/<event_id>")
@needs("finance", "admin")
def disruption_event(event_id: str) -> str:
    """Show one event: whom it concerns, who was told, what came back, and what goes next."""
    view = disruption.get_happening(console().live, event_id)
    places = None
    if view.then_ride is not None:
        data = console().live.regions[view.event.region].data
        connectors = console().till.connectors.get(view.event.region, {})
        answers = free_places.ask(data, connectors, [view.then_ride])
        places = answers.get(free_places.key_of(view.then_ride))
    note = in_language(view.event.note, language())
    return page("disruption", here="disruptions", view=view, places=places, note=note, causes=CAUSES)


@blueprint.get("/disruptions/departures")
@needs("finance")
def departures() -> str:
    """Choose the departure to speak of: operator, day and line first, then one of its departures."""
    wanted = region()
    operators = console().live.regions[wanted].data.operators
    operator, line = request.args.get("operator", ""), request.args.get("line", "").strip()
    day = _day(request.args["day"]) if request.args.get("day") else console().live.clock.now().date()
    rows = by_staff.list_departures(console().live, wanted, operator, day, line) if operator else []
    return page(
        "departures",
        here="disruptions",
        region=wanted,
        operators=operators.values(),
        operator=operator,
        day=day,
        line=line,
        departures=rows[:_MOST_ROWS],
        more=max(0, len(rows) - _MOST_ROWS),
    )


@blueprint.get("/disruptions/say")
@needs("finance")
def say() -> str:
    """Show the form for a word on a departure."""
    wanted = region()
    named = (request.values.get("operator", ""), request.values.get("trip", ""))
    day = _day(request.values.get("day", ""))
    run = by_staff.marked_run(console().live, wanted, *named, day)
    known = disruption.find_run(console().live, wanted, *named, day)
    return page(
        "say",
        here="disruptions",
        region=wanted,
        operator=named[0],
        trip=named[1],
        run=run,
        state=known.state,
        ways=known.ways,
        causes=CAUSES,
        languages=LANGUAGES,
        most_lines=MOST_LINES,
        most_letters=MOST_LETTERS,
    )


@blueprint.post("/disruptions/look")
@needs("finance")
def look() -> Response:
    """Show once more what is about to be said, and to how many; nothing is stored yet."""
    try:
        wish = _wish()
        run = by_staff.marked_run(console().live, wish.region, wish.operator, wish.trip_id, wish.day)
    except ThroughfareError as error:
        g.problem = error
        return make_response(say(), console().status_of(error))
    return make_response(page("look", here="disruptions", wish=wish, run=run, languages=LANGUAGES))


@blueprint.post("/disruptions/say")
@needs("finance")
def act_on_departure() -> Response:
    """Say it; holders are told by the worker's next round."""
    wished: list[Wish] = []

    def act() -> None:
        wish = _wish()
        wished.append(wish)
        _say(wish)

    return attempt(act, say, to=lambda: _where(wished[0]))


@blueprint.get("/disruptions/of")
@needs("finance", "admin")
def disruption_of() -> Response:
    """Lead to the last event of a departure, or to the form where it has none."""
    wanted, operator, trip = region(), request.args.get("operator", ""), request.args.get("trip", "")
    wish = Wish(
        region=wanted,
        operator=operator,
        trip_id=trip,
        day=_day(request.args.get("day", "")),
        way="",
        minutes=None,
        note={},
    )
    return make_response(redirect(_where(wish), 303))


def _say(wish: Wish) -> None:
    """Do what a person wishes, in their name."""
    named = (console().live, wish.region, wish.operator, wish.trip_id, wish.day)
    by = staff().name
    if wish.way == "cancelled":
        by_staff.cancel_departure(*named, by=by, note=wish.note, cause=wish.cause)
    elif wish.way == "late":
        seconds = (wish.minutes or 0) * 60
        by_staff.delay_departure(*named, seconds=seconds, by=by, note=wish.note, cause=wish.cause)
    else:
        by_staff.take_back(*named, by=by, note=wish.note)


def _where(wish: Wish) -> str:
    """The page of what came of a word: the event of the run, or the list where nobody is concerned."""
    event = disruption.find_last_event(console().live, wish.region, wish.operator, wish.trip_id, wish.day)
    done = f"said_{wish.way}" if wish.way else None
    if event is None or event.status != "confirmed":
        return url_for("console.disruptions", region=wish.region, done=done)
    return url_for("console.disruption_event", event_id=event.id, done=done)


def _wish() -> Wish:
    """Read the form; raises InvalidRequest that names the field."""
    form, tongue = request.form, language()
    way, given = form.get("way", ""), form.get("minutes", "").strip()
    if way not in disruption.WAYS:
        raise InvalidRequest.at("way", text("choose_a_way", tongue))
    minutes = None
    if way == "late":
        minutes = int(given) if given.isascii() and given.isdigit() and len(given) <= len("1440") else 0
        if not 1 <= minutes <= _MOST_MINUTES:
            raise InvalidRequest.at("minutes", text("minutes_needed", tongue, most=_MOST_MINUTES))
    note = read_note({one: form.get(f"note_{one}", "") for one in LANGUAGES})
    if not note:
        raise InvalidRequest.at("note_en", text("note_needed", tongue))
    return Wish(
        region=region(),
        operator=form.get("operator", ""),
        trip_id=form.get("trip", ""),
        day=_day(form.get("day", "")),
        way=way,
        minutes=minutes,
        note=note,
        cause=_cause(form.get("cause", "")) if way in _NOT_AS_PLANNED else None,
    )


def _cause(given: str) -> str | None:
    """Read why, of the closed list; nobody has to say it."""
    if given and given not in CAUSES:
        raise InvalidRequest.at("cause", text("cause_unknown", language()))
    return given or None


def _day(given: str) -> date:
    """Read a day; raises InvalidRequest for one that is none, or too far away for any timetable."""
    try:
        day = date.fromisoformat(given)
    except ValueError:
        raise InvalidRequest.at("day", text("day_needed", language())) from None
    if abs(day - console().live.clock.now().date()) > timedelta(days=1000):
        raise InvalidRequest.at("day", text("day_needed", language()))
    return day
