"""The members and the claims of a group's code follow from its tickets alone."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.ticketing.tickets.mint import payload
from throughfare_gate.tickets import claims
from ticketing.tickets.group import Member, payload_for, says_the_same, staying

CODE = "C" * 22
LEGS = payload()["l"]
WITHOUT_LAST = [*LEGS[:2], ["-", *LEGS[2][1:]]]


def member(number: int, status: str = "valid", used: frozenset[int] = frozenset(), **changes: Any) -> Member:
    """The ticket of one passenger of a group."""
    jti = f"{number:022d}"
    place = {"status_list": {"idx": number, "uri": "https://throughfare.eu/s/1"}}
    return Member(jti, f"p{number:02d}", status, payload(jti=jti, status=place, **changes), used)


@st.composite
def groups(draw: st.DrawFn) -> list[Member]:
    """Groups in which anything may have happened to anybody."""
    count = draw(st.integers(0, 12))
    return [
        member(
            number,
            draw(st.sampled_from(["valid", "valid", "suspended", "revoked"])),
            draw(st.sampled_from([frozenset(), frozenset(), frozenset({0})])),
            l=draw(st.sampled_from([LEGS, LEGS, WITHOUT_LAST])),
            aud=["tlt", "tallink", "hsl"],
            cat=draw(st.sampled_from([..., "chil"])),
        )
        for number in range(count)
    ]


@given(groups())
def test_a_code_stands_for_two_or_more_who_are_alike_and_for_as_many_as_there_are(
    group: list[Member],
) -> None:
    left = staying(group)

    assert len(left) != 1
    alike = {(one.status, str(one.payload["l"]), one.used) for one in left}
    assert len(alike) <= 1
    assert all(one.status in {"valid", "suspended"} for one in left)
    for one in group:
        same = [
            other
            for other in group
            if (other.status, str(other.payload["l"]), other.used)
            == (one.status, str(one.payload["l"]), one.used)
        ]
        if one.status != "revoked" and len(same) > 1:
            assert len(left) >= len(same)


@given(groups())
def test_who_belongs_to_a_code_does_not_depend_on_the_order_in_which_tickets_are_read(
    group: list[Member],
) -> None:
    assert staying(group) == staying(list(reversed(group)))


@given(groups())
def test_a_code_is_a_ticket_for_so_many_which_every_gate_reads(group: list[Member]) -> None:
    left = [one for one in staying(group) if one.payload["l"] == LEGS]
    if not left:
        return
    made = payload_for(left, CODE)

    read = claims.parse({**made, "status": left[0].payload["status"]})

    assert (read.jti, read.passengers) == (CODE, len(left))
    shared = {one.payload.get("cat") for one in left}
    assert read.category == (shared.pop() if len(shared) == 1 else None)
    assert (read.expires_at, read.product) == (left[0].payload["exp"], left[0].payload["p"])


def test_of_two_parts_of_one_size_the_valid_one_goes_on_then_that_of_the_first_passenger() -> None:
    blocked = [member(number, "suspended") for number in (1, 2)]
    used = [member(number, used=frozenset({0})) for number in (3, 4)]
    fresh = [member(number) for number in (5, 6)]

    assert staying([*blocked, *fresh]) == tuple(fresh)
    assert staying([*fresh, *used]) == tuple(used)


def test_the_name_of_who_carries_the_code_goes_with_them() -> None:
    named, other = member(1, idh="H" * 22), member(2)

    assert payload_for([named, other], CODE)["idh"] == "H" * 22
    assert "idh" not in payload_for([other, member(3)], CODE)


def test_a_code_with_another_number_or_place_says_the_same() -> None:
    group = [member(1), member(2)]
    made = payload_for(group, CODE)

    assert says_the_same({**made, "status": {}}, payload_for(group, "D" * 22))
    assert not says_the_same(made, payload_for([*group, member(3)], CODE))
