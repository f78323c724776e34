"""People who work here get few letters: a statement is ready, and once a day what waits for somebody, if anything does."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.ticketing.notices.conftest import Town
from tests.ticketing.notices.receivers import text_of
from ticketing import notices
from ticketing.notices import text

pytestmark = pytest.mark.usefixtures("quick_hashes")
ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
HELI = {"address": "Heli@hsl.example", "language": "fi"}
WAITS = "waits-for-you"


def put(town: Town, matter: str, key: str, *readers: dict[str, str]) -> Any:
    head = {"Authorization": f"Bearer {key}"}
    return town.api.client.put(f"/v1/letters/{matter}", json={"readers": list(readers)}, headers=head)


def close(town: Town) -> dict[str, Any]:
    town.api.buy()
    town.api.clock.set(datetime(2026, 11, 3, 8, tzinfo=UTC))
    run = town.api.post(
        "/v1/settlement-runs", {"region": "helsinki-tallinn", "period": "2026-10"}, town.api.key("finance")
    )
    assert run.status_code == 201, run.json
    return run.json or {}


def approve(town: Town, run: dict[str, Any]) -> None:
    step = {"step": "approved", "digest": run["digest"]}
    path = f"/v1/settlement-runs/{run['id']}/steps"
    assert town.api.post(path, step, town.api.key("finance")).status_code == 201


def test_an_operator_hears_once_that_its_statement_is_ready_and_reads_no_amount(town: Town) -> None:
    put(town, "statement-ready/hsl", town.api.key("operator_finance", "hsl"), HELI)
    put(town, "statement-ready/none", town.api.key("admin"), {"address": "x@none.example"})
    run = close(town)
    before = town.work()
    approve(town, run)

    assert (before, town.work(), town.work()) == (0, 1, 0)
    mail = town.mailbox.only()
    assert town.mailbox.recipients == ["heli@hsl.example"]
    assert mail["Subject"] == "Tilityksenne jaksolta 2026-10 on valmis (hsl)"
    link = f"https://throughfare.example/console/runs/{run['id']}/statements/hsl"
    assert link in text_of(mail)
    assert not re.search(r"EUR|€|\d+[.,]\d\d", text_of(mail).replace(link, ""))


def test_finance_hears_once_a_day_of_what_waits_and_nothing_where_nothing_does(town: Town) -> None:
    anna = town.api.key("finance")
    put(town, WAITS, anna, {"address": "anna@scheme.example"})
    quiet = town.work()
    run = close(town)
    account = {"party": "hsl", "iban": "DE89370400440532013000", "name": "HSL"}
    assert town.api.post("/v1/bank-accounts", account, anna).status_code == 201
    first = [town.work(), town.work()]
    body = text_of(town.mailbox.only())
    town.api.clock.advance(timedelta(days=1))
    second = town.work()
    approve(town, run)
    with town.office.database.read() as tx:
        account_id = tx.exec_driver_sql("SELECT id FROM bank_account").scalar_one()
    town.api.post(f"/v1/bank-accounts/{account_id}/approval", {}, town.api.key("finance"))
    town.api.clock.advance(timedelta(days=1))

    assert (quiet, first, second, town.work()) == (0, [1, 0], 1, 0)
    assert "the run of helsinki-tallinn 2026-10" in body
    assert "bank accounts of hsl: 1" in body
    assert "https://throughfare.example/console/" in body


@ONE
def test_a_letter_waits_for_the_morning_and_goes_with_what_it_was_about(town: Town) -> None:
    put(town, WAITS, town.api.key("finance"), {"address": "anna@scheme.example"})
    run = close(town)
    town.api.clock.set(datetime(2026, 11, 4, 3, tzinfo=UTC))
    night = town.work()
    town.api.clock.set(datetime(2026, 11, 4, 5, tzinfo=UTC))
    notices.write_due(town.office)
    approve(town, run)

    assert (night, town.work(), town.mailbox.mails) == (0, 0, [])


@ONE
def test_an_address_that_was_taken_out_gets_nothing_that_still_waits(town: Town) -> None:
    key = town.api.key("operator_admin", "hsl")
    put(town, "statement-ready/hsl", key, HELI)
    approve(town, close(town))
    notices.write_due(town.office)
    put(town, "statement-ready/hsl", key)

    assert (town.work(), town.mailbox.mails) == (0, [])


@ONE
def test_an_operator_that_nobody_knows_has_no_readers(town: Town) -> None:
    refused = put(town, "statement-ready/hls", town.api.key("admin"), HELI)

    assert (refused.status_code, refused.json["errors"][0]["path"]) == (422, "operator")
    assert "hsl" in refused.json["detail"]
    assert put(town, "statement-ready/hls", town.api.key("admin")).status_code == 200


@ONE
def test_each_role_names_readers_for_its_own_operator_or_for_the_scheme(town: Town) -> None:
    own, other = "statement-ready/hsl", "statement-ready/tlt"
    heli = town.api.key("operator_finance", "hsl")
    keys = {"finance": town.api.key("finance"), "staff": town.api.key("operator_staff", "hsl"), "heli": heli}
    statuses = {
        (name, matter): put(town, matter, key, HELI).status_code
        for name, key in keys.items()
        for matter in (own, other, WAITS)
    }

    assert [pair for pair, status in statuses.items() if status == 200] == [("finance", WAITS), ("heli", own)]
    assert set(statuses.values()) == {200, 403}
    assert town.api.get(f"/v1/letters/{own}", heli).json == {
        "readers": [{"address": "heli@hsl.example", "language": "fi"}]
    }
    twice = put(town, own, heli, HELI, {"address": "heli@hsl.example"})
    nobody = put(town, own, heli, {"address": "nobody"})
    assert [(one.status_code, one.json["errors"][0]["path"]) for one in (twice, nobody)] == [
        (422, "readers[1].address"),
        (422, "readers[0].address"),
    ]


def test_every_sentence_is_there_in_every_language_with_the_same_values() -> None:
    said = json.loads(text.FILE.read_text(encoding="utf-8"))
    variants = [part for mail in said["mail"].values() for part in mail.values()]
    for variant in [*variants, *said["parts"].values()]:
        assert set(variant) == set(text.LANGUAGES)
        assert len({tuple(sorted(set(re.findall(r"{(\w+)}", one)))) for one in variant.values()}) == 1, (
            variant
        )
