"""`[parties]` of region.toml: who stands on papers, with every fault by its path."""

from typing import Any

import pytest

from operators.legal_parties import LegalParty, read_parties

GOOD: dict[str, Any] = {
    "legal_name": "Gulf Link OÜ",
    "address": ["Sadama 1", "10111 Tallinn"],
    "vat_number": "EE123456789",
    "register_number": "12345678",
}


def read(value: object) -> tuple[dict[str, LegalParty], list[tuple[str, str]]]:
    faults: list[tuple[str, str]] = []
    parties = read_parties(value, {"tlt"}, lambda path, code, _: faults.append((path, code)))
    return parties, faults


def test_the_scheme_and_an_operator_are_read_as_they_are_written() -> None:
    parties, faults = read({"scheme": GOOD, "tlt": {"legal_name": "TLT"}})

    assert faults == []
    assert parties["scheme"] == LegalParty(**{**GOOD, "address": tuple(GOOD["address"])})
    assert parties["tlt"] == LegalParty(legal_name="TLT")


def test_the_account_of_the_scheme_is_read_without_its_spaces() -> None:
    parties, faults = read({"scheme": {**GOOD, "account": "FI21 1234 5600 0007 85"}})

    assert faults == []
    assert parties["scheme"].account == "FI2112345600000785"


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ([], "parties"),
        ({"hsl": GOOD}, "parties.hsl"),
        ({"tlt": "TLT"}, "parties.tlt"),
        ({"tlt": {}}, "parties.tlt.legal_name"),
        ({"tlt": {**GOOD, "legal_name": "x" * 101}}, "parties.tlt.legal_name"),
        ({"tlt": {**GOOD, "vat_number": "123456789"}}, "parties.tlt.vat_number"),
        ({"tlt": {**GOOD, "vat_number": 1}}, "parties.tlt.vat_number"),
        ({"tlt": {**GOOD, "address": "Sadama 1"}}, "parties.tlt.address"),
        ({"tlt": {**GOOD, "address": ["a"] * 6}}, "parties.tlt.address"),
        ({"tlt": {**GOOD, "address": ["a\nb"]}}, "parties.tlt.address"),
        ({"tlt": {**GOOD, "phone": "1"}}, "parties.tlt.phone"),
        ({"tlt": {**GOOD, "account": "FI2112345600000785"}}, "parties.tlt.account"),
        ({"scheme": {**GOOD, "account": "FI2112345600000786"}}, "parties.scheme.account"),
        ({"scheme": {**GOOD, "account": 1}}, "parties.scheme.account"),
    ],
)
def test_a_fault_names_its_path_and_the_party_is_left_out(value: object, path: str) -> None:
    parties, faults = read(value)

    assert [fault[0] for fault in faults] == [path]
    assert set(parties) <= {"hsl"}
