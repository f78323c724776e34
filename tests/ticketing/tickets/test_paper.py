"""A ticket to print at home, whatever an operator has handed over for it."""

import base64
import io
import struct
import zlib
from datetime import UTC, datetime

import pytest
from pypdf import PdfReader

from tests.documents import leg
from ticketing.frozen import Stop
from ticketing.tickets.paper import pdf
from ticketing.tickets.printable import OperatorPaper, Printable

MOMENT = datetime(2026, 10, 13, 6, tzinfo=UTC)
LEG = leg(
    "tallink",
    operator_name="Tallink",
    line="TLL-HEL",
    time_zone="Europe/Tallinn",
    arrival_time_zone="Europe/Tallinn",
    departure=datetime.fromisoformat("2026-10-13T07:30:00+03:00"),
    arrival=datetime.fromisoformat("2026-10-13T09:30:00+03:00"),
    start=Stop("TLL-D", "Tallinn D", 59.4, 24.8, "EE"),
    end=Stop("HEL-LT2", "Helsinki", 60.2, 24.9, "FI"),
)


def _png(width: int, height: int, pixels: bytes) -> str:
    """A picture with any head and any body, as an operator may send it."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    made = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    return base64.b64encode(made).decode()


def _paper(kind: str, media_type: str, content: str) -> OperatorPaper:
    return OperatorPaper(
        operator="tallink",
        reference=None,
        kind=kind,
        media_type=media_type,
        encoding="base64" if "image" in media_type else "",
        content=content,
    )


@pytest.mark.parametrize(
    "paper",
    [
        _paper("qr_code", "image/png", _png(20_000, 20_000, zlib.compress(b""))),
        _paper("qr_code", "image/png", _png(100, 100, zlib.compress(b"\0" * 50))),
        _paper("qr_code", "image/png", _png(100, 100, b"no pixels")),
        _paper("qr_code", "image/png", _png(9000, 9000, zlib.compress(bytes(9001 * 9000)))),
        _paper("qr_code", "text/plain", "x" * 9000),
        _paper("number", "text/plain", "9" * 900_000),
    ],
    ids=["bomb", "short", "garbage", "large", "long code", "long number"],
)
def test_whatever_an_operator_hands_over_the_ticket_can_be_printed(paper: OperatorPaper) -> None:
    ticket = Printable(
        token="a.b.c",
        issued_at=MOMENT,
        not_before=MOMENT,
        expires_at=MOMENT,
        riders=(("adult", 1),),
        control_code="1234567890",
        legs=[LEG],
        demo=False,
        papers={0: [paper]},
    )

    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf(ticket, "en"))).pages)

    assert "it is in the app" in text
