"""The door of the console: sessions, forms that only our own pages can send, roles, signing in and out.

A browser holds one cookie of 256 random bits. Before it signs in, the cookie stands for nobody; signing in gives a
fresh one, so none can be planted. A form carries an HMAC of the cookie, which no other site can know.
"""

import functools
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import ParamSpec, TypeVar

from flask import Response, g, make_response, redirect, request, url_for
from werkzeug.exceptions import BadRequest

from ticketing.console.blueprint import blueprint, console
from ticketing.console.pages import attempt, here_is, home, language, page, staff, tongue_cookie
from ticketing.console.words import LANGUAGES, text
from ticketing.errors import InvalidRequest, NotAllowed, NotAuthenticated, ThroughfareError, TooManyRequests
from ticketing.identity import second_factor
from ticketing.identity import staff as identity
from ticketing.identity.principal import Role
from ticketing.settlement import bank

P = ParamSpec("P")
T = TypeVar("T")
_OPEN = {"console.sign_in", "console.enter", "console.style", "console.nothing", "console.choose_language"}
_YEAR_SECONDS = 365 * 86400
# The page that warns comes so long before a session without a page ends; one minute more may have gone unnoted.
_WARNED_BEFORE = timedelta(minutes=5)
_UNNOTED = timedelta(minutes=1)
_BEFORE_CHANGE = {"console.password", "console.change_password", "console.sign_out", *_OPEN}
_BEFORE_CODE = {"console.second_factor", "console.give_code", *_BEFORE_CHANGE}
# These approve, export, give money back, or change accounts and keys: they ask for a code again when the last one is older than ten minutes.
_STEP_UP = {
    "console.take_step",
    "console.file",
    "console.zipped",
    "console.pay_again",
    "console.again_file",
    "console.enter_account",
    "console.approve_account",
    "console.decide_payouts",
    "console.payouts_file",
    "console.give_back",
    "console.act_on_case",
    "console.rule_claim",
    "console.answer",
    "console.share_incident",
    "console.withdraw_key",
    "console.end_member",
    "console.revoke_a_key",
}
_CODE = "second_factor_code"
_TRIES_A_MINUTE = 20
_STYLE = (Path(__file__).parent / "console.css").read_bytes()


def needs(*roles: Role) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Let only these roles see a page or send a form; a test asks every view for its roles."""

    def guard(view: Callable[P, T]) -> Callable[P, T]:
        @functools.wraps(view)
        def guarded(*args: P.args, **values: P.kwargs) -> T:
            if staff().principal.role not in roles:
                raise NotAllowed(text("not_for_your_role", language()))
            return view(*args, **values)

        guarded.__dict__["roles"] = roles  # read by the test of the matrix
        return guarded

    return guard


def own(party: str) -> str | None:
    """Keep an operator's finance staff to their own; answers the operator they are limited to, if any."""
    who = staff().principal.require_operator(party)
    return who.operator


@blueprint.before_request
def _open() -> Response | None:
    g.cookie, g.staff, g.csrf = request.cookies.get(console().cookie_name, ""), None, ""
    # The page that warns is no use of the session: an abandoned browser is signed out all the same.
    if request.endpoint in {"console.style", "console.session"}:
        return None
    if g.cookie:
        g.csrf = _token_of(g.cookie)
        try:
            g.staff = identity.recognise(console().desk, g.cookie)
        except NotAuthenticated:
            g.staff = None
    if g.staff is None and request.endpoint not in _OPEN:
        back = request.full_path.rstrip("?") if request.method == "GET" else None
        return make_response(redirect(url_for("console.sign_in", back=back), 303))
    if request.method == "POST":
        _check_form()
    if g.staff is not None and g.staff.must_change and request.endpoint not in _BEFORE_CHANGE:
        return make_response(redirect(url_for("console.password"), 303))
    return _ask_for_code() if g.staff is not None else None


def _ask_for_code() -> Response | None:
    """Show the page that asks for a code, where the person has given none, or none for a while; None where all is well.

    The page of a form carries its fields along, so that one code sends it.
    """
    who = staff()
    if not (console().second_factor or who.has_factor) or request.endpoint in _BEFORE_CODE:
        return None
    if who.verified_at is None:
        back = request.full_path.rstrip("?") if request.method == "GET" else None
        return make_response(redirect(url_for("console.second_factor", back=back), 303))
    if request.endpoint not in _STEP_UP or second_factor.is_fresh(
        who.verified_at, console().desk.clock.now()
    ):
        return None
    status = 403
    if _CODE in request.form:
        try:
            prove(request.form[_CODE])
        except ThroughfareError as error:
            g.problem, status = error, console().status_of(error)
        else:
            return None
    kept = [pair for pair in request.form.items(multi=True) if pair[0] not in {_CODE, "csrf"}]
    return make_response(
        page("step_up", kept=kept, code_field=_CODE, back=request.full_path.rstrip("?")), status
    )


def prove(code: str) -> None:
    """Check a code of the person who has signed in, whose browser gets another cookie; raises InvalidRequest, TooManyRequests."""
    g.cookie = g.new_cookie = second_factor.prove(
        console().desk, staff(), g.cookie, code, request.remote_addr
    )
    g.csrf = _token_of(g.cookie)


def _check_form() -> None:
    """Refuse a form that did not come from a page of ours; a bank's statement may be large, other forms may not."""
    if request.endpoint == "console.import_statement":
        request.max_content_length = bank.MAX_BYTES + 64 * 1024
    if any("\x00" in value for pair in request.form.items(multi=True) for value in pair):
        raise BadRequest(text("holds_nul", language()))
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    ours = hmac.compare_digest(request.form.get("csrf", "").encode(), g.csrf.encode())
    if not g.csrf or not ours or site not in {"same-origin", "none"}:
        raise NotAllowed(text("form_is_old", language()))


@blueprint.after_request
def _warn(response: Response) -> Response:
    """Let an open page lead to a warning before its session ends: no script can ask."""
    if g.get("staff") is not None and response.mimetype == "text/html":
        seconds = int((identity.IDLE - _WARNED_BEFORE - _UNNOTED).total_seconds())
        address = url_for("console.session", back=here_is())
        response.headers.setdefault("Refresh", f"{seconds}; url={address}")
    return response


@blueprint.get("/session")
def session() -> Response:
    """Warn that a session is about to end, with a link that keeps it; afterwards lead to the door."""
    ends = console().office.clock.now() + _WARNED_BEFORE
    response = make_response(page("session", back=back_to() or home(), ends=ends))
    leave = url_for("console.sign_in", back=back_to() or None)
    response.headers["Refresh"] = f"{int((_WARNED_BEFORE + _UNNOTED).total_seconds())}; url={leave}"
    return response


@blueprint.after_request
def _hand_out(response: Response) -> Response:
    cookie = g.get("new_cookie")
    if cookie is not None:
        response.set_cookie(
            console().cookie_name,
            cookie,
            max_age=None if cookie else 0,
            path="/",
            httponly=True,
            secure=console().secure,
            samesite="Strict",
        )
    return response


@blueprint.get("/sign-in")
def sign_in() -> str:
    """Show the form; a browser without a cookie gets one, for the form's own token."""
    if not g.cookie:
        g.new_cookie = secrets.token_urlsafe(32)
        g.csrf = _token_of(g.new_cookie)
    return page("sign_in", back=back_to())


@blueprint.post("/sign-in")
def enter() -> Response:
    """Sign in."""

    def act() -> None:
        _count_tries()
        g.new_cookie = identity.sign_in(
            console().desk,
            request.form.get("email", ""),
            request.form.get("password", ""),
            request.remote_addr,
            instead_of=g.cookie,
        )

    return attempt(act, lambda: page("sign_in", back=back_to()), to=lambda: back_to() or home())


@blueprint.post("/sign-out")
def sign_out() -> Response:
    """Sign out of this browser."""
    identity.sign_out(console().desk, staff(), g.cookie)
    g.new_cookie = ""
    return make_response(redirect(url_for("console.sign_in", done="signed_out"), 303))


@blueprint.get("/password")
def password() -> str:
    """Show the form to change one's password."""
    return page("password")


@blueprint.post("/password")
def change_password() -> Response:
    """Change one's password."""

    def act() -> None:
        if request.form.get("password") != request.form.get("again"):
            raise InvalidRequest.at("again", text("not_the_same", language()))
        identity.change_password(
            console().desk,
            staff(),
            g.cookie,
            request.form.get("old_password", ""),
            request.form.get("password", ""),
        )

    return attempt(act, password, to=lambda: url_for("console.months", done="password"))


@blueprint.post("/language")
def choose_language() -> Response:
    """Keep the language that a person chooses, for this browser."""
    response = make_response(redirect(back_to() or home(), 303))
    chosen = request.form.get("tongue", "")
    if chosen in LANGUAGES:
        response.set_cookie(
            tongue_cookie(),
            chosen,
            max_age=_YEAR_SECONDS,
            path="/",
            httponly=True,
            secure=console().secure,
            samesite="Lax",
        )
    return response


@blueprint.get("/console.css")
def style() -> Response:
    """The one style sheet."""
    return Response(_STYLE, content_type="text/css", headers={"Cache-Control": "public, max-age=300"})


def back_to() -> str:
    """Choose the page after signing in: a page of the console, never another site."""
    wanted = request.values.get("back", "")
    return wanted if wanted.startswith("/console/") and "\\" not in wanted else ""


def _count_tries() -> None:
    """At most so many tries a minute from one address, whichever account and worker they meet."""
    if not console().rate_limits:
        return
    now, bucket = (
        int(time.time()),
        f"console:{hashlib.sha256((request.remote_addr or '').encode()).hexdigest()[:24]}",
    )
    count, ends_at = console().counters.increase(bucket, 1, 60, now)
    if count > _TRIES_A_MINUTE:
        raise TooManyRequests(text("too_many_tries", language()), max(1, ends_at - now))


def _token_of(cookie: str) -> str:
    return hmac.new(cookie.encode(), b"throughfare console form", hashlib.sha256).hexdigest()
