"""docs/commuters.md is played as it stands: each call that it shows gives what it says of the answer."""

import json
import re
import uuid
from datetime import date
from pathlib import Path
from typing import Any

from tests.api import Api
from ticketing.regions import by_staff

CALL = re.compile(r"```http\n(.*?)```\n```json\n(.*?)```", re.DOTALL)
NAME = re.compile(r"<([a-z]+)>")


def filled(text: str, known: dict[str, str]) -> str:
    return NAME.sub(lambda found: str(uuid.uuid4()) if found[1] == "uuid" else known[found[1]], text)


def compare(shown: Any, answered: Any, known: dict[str, str], path: str) -> None:
    """Tell whether the answer holds all that the page shows: some keys of an object, the first items of a list, values as they are."""
    if isinstance(shown, dict):
        for key, value in shown.items():
            assert key in answered, f"{path}.{key}"
            compare(value, answered[key], known, f"{path}.{key}")
    elif isinstance(shown, list) and shown and isinstance(shown[0], dict):
        for at, value in enumerate(shown):
            compare(value, answered[at], known, f"{path}[{at}]")
    elif isinstance(shown, str) and (name := NAME.fullmatch(shown)):
        assert isinstance(answered, str), path
        known[name[1]] = answered
    else:
        assert shown == answered, f"{path}: the page says {shown}, the service {answered}"


PAGE = Path("docs/commuters.md").read_text(encoding="utf-8")
ORDINARY, _, DISRUPTED = PAGE.partition("## After a disruption")


def play(api: Api, calls: list[tuple[str, str]], known: dict[str, str]) -> None:
    """Make each call, with the values of earlier answers, and hold the answer against the page."""
    for request, answer in calls:
        head, _, body = request.partition("\n\n")
        first, *headers = filled(head, known).strip().splitlines()
        method, path = first.split(" ", 1)
        response = api.client.open(
            path,
            method=method,
            headers=dict(line.split(": ", 1) for line in headers),
            json=json.loads(filled(body, known)) if body else None,
        )
        assert response.status_code in {200, 201}, f"{first}: {response.text}"
        compare(json.loads(answer), response.json, known, first)


def test_every_call_of_the_page_gives_what_the_page_says(api: Api) -> None:
    calls = CALL.findall(ORDINARY)

    play(api, calls, {})

    # No call of the page lacks its answer.
    assert len(CALL.findall(PAGE)) == PAGE.count("```http\n")
    assert len(calls) > 12


def test_the_calls_after_a_disruption_give_what_the_page_says(api: Api) -> None:
    known: dict[str, str] = {}
    bought = next(at for at, (call, _) in enumerate(CALL.findall(ORDINARY)) if "/payments" in call)
    play(api, CALL.findall(ORDINARY)[: bought + 1], known)
    tickets = (api.get(f"/v1/orders/{known['order']}/tickets", known["token"]).json or {})["tickets"]
    ship = next(leg for leg in tickets[0]["legs"] if leg["mode"] == "ferry")
    live = api.client.application.extensions["throughfare"].live
    run = ship["operator"], ship["trip_id"], date.fromisoformat(ship["service_date"])
    by_staff.cancel_departure(live, "helsinki-tallinn", *run, by="mari")

    play(api, CALL.findall(DISRUPTED), known)
