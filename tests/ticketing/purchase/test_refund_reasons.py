"""A refund says why in the buyer's language: rides from 1 by their stops, operators by name, right plurals; codes for programs."""

from typing import Any

import pytest

from tests.api import Api, Bought
from tests.documents import leg
from ticketing.frozen import Stop
from ticketing.purchase import words
from ticketing.purchase.refund.told import Reader, reasons, sentence

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def _stop(name: str) -> Stop:
    return Stop(name, name, 0.0, 0.0, "EE")


LEGS = [
    leg("tlt", start=_stop("Kopli"), end=_stop("Vanasadam"), operator_name="TLT"),
    leg("tallink", start=_stop("D"), end=_stop("Länsi"), operator_name="Tallink"),
]
# Everything that a decision or a refusal writes, in the words that are stored.
WRITTEN = {
    "100 % by the conditions of tlt, the strictest of this ticket, 1 hours before departure": ["conditions"],
    "50 % of 1.40 EUR, what leg 0, 1 costs beyond the rest, by the conditions of tlt, the strictest of these legs, "
    "after the first departure, less the fee of tlt: 2.00 EUR, less the fee of hsl: 1.00 EUR": [
        "conditions",
        "fee",
        "fee",
    ],
    "50 % by the conditions of a, the strictest of this ticket, 0 hours before departure; 1.00 EUR stay, because rides bought "
    "later count on it (cap); 2.00 EUR stay, because bo, eve, who stay, would have paid 9.00 EUR without the others": [
        "conditions",
        "counted_on",
        "kept_for_others",
    ],
    "100 % whatever the conditions say and without a fee: leg 1 is cancelled": ["not_carried"],
    "100 % of 3.00 EUR, what leg 1 costs beyond the rest, whatever the conditions say and without a fee: leg 1 is over 91 min "
    "late at departure, more than 90": ["not_carried"],
    "50 % by the conditions of a, the strictest of these legs, 5 hours before departure; 9.00 EUR in full for leg 1: 70 min late "
    "at its destination, 60 or more": ["conditions", "in_full"],
    "50 % by the conditions of a, the strictest of these legs, 5 hours before departure; leg 0 stays, because together they "
    "would bring less: 3.00 EUR, 50 % by the conditions of b, the strictest of this ticket, 5 hours before departure": [
        "conditions",
        "stays",
    ],
    "9.00 EUR, kept before for those who stayed, who are not carried either": ["released"],
    "the ticket of anna was refunded or cancelled before": ["gone"],
    "the ticket of anna has been used and cannot be refunded": ["used"],
    "leg 0 of anna was given back before": ["leg_gone"],
    "leg 0 of anna has been used and cannot be refunded": ["leg_used"],
    "what would be left of the ticket of anna has no price: unknown_fare": ["rest_unpriced"],
    "what would be left costs 1.00 EUR more than was paid": ["rest_dearer"],
    "what those who stay would have paid has no price: unknown_fare": ["others_unpriced"],
    "the ticket of anna gives nothing back: 0 % by the conditions of a, the strictest of this ticket, 1 hours before departure; "
    "leg 1 alone gives back 9.00 EUR, because it is 31 min late at departure, its operator promises 30": [
        "nothing",
        "conditions",
        "alone_gives",
    ],
    "bo, who stays, would have paid 9.00 EUR without the others, and pay 8.00 EUR; give theirs back too": [
        "others_pay"
    ],
    "mari would travel alone: an infant travels with an adult; give theirs back too": ["travels_alone"],
    "mari would travel without company: rule one-child; give theirs back too": ["without_company"],
}


@pytest.mark.parametrize(("written", "codes"), WRITTEN.items())
def test_whatever_is_written_has_codes_and_a_sentence_in_every_language(
    written: str, codes: list[str]
) -> None:
    assert [one.code for one in reasons(written)] == codes
    said = [sentence(written, Reader(language, LEGS)) for language in words.LANGUAGES]
    assert len(set(said)) == len(words.LANGUAGES)
    assert not [text for text in said if "{" in text or "leg 0" in text]


def test_what_nobody_knows_to_take_apart_is_told_as_it_stands() -> None:
    odd = (
        "50 % by the conditions of a, the strictest of this ticket, 1 hours before departure; something else"
    )

    assert [(one.code, one.values) for one in reasons(odd)] == [("other", {"text": odd})]
    assert sentence(odd, Reader("fi")) == odd


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        ("0 hours before", "less than an hour before departure"),
        ("1 hours before", ", 1 hour before departure"),
        ("2 hours before", ", 2 hours before departure"),
    ],
)
def test_hours_are_counted_as_people_count_them(hours: str, said: str) -> None:
    written = f"50 % by the conditions of a, the strictest of this ticket, {hours} departure"

    assert sentence(written, Reader()).endswith(said)


def spoken(api: Api, bought: Bought, call: str, body: Any, language: str) -> Any:
    headers = {"Authorization": f"Bearer {bought.token}", "Accept-Language": language}
    path = f"/v1/orders/{bought.order['id']}/{call}"
    if call == "refunds":
        headers["Idempotency-Key"] = f"refund-{bought.order['id']}-{body}"
    return api.client.post(path, json=body, headers=headers)


@ONE
@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "en",
            (
                "100 % of 0.70 EUR for ride 1 (Kopli - Vanasadam, Tallinna ühistransport), by the conditions of Tallinna "
                "ühistransport, the strictest of these rides, 1 hour before departure"
            ),
        ),
        (
            "et",
            (
                "100 % summast 0,70 EUR: sõit 1 (Kopli - Vanasadam, Tallinna ühistransport), vedaja Tallinna ühistransport "
                "tingimuste järgi, mis on nende sõitude rangeimad, 1 tund enne väljumist"
            ),
        ),
    ],
)
def test_an_offer_and_its_refund_speak_the_language_of_the_request(
    api: Api, language: str, said: str
) -> None:
    bought = api.buy()
    wanted = {"passengers": ["mari"], "legs": [0]}

    offered = spoken(api, bought, "refund-offers", wanted, language).json["lines"][0]
    made = spoken(api, bought, "refunds", wanted, language).json["lines"][0]
    again = spoken(api, bought, "refunds", {"passengers": ["mari"], "legs": [0, 0]}, language)

    assert offered["because"] == made["because"] == said
    values = {
        "percent": 100,
        "worth": {"amount": "0.70", "currency": "EUR"},
        "legs": [0],
        "operator": "tlt",
        "hours_before": 1,
    }
    assert offered["reasons"] == [{"code": "conditions", "values": values}]
    assert again.status_code == 409
    assert "(Kopli - Vanasadam" in again.json["detail"]


@ONE
def test_a_refusal_of_an_offer_speaks_the_language_too(api: Api) -> None:
    bought = api.buy()
    spoken(api, bought, "refunds", {"passengers": ["mari"]}, "en")

    offered = spoken(api, bought, "refund-offers", {"passengers": ["mari"]}, "sv").json

    assert offered["refused"] == [
        {
            "passenger": "mari",
            "because": "biljetten för mari har redan återlämnats eller annullerats",
            "reasons": [{"code": "gone", "values": {"passenger": "mari"}}],
        }
    ]
