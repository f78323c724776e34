"""The files of the apps as the service serves them, and the landing page: headers, languages, and what is missing."""

import json
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from ticketing.web import blueprint

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A build of three files, one of them pressed."""
    files = {"index.html": False, "assets/main-ABCD.js": True, "sw.js": False}
    for name in files:
        path = tmp_path / "app" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"plain {name}", encoding="utf-8")
    for form in ("br", "gz"):
        (tmp_path / f"app/assets/main-ABCD.js.{form}").write_text(form, encoding="utf-8")
    listed = {name: {"immutable": "assets" in name, "pressed": "assets" in name} for name in files}
    (tmp_path / "manifest.json").write_text(
        json.dumps({"app": {"files": listed, "languages": {"fi": "assets/main-ABCD.js"}}}), encoding="utf-8"
    )
    monkeypatch.setattr(blueprint, "BUILT", tmp_path)
    return tmp_path


@pytest.fixture
def client() -> FlaskClient:
    """The pages alone."""
    app = Flask("pages", static_folder=None)
    app.register_blueprint(blueprint.blueprint)
    return app.test_client()


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize("path", ["", "results?from=a", "tickets/01a2/CWdr_s-A"])
def test_every_screen_is_the_one_page_under_a_policy_that_trusts_no_other_script(
    client: FlaskClient, path: str
) -> None:
    page = client.get(f"/app/{path}")

    policy = page.headers["Content-Security-Policy"]
    assert page.get_data(as_text=True) == "plain index.html"
    assert page.headers["Cache-Control"] == "no-cache"
    assert "default-src 'none'; script-src 'self'; style-src 'self';" in policy
    assert "unsafe" not in policy
    assert policy.endswith("require-trusted-types-for 'script'; trusted-types tf")
    assert page.headers["Cross-Origin-Opener-Policy"] == "same-origin"


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize(
    ("origin", "scripts", "frames"),
    [
        (
            "https://js.stripe.com",
            "'self' https://js.stripe.com https://*.js.stripe.com",
            "https://js.stripe.com https://*.js.stripe.com https://hooks.stripe.com",
        ),
        ("http://127.0.0.1:9", "'self' http://127.0.0.1:9", "http://127.0.0.1:9"),
    ],
)
def test_the_screen_that_pays_alone_lets_in_the_card_form(origin: str, scripts: str, frames: str) -> None:
    app = Flask("pages", static_folder=None)
    blueprint.register(app, origin)
    pages = app.test_client()

    rules = dict(
        rule.strip().split(" ", 1)
        for rule in pages.get("/app/pay").headers["Content-Security-Policy"].split(";")
    )

    assert (rules["script-src"], rules["frame-src"]) == (scripts, frames)
    assert (rules["require-trusted-types-for"], rules["trusted-types"]) == ("'script'", "tf default")
    for path in ("", "tickets", "payments", "sw.js"):
        assert pages.get(f"/app/{path}").headers["Content-Security-Policy"] == blueprint.APP_POLICY


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize(("accepted", "form"), [("gzip, br", "br"), ("gzip", "gzip"), ("", None)])
def test_a_file_with_its_hash_in_its_name_is_kept_for_ever_and_sent_in_the_smallest_form(
    client: FlaskClient, accepted: str, form: str | None
) -> None:
    file = client.get("/app/assets/main-ABCD.js", headers={"Accept-Encoding": accepted})

    assert file.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert file.headers.get("Content-Encoding") == form
    assert file.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert file.headers["Vary"] == "Accept-Encoding"


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize(
    ("language", "told"), [("fi", "</app/assets/main-ABCD.js>; rel=modulepreload"), ("sv", None)]
)
def test_the_texts_of_the_readers_language_are_told_beforehand(
    client: FlaskClient, language: str, told: str | None
) -> None:
    page = client.get("/app/", headers={"Accept-Language": language})

    assert page.headers.get("Link") == told
    assert set(page.vary) == {"Accept-Encoding", "Accept-Language"}


@pytest.mark.usefixtures("built")
def test_a_worker_is_looked_at_anew_each_time(client: FlaskClient) -> None:
    assert client.get("/app/sw.js").headers["Cache-Control"] == "no-cache"


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize(
    "path",
    [
        "assets/main-GONE.js",
        "../manifest.json",
        "..%2fmanifest.json",
        "manifest.json",
        "assets/main-ABCD.js.br",
    ],
)
def test_a_file_that_the_build_does_not_list_is_not_there(client: FlaskClient, path: str) -> None:
    assert client.get(f"/app/{path}").status_code == 404


def test_a_new_build_counts_without_a_restart(client: FlaskClient, built: Path) -> None:
    before = client.get("/app/assets/main-NEW.js").status_code
    (built / "app/assets/main-NEW.js").write_text("new", encoding="utf-8")
    listed = {"index.html": {"immutable": False, "pressed": False}}
    listed["assets/main-NEW.js"] = {"immutable": True, "pressed": False}
    (built / "manifest.json").write_text(
        json.dumps({"app": {"files": listed, "languages": {"fi": "assets/main-ABCD.js"}}}), encoding="utf-8"
    )

    assert (before, client.get("/app/assets/main-NEW.js").status_code) == (404, 200)


def test_without_a_build_the_app_says_which_command_makes_it(
    client: FlaskClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blueprint, "BUILT", tmp_path / "nothing")

    page = client.get("/app/tickets", headers={"Accept-Language": "fi"})

    assert page.status_code == 503
    assert "make apps" in page.get_data(as_text=True)
    assert 'lang="fi"' in page.get_data(as_text=True)


@pytest.mark.parametrize("accept", ["application/json", "*/*", "application/json, text/html;q=0.5"])
def test_a_program_learns_as_ever_that_nothing_is_at_the_root(client: FlaskClient, accept: str) -> None:
    assert client.get("/", headers={"Accept": accept}).status_code == 404


@pytest.mark.parametrize(
    ("asked", "wished", "language"),
    [("", "sv-FI,sv;q=0.9", "sv"), ("?lang=et", "sv", "et"), ("?lang=xx", "de", "en"), ("", "", "en")],
)
def test_the_landing_page_speaks_the_readers_language(
    client: FlaskClient, asked: str, wished: str, language: str
) -> None:
    page = client.get(f"/{asked}", headers={**BROWSER, "Accept-Language": wished})

    assert page.status_code == 200
    assert f'<html lang="{language}">' in page.get_data(as_text=True)
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self';")
    for door in ("/app/", "/inspect/", "/console/", "/docs/"):
        assert f'href="{door}"' in page.get_data(as_text=True)


def test_the_landing_page_has_every_text_in_every_language() -> None:
    texts = json.loads((Path(blueprint.__file__).with_name("texts.json")).read_text(encoding="utf-8"))

    assert set(texts) == set(blueprint.LANGUAGES)
    assert {tuple(sorted(one)) for one in texts.values()} == {tuple(sorted(texts["en"]))}


def test_the_style_sheets_of_the_landing_page_are_served(client: FlaskClient) -> None:
    assert client.get("/web/tokens.css").content_type == "text/css; charset=utf-8"
    assert client.get("/web/other.css").status_code == 404
