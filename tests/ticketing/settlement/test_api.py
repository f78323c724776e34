"""A month over HTTP: closed by one key, approved by another, paid, reconciled; operators see their own."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.api import Api
from tests.ticketing.settlement.bank_details import IBANS
from tests.ticketing.settlement.bank_lines import line, statement
from ticketing.app import create_app
from ticketing.config import Settings
from ticketing.identity import create_key

# An answer of the bank to our own file, about a payment that is not in it.
_ANSWER = (
    '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.03"><CstmrPmtStsRpt><OrgnlGrpInfAndSts>'
    "<OrgnlMsgId>{message}</OrgnlMsgId><GrpSts>PART</GrpSts></OrgnlGrpInfAndSts><OrgnlPmtInfAndSts><TxInfAndSts>"
    "<OrgnlEndToEndId>XYZ</OrgnlEndToEndId><TxSts>RJCT</TxSts><StsRsnInf><Rsn><Cd>AC04</Cd></Rsn></StsRsnInf>"
    "</TxInfAndSts></OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>"
)


@pytest.fixture
def closed(api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.chdir(tmp_path)
    api.buy()
    api.clock.set(datetime(2026, 11, 3, 8, tzinfo=UTC))
    anna, bertil = api.key("finance"), api.key("finance")
    run = api.post("/v1/settlement-runs", {"region": "helsinki-tallinn", "period": "2026-10"}, anna)
    assert run.status_code == 201, run.json
    assert run.json
    return {
        "run": run.json,
        "anna": anna,
        "bertil": bertil,
        "steps": f"/v1/settlement-runs/{run.json['id']}/steps",
    }


def test_a_month_is_approved_paid_and_reconciled_over_http(api: Api, closed: dict[str, Any]) -> None:
    run, anna, bertil = closed["run"], closed["anna"], closed["bertil"]
    told = {"step": "approved", "digest": run["digest"]}
    assert api.post(closed["steps"], told, anna).status_code == 403
    assert api.post(closed["steps"], {**told, "digest": "0"}, bertil).status_code == 409
    assert api.post(closed["steps"], told, bertil).status_code == 201
    for party in ("scheme", "tlt", "hsl", "tallink"):
        iban = IBANS.get(party, "EE471000001020145685")
        made = api.post("/v1/bank-accounts", {"party": party, "iban": iban, "name": party}, anna)
        assert made.status_code == 201, made.json
        approval = f"/v1/bank-accounts/{(made.json or {})['id']}/approval"
        assert api.post(approval, {}, anna).status_code == 403
        assert api.post(approval, {}, bertil).status_code == 200
    exported = api.post(closed["steps"], {"step": "exported"}, bertil)
    assert exported.status_code == 201, exported.json
    names = {file["name"] for file in (exported.json or {})["files"]}
    assert {"payments-sepa.xml", "vat.csv", "statements/hsl.pdf", "journal.hledger", "manifest.json"} <= names
    files = f"/v1/settlement-runs/{run['id']}/files"
    payments = api.get(f"{files}?name=payments-sepa.xml", bertil)
    assert b"SPECIMEN" in payments.data
    assert api.get(f"{files}?name=../../../etc/passwd", bertil).status_code == 404
    message = payments.data.split(b"<MsgId>")[1].split(b"<")[0].decode()
    assert api.post(closed["steps"], {"step": "sent", "message_id": message}, bertil).status_code == 201
    reference = payments.data.split(b"<EndToEndId>")[1].split(b"<")[0].decode()
    amount = payments.data.split(b'Ccy="EUR">')[1].split(b"<")[0].decode()
    left = str(Decimal(100) - Decimal(amount) - Decimal("0.01"))
    body = statement(line(amount, reference), line("0.01", "x", bank="b2"), closing=left)

    brought = api.client.post(
        "/v1/bank-statements?region=helsinki-tallinn",
        data=body,
        headers={"Authorization": f"Bearer {bertil}"},
    )
    review = api.get("/v1/bank-lines?region=helsinki-tallinn", bertil).json or {}
    answer = api.client.post(
        "/v1/bank-statements?region=helsinki-tallinn",
        data=_ANSWER.replace("{message}", message).encode(),
        headers={"Authorization": f"Bearer {bertil}"},
    )

    assert answer.json == {
        "new": 0,
        "lines": [],
        "notes": [],
        "answers": [{"reference": "XYZ", "party": "", "reason": "no payment of ours: AC04", "new": False}],
    }
    assert brought.status_code == 200, brought.json
    assert [found["verdict"] for found in (brought.json or {})["lines"]] == ["matched", "unknown"]
    assert len(review["missing"]) == 2
    booking = f"/v1/bank-lines/{review['lines'][0]['line']}/booking?region=helsinki-tallinn"
    assert api.post(booking, {"book_as": "bank_fee", "reason": "fee"}, bertil).json == {
        "line": review["lines"][0]["line"],
        "booked_as": "bank_fee",
    }
    taken = f"/v1/bank-lines/{review['lines'][0]['line']}/unbooking?region=helsinki-tallinn"
    assert (api.post(taken, {"reason": "no fee"}, bertil).json or {})["booked_as"] == "unbooked"
    api.post(booking, {"book_as": "suspense", "reason": "what is it?"}, bertil)
    (waits,) = (api.get("/v1/bank-lines?region=helsinki-tallinn", bertil).json or {})["suspense"]
    assert (waits["amount"]["amount"], waits["days"]) == ("0.01", 0)
    clearing = f"/v1/bank-lines/{waits['line']}/clearing?region=helsinki-tallinn"
    wanted = {"clear_as": "operator:tlt", "reason": "theirs"}
    assert api.post(clearing, wanted, bertil).status_code == 403
    assert (api.post(clearing, wanted, closed["anna"]).json or {})["booked_as"] == "cleared"
    assert (api.get("/v1/bank-lines?region=helsinki-tallinn", bertil).json or {})["suspense"] == []


def test_an_operators_finance_staff_read_and_dispute_their_own_statement_only(
    api: Api, closed: dict[str, Any]
) -> None:
    run_id = closed["run"]["id"]
    heli, tiit = api.key("operator_finance", "hsl"), api.key("operator_finance", "tlt")
    base = f"/v1/settlement-runs/{run_id}"
    text = api.get(f"{base}/statements/hsl.csv", heli).get_data(as_text=True)
    a_line = text.splitlines()[3].split(",")[-1]
    wrong = {"operator": "hsl", "line": a_line, "reason": "our tram"}

    assert api.get(f"{base}/statements/hsl.pdf", heli).data[:5] == b"%PDF-"
    assert api.get(f"{base}/statements/hsl.xlsx", heli).data[:2] == b"PK"
    assert api.get(f"{base}/statements/hsl.pdf", tiit).status_code == 403
    assert api.post(f"{base}/disputes", wrong, tiit).status_code == 403
    opened = api.post(f"{base}/disputes", wrong, heli)
    assert opened.status_code == 201, opened.json
    answered = api.post(
        f"/v1/disputes/{(opened.json or {})['id']}/answer", {"text": "yes", "amount": "0.10"}, closed["anna"]
    )
    assert (answered.json or {})["state"] == "corrected"
    assert (api.get("/v1/disputes", tiit).json or {})["disputes"] == []
    assert len((api.get("/v1/disputes", heli).json or {})["disputes"][0]["trail"]) == 2


def test_production_pays_nothing_out_of_pretended_money(
    closed: dict[str, Any], api: Api, settings: Settings, regions: Any
) -> None:
    from dataclasses import replace  # noqa: PLC0415  only here

    guarded = replace(settings, environment="production", allow_demo_payments_in_production=True)
    app = create_app(guarded, clock=api.clock, regions=regions)
    database = app.extensions["throughfare"].office.database
    production = Api(app.test_client(), api.clock, lambda *_: "")
    key = create_key(database, api.clock, role="finance", operator=None, label="t")[1]
    told = {"step": "approved", "digest": closed["run"]["digest"]}
    assert production.post(closed["steps"], told, key).status_code == 201

    refused = production.post(closed["steps"], {"step": "exported"}, key)

    assert refused.status_code == 409
    assert "no money has moved" in (refused.json or {})["detail"]
    database.close()
