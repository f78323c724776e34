"""Serve the landing page and the apps: built files, under a policy that runs our own scripts and no others.

The sources of the apps are in `web/`; `make apps` builds them into `built/`, which a wheel carries along. Without them the
service works as ever, and `/app/` and `/inspect/` say how to build them.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
)
from werkzeug.wrappers import Response as AnyResponse

blueprint = Blueprint("web", __name__, template_folder="templates")

LANGUAGES = ("en", "et", "fi", "sv")
_HERE = Path(__file__).parent
# Where `make apps` puts the built files.
BUILT = _HERE / "built"
# Names with a hash in them never change what they hold.
_FOR_EVER = "public, max-age=31536000, immutable"
_TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
}
# The browser takes scripts from here alone, none of them inline, and turns no text into markup or code.
_OWN_ALONE = (
    "default-src 'none'; script-src 'self'{scripts}; style-src 'self'; img-src 'self' blob: data:;{more} connect-src 'self'; "
    "manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types tf"
)


@dataclass(frozen=True, slots=True)
class _App:
    """An app by its address: its policy, and the abilities of the phone that it may ask for."""

    policy: str
    permissions: str


APP_POLICY = _OWN_ALONE.format(scripts="", more="")
_APPS = {
    "app": _App(APP_POLICY, "geolocation=(self), camera=(), microphone=(), payment=()"),
    # It reads codes by WebAssembly, from the pictures of the camera.
    "inspect": _App(
        _OWN_ALONE.format(scripts=" 'wasm-unsafe-eval'", more=" media-src 'self' blob:;"),
        "camera=(self), geolocation=(), microphone=(), payment=()",
    ),
}
# The one screen that loads somebody else's script, and only where the service takes cards by it.
_PAY = "pay"
_STRIPE = "https://js.stripe.com"
LANDING_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


def register(app: Flask, card_script: str | None = None) -> None:
    """Serve the pages; `card_script` is the origin of the card form's script, None where there is no such form."""
    app.config["CARD_SCRIPT"] = card_script
    app.register_blueprint(blueprint)


def pay_policy(card_script: str) -> str:
    """The app's policy with what the card form needs: its script, its frames, and its calls to Stripe.

    The form's script may load more from the same place: the policy `default` of Trusted Types, which the app makes, lets
    addresses of that origin through and nothing else (docs.stripe.com/security/guide, Content Security Policy).
    """
    is_stripes = card_script == _STRIPE
    scripts = f"{_STRIPE} https://*.js.stripe.com" if is_stripes else card_script
    frames = f"{scripts} https://hooks.stripe.com" if is_stripes else card_script
    calls = "https://api.stripe.com" if is_stripes else card_script
    return (
        APP_POLICY.replace("script-src 'self'", f"script-src 'self' {scripts}; frame-src {frames}")
        .replace("connect-src 'self'", f"connect-src 'self' {calls}")
        .replace("trusted-types tf", "trusted-types tf default")
    )


@dataclass(frozen=True, slots=True)
class Listing:
    """The built files by their path, and the path of each language's texts."""

    files: dict[str, "Built"]
    languages: dict[str, str]


@dataclass(frozen=True, slots=True)
class Built:
    """A built file: whether its name has its hash, and whether it lies there pressed too."""

    immutable: bool
    pressed: bool


@blueprint.get("/")
def landing() -> AnyResponse:
    """Show the doors of the service to people; a program that asks for JSON learns, as ever, that nothing is here."""
    if not request.accept_mimetypes.accept_html or _prefers_json():
        abort(404)
    language = _language()
    page = make_response(
        render_template("web/landing.html", t=_texts()[language], language=language, texts=_texts())
    )
    page.headers["Content-Security-Policy"] = LANDING_POLICY
    page.headers["Content-Language"] = language
    page.headers["Cache-Control"] = "no-cache"
    page.vary.update({"Accept", "Accept-Language"})
    return page


@blueprint.get("/web/<string:name>.css")
def style(name: str) -> AnyResponse:
    """Serve a style sheet of the pages that are not built."""
    if name not in {"landing", "map", "tokens"}:
        abort(404)
    return _sent(_HERE / "static" / f"{name}.css", immutable=False)


@blueprint.get("/app")
@blueprint.get("/inspect")
def app_without_slash() -> AnyResponse:
    """Lead to an app: its scope ends with a slash."""
    return redirect(f"{request.path}/", 308)


@blueprint.get("/app/", defaults={"path": ""})
@blueprint.get("/app/<path:path>")
def app(path: str) -> AnyResponse:
    """Serve a built file of the commuter's app."""
    return _of_app("app", path)


@blueprint.get("/inspect/", defaults={"path": ""})
@blueprint.get("/inspect/<path:path>")
def inspect(path: str) -> AnyResponse:
    """Serve a built file of the inspector's app."""
    return _of_app("inspect", path)


def coasts() -> dict[str, list[object]]:
    """Read the outlines of coasts, by name a box and rings in thousandths of a degree; empty where the apps were not built."""
    file = BUILT / "coast.json"
    return _coasts(file.stat().st_mtime_ns) if file.exists() else {}


@cache
def _coasts(_changed: int) -> dict[str, list[object]]:
    built = json.loads((BUILT / "coast.json").read_text(encoding="utf-8"))
    return {name: [coast["box"], coast["rings"]] for name, coast in built.items()}


def _of_app(name: str, path: str) -> AnyResponse:
    """Serve a built file; any other path is a screen of the app, which its page draws."""
    listing = _listed(name)
    listed = listing.files
    if not listed:
        return _unbuilt()
    if path not in listed and (path.startswith("assets/") or "." in path):
        abort(404)
    file = path if path in listed else "index.html"
    response = _sent(_pressed(name, file, listed[file]), immutable=listed[file].immutable, name=file)
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    card_script = current_app.config.get("CARD_SCRIPT") if (name, path) == ("app", _PAY) else None
    response.headers["Content-Security-Policy"] = (
        pay_policy(card_script) if card_script else _APPS[name].policy
    )
    if file == "index.html":
        _tell_texts(response, name, listing)
    response.headers["Permissions-Policy"] = _APPS[name].permissions
    return response


def _sent(file: Path, *, immutable: bool, name: str = "") -> AnyResponse:
    """Send a file with its type, and tell how long it may be kept and whether it was pressed."""
    response = make_response(file.read_bytes())
    response.mimetype = _TYPES[Path(name or file.name).suffix]
    response.add_etag()
    response.headers["Cache-Control"] = _FOR_EVER if immutable else "no-cache"
    if file.suffix in {".br", ".gz"}:
        response.headers["Content-Encoding"] = {".br": "br", ".gz": "gzip"}[file.suffix]
    if name:
        response.vary.add("Accept-Encoding")
    return response.make_conditional(request)


def _pressed(app_name: str, name: str, entry: Built) -> Path:
    """Choose the smallest form of a built file that the caller reads."""
    file = BUILT / app_name / name
    forms = (("br", ".br"), ("gzip", ".gz")) if entry.pressed else ()
    return next(
        (file.with_name(file.name + ending) for form, ending in forms if request.accept_encodings[form]), file
    )


def _tell_texts(response: AnyResponse, name: str, listing: Listing) -> None:
    """Have the browser fetch the reader's texts beside the scripts, instead of after them."""
    if texts := listing.languages.get(_language()):
        response.headers["Link"] = f"</{name}/{texts}>; rel=modulepreload"
    response.vary.add("Accept-Language")


def _listed(name: str) -> Listing:
    """List the built files of an app; there are none where it was not built. A new build counts at once."""
    manifest = BUILT / "manifest.json"
    listings = _read(manifest.stat().st_mtime_ns) if manifest.exists() else {}
    return listings.get(name, Listing({}, {}))


@cache
def _read(_changed: int) -> dict[str, Listing]:
    built = json.loads((BUILT / "manifest.json").read_text(encoding="utf-8"))
    return {name: Listing(_files(app["files"]), app["languages"]) for name, app in built.items()}


def _files(listed: Mapping[str, Mapping[str, bool]]) -> dict[str, "Built"]:
    return {path: Built(one["immutable"], one["pressed"]) for path, one in listed.items()}


@cache
def _texts() -> dict[str, dict[str, str]]:
    """The texts of the landing page, by language."""
    texts: dict[str, dict[str, str]] = json.loads((_HERE / "texts.json").read_text(encoding="utf-8"))
    return texts


def _unbuilt() -> Response:
    page = make_response(
        render_template("web/unbuilt.html", t=_texts()[_language()], language=_language()), 503
    )
    page.headers["Content-Security-Policy"] = LANDING_POLICY
    return page


def _prefers_json() -> bool:
    """Tell whether the caller would rather have JSON; a caller without a wish, such as curl, is a program."""
    wishes = request.accept_mimetypes
    return wishes["application/json"] >= wishes["text/html"]


def _language() -> str:
    """The language of the address where it names one, else the first of the reader's that is ours."""
    asked = request.args.get("lang", "")
    return asked if asked in LANGUAGES else request.accept_languages.best_match(LANGUAGES) or "en"
