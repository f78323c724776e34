"""The door of the console: cookies, forms, roles, guessing, signing out; nobody gets in who should not."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.api import Api
from tests.ticketing.console.browser import Browser
from tests.ticketing.console.pages import faults_of
from ticketing.identity import staff
from ticketing.identity.staff import StaffDesk

PASSWORD = "a password that is long"
Visitor = Callable[..., Browser]
pytestmark = pytest.mark.usefixtures("quick_hashes")


def member(desk: StaffDesk, name: str = "anna", role: str = "finance", operator: str | None = None) -> str:
    return staff.add(desk, f"{name}@example.org", name.title(), role=role, operator=operator)[1]


def test_the_cookie_is_kept_from_scripts_from_other_sites_and_from_plain_http(
    desk: StaffDesk, visitor: Visitor
) -> None:
    first, browser = member(desk), visitor()
    before = browser.open("/console/sign-in").response.headers["set-cookie"]
    planted = browser.client.cookies["__Host-throughfare"]

    page = browser.sign_in("anna@example.org", first, PASSWORD)

    assert "Your password is changed" in page.text
    assert {"HttpOnly", "Secure", "Path=/", "SameSite=Strict"} <= set(before.split("; "))
    assert "Domain" not in before
    assert browser.client.cookies["__Host-throughfare"] != planted
    assert [faults_of(seen) for seen in browser.seen] == [[]] * len(browser.seen)


def test_a_form_that_another_site_sends_is_refused(desk: StaffDesk, visitor: Visitor) -> None:
    browser = visitor()
    browser.sign_in("anna@example.org", member(desk), PASSWORD)
    form = browser.open("/console/books").form("Prove the books")
    changed: list[tuple[dict[str, str], dict[str, str]]] = [
        ({"csrf": ""}, {}),
        ({"csrf": "0" * 64}, {}),
        ({"csrf": "é"}, {}),
        ({}, {"Sec-Fetch-Site": "cross-site"}),
        ({}, {"Sec-Fetch-Site": "same-site"}),
    ]

    for change, headers in changed:
        answer = browser.client.post(form.action, data={**form.fields, **change}, headers=headers)
        assert answer.status_code == 403, (change, headers)
        assert "load the page again" in answer.text

    assert "Nobody has asked" in browser.open("/console/books").text


def test_somebody_elses_token_does_not_open_a_form(desk: StaffDesk, visitor: Visitor) -> None:
    anna, bertil = visitor(), visitor()
    anna.sign_in("anna@example.org", member(desk), PASSWORD)
    bertil.sign_in("bertil@example.org", member(desk, "bertil"), PASSWORD)
    form = anna.open("/console/books").form("Prove the books")

    assert bertil.send(form, form.fields).status == 403


def test_a_session_ends_when_idle_when_old_and_when_signed_out(
    api: Api, desk: StaffDesk, visitor: Visitor
) -> None:
    browser = visitor()
    browser.sign_in("anna@example.org", member(desk), PASSWORD)
    api.clock.advance(timedelta(minutes=29))
    assert "Waiting" in browser.open("/console/").text
    api.clock.advance(timedelta(minutes=31))
    page = browser.open("/console/bank?region=helsinki-tallinn")
    assert page.has("Sign in")
    page = browser.press(page, "Sign in", email="ANNA@example.org ", password=PASSWORD)
    assert page.response.url.path == "/console/bank"
    for _ in range(25):
        api.clock.advance(timedelta(minutes=28))
        browser.open("/console/")
    assert "Waiting" in browser.open("/console/").text
    api.clock.advance(timedelta(minutes=28))
    assert browser.open("/console/").has("Sign in")
    browser.press(browser.open("/console/"), "Sign in", email="anna@example.org", password=PASSWORD)
    cookie = browser.client.cookies["__Host-throughfare"]
    browser.press(browser.open("/console/"), "Sign out")

    stolen = visitor()
    stolen.client.cookies.set("__Host-throughfare", cookie)

    assert stolen.open("/console/").has("Sign in")


def test_guessing_is_slowed_for_an_account_and_for_an_address(desk: StaffDesk, visitor: Visitor) -> None:
    first, browser = member(desk), visitor()
    page = browser.open("/console/sign-in")
    statuses = []
    for _ in range(9):
        page = browser.press(page, "Sign in", email="anna@example.org", password="wrong")
        statuses.append(page.status)
    elsewhere = visitor("192.0.2.2")
    right = elsewhere.press(elsewhere.open("/console/"), "Sign in", email="anna@example.org", password=first)

    assert statuses == [401] * 8 + [429]
    assert right.status == 200  # a stranger's guesses lock nobody out
    unknown = [
        browser.press(page, "Sign in", email=f"nobody{at}@example.org", password="wrong") for at in range(12)
    ]
    assert [one.status for one in unknown] == [401] * 11 + [429]
    assert {one.text for one in unknown[:11]} == {unknown[0].text}


def test_guessing_the_old_password_is_slowed_too(desk: StaffDesk, visitor: Visitor) -> None:
    """Slow guesses at the old password down: a stranger at an open browser could try any number of them."""
    browser = visitor()
    browser.sign_in("anna@example.org", member(desk), PASSWORD)
    page = browser.open("/console/password")
    new = "another ferry every day"

    def changed(old: str) -> int:
        return browser.press(page, "Change password", old_password=old, password=new, again=new).status

    assert [changed("wrong") for _ in range(9)] == [422] * 8 + [429]
    assert changed(PASSWORD) == 429


def test_a_new_sign_in_ends_the_session_that_the_browser_had(desk: StaffDesk, visitor: Visitor) -> None:
    browser, copied = visitor(), visitor()
    browser.sign_in("anna@example.org", member(desk), PASSWORD)
    earlier = browser.client.cookies["__Host-throughfare"]

    browser.press(browser.open("/console/sign-in"), "Sign in", email="anna@example.org", password=PASSWORD)

    copied.client.cookies.set("__Host-throughfare", earlier)
    assert browser.client.cookies["__Host-throughfare"] != earlier
    assert "Waiting" in browser.open("/console/").text
    assert copied.open("/console/").has("Sign in")


def test_one_browser_more_than_allowed_signs_out_the_one_used_longest_ago(
    api: Api, desk: StaffDesk, visitor: Visitor
) -> None:
    browsers = [visitor() for _ in range(staff.MOST_SESSIONS + 1)]
    browsers[0].sign_in("anna@example.org", member(desk), PASSWORD)
    for browser in browsers[1:]:
        api.clock.advance(timedelta(minutes=2))
        browser.press(browser.open("/console/"), "Sign in", email="anna@example.org", password=PASSWORD)

    assert browsers[0].open("/console/").has("Sign in")
    assert all("Waiting" in browser.open("/console/").text for browser in browsers[1:])


def test_the_first_password_opens_nothing_but_its_own_change(desk: StaffDesk, visitor: Visitor) -> None:
    first, browser = member(desk), visitor()
    page = browser.press(browser.open("/console/"), "Sign in", email="anna@example.org", password=first)
    assert "This is your first sign-in" in page.text
    assert browser.open("/console/bank").response.url.path == "/console/password"
    same = browser.press(page, "Change password", old_password=first, password=first, again=first)
    short = browser.press(page, "Change password", old_password=first, password="short", again="short")
    other = browser.press(
        page, "Change password", old_password=first, password=PASSWORD, again=PASSWORD + "x"
    )

    assert [same.status, short.status, other.status] == [422, 422, 422]
    assert "the two new passwords are not the same" in other.text


def test_whoever_leaves_or_is_reset_is_out_at_once(desk: StaffDesk, visitor: Visitor) -> None:
    anna, bertil = visitor(), visitor()
    anna.sign_in("anna@example.org", member(desk), PASSWORD)
    bertil.sign_in("bertil@example.org", member(desk, "bertil"), PASSWORD)

    staff.end(desk, "anna@example.org")
    first = staff.reset(desk, "bertil@example.org")

    assert anna.open("/console/").has("Sign in")
    page = anna.press(anna.open("/console/"), "Sign in", email="anna@example.org", password=PASSWORD)
    assert page.status == 401
    assert bertil.open("/console/").has("Sign in")
    page = bertil.press(bertil.open("/console/"), "Sign in", email="bertil@example.org", password=first)
    assert "This is your first sign-in" in page.text


def test_signing_in_leads_to_no_other_site(desk: StaffDesk, visitor: Visitor) -> None:
    first = member(desk)
    for back in ("https://evil.example/", "//evil.example", "/console/\\evil.example", "/v1/me"):
        browser = visitor()
        page = browser.open("/console/sign-in", params={"back": back})
        browser.client.follow_redirects = False

        answer = browser.press(page, "Sign in", email="anna@example.org", password=first).response

        assert (answer.status_code, answer.headers["location"]) == (303, "/console/"), back


def test_every_page_names_its_roles_and_keeps_to_them(api: Api, desk: StaffDesk, visitor: Visitor) -> None:
    """The matrix of the checklist's line 5, made from the application's own addresses."""
    browsers = {}
    for name, role, operator in (
        ("f", "finance", None),
        ("o", "operator_finance", "hsl"),
        ("a", "admin", None),
    ):
        browsers[role] = visitor()
        browsers[role].sign_in(f"{name}@example.org", member(desk, name, role, operator), PASSWORD)
    app = api.client.application
    open_to_all = {
        "console.sign_in",
        "console.enter",
        "console.style",
        "console.sign_out",
        "console.password",
        "console.change_password",
        "console.nothing",
        "console.choose_language",
        "console.session",
    }
    seen = set()
    for rule in app.url_map.iter_rules():
        if not rule.endpoint.startswith("console.") or rule.endpoint in open_to_all:
            continue
        roles = app.view_functions[rule.endpoint].__dict__["roles"]
        path = re.sub(r"<(?:\w+:)?(\w+)>", "none", re.sub(r"<int:\w+>", "1", rule.rule))
        for role, browser in browsers.items():
            token = browser.open("/console/password").form("Change").fields["csrf"]
            method = "POST" if "POST" in (rule.methods or set()) else "GET"
            data = {"csrf": token} if method == "POST" else None
            answer = browser.client.request(method, path, data=data, follow_redirects=False)
            denied = "your role does not reach this page" in answer.text
            assert denied == (role not in roles), (method, path, role, answer.status_code)
            assert answer.status_code < 500, (method, path, role, answer.text)
            seen.add(rule.endpoint)
        stranger = visitor().client.request(method, path, follow_redirects=False)
        assert (stranger.status_code, stranger.headers["location"][:16]) == (303, "/console/sign-in"), path
    assert len(seen) > 20


def test_what_is_not_there_is_a_page_too(desk: StaffDesk, visitor: Visitor) -> None:
    browser = visitor()
    browser.sign_in("anna@example.org", member(desk), PASSWORD)

    for path in ("/console/nowhere", "/console/runs/none", "/console/bank?region=none"):
        page = browser.open(path)

        assert page.status == 404, path
        assert "This page cannot be shown" in page.text
        assert faults_of(page) == []


def test_a_style_sheet_says_by_which_letters_it_is_written(visitor: Visitor) -> None:
    assert (
        visitor().open("/console/console.css").response.headers["content-type"] == "text/css; charset=utf-8"
    )


def test_the_cookie_of_the_language_is_of_this_host_alone(visitor: Visitor) -> None:
    browser = visitor()

    browser.press(browser.open("/console/sign-in"), "Suomi")

    assert browser.client.cookies["__Host-throughfare-language"] == "fi"


def test_two_people_never_have_one_name(desk: StaffDesk) -> None:
    from ticketing.errors import Conflict, InvalidRequest  # noqa: PLC0415  only here

    member(desk)
    with pytest.raises(Conflict):
        staff.add(desk, "other@example.org", " ANNA ", role="finance")
    with pytest.raises(Conflict):
        staff.add(desk, "Anna@Example.org", "Somebody", role="finance")
    for role, operator in (("finance", "hsl"), ("operator_finance", None), ("gate", "hsl")):
        with pytest.raises(InvalidRequest):
            staff.add(desk, "x@example.org", "X", role=role, operator=operator)


def test_a_person_reads_the_language_that_the_browser_asks_for_or_that_is_chosen(
    desk: StaffDesk, visitor: Visitor
) -> None:
    browser = visitor()
    swedish = browser.open("/console/sign-in", headers={"Accept-Language": "sv, en;q=0.5"})
    assert swedish.has("Logga in")
    finnish = browser.press(browser.open("/console/sign-in"), "Suomi")
    assert finnish.has("Kirjaudu sisään")
    assert ("html", {"lang": "fi"}) in finnish.read.tags
    again = browser.send(finnish.form("Eesti"), {**finnish.form("Eesti").fields, "tongue": "xx"})
    assert again.has("Kirjaudu sisään")
    for page in browser.seen:
        assert faults_of(page) == []


def test_a_page_leads_to_a_warning_before_its_session_ends(
    api: Api, desk: StaffDesk, visitor: Visitor
) -> None:
    browser = visitor()
    browser.sign_in("anna@example.org", member(desk), PASSWORD)
    seconds, _, address = browser.open("/console/bank").response.headers["refresh"].partition("; url=")
    assert int(seconds) == 24 * 60

    api.clock.advance(timedelta(seconds=int(seconds)))
    warning = browser.open(address)
    assert "Your session is about to end" in warning.text
    assert faults_of(warning) == []
    assert browser.follow(warning, "Stay signed in").response.url.path == "/console/bank"
    api.clock.advance(timedelta(minutes=24))
    browser.open(address)
    api.clock.advance(timedelta(minutes=7))
    assert browser.open("/console/bank").has("Sign in")
