"""The kiosk's page, laid out for terminals of any size."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from throughfare_gate.gate import sentences
from throughfare_gate.validator import letters
from throughfare_gate.validator.page import PIXEL, Page, rows

WELCOME = """

                                                  ████
                                                  ████
                                              ████████
                                              ████████
                          ████            ████████
                          ████            ████████
                          ████████    ████████
                          ████████    ████████
                              ████████████
                              ████████████
                                  ████
                                  ████

██  ██  ██  ██  ██      ██  ██  ██████  ██      ██  ██      ██  ██████  ██    ██
██  ██          ██      ██  ██  ██  ██  ████  ████  ████  ████  ██      ████  ██
██  ██    ██    ██      ████    ██  ██  ██  ██  ██  ██  ██  ██  ████    ██  ████
██  ██  ██████  ██      ██  ██  ██  ██  ██      ██  ██      ██  ██      ██    ██
  ██    ██  ██  ██████  ██  ██  ██████  ██      ██  ██      ██  ██████  ██    ██



                                   välkommen"""
SIZES = [(80, 24), (40, 12), (132, 43)]


def test_a_refusal_in_40_by_12() -> None:
    page = Page(
        mood="refuse", passenger="Not valid with this operator", staff="not a ticket of this operator"
    )

    assert [row.rstrip() for row in rows(page, 40, 12)] == [
        "",
        "              ████    ████",
        "              ████████████",
        "                ████████",
        "                ████████",
        "              ████████████",
        "              ████    ████",
        "",
        "      NOT VALID WITH THIS OPERATOR",
        "",
        "",
        "     not a ticket of this operator",
    ]


def test_a_short_sentence_is_in_large_letters_where_there_is_room() -> None:
    page = Page(mood="accept", passenger="Välkommen", staff="välkommen")

    shown = "\n".join(row.rstrip() for row in rows(page, 80, 24))

    assert shown == WELCOME


@pytest.mark.parametrize("reason", sentences._SAID["passenger"])
@pytest.mark.parametrize("language", sentences.LANGUAGES)
def test_every_letter_of_a_passengers_sentence_can_be_drawn(reason: str, language: str) -> None:
    assert letters.drawn(sentences._SAID["passenger"][reason][language].upper())


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", sentences.LANGUAGES)
def test_every_sentence_for_passengers_is_whole_on_a_kiosk(size: tuple[int, int], language: str) -> None:
    staff = "a long sentence for staff " * 20
    for reason in sentences._SAID["passenger"]:
        said = sentences._SAID["passenger"][reason][language]

        shown = rows(Page(mood="refuse", passenger=said, staff=staff), *size)

        whole = "".join("".join(shown).replace(PIXEL, "").split())
        painted = sum(PIXEL in row for row in shown)
        assert "".join(said.upper().split()) in whole or painted > letters.ROWS
        assert painted >= 6


@given(
    st.builds(
        Page,
        mood=st.sampled_from(["ready", "accept", "look", "refuse", "closed"]),
        passenger=st.text(max_size=90),
        staff=st.text(max_size=400),
        note=st.text(max_size=90),
    ),
    st.integers(1, 200),
    st.integers(1, 60),
)
def test_a_page_fits_its_terminal_and_commands_nothing(page: Page, columns: int, height: int) -> None:
    shown = rows(page, columns, height)

    assert [len(row) for row in shown] == [columns] * height
    assert all(row.isprintable() for row in shown)
