"""The courier: pages of one fetch are applied as one, everything is fetched anew once a day, nothing else is lost."""

from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.ticketing.gate.deciding import AT, facts
from tests.ticketing.tickets.mint import NOW, RING, SIGNER
from tests.ticketing.validator.bench import PLACE, Bench
from throughfare_gate.gate import bundle as bundles
from throughfare_gate.gate.bundle import BadBundle, Delta
from throughfare_gate.gate.decision import Use
from throughfare_gate.tickets.jws import Signer
from throughfare_gate.validator.courier import Courier, merged
from throughfare_gate.validator.flap import Flap
from throughfare_gate.validator.identity import Identity
from throughfare_gate.validator.link import Fetched, Revoked


class Line:
    """A link that answers what it is told to, and remembers what it was asked."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[int, str]] = []

    def fetch_bundle(self, since: int, etag: str, _queue: int, _offset: int) -> Fetched:
        self.asked.append((since, etag))
        return Fetched(self.answers.pop(0), f"e{len(self.asked)}")


def page(*letters: str, delta: Delta, **more: Any) -> str:
    told = facts(
        uses=[Use(letter * 22, 0, NOW, "x") for letter in letters], delta=delta, bundle_keys=RING, **more
    )
    return bundles.sign(SIGNER, told, AT)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def courier(bench: Bench) -> Courier:
    identity = Identity(PLACE, Signer("k", Ed25519PrivateKey.generate()))
    return Courier(identity, bench.store, bench.flap, lambda _: None)


def known(bench: Bench) -> str:
    return "".join(letter for letter in "ABCDE" if bench.store.known_uses(letter * 22))


def test_the_first_fetch_is_whole_and_comes_in_pages(bench: Bench) -> None:
    bench.apply(facts(uses=[Use("E" * 22, 0, 1, "old")], delta=Delta(0, 1, complete=True)))
    line: Any = Line(
        page("A", "B", delta=Delta(0, 5, complete=False)),
        page("C", "B", delta=Delta(5, 9, complete=True, cleared=("A" * 22,))),
        None,
    )
    at_work = courier(bench)

    at_work.refresh(line)
    at_work.refresh(line)

    assert line.asked == [(0, ""), (5, ""), (9, "e2")]
    assert known(bench) == "BC"


def test_a_delta_leaves_what_it_does_not_name(bench: Bench) -> None:
    line: Any = Line(
        page("A", "B", delta=Delta(0, 5, complete=True)),
        page("C", delta=Delta(5, 9, complete=True, cleared=("B" * 22,))),
    )
    at_work = courier(bench)

    at_work.refresh(line)
    at_work.refresh(line)

    assert known(bench) == "AC"


def test_once_a_day_everything_is_fetched_anew(bench: Bench) -> None:
    line: Any = Line(page("A", delta=Delta(0, 5, complete=True)), page("B", delta=Delta(0, 9, complete=True)))
    at_work = courier(bench)
    at_work.refresh(line)
    bench.store.remember(whole_at="1000")

    at_work.refresh(line)

    assert (line.asked[1], known(bench)) == ((0, ""), "B")


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"operator": "hsl"}, BadBundle),
        ({"issuer": "evil"}, BadBundle),
        ({"devices": [PLACE.device_id]}, Revoked),
    ],
)
def test_a_bundle_that_must_not_be_applied_leaves_the_held_one(bench: Bench, change: Any, error: Any) -> None:
    held = bench.store.state("bundle")
    line: Any = Line(page("A", delta=Delta(0, 5, complete=True), **change))

    with pytest.raises(error):
        courier(bench).refresh(line)

    assert (bench.store.state("bundle"), known(bench)) == (held, "")


def test_a_bundle_by_a_strangers_key_or_of_an_older_version_is_not_applied(bench: Bench) -> None:
    stranger = Signer("26a", Ed25519PrivateKey.generate())
    told = facts(delta=Delta(0, 5, complete=True))
    bench.apply(facts(version=9, bundle_keys=RING, delta=Delta(0, 5, complete=True)))
    bench.flap.load()

    for token in (bundles.sign(stranger, told, AT), bundles.sign(SIGNER, told, AT)):
        line: Any = Line(token)
        with pytest.raises(BadBundle):
            courier(bench).refresh(line)


def test_of_two_pages_the_later_one_holds() -> None:
    pages = [
        bundles.open_bundle(page("A", "B", delta=Delta(0, 5, complete=False)), RING),
        bundles.open_bundle(page("A", delta=Delta(5, 9, complete=True, cleared=("B" * 22,))), RING),
    ]

    made = merged(pages)

    assert [use.jti[0] for use in made.uses] == ["A"]
    assert made.delta == Delta(0, 9, complete=True, cleared=("B" * 22,))


@pytest.mark.parametrize(
    ("offset", "language", "line"),
    [
        (2400, "sv", "grindens klocka går 40 min efter serverns"),
        (-2400, "en", "this gate's clock is 40 min ahead of the server's"),
    ],
)
def test_a_clock_that_is_off_is_told_in_the_language_of_the_gate(
    bench: Bench, offset: int, language: str, line: str
) -> None:
    told: list[str] = []
    flap = Flap(PLACE, bench.store, language=language)
    identity = Identity(PLACE, Signer("k", Ed25519PrivateKey.generate()))

    Courier(identity, bench.store, flap, told.append)._note_clock({"offset": str(offset)})

    assert told == [line]
