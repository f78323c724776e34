"""Every parser is linear: the nastiest body of a size costs no more than some times a plain body of the same size.

Costs are CPU time of this process, the least of several runs, and only ever compared with each other.
"""

import contextlib
import gc
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from operators.errors import BadReply
from operators.exchange import format as exchange
from operators.exchange.format import Acknowledgement, ExchangeFile, Name, Record, Refusal
from operators.gtfs.reader import load_timetable
from operators.transport import read_json
from tariffs.fares.feed import load as load_fares
from tests.api import KOPLI_TO_PASILA, Api
from tests.ticketing.tickets import mint
from throughfare_gate import strictjson
from throughfare_gate.gate import bundle
from throughfare_gate.strictjson import NotStrict
from throughfare_gate.tickets import claims as ticket_claims
from throughfare_gate.tickets import jws, status_list
from ticketing.clock import FixedClock
from ticketing.config import StripeSettings
from ticketing.errors import InvalidRequest
from ticketing.payments.stripe_gateway import StripeGateway
from ticketing.settlement.bank import camt

# A quadratic parser costs hundreds or thousands of times as much at these sizes.
TIMES = 40
REFUSALS = (
    NotStrict,
    InvalidRequest,
    BadReply,
    exchange.Broken,
    exchange.Incomplete,
    jws.Refused,
    bundle.BadBundle,
    status_list.BadStatusList,
)
KIB = 1024


def cost(read: Callable[[Any], object], body: Any) -> float:
    """The CPU time of reading, whatever comes of it but a fault of the program: the least of two runs.

    Garbage is not collected meanwhile: that costs as much as the whole session holds, and not what a body costs.
    """
    least = float("inf")
    gc.disable()
    try:
        for _ in range(2):
            begun = time.thread_time()
            with contextlib.suppress(*REFUSALS):
                read(body)
            least = min(least, time.thread_time() - begun)
    finally:
        gc.enable()
    return least


def assert_linear(read: Callable[[Any], object], plain: Any, nasty: dict[str, Any]) -> None:
    usual = cost(read, plain)
    times = {name: cost(read, body) / usual for name, body in nasty.items()}
    assert {name: round(ratio) for name, ratio in times.items() if ratio > TIMES} == {}


def filled(head: str, piece: str, tail: str, size: int) -> str:
    """A text of about a size."""
    return head + piece * ((size - len(head) - len(tail)) // len(piece)) + tail


def nasty_json(size: int) -> dict[str, str]:
    names = ",".join(f'"{at:06}":1' for at in range(size // 11))
    return {
        "the last name repeated": f'{{{names},"{size // 11 - 1:06}":1}}',
        "every name repeated": "{" + ",".join(['"a":1'] * (size // 6)) + "}",
        "opened without end": "[" * size,
        "opened without end, objects": '{"a":' * (size // 5),
        "nested and closed": "[" * (size // 2) + "]" * (size // 2),
        "empty lists": filled("[", "[],", "1]", size),
        "empty objects": filled("[", "{},", "1]", size),
        "brackets in a text": '["' + "[" * size + '"]',
        "quotes": filled('["', '\\"', '"]', size),
        "a text without end": '["' + "[" * size,
        "backslashes": filled('["', "\\\\", '"]', size),
        "escapes": filled('["', "\\u0000", '"]', size),
        "half surrogates": filled('["', "\\ud83d", '"]', size),
        "long numbers": filled("[", "9" * 4000 + ",", "1]", size),
        "fractions": filled("[", "0." + "9" * 500 + ",", "1]", size),
        "blanks": " " * size,
    }


def plain_json(size: int) -> str:
    return filled("[", '{"ref": "anna", "rider_category": "adult", "age": 30},', "1]", size)


def test_e1_json_is_read_in_linear_time() -> None:
    size = 128 * KIB

    assert_linear(lambda text: strictjson.loads(text, nul=False), plain_json(size), nasty_json(size))


def test_e1_answers_of_operators_are_read_in_linear_time() -> None:
    size = 128 * KIB
    nasty = {name: text.encode() for name, text in nasty_json(size).items()}

    assert_linear(read_json, plain_json(size).encode(), nasty)


def test_e1_nesting_is_refused_at_its_limit_and_not_before() -> None:
    deep = strictjson.MAX_DEPTH

    assert strictjson.loads("[" * deep + "]" * deep) is not None
    assert strictjson.loads('{"a": "' + "[{" * 999 + '"}') == {"a": "[{" * 999}
    assert strictjson.loads(r'{"a": "\"[[", "b": [["\\"]]}') == {"a": '"[[', "b": [["\\"]]}
    for text in (
        "[" * (deep + 1) + "]" * (deep + 1),
        '{"a":' * (deep + 1) + "1" + "}" * (deep + 1),
        "[" * 100_000,
    ):
        with pytest.raises(NotStrict, match="nested"):
            strictjson.loads(text)


@pytest.mark.parametrize("piece", ["{},", '{"ref":"a","ref2":[]},', "[],", "1,"])
def test_e1_a_long_list_is_counted_before_its_items_are_read(api: Api, piece: str) -> None:
    size = 250 * KIB
    wish = {name: value for name, value in KOPLI_TO_PASILA.items() if name != "passengers"}
    head = str(wish).replace("'", '"')[:-1]

    def post(members: str) -> None:
        answer = api.client.post("/v1/journeys", data=head + members + "}", content_type="application/json")
        assert answer.status_code == 422, answer.text

    plain = f', "passengers": [], "unknown": {plain_json(size)}'
    assert_linear(post, plain, {"many": ', "passengers": ' + filled("[", piece, piece[:-1] + "]", size)})


def test_e1_a_statement_of_a_bank_is_read_in_linear_time() -> None:
    size = 100 * KIB
    head = '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt>'
    tail = "</Stmt></BkToCstmrStmt></Document>"
    entry = '<Ntry><Amt Ccy="EUR">1.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts></Ntry>'
    nasty = {
        "nested without end": head + "<a>" * (size // 3),
        "nested and closed": head + "<a>" * (size // 7) + "</a>" * (size // 7) + tail,
        "nested name spaces": head + '<a xmlns="urn:a">' * (size // 17),
        "nested prefixes": "".join(f'<a{at}:a xmlns:a{at}="u">' for at in range(size // 24)),
        "flat": filled(head, "<a/>", tail, size),
        "empty entries": filled(head, "<Ntry/>", tail, size),
        "attributes": "<a " + " ".join(f'a{at}="1"' for at in range(size // 12)) + "/>",
        "one attribute": f'<a a="{"x" * size}"/>',
        "comments": filled(head, "<!---->", tail, size),
        "references": filled(head, "&#65;", tail, size),
        "lines": filled(head, "\n", tail, size),
        "an open tag": "<" + "a" * size,
        "entities": f'<!DOCTYPE a [<!ENTITY a "{"x" * 1000}">]><a>{"&a;" * (size // 3)}</a>',
    }

    assert_linear(
        camt.read, filled(head, entry, tail, size).encode(), {k: v.encode() for k, v in nasty.items()}
    )


def test_e1_elements_of_a_bank_are_refused_beyond_their_depth() -> None:
    with pytest.raises(InvalidRequest, match="nested more than 64 deep"):
        camt.read(b"<a>" * 65 + b"</a>" * 65)


def test_e1_files_of_an_exchange_are_read_in_linear_time(clock: FixedClock) -> None:
    count = 2_000
    name = Name("MANIFEST", "viking", "throughfare", 1)
    records = tuple(
        Record(
            record_id=f"r{at}",
            action="ADD",
            ticket_id="t",
            trip_id="trip",
            service_date=clock.now().date(),
            from_stop="A",
            to_stop="B",
            category="adult",
            place="foot",
            seats=1,
        )
        for at in range(count)
    )
    plain = exchange.write(ExchangeFile(name, clock.now(), records))
    size = len(plain)
    nasty = {
        "commas": b"," * size + b"\nT,1,,x\n",
        "rows": b"D\n" * (size // 2) + b"T,1,,x\n",
        "quotes": b'"' + b'""' * (size // 2) + b'"\nT,1,,x\n',
        "an open quote": b'H,"' + b"x\n" * (size // 2) + b"T,1,,x\n",
        "a long cell": b"H," + b"x" * size + b"\nT,1,,x\n",
        "one record many times": b"D,r,ADD,t,trip,2026-10-13,A,B,adult,foot,1,0,EUR\n" * (size // 50)
        + b"T,1,,x\n",
    }

    assert_linear(lambda body: exchange.read(name, body), plain, nasty)


def test_e1_ten_times_the_refusals_of_an_exchange_cost_about_ten_times_as_much(clock: FixedClock) -> None:
    name = Name("ACK", "viking", "throughfare", 1)

    def acknowledged(count: int) -> bytes:
        refusals = tuple(Refusal(f"r{at}", "bad", "x") for at in range(count))
        told = Acknowledgement("MANIFEST", 1, "REJECTED", "0" * 64, refusals)
        return exchange.write(ExchangeFile(name, clock.now(), (), (told,)))

    few, many = acknowledged(4_000), acknowledged(40_000)

    assert cost(lambda body: exchange.read(name, body), many) < 30 * cost(
        lambda body: exchange.read(name, body), few
    )


def test_e1_feeds_are_read_in_linear_time() -> None:
    feed = {
        path.name: path.read_text(encoding="utf-8-sig")
        for path in Path("regions/helsinki-tallinn/feeds/tlt").glob("*.txt")
    }
    size = 50 * KIB
    feed["stop_times.txt"] = feed["stop_times.txt"][:size].rpartition("\n")[0] + "\n"
    header = feed["stop_times.txt"].partition("\n")[0] + "\n"
    fares = {
        "fare_products.txt": "fare_product_id,fare_product_name,amount,currency\n",
        "fare_leg_rules.txt": "fare_product_id\n",
    }
    nasty = {
        "commas": header + "," * size,
        "short rows": filled(header, "x\n", "", size),
        "an open quote": filled(header, '"x\n', "", size),
        "quotes": filled(header + '"', '""', '"', size),
        "columns": ",".join(f"c{at}" for at in range(size // 6)) + "\n1",
        "one column many times": "trip_id," * (size // 8) + "\n1",
        "blank lines": header + "\n" * size,
        "one trip": filled(header, "t,10:00:00,10:00:00,s,1\n", "", size),
    }

    assert_linear(
        lambda text: load_timetable("tlt", {**feed, "stop_times.txt": text}), feed["stop_times.txt"], nasty
    )
    product = "p{at},P,2.00,EUR\n"
    plain = fares["fare_products.txt"] + "".join(product.format(at=at) for at in range(1_000))
    hard = {
        "one product many times": fares["fare_products.txt"] + "p,P,2.00,EUR\n" * 1_000,
        "bad amounts": fares["fare_products.txt"] + "".join(f"p{at},P,{'9' * 40},EUR\n" for at in range(320)),
        "commas": fares["fare_products.txt"] + "," * len(plain),
    }
    assert_linear(lambda text: load_fares({**fares, "fare_products.txt": text}), plain, hard)


def signed(typ: str, content: str) -> str:
    """A token that our own key has signed over any content: the worst that a partner could send."""
    head, body = mint.b64(f'{{"alg":"EdDSA","kid":"26a","typ":"{typ}"}}'.encode()), mint.b64(content.encode())
    return f"{head}.{body}.{mint.b64(mint.KEY.sign(f'{head}.{body}'.encode()))}"


def test_e1_tokens_lists_and_bundles_are_read_in_linear_time() -> None:
    ticket, size = mint.ticket(), 1400
    bad = {
        "dots": "." * 2048,
        "one segment": "A" * 2048,
        "long": "A" * 1_000_000,
        "header": mint.b64(b"[" * 180) + "." + "A" * 1000 + "." + "A" * 86,
        **{name: signed(ticket_claims.TYP, text[:size]) for name, text in nasty_json(size).items()},
    }
    assert_linear(lambda token: jws.verify(token, ticket_claims.TYP, mint.RING), ticket, bad)

    size = 32 * KIB
    lists = {name: signed(status_list.TYP, text) for name, text in nasty_json(size).items()}
    assert_linear(
        lambda token: status_list.read(token, mint.RING), signed(status_list.TYP, plain_json(size)), lists
    )
    bundles = {name: signed(bundle.TYP, text) for name, text in nasty_json(size).items()}
    assert_linear(lambda token: bundle.read(token, mint.RING), signed(bundle.TYP, plain_json(size)), bundles)


@pytest.mark.parametrize("deep", ["[" * 6000, '{"a":' * 1200])
def test_e1_a_deep_header_of_a_token_is_refused_like_any_other(api: Api, deep: str) -> None:
    token = f"{mint.b64(deep.encode())}.e30.AAAA"

    assert api.get("/v1/me", token).status_code == 401
    assert api.post("/v1/validations", {}, token).status_code == 401
    assert api.post("/v1/orders", {"quote_id": "x"}, token).status_code == 401


def test_e1_a_signed_report_that_is_nested_deeply_is_refused(clock: FixedClock) -> None:
    gateway = StripeGateway(StripeSettings("sk_test_x", ("whsec_x",)))
    body = b"[" * 100_000

    with pytest.raises(Exception, match="no JSON") as refused:
        gateway.read_event(body, stripe_signature(body, clock), clock.now())

    assert type(refused.value).__name__ == "EventRefused"


def stripe_signature(body: bytes, clock: FixedClock) -> str:
    import hashlib  # noqa: PLC0415
    import hmac  # noqa: PLC0415

    at = int(clock.now().timestamp())
    mac = hmac.new(b"whsec_x", f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={mac}"
