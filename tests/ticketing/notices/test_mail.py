"""A mail is what any server passes on and any program reads, whatever its words are."""

import email
import email.policy
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from ticketing.clock import FixedClock
from ticketing.notices.channels import Attachment, Message
from ticketing.notices.mail import message_of

CLOCK = FixedClock(datetime(2026, 12, 1, 6, 30, tzinfo=UTC))
SENDER = "Läbipilet <tickets@throughfare.example>"
SUBJECT = "Õhtune laev Tallinn–Helsinki jääb ära, ja see pealkiri on pikem kui ühele reale mahub"


def mailed(subject: str = SUBJECT, body: str = "Tere!", attachments: tuple[Attachment, ...] = ()) -> bytes:
    message = Message(
        id="0199",
        topic="storm",
        type="journey.cancelled",
        subject=subject,
        body=body,
        language="et",
        data={},
        attachments=attachments,
    )
    return message_of(CLOCK, SENDER, "throughfare.example", "anna@example.org", message)


def read(mail: bytes) -> EmailMessage:
    return email.message_from_bytes(mail, policy=email.policy.SMTP)


def test_its_headers_say_the_same_in_any_letters() -> None:
    mail = read(mailed())

    assert mail["Subject"] == SUBJECT
    assert mail["From"] == SENDER
    assert mail["To"] == "anna@example.org"
    assert mail["Message-ID"] == "<0199@throughfare.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Content-Language"] == "et"


@pytest.mark.parametrize(
    "body",
    [
        "Plain words.",
        "Sõnad täppidega.",
        ".\n.a\n..",
        "From here on\nit goes",
        "x" * 1200,
        "õ" * 1200,
        "tab\tand space \n",
    ],
)
def test_its_words_arrive_whole(body: str) -> None:
    assert read(mailed(body=body)).get_content() == (body + "\n").replace("\n", "\r\n")


def test_what_is_attached_arrives_whole() -> None:
    entry = "BEGIN:VCALENDAR\r\nSUMMARY:Õhtune laev\r\nEND:VCALENDAR\r\n"
    mail = read(
        mailed(
            attachments=(
                Attachment("journey.ics", "text/calendar", entry.encode()),
                Attachment("ticket-1.pdf", "application/pdf", bytes(range(256))),
            )
        )
    )

    body = mail.get_body()
    assert body is not None
    assert body.get_content() == "Tere!\r\n"
    assert [
        (one.get_filename(), one.get_content_type(), one.get_content()) for one in mail.iter_attachments()
    ] == [
        ("journey.ics", "text/calendar", entry),
        ("ticket-1.pdf", "application/pdf", bytes(range(256))),
    ]


@pytest.mark.parametrize("letter", ["x", "õ"])
def test_servers_that_know_seven_bits_and_short_lines_pass_it_on(letter: str) -> None:
    """RFC 5321, 4.5.3.1.6: 998 letters of a line, and its end."""
    mail = mailed(body=letter * 5000, attachments=(Attachment("a.pdf", "application/pdf", bytes(5000)),))

    lines = mail.split(b"\r\n")
    assert mail.isascii()
    assert max(map(len, lines)) <= 998
    assert not [line for line in lines if b"\n" in line or b"\r" in line]


@pytest.mark.parametrize("to", ["anna@example.org\r\nBcc: bo@example.org", "anna", "a b@example.org"])
def test_no_address_adds_a_header(to: str) -> None:
    message = Message(id="1", topic="t", type="t", subject="s", body="b", language="en", data={})

    with pytest.raises((ValueError, IndexError)):
        message_of(CLOCK, SENDER, "throughfare.example", to, message)


def test_no_control_reaches_a_server_that_would_refuse_the_mail_for_it() -> None:
    raw = mailed(subject="Late\x00\x1b[2J \u202etrain" + "x" * 2000, body="Tere\x00!\x08\n")
    mail = read(raw)

    assert not set(raw) & {*range(32)} - {10, 13, 9}
    assert mail["Subject"].startswith("Late [2J train")
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    assert mail.get_content().split() == ["Tere", "!"]


def test_an_empty_file_is_attached_as_it_is() -> None:
    mail = read(mailed(attachments=(Attachment("journey.ics", "text/calendar", b""),)))

    assert [one.get_filename() for one in mail.iter_attachments()] == ["journey.ics"]


def test_a_line_break_in_a_subject_begins_no_header() -> None:
    mail = read(mailed(subject="Late\r\nBcc: bo@example.org"))

    assert mail["Subject"] == "Late Bcc: bo@example.org"
    assert mail["Bcc"] is None
