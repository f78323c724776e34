"""The flap without its network: what it writes before it opens, what it does with an old bundle, a bad clock, no disk."""

import json
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.spoiled import spoiled
from tests.ticketing.gate.deciding import facts
from tests.ticketing.tickets.mint import NOW, SIGNER, phone_jwk, proof, ticket
from tests.ticketing.validator.bench import PLACE, Bench
from throughfare_gate.gate.bundle import Delta
from throughfare_gate.gate.decision import Policy, ProductRule, Use
from throughfare_gate.gate.model import Boarding, Extras
from throughfare_gate.tickets.claims import bound_to
from throughfare_gate.validator.courier import wait_seconds
from throughfare_gate.validator.flap import Flap, Sailing
from throughfare_gate.validator.sources import listen

JTI = "A" * 22
BOUND = ticket(cnf={"jwk": phone_jwk()})


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def other(letter: str, **claims: Any) -> str:
    return ticket(jti=letter * 22, **claims)


def test_a_scan_is_written_before_its_answer_is_given(bench: Bench) -> None:
    answer, _ = bench.flap.show(ticket())

    waiting = bench.store.list_untold(10)
    assert [(scan.seq, scan.scan_id, scan.admitted, scan.shown) for scan in waiting] == [
        (1, answer.scan_id, True, False)
    ]


def test_one_screen_read_many_times_is_one_scan(bench: Bench) -> None:
    code = f"{BOUND}~{proof(BOUND)}"

    first = bench.show(code)
    bench.at += 2
    again = bench.show(code)
    bench.restart()  # the camera goes on after a power cut
    third = bench.show(code)

    assert (first.admit, again.again, third.again, third.scan_id) == (True, True, True, first.scan_id)
    assert bench.store.count_untold() == 1


def test_a_phone_that_renews_its_code_while_the_camera_reads_is_one_scan(bench: Bench) -> None:
    first = bench.show(f"{BOUND}~{proof(BOUND)}")
    bench.at += 2
    renewed = bench.show(f"{BOUND}~{proof(BOUND, iat=NOW + 2, n='BBBBBBBBBBB')}")
    screenshot = bench.show(BOUND)
    bench.at += 2
    copy = bench.show(f"{BOUND}~{proof(BOUND, iat=NOW + 4, n='CCCCCCCCCCC')}")

    assert (first.admit, renewed.again, renewed.scan_id) == (True, True, first.scan_id)
    assert (screenshot.reason, copy.reason) == ("proof_missing", "already_used")


def test_whoever_was_refused_may_try_with_the_next_code_at_once(bench: Bench) -> None:
    old = bench.show(f"{BOUND}~{proof(BOUND, iat=NOW - 60)}")
    bench.at += 1
    fresh = bench.show(f"{BOUND}~{proof(BOUND, n='BBBBBBBBBBB')}")

    assert (old.reason, fresh.reason, fresh.again) == ("proof_expired", "ok", False)


def test_a_clock_before_its_own_bundle_refuses_everybody_and_names_itself(bench: Bench) -> None:
    """Case 08: without its battery the clock woke up 23 hours behind; yesterday's ticket passed and today's did not."""
    bench.at -= 23 * 3600
    yesterday = bench.show(other("B", iat=NOW - 90_000, nbf=NOW - 90_000, exp=NOW - 80_000))
    today = bench.show(ticket())

    assert (yesterday.reason, today.reason) == ("clock_behind", "clock_behind")
    assert today.staff_sees == (
        "the clock of this gate is wrong: it is 23 h 0 min before its own bundle; connect the gate or set its clock"
    )
    assert bench.store.count_untold() == 0
    bench.at = NOW - 30
    assert bench.show(ticket()).reason == "ok"


def test_the_gate_boards_the_sailing_that_staff_name_and_speaks_their_language(tmp_path: Path) -> None:
    leg = ["tlt", "09005-1", "x", bound_to(NOW + 1800)]
    bench = Bench(tmp_path, extras=Extras(boarding={"through": Boarding(7200)}), offsets=((0, 10_800),))
    bench.flap = Flap(
        PLACE, bench.store, now=lambda: bench.at, sailing=Sailing(departure=NOW + 5400), language="fi"
    )

    answer = bench.show(ticket(l=[leg], aud=["tlt"]))

    assert (answer.reason, answer.passenger_sees) == ("wrong_sailing", "Ei kelpaa tälle lähdölle")
    assert (
        answer.staff_sees == "toinen lähtö: lippu on lähdölle 2026-10-13 07:30, nyt noustaan lähdölle 08:30"
    )
    assert answer.as_dict()["values"]["departure"] == "2026-10-13T07:30:00+03:00"


@pytest.mark.parametrize(
    ("sailing", "unknown"),
    [
        (Sailing(), None),
        (Sailing(trip_id="t1"), None),
        (Sailing(departure=NOW + 1800), None),
        (Sailing(trip_id="T1"), "T1"),
        (Sailing(departure=NOW + 1860), "2026-10-13T07:31:00+03:00"),
        (Sailing(trip_id="elsewhere"), "elsewhere"),
    ],
)
def test_a_sailing_that_the_bundle_does_not_know_here_is_named_to_staff(
    tmp_path: Path, sailing: Sailing, unknown: str | None
) -> None:
    calls = {"t1": (("09005-1", NOW + 1800),), "elsewhere": (("other", NOW + 1800),)}
    bench = Bench(tmp_path, extras=Extras(sailings=calls), offsets=((0, 10_800),))

    assert Flap(PLACE, bench.store, now=lambda: bench.at, sailing=sailing).unknown_sailing == unknown


def test_after_three_seconds_it_is_a_second_presentation(bench: Bench) -> None:
    code = f"{BOUND}~{proof(BOUND)}"
    bench.show(code)
    bench.show(other("B"))
    bench.at += 3

    assert (bench.show(code).reason, bench.show(ticket(jti="B" * 22)).reason) == (
        "proof_replayed",
        "already_used",
    )


def test_a_power_cut_before_the_answer_was_seen_holds_nobody(bench: Bench) -> None:
    first = bench.show(ticket(), seen=False)
    bench.at += 45
    bench.restart()

    again = bench.show(ticket())
    bench.at += 45
    copy = bench.show(ticket())

    assert (again.admit, again.again, again.scan_id) == (True, True, first.scan_id)
    assert copy.reason == "already_used"
    assert [scan.admitted for scan in bench.store.list_untold(9)] == [True, False]


def test_own_uses_and_those_of_the_bundle_are_told_once(bench: Bench) -> None:
    bench.apply(facts(rules={"through": ProductRule()}, delta=Delta(0, NOW, complete=True)))
    bench.flap.load()
    code = ticket(u=2)
    bench.show(code)
    bench.apply(facts(uses=[Use(JTI, 0, NOW, "Kopli 1")], delta=Delta(NOW, NOW + 60, complete=True)))
    bench.flap.load()
    bench.at += 100

    assert bench.show(code).admit
    bench.at += 100
    assert bench.show(code).reason == "already_used"


def test_a_delta_replaces_the_tickets_that_it_names_and_leaves_the_rest(bench: Bench) -> None:
    bench.apply(
        facts(uses=[Use("A" * 22, 0, 5, "x"), Use("B" * 22, 0, 5, "x")], delta=Delta(0, 1, complete=True))
    )
    bench.apply(facts(uses=[Use("C" * 22, 0, 6, "x")], delta=Delta(1, 2, complete=True, cleared=("B" * 22,))))

    known = {letter: len(bench.store.known_uses(letter * 22)) for letter in "ABC"}
    assert known == {"A": 1, "B": 0, "C": 1}


@pytest.mark.parametrize(
    ("degrade", "reason"), [("fail_closed", "status_stale"), ("fail_open", "ok_attention")]
)
def test_s56_an_old_bundle_follows_the_operators_policy_and_never_the_ticket(
    tmp_path: Path, degrade: Any, reason: str
) -> None:
    bench = Bench(tmp_path, policy=Policy(degrade=degrade), statuses={9: 1})
    bench.at += 25 * 3600
    index = {"status": {"status_list": {"idx": 9, "uri": "https://throughfare.eu/s/1"}}}
    late = {"exp": NOW + 99 * 3600}

    assert bench.show(other("B", **late)).reason == reason
    assert bench.show(other("C", **late, **index)).reason == "revoked"
    assert bench.show(spoiled(other("D", **late))).reason == "bad_signature"
    assert bench.show(other("E", exp=NOW + 60)).reason == "expired"
    bench.at += 24 * 3600
    assert bench.show(other("F", **late)).reason == "status_stale"


@pytest.mark.parametrize("offset", ["301", "-301"])
def test_a_clock_that_is_far_off_cannot_judge_a_proof_but_judges_paper(bench: Bench, offset: str) -> None:
    bench.store.remember(offset=offset)
    bench.at -= int(offset)
    bench.flap.load()

    assert bench.show(f"{BOUND}~{proof(BOUND)}").reason == "proof_expired"
    assert bench.show(other("B")).reason == "ok"


def test_a_clock_that_is_a_little_off_is_corrected(bench: Bench) -> None:
    bench.store.remember(offset="120")
    bench.at -= 120
    bench.flap.load()

    assert bench.show(f"{BOUND}~{proof(BOUND)}").reason == "ok"
    assert bench.store.list_untold(1)[0].at == NOW


def test_s56_a_disk_that_takes_nothing_closes_the_gate(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> Any:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(bench.store, "add_scan", full)

    assert (bench.show(ticket()).admit, bench.show(ticket()).reason) == (False, "internal_error")


def test_a_gate_without_a_bundle_and_a_revoked_one_open_nothing(bench: Bench) -> None:
    bench.store.forget()
    bench.flap.load()
    closed = bench.show(ticket())
    bench.store.remember(revoked="yes")
    bench.flap.load()

    assert (closed.reason, bench.show(ticket()).reason) == ("status_stale", "device_not_authorised")


def test_an_inspector_sees_and_uses_nothing_up(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.show(ticket())
    bench.at += 60
    inspector = Flap(replace(PLACE, name="Inspector 7"), bench.store, inspects=True, now=lambda: bench.at)

    seen, _ = inspector.show(ticket())
    bench.at += 60

    assert (seen.admit, seen.reason) == (True, "ok")
    assert [scan.direction for scan in bench.store.list_untold(9)] == [None, "inspect"]
    assert bench.show(ticket()).reason == "already_used"


def test_an_unknown_key_asks_for_a_bundle(bench: Bench) -> None:
    from throughfare_gate.tickets.jws import Signer  # noqa: PLC0415  one use

    bench.show(Signer("26z", SIGNER.key).sign("ticket+jwt", {}))

    assert bench.flap.wants_bundle.is_set()


def test_failures_wait_twice_as_long_up_to_a_minute() -> None:
    most: Callable[[float, float], float] = lambda _low, high: high  # noqa: E731

    assert [wait_seconds(count, most) for count in (1, 2, 3, 7, 50)] == [1, 2, 4, 60, 60]
    assert wait_seconds(7, lambda low, _high: low) == 30


def test_lines_on_a_socket_are_answered_there(bench: Bench) -> None:
    import socket  # noqa: PLC0415  one use

    server = listen("127.0.0.1", 0, bench.show)
    with socket.create_connection(server.server_address[:2], timeout=5) as line:  # type: ignore[arg-type]
        line.sendall(f"{ticket()}\nnonsense\n".encode())
        reader = line.makefile()
        answers = [json.loads(reader.readline())["reason"] for _ in range(2)]
    server.shutdown()
    server.server_close()

    assert answers == ["ok", "malformed"]
