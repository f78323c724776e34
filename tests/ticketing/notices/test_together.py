"""Outcomes that several threads write together: one that cannot be written takes no other one with it."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from ticketing.notices.together import Together


class Store:
    """Keeps what is written; `poison` cannot be, and a batch with it neither. Its first writing waits for others."""

    def __init__(self, poison: str = "") -> None:
        self.poison = poison
        self.kept: list[str] = []
        self.batches: list[int] = []
        self.is_writing, self.go_on = threading.Event(), threading.Event()

    def write(self, waiting: Sequence[str]) -> None:
        self.batches.append(len(waiting))
        self.is_writing.set()
        assert self.go_on.wait(30)
        if self.poison in waiting:
            raise ValueError(f"{self.poison} cannot be written")
        self.kept.extend(waiting)


def written(store: Store, first: str, *others: str) -> dict[str, str]:
    """Have one thing written and the others while that is under way; answers what each of them was told."""
    together: Together[str] = Together()

    def one(name: str) -> str:
        try:
            together.write(name, store.write)
        except ValueError as error:
            return str(error)
        return "written"

    with ThreadPoolExecutor(10) as threads:
        calls = {first: threads.submit(one, first)}
        assert store.is_writing.wait(30)
        calls |= {name: threads.submit(one, name) for name in others}
        while together.waiting < len(others):
            threading.Event().wait(0.001)
        store.go_on.set()
        return {name: call.result(30) for name, call in calls.items()}


def test_what_waits_is_written_at_once() -> None:
    store = Store(poison="none of them")

    assert set(written(store, "a", "b", "c", "d").values()) == {"written"}
    assert sorted(store.kept) == ["a", "b", "c", "d"]
    assert store.batches == [1, 3]


@pytest.mark.parametrize("poison", ["a", "b", "d"])
def test_one_that_cannot_be_written_is_alone_with_that(poison: str) -> None:
    store = Store(poison)

    answers = written(store, "a", "b", "c", "d")

    assert answers.pop(poison) == f"{poison} cannot be written"
    assert set(answers.values()) == {"written"}
    assert sorted(store.kept) == sorted(answers)
