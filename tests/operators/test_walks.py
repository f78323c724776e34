"""`walks.csv`: what somebody has walked stands before the straight line; each fault by its row."""

import pytest

from operators.walks import read_walks
from tariffs.findings import Finding

_STOPS = {"bus:a", "rail:b", "rail:c"}
_HEADER = "from_stop,to_stop,minutes,note\n"


def test_a_walk_holds_both_ways_and_no_minutes_mean_no_way() -> None:
    findings: list[Finding] = []

    walks = read_walks(f"{_HEADER}bus:a,rail:b,7,footbridge\nbus:a,rail:c,,river\n", _STOPS, findings)

    assert walks == {
        ("bus:a", "rail:b"): 420,
        ("rail:b", "bus:a"): 420,
        ("bus:a", "rail:c"): None,
        ("rail:c", "bus:a"): None,
    }
    assert findings == []


@pytest.mark.parametrize(
    ("row", "field", "said"),
    [
        ("bus:x,rail:b,7,", "from_stop", "'bus:x' is no stop"),
        ("bus:a,rail:b,0,", "minutes", "must be from 1 to 120"),
        ("bus:a,rail:b,121,", "minutes", "must be from 1 to 120"),
        ("bus:a,rail:b,1.5,", "minutes", "is not a whole number of minutes"),
        ("bus:a,bus:a,5,", "to_stop", "a walk leads to another stop"),
        ("bus:a,,5,", "to_stop", "to_stop is required"),
        ("bus:a,rail:b,5,\nrail:b,bus:a,6,", "from_stop", "a second walk between rail:b and bus:a"),
    ],
)
def test_a_fault_names_its_field(row: str, field: str, said: str) -> None:
    findings: list[Finding] = []

    read_walks(f"{_HEADER}{row}\n", _STOPS, findings)

    assert [(found.field, said in found.message) for found in findings][-1] == (field, True)
