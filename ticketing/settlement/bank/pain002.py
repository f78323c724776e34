"""Read the bank's answer to a payment file (ISO 20022 pain.002, versions 03 to 15): which payments it has refused, and why. Pure.

A refusal of the file or of its batch refuses all payments in it; else only those that are named. No status is money:
only a statement settles a payment.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from ticketing.errors import InvalidRequest
from ticketing.settlement.bank.camt_xml import all_of, child, parsed, text

MESSAGE = re.compile(r"\{urn:iso:std:iso:20022:tech:xsd:pain\.002\.001\.(0[3-9]|1[0-5])\}Document")
REFUSED = "RJCT"


@dataclass(frozen=True, slots=True)
class Told:
    """One word of the bank: about a payment (its EndToEndId), or about all of a file (`end_to_end_id` empty)."""

    message_id: str
    end_to_end_id: str
    status: str
    code: str
    words: str


def read(content: bytes) -> list[Told]:
    """Read what the bank says of a file and of its payments; raises InvalidRequest for another message."""
    root, _ = parsed(content)
    report = child(root, "CstmrPmtStsRpt")
    if not MESSAGE.fullmatch(root.tag) or report is None:
        raise InvalidRequest.at(
            "file", "this is no pain.002: a Document of pain.002.001.03 to .15 with a CstmrPmtStsRpt"
        )
    message_id = text(report, "OrgnlGrpInfAndSts", "OrgnlMsgId")
    if not message_id:
        raise InvalidRequest.at("file", "CstmrPmtStsRpt.OrgnlGrpInfAndSts.OrgnlMsgId: is missing")
    return list(_told(report, message_id))


def _told(report: Element, message_id: str) -> Iterator[Told]:
    group = child(report, "OrgnlGrpInfAndSts")
    if group is not None and text(group, "GrpSts"):
        yield Told(message_id, "", text(group, "GrpSts"), *_reason(group))
    for batch in all_of(report, "OrgnlPmtInfAndSts"):
        if text(batch, "PmtInfSts"):
            yield Told(message_id, "", text(batch, "PmtInfSts"), *_reason(batch))
        for payment in all_of(batch, "TxInfAndSts"):
            reference = text(payment, "OrgnlEndToEndId") or text(payment, "OrgnlInstrId")
            if reference:
                yield Told(message_id, reference, text(payment, "TxSts"), *_reason(payment))


def _reason(element: Element) -> tuple[str, str]:
    """The first reason with its words."""
    place = child(element, "StsRsnInf")
    if place is None:
        return "", ""
    code = text(place, "Rsn", "Cd") or text(place, "Rsn", "Prtry")
    words = " ".join((node.text or "").strip() for node in all_of(place, "AddtlInf")).strip()
    return code, words[:200]
