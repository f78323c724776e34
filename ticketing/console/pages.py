"""Build pages: their texts, their frame and their errors; and answer a POST, which acts and leads on, or shows what is wrong."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import chain, islice
from typing import Any, TypeVar

import structlog
from flask import Response, g, make_response, redirect, render_template, request, url_for
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from tariffs.money import Money
from ticketing.console import figures, sentences, words
from ticketing.console.blueprint import blueprint, console
from ticketing.console.names import party_name, region_name
from ticketing.errors import Misconfigured, NotAllowed, NotFound, ThroughfareError, TooManyRequests
from ticketing.identity import list_keys
from ticketing.identity.staff import Staff
from ticketing.purchase.gateway import alerts
from ticketing.settlement.statement import rule_words

Part = TypeVar("Part", str, bytes)
_TONGUE = "throughfare-language"
TONGUES = {"en": "English", "et": "Eesti", "fi": "Suomi", "sv": "Svenska"}
_KEY = "key "
_log = structlog.get_logger(__name__)
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)


def staff() -> Staff:
    """Return the person who has signed in; for views behind `needs` only."""
    found: Staff = g.staff
    return found


def language() -> str:
    """The language of the texts: the one that the person has chosen here, else what the browser asks for."""
    chosen = request.cookies.get(tongue_cookie(), "")
    if chosen in words.LANGUAGES:
        return chosen
    return request.accept_languages.best_match(words.LANGUAGES, "en") or "en"


def tongue_cookie() -> str:
    """The name of the cookie that keeps a chosen language: as that of a session, over HTTPS from this very host alone."""
    return f"__Host-{_TONGUE}" if console().secure else _TONGUE


def region() -> str:
    """The region that a page is about; raises NotFound for one that is not of this deployment."""
    wanted = request.values.get("region") or console().regions[0]
    if wanted not in console().regions:
        raise NotFound(f"no region {wanted}")
    return wanted


def page(name: str, **values: Any) -> str:
    """Render a template of the console."""
    return render_template(f"console/{name}.html", **values)


def attempt(act: Callable[[], object], shown: Callable[[], str], *, to: Callable[[], str]) -> Response:
    """Do what a form asks and lead on (303); when it is refused, show its page again with the reason."""
    try:
        act()
    except ThroughfareError as error:
        g.problem = error
        return make_response(shown(), console().status_of(error))
    return make_response(redirect(to(), 303))


def begun(parts: Iterator[Part]) -> Iterator[Part]:
    """Begin to make a file, so that what refuses it is told on a page; after its first part only the connection could break."""
    first = list(islice(parts, 1))
    return chain(first, parts)


def download(parts: Any, name: str, kind: str) -> Response:
    """Send a file to be saved, part by part."""
    response = Response(parts, content_type=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def moment(at: datetime | str | None) -> str:
    """A moment for people, in UTC, to the minute."""
    if at is None:
        return ""
    in_utc = at.astimezone(UTC) if isinstance(at, datetime) and at.tzinfo is not None else at
    return figures.moment(in_utc, language())


def local(at: datetime) -> str:
    """A departure by the clock of its stop."""
    return figures.moment(at, language())


def money_of(found: Any) -> str:
    """The amount of whatever has `amount_minor` and `currency`."""
    return figures.of_money(Money(found.amount_minor, found.currency), language())


def here_is() -> str:
    """The address of the page that is shown, to come back to; a form that was refused comes back to the first page."""
    return request.full_path.rstrip("?") if request.method == "GET" else home()


def ending(found: str) -> str:
    """The end of an id, by which people call a thing."""
    return found[-8:]


def who(actor: str) -> str:
    """Name the actor: a person, or the label of the API key."""
    if not actor.startswith(_KEY):
        return actor
    if "labels" not in g:
        g.labels = {key.id: key.label for key in list_keys(console().desk.database)}
    label = g.labels.get(actor.removeprefix(_KEY))
    return words.text("api_key", language(), label=label) if label else actor


@blueprint.context_processor
def _frame() -> dict[str, Any]:
    tongue = language()

    def t(key: str, **values: object) -> str:
        return words.text(key, tongue, **values)

    def named(kind: str, value: str) -> str:
        return words.named(kind, value, tongue)

    done = request.args.get("done", "")
    return {
        "t": t,
        "named": named,
        "moment": moment,
        "day_of": lambda at: figures.day(at, tongue),
        "month_name": lambda period: figures.month(period, tongue),
        "amount": lambda text, currency: figures.amount(text, currency, tongue),
        "money": lambda of: figures.of_money(of, tongue),
        "minor_money": lambda minor, currency: figures.of_money(Money(minor, currency), tongue),
        "figure": lambda value: figures.plain(str(value), tongue),
        "percent": lambda basis_points: figures.percent(basis_points, tongue),
        "called": lambda party: party_name(party, tongue),
        "region_name": region_name,
        "rule_words": lambda rule: sentences.say(rule_words(rule, tongue), tongue),
        "say": lambda sentence: sentences.say(sentence or "", tongue),
        "tongues": TONGUES,
        "here_is": here_is(),
        "local": local,
        "ending": ending,
        "tongue": tongue,
        "staff": g.get("staff"),
        "needs_code": _needs_code(),
        "csrf": g.get("csrf", ""),
        "problem": g.get("problem"),
        "warnings": console().warnings,
        "regions": console().regions,
        "done": t(f"done.{done}") if words.has(f"done.{done}") else "",
        "given": _given(),
        "money_of": money_of,
        "who": who,
        "worker": _worker() if g.get("staff") else None,
    }


def _given() -> Mapping[str, str]:
    """The fields that were sent; none of a form that is too long to be read."""
    try:
        return request.form
    except RequestEntityTooLarge:
        return {}


def _needs_code() -> bool:
    """Tell whether the person has still to give a code of their second factor."""
    who: Staff | None = g.get("staff")
    return who is not None and who.verified_at is None and (console().second_factor or who.has_factor)


def _worker() -> alerts.WorkerSeen | None:
    """Read when the worker was last seen, for pages on which something waits for it."""
    return alerts.worker_seen(console().till)


@blueprint.after_request
def _guard(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


@blueprint.errorhandler(ThroughfareError)
def _refused(error: ThroughfareError) -> Response:
    if isinstance(error, Misconfigured):
        return _unexpected(error)  # names settings and folders: for the log
    g.problem = error
    response = make_response(page("problem"), console().status_of(error))
    if isinstance(error, TooManyRequests):
        response.headers["Retry-After"] = str(error.retry_after_seconds)
    return response


@blueprint.errorhandler(HTTPException)
def _http(error: HTTPException) -> Response:
    too_large = isinstance(error, RequestEntityTooLarge)
    said = words.text("too_large", language()) if too_large else error.description
    g.problem = ThroughfareError(said or error.name)
    return make_response(page("problem"), error.code or 500)


@blueprint.errorhandler(Exception)
def _unexpected(error: Exception) -> Response:
    refused = console().four_eyes(error)
    if refused:
        return _refused(NotAllowed(refused))
    _log.error("unexpected error", path=request.path, exc_info=error)
    g.problem = ThroughfareError(words.text("unexpected", language(), id=g.get("request_id", "-")))
    return make_response(page("problem"), 500)


@blueprint.get("/<path:anything>")
def nothing(anything: str) -> str:  # noqa: ARG001  the address is named by the rule
    """Answer an address that is no page as a page."""
    raise NotFound(words.text("no_page", language()))


def home() -> str:
    """The address of the first page."""
    return url_for("console.months")
