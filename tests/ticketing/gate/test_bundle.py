"""The bundle: read strictly, applied forward only, and honest about what it no longer knows."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.spoiled import spoiled
from tests.ticketing.gate.deciding import AT, TLT, bundle, facts, judge
from tests.ticketing.tickets.mint import NOW, RING, SIGNER, URI, payload, ticket
from throughfare_gate.gate import bundle as bundles
from throughfare_gate.gate.bundle import BadBundle, Facts, local_offsets, succeed
from throughfare_gate.gate.decision import Bundle, Gate, Policy, Presented, ProductRule, Seen, Use, decide
from throughfare_gate.gate.model import Boarding, Delay, Waiver
from throughfare_gate.gate.usage import told_together
from throughfare_gate.tickets import status_list
from throughfare_gate.tickets.claims import bound_to
from throughfare_gate.tickets.jwk import to_jwk
from throughfare_gate.tickets.jws import Signer
from ticketing.tickets.keys import KEEP, KeyStore

JWK = to_jwk(RING["26a"])
OPEN = Policy(degrade="fail_open", max_stale_seconds=60)


def written(**changes: Any) -> str:
    """A bundle as somebody else may write it; a change to `...` removes the member."""
    members: dict[str, Any] = {
        "iss": "throughfare.eu",
        "aud": "tlt",
        "iat": NOW,
        "exp": NOW + 86_400,
        "ver": 1,
        "keys": [JWK],
        "status_keys": [JWK],
        "lists": [status_list.sign(SIGNER, URI, {}, AT)],
        "rules": {"through": {}},
        **changes,
    }
    return SIGNER.sign(
        "gate-bundle+jwt", {name: value for name, value in members.items() if value is not ...}
    )


def test_absent_members_take_the_defaults() -> None:
    read, uses = bundles.read(written(), RING)

    assert (read.policy, read.rules, uses, read.version) == (Policy(), {"through": ProductRule()}, (), 1)


def test_what_is_signed_is_what_is_read() -> None:
    rule = ProductRule(
        binding="required",
        passback_seconds=5,
        stops="board",
        classes=("1", "2"),
        hours=((0, 60), (3600, 86_400)),
        days=(1, 7),
    )
    policy = Policy("fail_open", 1, 2, 3, 4, accept_demo=True)
    uses = [Use("A" * 22, 1, NOW, "g"), Use("B" * 22, 0, NOW, None)]

    read, found = bundles.read(
        bundles.sign(
            SIGNER, facts(rules={"x": rule}, policy=policy, uses=uses, offsets=((0, 7200),), version=9), AT
        ),
        RING,
    )

    assert (read.rules, read.policy, list(found), read.offsets, read.version) == (
        {"x": rule},
        policy,
        uses,
        ((0, 7200),),
        9,
    )


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"more": 1}, "more"),
        ({"iss": 5}, "iss"),
        ({"aud": ""}, "aud"),
        ({"aud": ["tlt"]}, "aud"),
        ({"iat": "1"}, "iat"),
        ({"exp": True}, "exp"),
        ({"exp": NOW}, "exp"),
        ({"ver": ...}, "ver"),
        ({"ver": 0}, "ver"),
        ({"keys": {}}, "keys"),
        ({"keys": []}, "key set"),
        ({"keys": [{**JWK, "d": "AA"}]}, "private"),
        ({"status_keys": ...}, "status_keys"),
        ({"lists": "x"}, "lists"),
        ({"lists": ["x"]}, "malformed"),
        ({"removed": [1]}, "removed"),
        ({"rules": []}, "rules"),
        ({"rules": {"p": 1}}, "rules.p"),
        ({"rules": {"p": {"passback_s": 0}}}, "rules.p.passback_s"),
        ({"rules": {"p": {"binding": "maybe"}}}, "rules.p.binding"),
        ({"rules": {"p": {"stops": []}}}, "rules.p.stops"),
        ({"rules": {"p": {"passback_seconds": -1}}}, "passback_seconds"),
        ({"rules": {"p": {"classes": "1"}}}, "classes"),
        ({"rules": {"p": {"hours": [[0]]}}}, "hours"),
        ({"rules": {"p": {"hours": [[5, 5]]}}}, r"hours\[0\]"),
        ({"rules": {"p": {"hours": [[0, 86_401]]}}}, r"hours\[0\]"),
        ({"rules": {"p": {"days": [8]}}}, "days"),
        ({"rules": {"p": {"days": [1]}}}, "offsets"),
        ({"rules": {"p": {"hours": [[0, 9]]}}, "offsets": []}, "offsets"),
        ({"offsets": [[0, 99_999]]}, r"offsets\[0\]"),
        ({"offsets": [[0]]}, "offsets"),
        ({"uses": [["j", 0, 1]]}, "uses"),
        ({"uses": [["j", 8, 1, None]]}, r"uses\[0\]"),
        ({"uses": [[1, 0, 1, None]]}, r"uses\[0\]"),
        ({"uses": [["j", 0, 1, {}]]}, r"uses\[0\]"),
        ({"policy": []}, "policy"),
        ({"policy": {"x": 1}}, "policy.x"),
        ({"policy": {"degrade": "open"}}, "policy.degrade"),
        ({"policy": {"accept_demo": 1}}, "policy.accept_demo"),
        ({"policy": {"leeway_seconds": 301}}, "policy.leeway_seconds"),
        ({"policy": {"proof_past_seconds": "45"}}, "policy.proof_past_seconds"),
    ],
)
def test_a_member_that_is_wrong_refuses_the_bundle_and_is_named(change: dict[str, Any], named: str) -> None:
    with pytest.raises(BadBundle, match=named):
        bundles.read(written(**change), RING)


ADDED: dict[str, Any] = {
    "format": 2,
    "boarding": {"through": {"opens_seconds": 7200}},
    "sailings": [["t", "a", NOW]],
    "delays": [["tlt", "a", NOW, NOW + 60, [["b", 60]]], ["tlt", "a", NOW + 60, None, None]],
    "waivers": [{"event": "e", "trips": [["tlt", "a", NOW]], "accept": ["tlt", "any"], "until": NOW}],
    "issuers": [
        {
            "iss": "other.eu",
            "keys": [JWK],
            "status_keys": [JWK],
            "lists": [],
            "removed": [],
            "since": 1,
            "until": NOW,
            "allow": {
                "operators": ["x"],
                "products": ["through"],
                "legs": [["x", "a", "b"]],
                "max_seconds": 86_400,
            },
        }
    ],
    "categories": {"chil": "child"},
}


def test_what_format_2_adds_is_read() -> None:
    extras = bundles.read(written(**ADDED), RING)[0].extras

    assert extras.boarding == {"through": Boarding(7200, 900)}
    assert extras.sailings == {"t": (("a", NOW),)}
    assert extras.delays == {
        ("tlt", "a", NOW): Delay(NOW + 60, {"b": 60}),
        ("tlt", "a", NOW + 60): Delay(None, cancelled=True),
    }
    assert extras.waivers == (Waiver("e", frozenset({("tlt", "a", NOW)}), ("tlt", "any"), NOW),)
    assert [(one.issuer, one.allow.max_seconds) for one in extras.issuers] == [("other.eu", 86_400)]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"format": 1}, "format"),
        ({"format": True}, "format"),
        ({"format": ...}, "boarding is unknown"),
        ({"waivers": ...}, "waivers is missing"),
        ({"boarding": []}, "boarding"),
        ({"boarding": {"p": {}}}, "boarding.p"),
        ({"boarding": {"p": {"opens_seconds": 86_401}}}, "boarding.p.opens_seconds"),
        ({"boarding": {"p": {"opens_seconds": 1, "x": 1}}}, "boarding.p.x"),
        ({"sailings": [["t", "a"]]}, "sailings"),
        ({"sailings": [["t", 1, 2]]}, r"sailings\[0\]"),
        ({"delays": [["tlt", "a", NOW]]}, "delays"),
        ({"delays": [["tlt", "a", NOW, "x", []]]}, r"delays\[0\]"),
        ({"delays": [["tlt", "a", NOW, 1, [["b", -1]]]]}, r"delays\[0\]"),
        ({"waivers": [{}]}, r"waivers\[0\].accept"),
        ({"waivers": [{**ADDED["waivers"][0], "accept": ["tlt"]}]}, "accept"),
        ({"waivers": [{**ADDED["waivers"][0], "x": 1}]}, r"waivers\[0\].x"),
        ({"waivers": [{**ADDED["waivers"][0], "tickets": []}]}, r"waivers\[0\].tickets"),
        ({"waivers": [{**ADDED["waivers"][0], "tickets": "all"}]}, r"waivers\[0\].tickets"),
        ({"waivers": [{**ADDED["waivers"][0], "trips": [["tlt", "a"]]}]}, "trips"),
        ({"issuers": {}}, "issuers"),
        ({"issuers": [{**ADDED["issuers"][0], "iss": "throughfare.eu"}]}, "issuers"),
        ({"issuers": [{**ADDED["issuers"][0], "keys": [{**JWK, "d": "AA"}]}]}, "private"),
        ({"issuers": [{**ADDED["issuers"][0], "until": 1}]}, "until"),
        ({"issuers": [{**ADDED["issuers"][0], "allow": {}}]}, "allow"),
        ({"categories": {"chil": 1}}, "categories"),
        ({"categories": []}, "categories"),
    ],
)
def test_an_added_member_that_is_wrong_refuses_the_bundle_and_is_named(
    change: dict[str, Any], named: str
) -> None:
    with pytest.raises(BadBundle, match=named):
        bundles.read(written(**{**ADDED, **change}), RING)


def test_a_waiver_sends_another_operators_passengers_here_and_a_foreign_issuer_is_still_wrong() -> None:
    waiver = {**ADDED["waivers"][0], "trips": [["viking", "TLL-A", NOW]], "until": NOW + 60}
    held = bundles.read(written(**{**ADDED, "waivers": [waiver]}), RING)[0]
    missed = ticket(l=[["viking", "TLL-A", "HEL-KAT", bound_to(NOW)]], aud=["viking"])

    assert judge(missed, held).reason == "ok_attention"
    assert judge(missed, held, now=NOW + 60).reason == "wrong_audience"
    assert judge(ticket(iss="other.eu"), held).reason == "wrong_issuer"


def test_a_gate_never_steps_back_and_never_changes_sides() -> None:
    held, same, newer = bundle(version=5), bundle(version=5), bundle(version=6)

    assert succeed(None, held) is held
    assert succeed(held, same) is same
    assert succeed(held, newer) is newer
    for wrong in (bundle(version=4), bundle(version=6, issuer="evil")):
        with pytest.raises(BadBundle):
            succeed(held, wrong)


def test_a_held_list_past_its_end_proves_nothing_but_still_refuses_the_revoked() -> None:
    old = AT - timedelta(hours=25)
    patient = Policy(max_stale_seconds=10**6)
    valid = status_list.sign(SIGNER, URI, {}, old)
    revoked = status_list.sign(SIGNER, URI, {5: 1}, old)

    assert judge(ticket(), bundle(lists=[valid], policy=patient)).reason == "status_stale"
    assert judge(ticket(), bundle(lists=[revoked], policy=patient)).reason == "revoked"


def test_the_newest_of_a_list_counts_in_whatever_order_they_come() -> None:
    older, newer = (
        status_list.sign(SIGNER, URI, {}, AT - timedelta(hours=1)),
        status_list.sign(SIGNER, URI, {5: 2}, AT),
    )

    for lists in ([older, newer], [newer, older]):
        assert judge(ticket(), bundle(lists=lists)).reason == "suspended"


@pytest.mark.parametrize("policy", [Policy(), OPEN])
def test_an_index_outside_its_list_is_refused_by_every_policy(policy: Policy) -> None:
    outside = ticket(status={"status_list": {"idx": status_list.SIZE, "uri": URI}})

    assert (judge(outside, bundle(policy=policy)).admit) is False


def test_the_third_status_value_is_refused() -> None:
    assert judge(ticket(), bundle({5: 3})).reason == "replaced"


@pytest.mark.parametrize("policy", [Policy(), OPEN])
@pytest.mark.parametrize("hours", [25, 47, 49])
def test_s56_with_the_bundle_gone_only_fail_open_admits_and_only_for_a_day(
    policy: Policy, hours: int
) -> None:
    token = ticket(exp=NOW + 100 * 3600)
    later = NOW + hours * 3600

    decision = judge(token, bundle(policy=policy), now=later)

    assert decision.admit == (policy is OPEN and hours < 48)
    assert decision.reason == ("ok_attention" if decision.admit else "status_stale")


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        (spoiled(ticket()), "bad_signature"),
        (ticket(iss="evil"), "wrong_issuer"),
        (ticket(v=2), "bad_claims"),
        (ticket(exp=NOW + 90_000 - 30), "expired"),
        (ticket(exp=NOW + 99_999, nbf=NOW + 90_031), "not_yet_valid"),
    ],
)
def test_s56_fail_open_never_admits_what_is_not_genuine_and_in_time(token: str, reason: str) -> None:
    assert judge(token, bundle(policy=OPEN), now=NOW + 90_000).reason == reason


def test_hours_and_days_are_those_of_the_local_day() -> None:
    morning = ProductRule(hours=((7 * 3600, 9 * 3600),), days=(2,))  # Tuesday 13 October 2026
    held = bundle(rules={"through": morning}, offsets=local_offsets(ZoneInfo("Europe/Tallinn"), AT))
    token = ticket(nbf=NOW - 60, exp=NOW + 10 * 86_400)
    long = Policy(max_stale_seconds=30 * 86_400, degrade="fail_open")

    assert judge(token, held).reason == "ok"  # 04:00 UTC is 07:00 in Tallinn
    assert judge(token, held, now=NOW - 1).reason == "outside_time_rule"
    assert judge(token, held, now=NOW + 2 * 3600 - 1).reason == "ok"
    assert judge(token, held, now=NOW + 2 * 3600).reason == "outside_time_rule"
    tomorrow = bundle(rules={"through": morning}, offsets=((0, 10_800),), policy=long)
    assert judge(token, tomorrow, now=NOW + 86_400).reason == "outside_time_rule"


def test_the_offsets_follow_the_change_of_the_clock() -> None:
    evening = datetime(2026, 10, 24, 20, 30, tzinfo=UTC)  # summer time ends at 01:00 UTC on the 25th

    assert local_offsets(ZoneInfo("Europe/Helsinki"), evening) == (
        (int(datetime(2026, 10, 23, 20, tzinfo=UTC).timestamp()), 10_800),
        (int(datetime(2026, 10, 25, 1, tzinfo=UTC).timestamp()), 7_200),
    )


def test_a_moment_before_the_first_offset_is_told_by_the_first() -> None:
    held = bundle(offsets=((NOW, 10_800),))

    assert (held.offset_at(NOW - 7200), held.offset_at(NOW)) == (10_800, 10_800)


def test_a_zone_ticket_is_valid_in_its_zones() -> None:
    held = bundle(rules={"through": ProductRule(stops="board")})
    token = ticket(l=[["tlt", "z:AB"]], aud=["tlt"])

    assert judge(token, held, gate=Gate(operator="tlt", zone="B")).reason == "ok"
    assert judge(token, held, gate=Gate(operator="tlt", zone="C")).reason == "wrong_zone"


def test_a_use_that_is_told_twice_is_one_use() -> None:
    use = Use("A" * 22, 0, NOW - 600, "g0")

    assert judge(ticket(u=2), seen=Seen(told_together([use], [use]))).reason == "ok"
    assert judge(ticket(u=2), seen=Seen(told_together([use, use], [use]))).reason == "already_used"
    assert judge(ticket(u=2), seen=Seen([use, Use("A" * 22, 0, NOW - 700, "g0")])).reason == "already_used"


@pytest.mark.parametrize(
    ("gate", "reason"), [("g1", "ok"), ("09005-1", "ok"), ("g0", "passback"), (None, "passback")]
)
def test_the_second_use_within_a_minute_must_be_at_the_same_gate(gate: str | None, reason: str) -> None:
    assert judge(ticket(u=2), seen=Seen([Use("A" * 22, 0, NOW - 59, gate)])).reason == reason


def test_two_gates_without_a_name_are_not_known_to_be_one() -> None:
    seen = Seen([Use("A" * 22, 0, NOW - 59)])

    assert judge(ticket(u=2), gate=Gate(operator="tlt"), seen=seen).reason == "passback"


def test_a_refusal_before_the_leg_is_chosen_names_none() -> None:
    assert judge(ticket(exp=NOW - 60 + 1)).leg is None
    assert judge(ticket(), seen=Seen([Use("A" * 22, 0, NOW - 600)])).leg == 0


def test_s26_a_gate_that_is_offline_for_a_day_goes_on_through_a_rotation(tmp_path: Path) -> None:
    store = KeyStore(tmp_path, "passphrase")
    store.create_missing(AT)
    store.rotate("ticket", AT)
    announced = _held(store, AT + timedelta(hours=24, minutes=1))

    store.rotate("ticket", AT + timedelta(hours=48))
    fresh = _minted(store, AT + timedelta(hours=48))

    assert _reason(fresh, announced, AT + timedelta(hours=48)) == "ok"


def test_s26_an_old_key_verifies_until_its_last_ticket_has_ended_and_a_lost_one_at_once_no_more(
    tmp_path: Path,
) -> None:
    store = KeyStore(tmp_path, "passphrase")
    store.create_missing(AT)
    store.rotate("ticket", AT)
    changed = AT + timedelta(hours=48)
    old = _minted(store, AT, life=timedelta(days=300))
    store.rotate("ticket", changed)
    new = _minted(store, changed)

    kept = _held(store, changed)
    assert (_reason(old, kept, changed), _reason(new, kept, changed)) == ("ok", "ok")
    store.compromise(store.signer_key("ticket")[0], changed)
    after = _held(store, changed)
    assert (_reason(old, after, changed), _reason(new, after, changed)) == ("ok", "unknown_key")
    store.create_missing(changed + KEEP - timedelta(seconds=1))
    assert _reason(old, _held(store, changed), changed) == "ok"
    store.create_missing(changed + KEEP)
    assert _reason(old, _held(store, changed), changed) == "unknown_key"


def test_the_announced_key_takes_over_from_a_lost_one_and_the_lost_file_is_gone(tmp_path: Path) -> None:
    store = KeyStore(tmp_path, "passphrase")
    store.create_missing(AT)
    lost = store.signer_key("ticket")[0]
    announced = store.rotate("ticket", AT).kid

    store.compromise(lost, AT)

    assert store.signer_key("ticket")[0] == announced
    assert not (tmp_path / f"{lost}.pem").exists()
    assert (tmp_path / f"{announced}.pem").exists()


def _minted(store: KeyStore, at: datetime, life: timedelta = timedelta(days=3)) -> str:
    now = int(at.timestamp())
    claims = payload(iat=now, nbf=now, exp=now + int(life.total_seconds()))
    return Signer(*store.signer_key("ticket")).sign("ticket+jwt", claims)


def _held(store: KeyStore, at: datetime) -> Bundle:
    lists = [status_list.sign(Signer(*store.signer_key("status")), URI, {}, at)]
    known = Facts(
        issuer="throughfare.eu",
        operator="tlt",
        version=1,
        ticket_keys=store.ring("ticket"),
        status_keys=store.ring("status"),
        removed=store.removed("ticket"),
        lists=lists,
        rules={"through": ProductRule()},
        uses=[],
        policy=Policy(),
    )
    token = bundles.sign(Signer(*store.signer_key("bundle")), known, at)
    return bundles.read(token, store.ring("bundle"), "tlt")[0]


def _reason(token: str, held: Bundle, at: datetime) -> str:
    return decide(Presented(token), held, Seen(), int(at.timestamp()), TLT).reason
