"""JSON that two readers could understand differently, or that cannot be stored, is refused."""

import pytest

from throughfare_gate.strictjson import NotStrict, loads


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"a": 1, "a": 2}', "'a' is repeated"),
        ("NaN", "NaN is not allowed"),
        ("{", "not JSON"),
        ("[" * 100_000, "too deeply"),
        (r'"\ud800"', "surrogate"),
        (r'{"a": ["\u0000"]}', "U+0000"),
        (r'{"\u0000": 1}', "U+0000"),
    ],
)
@pytest.mark.parametrize("kind", [str, str.encode])
def test_what_is_not_strict_is_refused_with_its_reason(text: str, why: str, kind: type) -> None:
    with pytest.raises(NotStrict, match=why.replace("+", r"\+")):
        loads(kind(text), nul=False)


@pytest.mark.parametrize(
    ("text", "value"), [(r'"\\u0000"', r"\u0000"), (r'"\ud83d\ude00"', "\U0001f600"), ("[1.5]", [1.5])]
)
def test_what_only_looks_alike_is_read(text: str, value: object) -> None:
    assert loads(text, nul=False) == value


def test_a_fraction_is_refused_where_only_whole_numbers_are_wanted() -> None:
    with pytest.raises(NotStrict):
        loads("1.5", fractions=False)
