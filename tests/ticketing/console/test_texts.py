"""The console's texts and colours: every key that a page asks for is there, and everybody can read it."""

import ast
import json
import re
import string
from dataclasses import fields
from pathlib import Path
from typing import get_args

import pytest

from operators.causes import CAUSES
from operators.gtfs.runs import Unmatched
from tariffs.passes import PassKind
from ticketing.books.accounts import PURPOSES
from ticketing.claims import CONTEST_REASONS, STATES
from ticketing.console import words
from ticketing.db.incidents.partners import Relation
from ticketing.db.incidents.steps import StepKind
from ticketing.disruption.affected import EventKind
from ticketing.frozen import FACT_TYPES, IncidentStatus, IncidentType, Tlp, list_fact_fields
from ticketing.identity.principal import Role
from ticketing.incidents.clocks import DUTIES
from ticketing.settlement.day import PLACES
from ticketing.settlement.terms import Terms

CONSOLE = Path("ticketing/console")
TEXTS = words.texts("en")
# Kinds of words that are looked up by a value of the data: each must have its text.
VALUES = {
    "cause": CAUSES,
    "run": ("draft", "calculated", "approved", "exported", "sent", "reconciled", "rejected", "voided"),
    "next": ("draft", "calculated", "approved", "exported", "sent", "reconciled", "rejected", "voided"),
    "device": ("working", "silent", "revoked"),
    "period": ("open", "closing", "closed"),
    "role": ("finance", "operator_finance", "admin"),
    "key_for": get_args(Role),
    "pass_kind": get_args(PassKind),
    "ledger": ("vat_payable", *PURPOSES),
    "term": {one.name for one in fields(Terms)} - {"proposal_days", "credit"},
    "verdict": ("matched", "wrong_amount", "not_sent", "paid_before", "looks_like", "unknown", "fee"),
    "way": ("payment", "receipt", "payout", "suspense", "bank_fee", "fx", "cleared", "unbooked", "uncleared"),
    "way_hint": ("payment", "receipt", "payout", "suspense", "bank_fee"),
    "day_place": PLACES,
    "day_turned": ("operators", "customers", "tax", "scheme"),
    "day_kind": (
        "bank_line",
        "suspense",
        "bank_gap",
        "gateway_named",
        "gateway_waits",
        "gateway_lines",
        "gateway_books",
    ),
    "day_step": ("not_due", "1_30", "31_60", "61_90", "over_90"),
    "day_measure": ("late", "hold_payments"),
    "dispute": ("open", "corrected", "rejected", "withdrawn"),
    "account": ("in force", "replaced", "waiting"),
    "now": ("calculated", "approved", "exported", "sent", "rejected", "voided"),
    "take_back": ("calculated", "approved", "exported"),
    "done": (
        "closed",
        "approved",
        "rejected",
        "voided",
        "exported",
        "sent",
        "imported",
        "booked",
        "cleared",
        "unbooked",
        "entered",
        "account_approved",
        "device_revoked",
        "disputed",
        "answered",
        "withdrawn",
        "asked",
        "signed_out",
        "password",
        "case_put_away",
        "case_ask_again",
        "case_arranged",
        "case_issue_again",
        "case_give_back",
        "case_accept",
        "case_settle_outside",
        "case_paid_otherwise",
        "case_own_word",
        "case_seen",
        "said_cancelled",
        "said_late",
        "said_runs",
        "contested",
        "ruled",
        "payouts_prepared",
        "payouts_released",
        "payouts_withdrawn",
        "given_back",
        "sent_again",
        "member_ended",
        "key_revoked",
        "incident_shared",
        "incident_answered",
        "incident_key_out",
        "incident_submitted",
        "incident_put_away",
    ),
    "incident_type": get_args(IncidentType),
    "incident_status": get_args(IncidentStatus),
    "incident_step": get_args(StepKind),
    "tlp": get_args(Tlp),
    "relation": get_args(Relation),
    "duty": DUTIES,
    "deadline": ("open", "late", "done", "done_late", "not_due", "does_not_apply"),
    "fact": {name for kind in FACT_TYPES.values() for name in kind.__dataclass_fields__},
    "fact_hint": (
        "kid",
        "ticket_hashes",
        "devices",
        "product",
        "firmware",
        "degrade",
        "tariff_version",
        "over_minor",
        "under_minor",
        "amount_minor",
        "part",
        "package",
        "cve",
        "measure_at",
    ),
    "fact_word": {
        f"{field.name}.{word}"
        for kind in get_args(IncidentType)
        for field in list_fact_fields(kind)
        for word in field.words
    },
    "nav": (
        "months",
        "bank",
        "accounts",
        "disputes",
        "claims",
        "cases",
        "disruptions",
        "live",
        "books",
        "find",
        "orders",
        "people",
        "terms",
        "tariffs",
        "incidents",
    ),
    "say": ("cancelled", "late", "runs"),
    "say_hint": ("cancelled", "late", "runs"),
    "event": get_args(EventKind),
    "event_status": ("seen", "confirmed", "dropped"),
    "source": ("operator_report", "exchange_events", "gtfs_rt", "siri_et", "siri_sx", "exchange"),
    "word": ("cancelled", "late", "taken_back"),
    "place": ("foot",),
    "unmatched": get_args(Unmatched),
    "case": (
        "booking_stuck",
        "refund_failed",
        "refund_refused",
        "payment_mismatch",
        "external_refund",
        "gateway_line",
        "dispute",
        "reconciliation",
        "quote_unbookable",
        "paid_without_ticket",
        "dispute_owed",
        "booking_differs",
        "operator_refuses_us",
        "ride_refunded",
        "evidence_contradicted",
        "claim_waits",
    ),
    "doing": (
        "put_away",
        "ask_again",
        "arranged",
        "issue_again",
        "give_back",
        "accept",
        "settle_outside",
        "paid_otherwise",
        "own_word",
        "seen",
    ),
    "file": (
        "payments-sepa",
        "payments-other",
        "statements",
        "vat",
        "vat-lines",
        "journal",
        "uic",
        "manifest",
    ),
    "counted": ("months", "entries", "postings", "blocks", "runs", "tickets", "allocations"),
    "waits": (
        "close",
        "rejected",
        "voided",
        "calculated",
        "calculated_by_you",
        "approved",
        "exported",
        "bank",
        "suspense",
        "missing",
        "disputes",
        "contests",
        "payouts",
        "payouts_prepared",
        "cases",
        "accounts",
        "faults",
    ),
    "claim": STATES,
    "claim_waits": (
        *CONTEST_REASONS,
        "no_evidence",
        "contradiction",
        "fact_missing",
        "choice",
        "given_back",
    ),
    "level": ("S", "A", "B", "C"),
    "payout": ("prepared", "released", "withdrawn", "paid", "returned"),
    "check": ("waiting", "faults", "clean"),
    "tile": ("tickets", "passengers", "average", "given_back", "more", "less", "same", "was", "no_month"),
    "hit": ("order", "line", "lines", "statement", "bank", "suspense", "payment", "run"),
    "look": ("approved", "exported", "voided", "answer", "refund", "end_member", "revoke_key"),
    "follows": ("approved", "exported", "voided", "answer", "refund", "end_member", "revoke_key"),
    "hindrance": ("paid_without_ticket", "unfinished_orders", "gateway"),
    "work": ("close", "export"),
    "vehicle": ("any", "bus", "tram", "metro", "rail", "ferry", "ship", "road", "air"),
    "scope": ("domestic", "international"),
    "vat_treatment": ("taxable", "zero", "exempt", "exempt_with_credit", "outside"),
}


def asked() -> set[str]:
    """Every key that stands in a template or in a view."""
    found: set[str] = set()
    for path in CONSOLE.rglob("*.html"):
        found |= set(re.findall(r"\bt\('([^']+)'", path.read_text(encoding="utf-8")))
    for path in CONSOLE.rglob("*.py"):
        found |= set(re.findall(r'\btext\("([^"]+)"', path.read_text(encoding="utf-8")))
    return {key for key in found if not key.endswith(".")}


def test_every_key_that_is_asked_for_has_a_text() -> None:
    wanted = asked() | {f"{kind}.{value}" for kind, values in VALUES.items() for value in values}

    assert sorted(wanted - set(TEXTS)) == []


def test_no_text_hides_another_one_of_the_same_key() -> None:
    for path in (CONSOLE / "texts").glob("*.json"):
        keys = re.findall(r'^ "([^"]+)":', path.read_text(encoding="utf-8"), re.MULTILINE)
        assert sorted({key for key in keys if keys.count(key) > 1}) == []


def test_no_text_waits_for_a_page() -> None:
    used = asked()
    kinds = {
        *VALUES,
        "kind",
        "entry",
        "step",
        "order_state",
        "payment_state",
        "refund_state",
        "ticket_state",
        "booking",
        "agreement",
    }

    assert sorted(key for key in TEXTS if key not in used and key.partition(".")[0] not in kinds) == []


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_a_translation_has_the_keys_and_the_places_of_english(language: str) -> None:
    def places(text: str) -> set[str | None]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}

    told = json.loads((CONSOLE / "texts" / f"{language}.json").read_text(encoding="utf-8"))

    assert sorted(set(TEXTS) ^ set(told)) == []
    assert [key for key, text in told.items() if places(text) != places(TEXTS[key])] == []


def test_what_a_language_lacks_reads_english() -> None:
    assert words.text("sign_in", "xx") == "Sign in"


STYLE = (CONSOLE / "console.css").read_text(encoding="utf-8")
# The colours of every page: by day, and by night.
TOKENS = (CONSOLE.parent / "web/static/tokens.css").read_text(encoding="utf-8")
_NAMED = re.findall(r"--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", TOKENS)
COLOURS = {
    "light": {name: light for name, light, _ in _NAMED},
    "dark": {name: dark for name, _, dark in _NAMED},
}
PAIRS = [
    *(
        (ink, ground, 4.5)
        for ink in ("ink", "soft", "blue", "blue-dark", "bad", "wait", "good")
        for ground in ("paper", "ground")
    ),
    ("calm", "calm-ground", 4.5),
    ("good", "good-ground", 4.5),
    ("wait", "wait-ground", 4.5),
    ("bad", "bad-ground", 4.5),
    ("ink", "calm-ground", 4.5),
    ("ink", "wait-ground", 4.5),
    ("soft", "calm-ground", 4.5),
    ("on-blue", "blue", 4.5),
    ("on-blue", "blue-dark", 4.5),
    ("field", "paper", 3.0),
    ("field", "ground", 3.0),
    ("blue", "paper", 3.0),
    *((f"chart-{letter}", "paper", 3.0) for letter in "abcdefgh"),
]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("ink", "ground", "least"), PAIRS)
def test_text_stands_out_from_its_ground(ink: str, ground: str, least: float, theme: str) -> None:
    """WCAG 2.2, 1.4.3 (text 4.5 to 1) and 1.4.11 (edges of fields 3 to 1)."""
    colours = COLOURS[theme]
    light, dark = sorted((_luminance(colours[ink]), _luminance(colours[ground])), reverse=True)

    assert (light + 0.05) / (dark + 0.05) >= least


def test_the_style_sheet_brings_nothing_from_elsewhere_and_has_no_colour_of_its_own() -> None:
    used = set(re.findall(r"var\(--([a-z-]+)\)", STYLE))

    assert "url(" not in STYLE
    assert "@import" not in STYLE
    assert re.findall(r"#[0-9a-f]{3,6}\b|rgb\(", STYLE) == []
    assert used - set(re.findall(r"--([a-z-]+):", TOKENS + STYLE)) == set()


def test_on_a_small_screen_a_row_is_a_card_and_nothing_hidden_widens_the_page() -> None:
    """An absolutely placed element inside of a scrolling box is clipped by it only when the box is positioned."""
    small = STYLE.partition("@media (max-width: 40rem)")[2].partition("@media")[0]

    assert re.search(r"\.scroll { position: relative;", STYLE)
    assert "table, tbody, tfoot, tr { display: block; }" in small
    assert "content: attr(data-label)" in small


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_the_frame_of_all_pages_sets_no_name_by_which_a_page_is_given_a_value() -> None:
    frame = (CONSOLE / "templates/console/base.html").read_text(encoding="utf-8")
    names = set(re.findall(r"{%-? (?:set|import [^%]* as) (\w+)", frame))
    given = {
        value.arg
        for path in CONSOLE.rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "page"
        for value in call.keywords
    }

    assert names
    assert names & given == set()


# A second translator's word for what the console already calls otherwise.
_OTHER_WORDS = {
    "et": ("operaator", "makselahendus", "lüüs"),
    "fi": ("liikennöitsij", "maksupalvelu", "yhdyskäytäv"),
    "sv": ("operatör", "betalväxel"),
}


@pytest.mark.parametrize("name", sorted(_OTHER_WORDS))
def test_a_thing_has_one_word_in_each_language(name: str) -> None:
    texts = words.texts(name)

    twice = [key for key, said in texts.items() if any(word in said.lower() for word in _OTHER_WORDS[name])]

    assert twice == []
