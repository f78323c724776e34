"""Say a decision in four languages: sums, article, level of certainty and terms, from one file (`sentences.json`)."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tariffs.words import spoken
from ticketing.rights.decision import Decision

FILE = Path(__file__).with_name("sentences.json")
_SAID: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
LANGUAGES: tuple[str, ...] = tuple(_SAID["languages"])


def in_words(decision: Decision, language: str) -> str:
    """Write a decision as a few sentences; an unknown language reads as English."""
    return " ".join(_sentences(decision, language if language in LANGUAGES else LANGUAGES[0]))


def _sentences(decision: Decision, language: str) -> Iterator[str]:
    granted = "" if decision.compensation is None else spoken(decision.compensation, language)
    yield _SAID["reasons"][decision.reason][language].format(compensation=granted)
    if decision.reimbursement.minor:
        yield _SAID["reimbursement"][language].format(amount=spoken(decision.reimbursement, language))
    if decision.expenses is not None and decision.expenses.minor:
        yield _SAID["expenses"][language].format(amount=spoken(decision.expenses, language))
    if decision.deadline_days:
        yield _SAID["within"][language].format(days=min(days for _, days in decision.deadline_days))
    level = _SAID["levels"][decision.level][language]
    yield _SAID["source"][language].format(article=decision.article, level=level)
