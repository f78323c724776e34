"""The pages of incidents, of proposed tariffs and of prices: the roles that see and send each, and forms of other sites, route by route."""

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from werkzeug.routing import Rule

from tests.api import Api
from tests.ticketing.console.browser import Browser
from tests.ticketing.console.conftest import Visitor
from ticketing.identity import staff
from ticketing.identity.staff import StaffDesk

pytestmark = pytest.mark.usefixtures("quick_hashes")
READ, ACT = {"finance", "admin"}, {"finance"}
# The roles of each address. This is the agreement; the code has to keep to it, not the table to the code.
ALLOWED = {
    "GET /console/incidents": READ,
    "GET /console/incidents/new": ACT,
    "GET /console/incidents/<incident_id>": READ,
    "POST /console/incidents/new": ACT,
    "POST /console/incidents/<incident_id>/share": ACT,
    "POST /console/incidents/<incident_id>/answer": ACT,
    "POST /console/incidents/<incident_id>/key": ACT,
    "POST /console/incidents/<incident_id>/none": ACT,
    "POST /console/incidents/<incident_id>/submitted": ACT,
    "GET /console/what-if": READ,
    # It stores nothing: who reads only may compute with published numbers.
    "POST /console/what-if": READ,
}
ROOMS = ("/console/incident", "/console/what-if", "/console/impact", "/console/publish", "/console/open")
# Every POST of the console is held against other sites, but those that nobody needs to have signed in for.
DOORS = {"console.enter", "console.choose_language"}
MEMBERS = (("finance", None), ("operator_finance", "hsl"), ("admin", None))


def routes(app: Flask, prefixes: tuple[str, ...] = ("/console",)) -> Iterator[tuple[str, Rule]]:
    """Yield each method and address of the console."""
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith(prefixes):
            yield from (
                (f"{method} {rule.rule}", rule) for method in (rule.methods or set()) & {"GET", "POST"}
            )


def address(rule: Rule) -> str:
    return re.sub(r"<(?:\w+:)?\w+>", "none", re.sub(r"<int:\w+>", "1", rule.rule))


@pytest.fixture
def people(desk: StaffDesk, visitor: Visitor) -> dict[str, Browser]:
    """A browser of each role."""
    browsers = {}
    for role, operator in MEMBERS:
        first = staff.add(desk, f"{role}@example.org", role, role=role, operator=operator)[1]
        browsers[role] = visitor()
        browsers[role].sign_in(f"{role}@example.org", first, "a password that is long")
    return browsers


def test_each_address_is_in_the_table_and_keeps_to_its_roles(
    api: Api, people: dict[str, Browser], visitor: Visitor
) -> None:
    found = dict(routes(api.client.application, ROOMS))
    assert found.keys() == ALLOWED.keys(), "a new page needs its roles here"
    stranger = visitor().client
    for name, rule in found.items():
        method = name.partition(" ")[0]
        for role, browser in people.items():
            token = browser.open("/console/password").form("Change").fields["csrf"]
            data = {"csrf": token} if method == "POST" else None
            answer = browser.client.request(method, address(rule), data=data, follow_redirects=False)
            denied = (answer.status_code, "your role does not reach this page" in answer.text) == (403, True)
            assert denied == (role not in ALLOWED[name]), (name, role, answer.status_code)
            assert answer.status_code < 500, (name, role)
        turned_away = stranger.request(method, address(rule), follow_redirects=False)
        assert (turned_away.status_code, turned_away.headers["location"][:16]) == (303, "/console/sign-in"), (
            name
        )


def test_no_form_of_the_console_is_taken_from_another_site(api: Api, people: dict[str, Browser]) -> None:
    client = people["finance"].client
    others = people["admin"].open("/console/password").form("Change").fields["csrf"]
    own = people["finance"].open("/console/password").form("Change").fields["csrf"]
    sent = 0
    for name, rule in routes(api.client.application):
        if not name.startswith("POST ") or rule.endpoint in DOORS:
            continue
        for data, site in (
            ({}, "same-origin"),
            ({"csrf": "0" * 64}, "same-origin"),
            ({"csrf": others}, "same-origin"),
            ({"csrf": own}, "cross-site"),
        ):
            answer = client.post(
                address(rule), data=data, headers={"Sec-Fetch-Site": site}, follow_redirects=False
            )
            assert (answer.status_code, "load the page again" in answer.text) == (403, True), (
                name,
                data,
                site,
            )
        sent += 1
    assert sent >= len([name for name in ALLOWED if name.startswith("POST")])
