"""The contract `throughfare gate decide`."""

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.ticketing.gate.deciding import AT, facts
from tests.ticketing.tickets.mint import RING, SIGNER, phone_jwk, proof, ticket
from throughfare_gate.gate import bundle as bundles
from throughfare_gate.tickets.jwk import to_jwk
from ticketing.cli.gate import command


def request(**changes: Any) -> dict[str, Any]:
    base = {
        "bundle": bundles.sign(SIGNER, facts(), AT),
        "trust": {"keys": [to_jwk(RING["26a"])]},
        "token": ticket(),
        "proof": None,
        "gate": {"operator": "tlt", "stop_id": "09005-1", "leg": None},
        "at": AT.isoformat(),
        "seen": [],
    }
    return {**base, **changes}


def run(document: Any) -> Result:
    return CliRunner().invoke(command, ["decide", "-"], input=json.dumps(document))


def test_a_good_ticket_is_accepted() -> None:
    assert json.loads(run(request()).stdout) == {
        "decision": "accept",
        "reason": "ok",
        "jti": "AAAAAAAAAAAAAAAAAAAAAA",
    }


def test_a_used_ticket_is_refused() -> None:
    seen = [{"jti": "AAAAAAAAAAAAAAAAAAAAAA", "leg": 0, "ts": "2026-10-13T03:00:00Z", "gate": "g0"}]

    assert json.loads(run(request(seen=seen)).stdout)["reason"] == "already_used"


def test_a_proof_may_come_beside_the_ticket_or_behind_it() -> None:
    bound = ticket(cnf={"jwk": phone_jwk()})

    beside = json.loads(run(request(token=bound, proof=proof(bound))).stdout)
    behind = json.loads(run(request(token=f"{bound}~{proof(bound)}")).stdout)

    assert beside == behind
    assert beside["reason"] == "ok"


def test_an_unreadable_code_has_no_identity() -> None:
    assert json.loads(run(request(token="x")).stdout) == {
        "decision": "refuse",
        "reason": "malformed",
        "jti": None,
    }


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"bundle": "x"}, "bundle"),
        ({"bundle": None}, "bundle"),
        ({"trust": {}}, "trust"),
        ({"token": 1}, "token"),
        ({"proof": 1}, "proof"),
        ({"gate": {}}, "gate.operator"),
        ({"gate": {"operator": "tlt", "x": 1}}, "gate.x"),
        ({"at": "2026-10-13T04:00:00"}, "at"),
        ({"at": "now"}, "at"),
        ({"seen": [{}]}, "seen[0].jti"),
        ({"seen": {}}, "seen"),
        ({"more": 1}, "more"),
        ({"gate": {"operator": "tlt", "direction": []}}, "gate.direction"),
        ({"gate": {"operator": "tlt", "inspect": 1}}, "gate.inspect"),
        ({"gate": {"operator": "tlt", "zone": 1}}, "gate.zone"),
        ({"seen": [{"jti": "A", "ts": 1, "kind": {}}]}, "seen[0].kind"),
    ],
)
def test_a_bad_request_names_the_path(change: dict[str, Any], path: str) -> None:
    result = run(request(**change))

    assert (result.exit_code, result.stdout) == (2, "")
    assert path in [fault["path"] for fault in json.loads(result.stderr)["errors"]]
