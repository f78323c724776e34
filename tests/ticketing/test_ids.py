"""Identifiers: UUIDv7 that go up in the order in which a process makes them."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

from throughfare_gate.ids import milliseconds_of, new_id


def test_ids_of_one_millisecond_go_up_in_the_order_in_which_they_were_made() -> None:
    made = [new_id() for _ in range(5_000)]

    assert len({milliseconds_of(one) for one in made}) < len(made) / 2
    assert made == sorted(made)
    assert all(str(uuid.UUID(one)) == one for one in made)
    assert {(uuid.UUID(one).version, uuid.UUID(one).variant) for one in made} == {(7, uuid.RFC_4122)}


def test_neighbours_of_one_millisecond_cannot_be_counted_off() -> None:
    made = [uuid.UUID(new_id()).int for _ in range(1_000)]

    assert min(later - earlier for earlier, later in pairwise(made)) > 1 << 16


def test_threads_never_make_the_same_id() -> None:
    with ThreadPoolExecutor(8) as pool:
        made = [one for part in pool.map(lambda _: [new_id() for _ in range(500)], range(8)) for one in part]

    assert len(set(made)) == len(made)
