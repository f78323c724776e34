"""A backend is told what concerns it: an app of the orders that name it, an operator of its runs and money, the scheme of all."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.api import Bought
from tests.ticketing.notices.conftest import Town
from tests.ticketing.notices.hooking import Hook, data_of, hook, is_signed, make, told
from tests.ticketing.notices.storm import cancel, ferry_of
from ticketing.identity.principal import OPERATOR_ROLES, ROLES, Role
from ticketing.notices.event_types import FAMILIES_OF_ROLE, TYPES, WILDCARDS
from ticketing.regions import by_staff

pytestmark = pytest.mark.usefixtures("quick_hashes")
ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
APP_TYPES = ("order.*", "refund.*", "journey.*")


def names(town: Town, bought: Bought, *hooks: Hook) -> Any:
    return town.notify(bought, *({"kind": "webhook", "webhook": one.id} for one in hooks))


def test_an_apps_backend_hears_of_the_orders_that_name_it_and_of_no_other(town: Town) -> None:
    app = hook(town, town.api.key("app"), *APP_TYPES)
    other = hook(town, town.api.key("app"), *APP_TYPES, path="/other")
    bought, silent = town.api.buy(), town.api.buy()
    assert names(town, bought, app).status_code == 200
    town.work()
    cancel(town, bought)
    town.work()
    town.api.post(f"/v1/orders/{bought.order['id']}/refunds", {"passengers": ["anna"]}, bought.token)

    assert (town.work(), town.work()) == (1, 0)
    assert told(town) == ["order.ticketed", "journey.cancelled", "refund.confirmed"]
    assert {data_of(one)["order_id"] for one in town.receiver.requests} == {bought.order["id"]}
    assert silent.order["id"] not in str(town.receiver.requests)
    assert {one.path for one in town.receiver.requests} == {"/hook"}
    assert all(is_signed(one, app.secret) for one in town.receiver.requests)
    assert (app.shown()["deliveries"]["delivered"], other.shown()["deliveries"]["delivered"]) == (3, 0)


@ONE
def test_an_app_hears_of_the_types_that_it_takes(town: Town) -> None:
    app = hook(town, town.api.key("app"), "refund.confirmed")
    bought = town.api.buy()
    names(town, bought, app)
    town.work()
    town.api.post(f"/v1/orders/{bought.order['id']}/refunds", {"passengers": ["anna"]}, bought.token)
    town.work()

    assert told(town) == ["refund.confirmed"]


@ONE
def test_an_order_names_no_webhook_that_is_unknown_foreign_or_off(town: Town) -> None:
    bought = town.api.buy()
    foreign = hook(town, town.api.key("operator_staff", "tallink"), "run.*")
    app = hook(town, town.api.key("app"), "order.*")
    app.change(enabled=False)
    unknown = town.notify(bought, {"kind": "webhook", "webhook": "nobody"})
    answers = [unknown, names(town, bought, foreign), names(town, bought, app)]
    both = town.notify(bought, {"kind": "webhook", "webhook": app.id, "url": "https://app.example"})
    neither = town.notify(bought, {"kind": "webhook"})

    assert [one.status_code for one in (*answers, both)] == [422] * 4
    assert {one.json["errors"][0]["path"] for one in answers} == {"contacts[0].webhook"}
    said = [one.json["errors"][0]["message"] for one in answers]
    assert said[0] == said[1] != said[2]
    assert "off" in said[2]
    assert neither.json["errors"] == [{"path": "contacts[0].url", "message": "is needed, or `webhook`"}]


@ONE
def test_an_order_that_no_longer_names_an_app_is_told_to_it_no_more_not_even_again(town: Town) -> None:
    app = hook(town, town.api.key("app"), "order.*")
    bought = town.api.buy()
    names(town, bought, app)
    town.work()
    sent = app.deliveries()["deliveries"][0]
    town.notify(bought)
    refused = app.post(f"deliveries/{sent['id']}/replay")
    cancel(town, bought)
    town.work()

    assert told(town) == ["order.ticketed"]
    assert refused.status_code == 409


def test_an_operator_hears_of_its_own_runs_and_the_scheme_of_all(town: Town) -> None:
    bought = town.api.buy()
    operator, other = ferry_of(bought)[1], "hsl"
    hooks = {
        "/own": hook(town, town.api.key("operator_staff", operator), "run.*", path="/own"),
        "/other": hook(town, town.api.key("operator_admin", other), "run.*", path="/other"),
        "/scheme": hook(town, town.api.key("finance"), "run.cancelled", path="/scheme"),
    }
    cancel(town, bought)
    assert (town.work(), town.work()) == (2, 0)
    _, operator, trip, day = ferry_of(bought)
    town.api.clock.advance(timedelta(minutes=5))
    by_staff.take_back(town.live, "helsinki-tallinn", operator, trip, day, by="mari")
    town.work()

    by_path = {
        path: [json.loads(one.body) for one in town.receiver.requests if one.path == path] for path in hooks
    }
    assert [one["type"] for one in by_path["/own"]] == ["run.cancelled", "run.service_restored"]
    assert [one["type"] for one in by_path["/scheme"]] == ["run.cancelled"]
    assert by_path["/other"] == []
    data = by_path["/own"][0]["data"]
    assert {**data, "event_id": ""} == {
        "event_id": "",
        "operator": operator,
        "trip_id": trip,
        "service_date": day.isoformat(),
        "region": "helsinki-tallinn",
    }


@ONE
def test_a_webhook_hears_nothing_of_what_was_before_it(town: Town) -> None:
    bought = town.api.buy()
    cancel(town, bought)
    town.api.clock.advance(timedelta(minutes=5))
    later = hook(town, town.api.key("finance"), "run.*")

    assert (town.work(), told(town)) == (0, [])
    asked = later.post("replay", {"since": (town.api.clock.now() - timedelta(hours=1)).isoformat()})
    assert (asked.status_code, town.work(), told(town)) == (202, 1, ["run.cancelled"])


def close(town: Town) -> tuple[str, str]:
    """Close and approve October; answers the run and a key of finance."""
    town.api.buy()
    town.api.clock.set(datetime(2026, 11, 3, 8, tzinfo=UTC))
    anna, bertil = town.api.key("finance"), town.api.key("finance")
    run = town.api.post("/v1/settlement-runs", {"region": "helsinki-tallinn", "period": "2026-10"}, anna).json
    assert run
    step = {"step": "approved", "digest": run["digest"]}
    assert town.api.post(f"/v1/settlement-runs/{run['id']}/steps", step, bertil).status_code == 201
    return run["id"], anna


def test_a_statement_is_ready_when_a_second_person_has_approved_the_month(town: Town) -> None:
    keys = {one: town.api.key("operator_finance", one) for one in ("hsl", "eckero")}
    keys["scheme"] = town.api.key("admin")
    hooks = {one: hook(town, key, "statement.ready", path=f"/{one}") for one, key in keys.items()}
    run_id, _ = close(town)
    town.work()
    town.work()

    by_path = {one.path: data_of(one) for one in town.receiver.requests}
    about = {"run_id": run_id, "region": "helsinki-tallinn", "period": "2026-10"}
    sold = {
        line["operator"]
        for line in (town.api.get(f"/v1/settlement-runs/{run_id}", keys["scheme"]).json or {})["operators"]
    }
    expected = {f"/{one}": {**about, "operator": one} for one in ("hsl", "eckero") if one in sold}
    assert by_path == {"/scheme": about, **expected}
    assert len(town.receiver.requests) == len(by_path)
    lines = town.api.get(f"/v1/settlement-runs/{run_id}/statements/hsl.csv", keys["hsl"])
    assert (lines.status_code, hooks["hsl"].deliveries()["deliveries"][0]["type"]) == (200, "statement.ready")


def test_a_dispute_is_told_to_its_operator_to_who_bears_it_and_to_the_scheme(town: Town) -> None:
    run_id, anna = close(town)
    owners = {"/hsl": "hsl", "/tlt": "tlt", "/tallink": "tallink"}
    hsl = town.api.key("operator_finance", "hsl")
    hooks = [
        hook(town, hsl if one == "hsl" else town.api.key("operator_admin", one), "dispute.*", path=path)
        for path, one in owners.items()
    ]
    hooks.append(hook(town, town.api.key("finance"), "dispute.opened", path="/scheme"))
    text = town.api.get(f"/v1/settlement-runs/{run_id}/statements/hsl.csv", hsl).get_data(as_text=True)
    body = {"operator": "hsl", "line": text.splitlines()[3].split(",")[-1], "reason": "the tram was ours"}
    opened = town.api.post(f"/v1/settlement-runs/{run_id}/disputes", body, hsl)
    assert opened.status_code == 201, opened.json
    town.work()
    answer = {"text": "right", "stands": False, "amount": "0.01", "against": "tlt"}
    answered = town.api.post(f"/v1/disputes/{opened.json['id']}/answer", answer, anna)
    assert answered.status_code == 200, answered.json
    town.work()
    town.work()

    heard = sorted((one.path, json.loads(one.body)["type"]) for one in town.receiver.requests)
    assert heard == [
        ("/hsl", "dispute.corrected"),
        ("/hsl", "dispute.opened"),
        ("/scheme", "dispute.opened"),
        ("/tlt", "dispute.corrected"),
    ]
    assert {data_of(one)["dispute_id"] for one in town.receiver.requests} == {opened.json["id"]}


@ONE
@pytest.mark.parametrize("role", ROLES)
def test_a_key_takes_the_types_of_its_role_and_is_refused_each_other_by_name(town: Town, role: Role) -> None:
    key = town.api.key(role, "hsl") if role in OPERATOR_ROLES else town.api.key(role)
    if role not in FAMILIES_OF_ROLE:
        assert make(town, key, "run.*").status_code == 403
        return
    for wanted in (*WILDCARDS, *TYPES):
        answer = make(town, key, wanted)
        if wanted.partition(".")[0] in FAMILIES_OF_ROLE[role]:
            assert answer.status_code == 201, (wanted, answer.json)
            town.api.client.delete(
                f"/v1/webhooks/{answer.json['id']}", headers={"Authorization": f"Bearer {key}"}
            )
        else:
            assert answer.status_code == 422, wanted
            assert answer.json["errors"][0]["path"] == "types[0]"
            assert wanted in answer.json["errors"][0]["message"]
    assert make(town, key, "order.eaten").status_code == 422
    assert make(town, key, "*").status_code == 422


def test_the_families_of_a_role_are_those_that_the_project_has_decided() -> None:
    money, runs = {"statement", "dispute"}, {"run"}
    assert {role: set(families) for role, families in FAMILIES_OF_ROLE.items()} == {
        "app": {"order", "refund", "journey", "claim"},
        "operator_staff": runs,
        "operator_finance": money,
        "operator_admin": money | runs,
        "finance": money | runs,
        "admin": money | runs,
    }


@ONE
def test_a_webhook_is_seen_by_its_line_of_keys_and_by_the_administrator_of_its_operator(town: Town) -> None:
    staff = hook(town, town.api.key("operator_staff", "hsl"), "run.*")
    seen = {
        name: town.api.get(staff.path, key).status_code
        for name, key in {
            "itself": staff.key,
            "colleague": town.api.key("operator_staff", "hsl"),
            "admin": town.api.key("operator_admin", "hsl"),
            "other admin": town.api.key("operator_admin", "tallink"),
            "scheme": town.api.key("admin"),
            "app": town.api.key("app"),
        }.items()
    }

    assert seen == {
        "itself": 200,
        "colleague": 404,
        "admin": 200,
        "other admin": 404,
        "scheme": 404,
        "app": 404,
    }
    widened = town.api.client.patch(
        staff.path,
        json={"types": ["statement.ready"]},
        headers={"Authorization": f"Bearer {town.api.key('operator_admin', 'hsl')}"},
    )
    assert widened.status_code == 422


@ONE
def test_an_address_that_is_not_public_is_refused_where_the_service_reaches_the_internet_only(
    api: Any,
) -> None:
    key = api.key("app")
    refused = [
        api.post("/v1/webhooks", {"url": url, "types": ["order.*"]}, key, once=None)
        for url in (
            "http://app.example/",
            "https://127.0.0.1/",
            "https://[fec0::1]/",
            "https://a:b@app.example/",
        )
    ]

    assert [one.status_code for one in refused] == [422] * 4
    assert {one.json["errors"][0]["path"] for one in refused} == {"url"}
