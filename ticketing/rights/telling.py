"""Say a decision in four languages: sums, article, level of certainty and terms, from one file (`sentences.json`)."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ticketing.rights.decision import Decision

FILE = Path(__file__).with_name("sentences.json")
_SAID: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
LANGUAGES: tuple[str, ...] = tuple(_SAID["languages"])


def in_words(decision: Decision, language: str) -> str:
    """Write a decision as a few sentences; an unknown language reads as English."""
    return " ".join(_sentences(decision, language if language in LANGUAGES else LANGUAGES[0]))


def _sentences(decision: Decision, language: str) -> Iterator[str]:
    yield _SAID["reasons"][decision.reason][language].format(compensation=decision.compensation)
    if decision.reimbursement.minor:
        yield _SAID["reimbursement"][language].format(amount=decision.reimbursement)
    if decision.expenses is not None and decision.expenses.minor:
        yield _SAID["expenses"][language].format(amount=decision.expenses)
    if decision.deadline_days:
        yield _SAID["within"][language].format(days=min(days for _, days in decision.deadline_days))
    level = _SAID["levels"][decision.level][language]
    yield _SAID["source"][language].format(article=decision.article, level=level)
