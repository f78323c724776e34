"""The console says the English sentences of the service in the reader's language, each in a shape that the service still has."""

import ast
import functools
import re
from pathlib import Path

import pytest

from ticketing.console import sentences

PLACE = re.compile(r"\{[a-z]+\d*\}")
# Composed of parts or of a note's fields: no line of the source has them whole.
COMPOSED = {
    "amount as {code} (due {day}), but not the day and name",
    "amount and day as {code} (due {day}), but not the name",
    "amount and name as {code} (due {day}), but not the day",
    "areas {code} -> {code2}, {said}",
    "by {words}, dispute {code}, line {code2}, text {words2}",
    "network {code}, {said}",
    "as operator:{party}, by {words}, line {code}, reason {words2}",
}


@pytest.fixture(autouse=True)
def names(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {"tlt": "Tallinna ühistransport", "hsl": "HSL", "scheme": "järjestelmä"}
    monkeypatch.setitem(sentences._WRITTEN, "party", lambda party, _: known.get(party, party))
    monkeypatch.setattr(sentences, "party_name", lambda party, _: known.get(party, party))


@functools.cache
def said_by_the_service() -> set[str]:
    """Every string of the source, with a mark where a value stands."""
    paths = [path for root in ("ticketing", "tariffs", "operators") for path in Path(root).rglob("*.py")]
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in paths]
    return {shape for tree in trees for node in ast.walk(tree) if (shape := _shape(node)) is not None}


def _shape(node: ast.AST) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    return None


def test_the_service_still_says_each_sentence_so() -> None:
    shapes = {shape: PLACE.sub("{}", shape) for shape in sentences.known() if shape not in COMPOSED}

    assert sorted(shape for shape, plain in shapes.items() if plain not in said_by_the_service()) == []


def test_each_sentence_has_its_three_languages_with_places_that_it_has() -> None:
    wrong = [
        (shape, tongue)
        for shape, told in sentences.known().items()
        for tongue in ("et", "fi", "sv")
        if not told.get(tongue) or not set(PLACE.findall(told[tongue])) <= set(PLACE.findall(shape))
    ]

    assert wrong == []


@pytest.mark.parametrize(
    ("english", "finnish"),
    [
        (
            "500.00 EUR is more than the disputed line, whose gross is 42.00 EUR",
            "500,00 EUR on enemmän kuin riitautettu rivi, jonka brutto on 42,00 EUR",
        ),
        (
            "202611-tlt-E36B41E9 of tlt: -809.54 EUR expected, -809.55 EUR booked",
            "Tallinna ühistransport, 202611-tlt-E36B41E9: odotettiin -809,54 EUR, pankissa on -809,55 EUR",
        ),
        (
            "no reference of ours; nothing of this amount is expected",
            "ei meidän viitettämme; tällaista summaa ei odoteta",
        ),
        (
            "no approved bank account of hsl, tlt",
            "hyväksytty pankkitili puuttuu: HSL, Tallinna ühistransport",
        ),
        (
            "the run is sent and stays so: it cannot become voided",
            "tilitysajon tila on ”lähetetty” ja pysyy sellaisena",
        ),
        (
            "as operator:tlt, by Bertil Lind, line 91eb, reason tlt sai sentin liikaa",
            "Bertil Lind: tlt sai sentin liikaa, kenelle: Tallinna ühistransport (pankin rivi 91eb)",
        ),
        ("every place is held", "kaikki paikat on varattu"),
        ("BkToCstmrStmt[0].Ntry[2].Amt: is missing", "BkToCstmrStmt[0].Ntry[2].Amt: puuttuu"),
        ("longer than 20,000,000 bytes", "pidempi kuin 20,000,000 tavua"),
        (
            "leg rule row 9: network tallinn, exactly the zones AB",
            "hintarivi 9: verkko tallinn, täsmälleen vyöhykkeet AB",
        ),
        ("pass tll-30d v1, row 1 of passes.json", "kausilippu tll-30d v1, tiedoston passes.json rivi 1"),
        ("demo gateway: authorised", "esittelymaksut: varmennettu"),
        ("tlt takes nothing back by machine", "Tallinna ühistransport ei ota mitään takaisin koneellisesti"),
        ("somebody wrote 2.50 EUR on 2026-11-10", "somebody wrote 2,50 EUR on 10.11.2026"),
        ("tlt sai sentin liikaa", "tlt sai sentin liikaa"),
    ],
)
def test_a_sentence_is_said_in_finnish_with_its_values(english: str, finnish: str) -> None:
    assert sentences.say(english, "fi").replace("\u00a0", " ").replace("\u2212", "-") == finnish
    assert sentences.say(english, "en") == english
