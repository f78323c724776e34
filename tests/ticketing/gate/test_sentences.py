"""Every reason and note has its sentence in every language, from one file that others read too."""

import pytest

from tests.api import Api
from tests.ticketing.gate.deciding import bundle, judge
from tests.ticketing.gate.faults import FAULTS
from tests.ticketing.tickets.mint import NOW, ticket
from throughfare_gate.gate import sentences, words
from throughfare_gate.gate.model import Extras

OF_THE_GATE = {"clock_behind", "device_not_authorised", "internal_error"}
NOT_GENUINE = {"malformed", "bad_type", "bad_alg", "unknown_key", "bad_signature", "bad_claims"}


def test_every_sentence_is_said_in_every_language_with_the_same_values() -> None:
    said = sentences._SAID
    variants = [
        *said["passenger"].values(),
        *said["notes"].values(),
        *said["categories"].values(),
        *said["screen"].values(),
        *(one for some in said["staff"].values() for one in some),
    ]

    assert sentences.LANGUAGES == ("en", "et", "fi", "sv")
    for variant in variants:
        assert set(variant) - {"if"} == set(sentences.LANGUAGES)
        assert (
            len({tuple(sorted(sentences._PLACE.findall(variant[tag]))) for tag in sentences.LANGUAGES}) == 1
        ), variant


@pytest.mark.parametrize("missing", sentences.LANGUAGES)
def test_a_language_that_a_sentence_lacks_is_named_with_its_reason(missing: str) -> None:
    said = {tag: "closed on {day}" for tag in sentences.LANGUAGES if tag != missing}

    with pytest.raises(
        sentences.MissingLanguage, match=rf"sentences\.json: staff\.closed is not said in {missing}"
    ):
        sentences._apart("staff.closed", said)


def test_every_reason_has_words_for_staff_and_for_the_passenger() -> None:
    said = sentences._SAID

    assert set(said["staff"]) == {
        *FAULTS,
        *OF_THE_GATE,
        "wrong_zone",
        "ok",
        "no_bundle",
        "clock_late",
        "clock_ahead",
        "scanner",
        "no_scanner",
    }
    assert {reason for reason in said["passenger"] if "." not in reason} == {
        *FAULTS,
        *OF_THE_GATE,
        "wrong_zone",
        "ok",
        "ok_attention",
        "not_valid",
    } - NOT_GENUINE


@pytest.mark.parametrize(
    ("language", "passenger", "staff"),
    [
        ("en", "Expired", "expired: 1 h 0 min ago"),
        ("et", "Aegunud", "aegunud: 1 h 0 min tagasi"),
        ("fi", "Vanhentunut", "vanhentunut: 1 h 0 min sitten"),
        ("sv", "Har gått ut", "har gått ut: för 1 h 0 min sedan"),
    ],
)
def test_a_refusal_is_said_in_a_language_and_its_figures_are_values(
    language: str, passenger: str, staff: str
) -> None:
    decision = judge(ticket(iat=NOW - 9999, nbf=NOW - 9999, exp=NOW - 3600))

    assert (decision.reason, decision.values) == ("expired", {"seconds": 3600})
    assert (words.passenger_sees(decision, language), words.staff_sees(decision, language)) == (
        passenger,
        staff,
    )
    assert decision.staff == words.staff_sees(decision)


def test_an_older_bundle_says_that_it_may_not_know_of_a_delay() -> None:
    decision = judge(ticket(exp=NOW + 60), now=NOW + 3660)

    assert decision.values == {"seconds": 3600, "known_seconds": 3660}
    assert decision.staff.startswith("expired: 1 h 0 min ago, and no delay was known 1 h 1 min ago")


def test_a_fare_category_is_shown_whole_where_the_bundle_spells_it_out() -> None:
    whole = judge(ticket(cat="chil"), bundle(extras=Extras(categories={"chil": "child"})))

    assert (whole.attention, whole.notes) == ("fare category child", (("category", {"category": "child"}),))


def test_the_service_answers_in_the_language_that_is_asked_for_and_publishes_the_file(api: Api) -> None:
    bought = api.buy()
    gate = api.key("gate", "tlt")
    body = {
        "scan_id": "0192f0c4-0000-7000-8000-000000000001",
        "token": bought.ticket_of("mari")["token"],
        "device_ts": api.clock.now().isoformat(),
        "stop_id": bought.tickets[0]["legs"][0]["from"]["stop_id"],
    }

    shown = api.client.post(
        "/v1/validations", json=body, headers={"Authorization": f"Bearer {gate}", "Accept-Language": "et-EE"}
    ).json

    assert (shown["passenger_sees"], shown["staff_sees"]) == ("Tere tulemast", "soodustus: laps")
    assert shown["notes"] == [{"code": "category", "values": {"category": "child"}}]
    assert api.get("/.well-known/gate-sentences.json").json == sentences._SAID


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "not a ticket of this operator; it is good with Tallinna ühistransport, Tallink, HSL"),
        ("fi", "ei tämän liikennöitsijän lippu; lippu kelpaa näillä: Tallinna ühistransport, Tallink, HSL"),
    ],
)
def test_a_ticket_of_others_is_refused_in_plain_words_with_the_names_of_its_operators(
    api: Api, language: str, said: str
) -> None:
    bought, gate = api.buy(), api.key("gate", "eckero")
    body = {
        "scan_id": "0192f0c4-0000-7000-8000-000000000002",
        "token": bought.ticket_of("anna")["token"],
        "device_ts": api.clock.now().isoformat(),
    }

    shown = api.client.post(
        "/v1/validations",
        json=body,
        headers={"Authorization": f"Bearer {gate}", "Accept-Language": language},
    ).json

    assert shown["values"] == {"operators": ["tlt", "tallink", "hsl"]}
    assert shown["staff_sees"].startswith(said)


@pytest.mark.parametrize(
    ("language", "bicycle", "cabin"),
    [
        ("en", "for a bicycle", "for a cabin"),
        ("et", "jalgratta pilet", "kajuti pilet"),
        ("fi", "polkupyörän lippu", "hytin lippu"),
        ("sv", "cykelbiljett", "hyttbiljett"),
    ],
)
def test_what_is_nobody_is_in_no_fare_category(language: str, bicycle: str, cabin: str) -> None:
    held = bundle(extras=Extras(categories={"bicy": "bicycle", "cabi": "cabin"}))

    said = [words.staff_sees(judge(ticket(cat=cat), held), language) for cat in ("bicy", "cabi")]

    assert said == [bicycle, cabin]


@pytest.mark.parametrize("language", sentences.LANGUAGES)
def test_a_gate_without_a_network_says_a_fare_category_in_its_language(language: str) -> None:
    whole = judge(ticket(cat="chil"), bundle(extras=Extras(categories={"chil": "child or youth"})))

    said = {
        "en": "fare category child / youth",
        "et": "soodustus: laps / noor",
        "fi": "alennusryhmä: lapsi / nuori",
        "sv": "priskategori: barn / ungdom",
    }
    assert words.staff_sees(whole, language) == said[language]
