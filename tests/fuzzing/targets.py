"""The readers that are fuzzed, each with good inputs to begin with and the refusals that it may answer."""

import contextlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from google.transit import gtfs_realtime_pb2

from operators.errors import BadReply
from operators.gtfs import realtime
from operators.gtfs.reader import load_timetable
from operators.netex.convert import convert
from operators.siri import delivery as siri_delivery
from operators.siri import estimated, situations
from tests.operators import siri_words
from tests.operators.written_feed import feed
from tests.operators.written_netex import delivery
from tests.ticketing.gate.deciding import AT, TLT, facts
from tests.ticketing.incidents.records import TYPES, record
from tests.ticketing.settlement.bank_lines import line, statement
from tests.ticketing.tickets import mint
from throughfare_gate import strictjson
from throughfare_gate.gate import bundle
from throughfare_gate.gate.decision import Presented, Seen, decide
from throughfare_gate.strictjson import NotStrict
from throughfare_gate.tickets import claims, jws
from throughfare_gate.tickets.jwk import BadKey, load_jwks
from ticketing.db.documents import canonical
from ticketing.errors import InvalidRequest
from ticketing.frozen import Unreadable, read_incident, write_incident
from ticketing.incidents.answering import read_answer
from ticketing.incidents.exchange import tokens_in
from ticketing.settlement.bank import camt, pain002

_SEPARATOR = b"\x00\x01\x02\x03"
_PAIN = (
    '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.03"><CstmrPmtStsRpt><OrgnlGrpInfAndSts>'
    "<OrgnlMsgId>M1</OrgnlMsgId><GrpSts>PART</GrpSts></OrgnlGrpInfAndSts><OrgnlPmtInfAndSts><TxInfAndSts>"
    "<OrgnlEndToEndId>E1</OrgnlEndToEndId><TxSts>RJCT</TxSts><StsRsnInf><Rsn><Cd>AC04</Cd></Rsn></StsRsnInf>"
    "</TxInfAndSts></OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>"
)
_ANSWER = {"seen_at": "2026-12-01T00:00:00+00:00", "affected": True, "tickets": 3, "done_at": None}
_MAIL = "From: a@example.org\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: application/jose\n\n{}\n--b--\n"


@dataclass(frozen=True)
class Target:
    """A reader of bytes; any error but its refusals is a fault of ours."""

    read: Callable[[bytes], object]
    seeds: tuple[bytes, ...]
    refusals: tuple[type[Exception], ...] = ()

    def try_one(self, content: bytes) -> None:
        """Read one input."""
        try:
            self.read(content)
        except self.refusals:
            return


def _read_token(content: bytes) -> None:
    """Read it as a token, as a set of keys, and, signed by a key of ours, as the claims of a ticket at a gate."""
    text = content.decode("utf-8", errors="replace")
    with contextlib.suppress(jws.Refused):
        jws.verify(text, claims.TYP, mint.RING)
    with contextlib.suppress(NotStrict, BadKey):
        document = strictjson.loads(text)
        if isinstance(document, dict):
            load_jwks(document)
    decide(Presented.scanned(mint.raw(content)), _HELD, Seen(), mint.NOW, TLT)


def _read_bundle(content: bytes) -> None:
    """Read it as the content of a bundle that a key of ours has signed: no fuzzer guesses a signature."""
    head = {"alg": "EdDSA", "kid": "26a", "typ": bundle.TYP}
    bundle.read(mint.raw(content, head), mint.RING, "tlt")


def _read_bank(content: bytes) -> None:
    for read in (camt.read, pain002.read):
        try:
            read(content)
        except InvalidRequest:
            continue


def _read_feed(content: bytes) -> None:
    load_timetable(
        "tlt", {name: text.decode("utf-8", errors="replace") for name, text in _unpacked(content).items()}
    )


def _read_live(content: bytes) -> None:
    """Read it as a message of GTFS-Realtime, and as deliveries of SIRI."""
    with contextlib.suppress(BadReply):
        realtime.read(realtime.parse(content), _TIMETABLE)
    with contextlib.suppress(BadReply):
        estimated.read_estimated(siri_delivery.parse(content, estimated.SERVICE), _TIMETABLE)
    with contextlib.suppress(BadReply):
        situations.read_situations(siri_delivery.parse(content, situations.SERVICE))


def _read_incident(content: bytes) -> None:
    tokens_in(content)
    document = strictjson.loads(content.decode("utf-8", errors="replace"))
    for read in (read_incident, read_answer):
        try:
            read(document)
        except (Unreadable, InvalidRequest):
            continue


def _packed(files: Mapping[str, bytes]) -> bytes:
    return _SEPARATOR.join(name.encode() + b"\n" + content for name, content in sorted(files.items()))


def _unpacked(content: bytes) -> dict[str, bytes]:
    files = {}
    for part in content.split(_SEPARATOR):
        name, _, body = part.partition(b"\n")
        files[name.decode("utf-8", errors="replace")] = body
    return files


def _message() -> bytes:
    told = gtfs_realtime_pb2.FeedMessage()
    told.header.gtfs_realtime_version, told.header.timestamp = "2.0", int(siri_words.NOON.timestamp())
    update = told.entity.add(id="1").trip_update
    update.trip.trip_id, update.trip.start_date = "t0", "20261013"
    update.stop_time_update.add(stop_id="s2").departure.delay = 60
    return told.SerializeToString()


def _json(document: Any) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()


def _bundle_seeds() -> tuple[bytes, ...]:
    token = bundle.sign(mint.SIGNER, facts(), AT)
    return (jws.check_signature(token, mint.RING["26a"]),)


_HELD = bundle.read(bundle.sign(mint.SIGNER, facts(), AT), mint.RING, "tlt")[0]

_TIMETABLE = load_timetable("a", feed())[0]
assert _TIMETABLE is not None

TARGETS: Mapping[str, Target] = {
    "tokens": Target(
        _read_token,
        (mint.ticket().encode(), _json(mint.payload()), _json({"keys": [{**mint.phone_jwk(), "kid": "a"}]})),
    ),
    "bundle": Target(_read_bundle, _bundle_seeds(), (bundle.BadBundle,)),
    "bank": Target(_read_bank, (statement(line("1.00", "E1"), closing="99.00"), _PAIN.encode())),
    "gtfs": Target(_read_feed, (_packed({name: text.encode() for name, text in feed().items()}),)),
    "netex": Target(
        lambda content: convert(_unpacked(content)),
        tuple(_packed(delivery(feed(), dialect)) for dialect in ("nordic", "epip", "calls")),
    ),
    "live": Target(
        _read_live,
        (
            siri_words.siri(
                siri_words.estimated(
                    siri_words.named()
                    + siri_words.calls(siri_words.call("s2", ExpectedArrivalTime="05:13:00"))
                )
            ).encode(),
            siri_words.siri(siri_words.situation("<SituationNumber>1</SituationNumber>")).encode(),
            _message(),
        ),
    ),
    "incidents": Target(
        _read_incident,
        (
            *(canonical(write_incident(record(kind))).encode() for kind in TYPES),
            _json(_ANSWER),
            _MAIL.encode(),
        ),
        (NotStrict,),
    ),
}
