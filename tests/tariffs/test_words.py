"""Every reason of a derivation has its sentence in every language, and says its amount."""

import re
from pathlib import Path

import pytest

from tariffs.words import LANGUAGES, REASONS, explain

STEP = {
    "legs": [0],
    "rule": {"file": "f", "row": 1, "id": "rule-7"},
    "product": "hour",
    "amount": "2.00",
    "currency": "EUR",
    "before": "3.00",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_has_its_own_sentence(language: str) -> None:
    sentences = explain([{**STEP, "reason": reason} for reason in REASONS], language)

    assert len(set(sentences)) == len(REASONS)
    assert all(
        ("2.00 EUR" if language == "en" else "2,00 EUR") in text
        for text, reason in zip(sentences, REASONS, strict=True)
        if reason not in {"clamp", "unknown", "excluded", "on_board"}
    )


def test_only_a_later_ride_is_called_a_change() -> None:
    steps = [{**STEP, "reason": "transfer", "legs": legs} for legs in ([1], [1, 2])]

    assert explain(steps, "en") == [
        "Change with ticket hour: 2.00 EUR.",
        "Ticket hour, changes included: 2.00 EUR.",
    ]


def test_no_reason_of_the_engine_is_without_a_sentence() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in Path("tariffs").rglob("*.py"))
    made = set(re.findall(r'step\(\s*"([a-z_]+)"', source)) | set(
        re.findall(r'"reason": "([a-z_]+)"', source)
    )

    assert {"agreement", "cap", "pass", "conversion", "clamp", "unknown"} <= made
    assert made <= set(REASONS)


def test_a_language_that_is_not_spoken_reads_as_english() -> None:
    assert explain([{**STEP, "reason": "agreement"}], "de") == [
        "Joint ticket hour: 2.00 EUR instead of 3.00 EUR."
    ]
