"""A partner that lies, floods and guesses: what it sends stops nobody and hides nothing of ours; a clock set back breaks no chain."""

import json
import time
from base64 import urlsafe_b64encode
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from operators.transport import Reply
from tests.ticketing.incidents.conftest import Two
from tests.ticketing.incidents.forging import payload, received, signed
from tests.ticketing.incidents.records import record
from throughfare_gate.ids import id_after, milliseconds_of, new_id
from throughfare_gate.tickets.jws import Signer
from ticketing.db.incidents import partners, steps
from ticketing.errors import InvalidRequest
from ticketing.frozen import write_incident
from ticketing.identity import staff
from ticketing.incidents import answering, delivering, exchange, papers, partnership, reporting, show
from ticketing.incidents.papers import RECORD
from ticketing.incidents.partnership import NewPartner

FAR = ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "1999-12-31T00:00:00+00:00")
CLEAR = write_incident(record(tlp="CLEAR"))


def post(two: Two, token: str, path: str = "/v1/incidents", name: str = "record") -> Any:
    """Bring something to B over HTTP, as its partner A."""
    with two.a.desk.database.read() as tx:
        [b] = partners.list_partners(tx)
    call = papers.sign_call(two.a.desk, b)
    return two.b.client.post(path, json={name: token}, headers={"Authorization": f"Bearer {call}"})


def public(two: Two) -> str:
    answer = two.b.client.get("/status", headers={"Accept": "application/json"})
    assert answer.status_code == 200
    return answer.text


@pytest.mark.parametrize("at", FAR)
@pytest.mark.parametrize("field", ["occurred_at", "aware_at", "facts"])
def test_a_time_that_no_page_can_show_is_refused(two: Two, at: str, field: str) -> None:
    changed = (
        {"facts": {**payload(two)["content"]["facts"], "withdrawn_at": at}}
        if field == "facts"
        else {field: at}
    )

    answer = post(two, signed(two, content={**CLEAR, **changed}))

    assert (answer.status_code, "of this century" in answer.text) == (422, True)
    assert public(two) == '{"incidents":[]}\n'


@pytest.mark.parametrize("at", FAR)
@pytest.mark.parametrize("field", ["seen_at", "done_at"])
def test_an_answer_at_a_time_that_no_page_can_show_is_refused(two: Two, at: str, field: str) -> None:
    incident = two.b.draft(tlp="GREEN")
    reporting.share(two.b.desk, incident, {}, "Britta")
    content = {
        "seen_at": two.clock.now().isoformat(),
        "affected": None,
        "tickets": 0,
        "done_at": None,
        field: at,
    }
    signer = Signer(*two.a.desk.keys.signer_key("incident"))
    token = signer.sign(papers.ANSWER, payload(two, sub=incident, content=content))

    assert post(two, token, f"/v1/incidents/{incident}/answers", "answer").status_code == 422


def test_a_partner_that_floods_is_stopped_and_hides_nothing_of_ours(two: Two) -> None:
    ours = two.b.draft(tlp="CLEAR")
    reporting.share(two.b.desk, ours, {}, "Britta")
    for _ in range(2):
        for _ in range(exchange.MOST_A_DAY):
            exchange.take_in(two.b.desk, signed(two, content=CLEAR))
        assert post(two, signed(two, content=CLEAR)).status_code == 429
        two.clock.advance(timedelta(days=1, hours=1))

    assert ours in public(two)
    assert ours in {case.incident.id for case in reporting.list_cases(two.b.desk)}
    two.clock.advance(timedelta(days=4))
    assert reporting.note_missed(two.b.desk), "our own deadlines are watched whatever partners send"
    assert post(two, signed(two, content=CLEAR)).status_code == 200


def test_a_flood_that_is_fetched_waits_for_the_next_day(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "MOST_A_DAY", 25)
    for _ in range(30):
        reporting.share(two.a.desk, two.a.draft("other_failure", tlp="GREEN"), {}, "Anna")

    delivering.fetch_all(two.b.desk)
    assert len(received(two)) == 25
    two.clock.advance(timedelta(days=1, hours=1))
    delivering.fetch_all(two.b.desk)

    assert len(received(two)) == 30


@pytest.mark.parametrize(
    "mail",
    [
        "jörg@b.example",
        "a,c@b.example",
        "a\x00@b.example",
        "(c)@b.example",
        "=?utf-8?q?a?=@b.example",
        "a..b@c",
    ],
)
def test_an_address_that_no_header_carries_is_refused_and_holds_nobody_up(two: Two, mail: str) -> None:
    jwks = json.dumps(two.b.desk.keys.jwks("incident"))
    with pytest.raises(InvalidRequest, match="mail"):
        partnership.add(
            two.a.desk,
            NewPartner(issuer="c.example", name="c", relation="community", jwks=jwks, mail=mail),
            "Anna",
        )
    with two.a.desk.database.write() as tx:
        [b] = partners.list_partners(tx)
        stored = "jörg@b.example" if "\x00" in mail else mail
        partners.insert_partner(tx, replace(b, id=new_id(), issuer="c.example", address=None, mail=stored))
    for _ in range(2):
        reporting.share(two.a.desk, two.a.draft("other_failure", tlp="GREEN"), {}, "Anna")

    assert delivering.deliver_due(two.a.desk) == 2, "both reach B by HTTP"


@pytest.mark.parametrize(
    "mail",
    [
        b"".join(
            b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(4_000)
        ),
        b"Content-Type: message/rfc822\r\n\r\n" * 30_000,
        b"Content-Type: " + b";a=b" * 200_000 + b"\r\n\r\nx",
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n"
        + b"--x\r\nContent-Type: application/jose\r\n\r\na.b.c\r\n" * 20_000,
    ],
    ids=["parts in parts", "mails in mails", "a header of many parts", "many parts"],
)
def test_a_mail_that_is_a_bomb_is_refused_at_once(two: Two, mail: bytes) -> None:
    began = time.monotonic()

    with pytest.raises(InvalidRequest, match="file"):
        exchange.import_file(two.b.desk, mail)

    assert time.monotonic() - began < 10


def test_whoever_reads_an_id_first_keeps_nobodys_record_out_with_it(two: Two) -> None:
    incident = two.a.draft(tlp="GREEN")
    reporting.share(two.a.desk, incident, {"narrative": "A laptop was stolen."}, "Anna")
    thief = Signer("x" * 43, Ed25519PrivateKey.generate())
    jwk = {"kty": "OKP", "crv": "Ed25519", "kid": thief.kid, "use": "sig", "alg": "EdDSA", "x": x_of(thief)}
    partnership.add(
        two.b.desk,
        NewPartner(issuer="c.example", name="c", relation="community", jwks=json.dumps({"keys": [jwk]})),
        "Britta",
    )
    exchange.take_in(two.b.desk, thief.sign(RECORD, payload(two, iss="c.example", sub=incident)))

    assert delivering.deliver_due(two.a.desk) == 1
    cases = {case.partner.issuer: case for case in received(two) if case.partner}
    assert cases.keys() == {"a.example", "c.example"}
    case = cases["a.example"]
    assert case.record.narrative == "A laptop was stolen."
    reporting.share(two.a.desk, incident, {"status": "contained"}, "Anna")
    delivering.deliver_due(two.a.desk)
    assert reporting.get_case(two.b.desk, case.incident.id).record.status == "contained"

    answering.answer(two.b.desk, case.incident.id, "Britta", affected=True)
    assert delivering.deliver_due(two.b.desk) == 1
    [state] = show.show(two.a.desk, incident).partners
    assert state.answer is not None
    file = exchange.export_answer(two.b.desk, case.incident.id)
    assert exchange.import_file(two.a.desk, file.encode()).incident_id == incident


def x_of(signer: Signer) -> str:
    assert isinstance(signer.key, Ed25519PrivateKey)
    return urlsafe_b64encode(signer.key.public_key().public_bytes_raw()).decode().rstrip("=")


def test_a_step_of_one_incident_is_no_step_of_another(two: Two) -> None:
    step = new_id()

    assert post(two, signed(two, jti=step)).status_code == 200
    assert post(two, signed(two, jti=step)).status_code in {409, 422}


@pytest.mark.parametrize(
    "page",
    [
        "[]",
        "1",
        "null",
        '{"records": {}}',
        '{"records": [1]}',
        '{"records": [], "cursor": {"a": 1}}',
        '{"records": [], "cursor": "' + "x" * 65 + '"}',
        '{"records": [], "cursor": "a b"}',
        '{"records":' + "[" * 90_000 + "]" * 90_000 + "}",
        "<html>",
    ],
)
def test_a_page_that_is_none_stops_nothing(two: Two, page: str) -> None:
    def lies(method: str, url: str, *, changes: bool, **given: Any) -> Reply:
        return Reply(200, {"content-type": "application/json"}, page.encode())

    two.line.call = lies  # type: ignore[method-assign]

    assert delivering.fetch_all(two.b.desk) == 0
    with two.b.desk.database.read() as tx:
        assert partners.list_partners(tx)[0].fetched is None


def test_a_clock_that_is_set_back_breaks_no_chain_and_hides_no_record(
    two: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    incident = two.a.draft(tlp="GREEN")
    reporting.share(two.a.desk, incident, {}, "Anna")
    delivering.fetch_all(two.b.desk)
    real = time.time_ns
    monkeypatch.setattr("throughfare_gate.ids.time.time_ns", lambda: real() - 3600 * 10**9)

    reporting.share(two.a.desk, incident, {"status": "contained"}, "Anna")
    other = two.a.draft("other_failure", tlp="GREEN")
    reporting.share(two.a.desk, other, {}, "Anna")

    assert delivering.fetch_all(two.b.desk) == 2
    assert {case.incident.id: case.record.status for case in received(two)}[incident] == "contained"
    for scheme in (two.a, two.b):
        with scheme.desk.database.read() as tx:
            assert list(steps.broken(tx)) == []


@pytest.mark.parametrize(
    "last", ["01a22f64-fd50-7fff-bfff-ffffffffffff", "0fffffff-ffff-7e67-af8b-f842e39ba3b6"]
)
def test_an_id_comes_after_the_last_one_whatever_the_clock_says(last: str) -> None:
    following = id_after(last)

    assert following > last
    assert milliseconds_of(following) is not None


@pytest.mark.parametrize(
    "text",
    [
        "write to anna＠example.com",
        "call 5\u200b5\u200b5\u200b1\u200b2\u200b3\u200b4",
        "call 5,5,5,1,2,3,4",
        "call 5, 5, 5, 1, 2, 3, 4",
        "call 050_123_4567",
        "call 050–123–4567",
        "call 050:123:4567",
        "call ①②③④⑤⑥⑦",
        "call 5\n5\n5\n1\n2\n3\n4",
        "it was Mr.Virtanen",
        "it was HERRA Virtanen",
        "it was herr Ødegaard",
    ],
)
def test_a_number_or_an_address_in_other_letters_is_seen(two: Two, text: str) -> None:
    with pytest.raises(InvalidRequest, match="narrative"):
        exchange.take_in(two.b.desk, signed(two, content={**CLEAR, "narrative": text}))


@pytest.mark.parametrize(
    "text",
    [
        "In 2026, 300 tickets of 4711 were signed anew; 12 gates, 30 scans.",
        "From 06:10 to 07:30 on 2026-12-01, and from 2026-12-02T06:10 on.",
        "Tickets: 4711\n300 of them twice. It took 50 ms per scan.",
        "Tõmmake võti väravatest; käännä lähetin pois – 12,5 % av biljetterna.",
    ],
)
def test_sentences_of_an_officer_are_taken(two: Two, text: str) -> None:
    assert exchange.take_in(two.b.desk, signed(two, content={**CLEAR, "narrative": text})).is_new


@pytest.mark.parametrize("name", ["Anna-Maija O'Brien", "Jyrki A\u0308ijo\u0308"])
def test_the_name_of_a_colleague_stays_here_however_it_is_written(two: Two, name: str) -> None:
    staff.add(two.a.rooms.staff_desk, "o@example.org", name, role="finance", operator=None)
    incident = two.a.draft(tlp="GREEN")
    written = name.replace("A\u0308", "Ä").replace("o\u0308", "ö").replace("-", " ")

    with pytest.raises(InvalidRequest, match="member of staff"):
        reporting.share(two.a.desk, incident, {"narrative": f"The laptop of {written} is gone."}, "Anna")


def test_pages_show_what_a_partner_has_sent(two: Two) -> None:
    post(two, signed(two, content=CLEAR))

    [case] = received(two)
    assert show.show(two.b.desk, case.incident.id).case.record.tlp == "CLEAR"
    assert answering.at_our_gates(two.b.desk, case).can_withdraw
