"""Partners share over HTTP, by file and by mail: signed, once, and nothing that is not theirs."""

import json
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.ticketing.incidents.conftest import Two
from tests.ticketing.incidents.forging import payload, received, signed
from tests.ticketing.incidents.records import KID, record
from throughfare_gate.ids import new_id
from throughfare_gate.tickets.jws import Signer
from ticketing.db.incidents import partners, steps
from ticketing.errors import Conflict, InvalidRequest, NotAuthenticated, NotFound
from ticketing.frozen import write_incident
from ticketing.gate import publish
from ticketing.identity import staff
from ticketing.incidents import answering, delivering, exchange, figures, papers, partnership, reporting, show
from ticketing.incidents.papers import RECORD


def test_a_shared_incident_arrives_is_answered_and_its_key_leaves_the_gates(two: Two) -> None:
    incident = two.a.draft(tlp="GREEN")
    reporting.share(two.a.desk, incident, {"narrative": "A laptop was stolen."}, "Anna")

    assert delivering.deliver_due(two.a.desk) == 1
    [case] = received(two)
    assert (case.record.narrative, case.record.tlp) == ("A laptop was stolen.", "GREEN")
    assert answering.at_our_gates(two.b.desk, case).can_withdraw
    assert answering.withdraw_kid(two.b.desk, incident, "Britta")
    assert not answering.withdraw_kid(two.b.desk, incident, "Britta")
    for operator in ("hsl", "tlt"):
        assert KID in publish.prepare(two.b.rooms.gatehouse, operator).facts.removed
    two.clock.advance(timedelta(minutes=20))
    answering.answer(two.b.desk, incident, "Britta", affected=True, tickets=7, is_done=True)
    assert delivering.deliver_due(two.b.desk) == 1

    [state] = show.show(two.a.desk, incident).partners
    assert state.answer is not None
    assert (state.sees, state.answer.affected, state.answer.tickets) == (True, True, 7)
    assert figures.judge(figures.list_reports(two.a.desk)) == figures.Figures(
        reports=1, answered=1, median_seconds=1200
    )
    with two.a.desk.database.read() as a, two.b.desk.database.read() as b:
        assert [*steps.broken(a), *steps.broken(b)] == []


def test_a_partner_that_was_away_gets_everything_in_order(two: Two) -> None:
    two.line.cut.add("b")
    first = two.a.draft(tlp="GREEN")
    reporting.share(two.a.desk, first, {}, "Anna")
    others = [two.a.draft("other_failure", tlp="GREEN") for _ in range(45)]
    for one in others:
        reporting.share(two.a.desk, one, {}, "Anna")
    reporting.share(two.a.desk, first, {"status": "contained"}, "Anna")
    assert delivering.deliver_due(two.a.desk) == 0
    two.line.cut.clear()

    assert delivering.fetch_all(two.b.desk) == 47
    assert delivering.fetch_all(two.b.desk) == 0

    cases = {case.incident.id: case for case in received(two)}
    assert cases.keys() == {first, *others}
    assert cases[first].record.status == "contained"
    two.clock.advance(timedelta(hours=1))
    while delivering.deliver_due(two.a.desk):
        pass
    assert len(received(two)) == 46, "what was fetched and is brought once more is one record"


@pytest.mark.parametrize(
    ("tlp", "relation", "arrives"),
    [
        ("RED", "community", False),
        ("AMBER+STRICT", "client", False),
        ("AMBER", "community", False),
        ("AMBER", "client", True),
        ("AMBER+STRICT", "organisation", True),
    ],
)
def test_nothing_goes_to_a_partner_whom_its_colour_does_not_reach(
    two: Two, tlp: str, relation: str, arrives: bool
) -> None:
    with two.a.desk.database.write() as tx:
        [partner] = partners.list_partners(tx)
        partners.change_partner(tx, partner.id, relation=relation)
    if tlp == "RED":
        with two.a.desk.database.write() as tx:
            other = replace(partner, id=new_id(), issuer="c.example", address=None)
            partners.insert_partner(tx, other)
        to = ["c.example"]
    else:
        to = []
    incident = two.a.draft(tlp=tlp)
    reporting.share(two.a.desk, incident, {}, "Anna", to=to)

    delivering.deliver_due(two.a.desk)
    delivering.fetch_all(two.b.desk)

    assert bool(received(two)) is arrives
    if not arrives:
        with pytest.raises(NotFound):
            exchange.export_for(two.a.desk, incident, "b.example")


def test_red_names_its_recipients_and_reaches_them(two: Two) -> None:
    incident = two.a.draft(tlp="RED")
    with pytest.raises(InvalidRequest, match="names its recipients"):
        reporting.share(two.a.desk, incident, {}, "Anna")

    reporting.share(two.a.desk, incident, {}, "Anna", to=["b.example"])

    assert delivering.deliver_due(two.a.desk) == 1
    assert received(two)[0].record.tlp == "RED"


def test_a_colour_that_is_narrowed_before_it_arrives_is_not_sent(two: Two) -> None:
    incident = two.a.draft(tlp="GREEN")
    reporting.share(two.a.desk, incident, {}, "Anna")
    reporting.share(two.a.desk, incident, {"tlp": "AMBER"}, "Anna")

    delivering.deliver_due(two.a.desk)
    delivering.fetch_all(two.b.desk)

    assert received(two) == []


def test_a_file_and_a_mail_bring_the_same_record(two: Two) -> None:
    with two.a.desk.database.write() as tx:
        [partner] = partners.list_partners(tx)
        partners.change_partner(tx, partner.id, address=None, mail="soc@b.example")
    incident = two.a.draft(tlp="GREEN")
    reporting.share(two.a.desk, incident, {}, "Anna")
    assert delivering.deliver_due(two.a.desk) == 1
    [mail] = two.a.mails.glob("*.eml")
    assert b"TLP:GREEN" in mail.read_bytes()
    assert b"withdrawn" not in mail.read_bytes(), "the words of a record stand in its signed file alone"

    assert exchange.import_file(two.b.desk, mail.read_bytes()).is_new
    text = exchange.export_for(two.a.desk, incident, "b.example")
    assert not exchange.import_file(two.b.desk, text.encode() + b"\n").is_new
    answering.answer(two.b.desk, incident, "Britta", affected=False)
    answer = exchange.export_answer(two.b.desk, incident)

    assert exchange.import_file(two.a.desk, answer.encode()).is_new
    assert not exchange.import_file(two.a.desk, answer.encode()).is_new
    [state] = show.show(two.a.desk, incident).partners
    assert state.answer is not None
    assert state.answer.affected is False


def test_the_form_that_the_attacks_change_is_taken(two: Two) -> None:
    assert exchange.take_in(two.b.desk, signed(two)).is_new


@pytest.mark.parametrize(
    ("forge", "error", "why"),
    [
        (
            lambda two: Signer("x" * 43, Ed25519PrivateKey.generate()).sign(RECORD, payload(two)),
            NotAuthenticated,
            "unknown_key",
        ),
        (lambda two: signed(two)[:-4] + "AAAA", NotAuthenticated, "signature|malformed"),
        (lambda two: signed(two, "incident-answer+jwt"), NotAuthenticated, "bad_type"),
        (lambda two: signed(two, "ticket+jwt"), NotAuthenticated, "bad_type"),
        (
            lambda two: Signer(*two.a.desk.keys.signer_key("ticket")).sign(RECORD, payload(two)),
            NotAuthenticated,
            "unknown_key",
        ),
        (lambda two: signed(two, iss="c.example"), NotAuthenticated, "wrong_issuer"),
        (lambda two: signed(two, aud="c.example"), InvalidRequest, "aud"),
        (lambda two: signed(two, iat=int(two.clock.now().timestamp()) + 400), InvalidRequest, "iat"),
        (lambda two: signed(two, sub=str(uuid.uuid4())), InvalidRequest, "sub"),
        (lambda two: signed(two, jti="zzzz"), InvalidRequest, "jti"),
        (lambda two: signed(two, more=1), InvalidRequest, "members"),
        (lambda two: signed(two, content=[]), InvalidRequest, "record"),
        (
            lambda two: signed(two, content={**write_incident(record()), "reporter": "Mari"}),
            InvalidRequest,
            "reporter",
        ),
        (
            lambda two: signed(two, content={**write_incident(record()), "narrative": "call +372 5551 2345"}),
            InvalidRequest,
            "telephone",
        ),
    ],
)
def test_a_record_that_is_not_right_is_refused_and_nothing_is_stored(
    two: Two, forge: Callable[[Two], str], error: type[Exception], why: str
) -> None:
    with pytest.raises(error, match=why):
        exchange.take_in(two.b.desk, forge(two))

    assert received(two) == []


def test_a_partner_changes_no_incident_of_another(two: Two) -> None:
    ours = two.b.draft("other_failure", tlp="GREEN")
    with pytest.raises(Conflict):
        exchange.take_in(two.b.desk, signed(two, sub=ours))


def test_a_partners_word_does_not_end_our_own_key(two: Two) -> None:
    kid = two.b.desk.keys.signer_key("ticket")[0]
    content = {**write_incident(record()), "facts": {"kid": kid}}
    taken = exchange.take_in(two.b.desk, signed(two, content=content))

    assert not answering.at_our_gates(two.b.desk, received(two)[0]).can_withdraw
    with pytest.raises(Conflict, match="our own"):
        answering.withdraw_kid(two.b.desk, taken.incident_id, "Britta")


def test_an_older_record_that_comes_late_changes_nothing(two: Two) -> None:
    sub, first, second = new_id(), new_id(), new_id()
    newer = {**write_incident(record()), "status": "contained"}

    assert exchange.take_in(two.b.desk, signed(two, sub=sub, jti=second, content=newer)).is_new
    assert not exchange.take_in(two.b.desk, signed(two, sub=sub, jti=first)).is_new

    assert received(two)[0].record.status == "contained"


def test_an_older_answer_that_comes_late_changes_nothing(two: Two) -> None:
    incident = two.a.draft(tlp="GREEN")
    reporting.share(two.a.desk, incident, {}, "Anna")
    delivering.deliver_due(two.a.desk)
    answering.answer(two.b.desk, incident, "Britta")
    early = exchange.export_answer(two.b.desk, incident)
    answering.answer(two.b.desk, incident, "Britta", affected=True, is_done=True)
    late = exchange.export_answer(two.b.desk, incident)

    assert [exchange.take_answer(two.a.desk, token).is_new for token in (late, early)] == [True, False]

    [state] = show.show(two.a.desk, incident).partners
    assert state.answer is not None
    assert state.answer.affected is True


def test_an_answer_to_what_one_may_not_read_is_none(two: Two) -> None:
    hidden = two.a.draft(tlp="AMBER")
    reporting.share(two.a.desk, hidden, {}, "Anna")
    content = {"seen_at": two.clock.now().isoformat(), "affected": None, "tickets": 0, "done_at": None}
    signer = Signer(*two.b.desk.keys.signer_key("incident"))
    token = signer.sign(
        papers.ANSWER, payload(two, iss="b.example", aud="a.example", sub=hidden, content=content)
    )

    with pytest.raises(NotFound):
        exchange.take_answer(two.a.desk, token)


def test_a_caller_without_a_fresh_token_of_a_partner_is_refused_over_http(two: Two) -> None:
    with two.b.desk.database.read() as tx:
        [a] = partners.list_partners(tx)
    fresh = papers.sign_call(two.b.desk, a)
    calls = {
        "fresh": fresh,
        "of itself": papers.sign_call(two.a.desk, replace(a, issuer="a.example")),
        "a record": signed(two),
    }
    statuses = {}
    for name, token in calls.items():
        answer = two.a.client.get("/v1/incidents", headers={"Authorization": f"Bearer {token}"})
        statuses[name] = answer.status_code
    two.clock.advance(timedelta(minutes=8))
    late = two.a.client.get("/v1/incidents", headers={"Authorization": f"Bearer {fresh}"})

    assert statuses == {"fresh": 200, "of itself": 401, "a record": 401}
    assert (late.status_code, two.a.client.get("/v1/incidents").status_code) == (401, 401)


def test_a_partner_that_has_ended_is_a_stranger(two: Two) -> None:
    partnership.end(two.b.desk, "a.example", "Britta")

    with pytest.raises(NotAuthenticated):
        exchange.take_in(two.b.desk, signed(two))


def test_a_close_needs_lessons_and_ends_the_changes(two: Two) -> None:
    incident = two.a.draft(tlp="GREEN")
    with pytest.raises(InvalidRequest, match="lessons"):
        reporting.share(two.a.desk, incident, {"status": "closed"}, "Anna")

    lessons = "Keys stay on the signing host; laptops carry none."
    reporting.share(two.a.desk, incident, {"status": "closed", "lessons": lessons}, "Anna")

    with pytest.raises(Conflict, match="closed"):
        reporting.share(two.a.desk, incident, {"status": "confirmed"}, "Anna")


def test_the_name_of_a_colleague_stays_here(two: Two) -> None:
    staff.add(two.a.rooms.staff_desk, "o@example.org", "Olli Virtanen", role="finance", operator=None)
    incident = two.a.draft(tlp="GREEN")

    with pytest.raises(InvalidRequest, match="member of staff"):
        reporting.share(two.a.desk, incident, {"narrative": "It was on the laptop of OLLI virtanen."}, "Anna")


def test_a_deadline_that_goes_by_is_a_row_once_and_an_answer_is_kept(two: Two) -> None:
    incident = two.a.draft()
    reporting.note_submitted(two.a.desk, incident, "nis2_early_warning", "CERT-2026-0042", "Anna")
    two.clock.advance(timedelta(hours=73))

    assert reporting.note_missed(two.a.desk) == 1
    assert reporting.note_missed(two.a.desk) == 0

    shown = {one.duty: one.state for one in show.show(two.a.desk, incident).deadlines}
    assert (shown["nis2_early_warning"], shown["nis2_notification"]) == ("done", "late")
    assert "CERT" not in json.dumps(show.as_json(show.show(two.a.desk, incident))["record"])


def test_two_partners_have_no_key_in_common(two: Two) -> None:
    jwks = json.dumps(two.a.desk.keys.jwks("incident"))
    with pytest.raises(Conflict, match="a key of this set"):
        partnership.add(
            two.b.desk,
            partnership.NewPartner(issuer="c.example", name="c", relation="community", jwks=jwks),
            "Britta",
        )


def test_an_import_of_anything_else_is_refused(two: Two, tmp_path: Path) -> None:
    for content in (b"", b"hello", b"{}", bytes(range(256))):
        with pytest.raises(InvalidRequest):
            exchange.import_file(two.b.desk, content)


def test_the_public_page_has_what_is_clear_ours_and_our_partners_and_nothing_else(two: Two) -> None:
    for tlp in ("AMBER", "CLEAR"):
        incident = two.a.draft("gate_or_validator_outage", tlp=tlp)
        reporting.share(two.a.desk, incident, {"narrative": f"Gates are out, says {tlp.lower()}."}, "Anna")
    two.a.draft(tlp="CLEAR")
    delivering.deliver_due(two.a.desk)

    for one in (two.a, two.b):
        told = one.client.get("/status", headers={"Accept": "application/json"}).json
        page = one.client.get("/status", headers={"Accept": "text/html", "Accept-Language": "fi"})
        assert told is not None
        assert [(each["text"], each["status"]) for each in told["incidents"]] == [
            ("Gates are out, says clear.", "confirmed")
        ]
        assert "Poikkeamat" in page.text
        assert "clear" in page.text
        assert "amber" not in page.text


def test_a_partner_that_was_ended_begins_again_where_it_stood(two: Two) -> None:
    """A partnership that was ended is taken up again with another address: no record of it is lost, none is there twice."""
    before = two.a.draft(tlp="GREEN")
    reporting.share(two.a.desk, before, {}, "Anna")
    assert delivering.fetch_all(two.b.desk) == 1
    known = partnership.list_all(two.b.desk)[0]
    with pytest.raises(Conflict, match="is a partner already"):
        two.b.knows(two.a)
    partnership.end(two.b.desk, two.a.desk.issuer, "Britta")
    meanwhile = two.a.draft("other_failure", tlp="GREEN")
    reporting.share(two.a.desk, meanwhile, {}, "Anna")
    assert delivering.fetch_all(two.b.desk) == 0

    two.b.knows(two.a, "organisation", mail="incidents@a.example")

    [again] = partnership.list_all(two.b.desk)
    assert (again.id, again.relation, again.mail) == (known.id, "organisation", "incidents@a.example")
    assert delivering.fetch_all(two.b.desk) == 1
    assert {case.incident.id for case in reporting.list_cases(two.b.desk)} == {before, meanwhile}


def test_the_reason_why_a_record_waits_is_told_in_words(two: Two) -> None:
    two.line.cut.add("b")
    incident = two.a.draft(tlp="GREEN")
    reporting.share(two.a.desk, incident, {}, "Anna")

    delivering.deliver_due(two.a.desk)

    [state] = show.show(two.a.desk, incident).partners
    assert state.waits_because == "b does not take it: no connection"
