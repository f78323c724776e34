"""The description of the API has no gaps: an app can be built from `/openapi.json` alone."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
import sqlalchemy as sa
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from ticketing.api.description import problem_types
from ticketing.api.description.tables import meanings, operations
from ticketing.api.schemas import closed_sets
from ticketing.app import create_app
from ticketing.config import Settings
from ticketing.db.tables.columns import metadata
from ticketing.errors import Misconfigured, ThroughfareError
from ticketing.regions import Region
from ticketing.rights.claim import Reason
from ticketing.settlement.bank.matching import Kind, Verdict

METHODS = ("get", "post", "put", "patch", "delete")
ON_SQLITE = pytest.mark.parametrize(
    "database_url", ["sqlite"], indirect=True
)  # a description has no database
# Documents that grow without notice: a client reads of them what it knows.
OPEN_DOCUMENTS = {
    "ByHand.values", "Check.claims", "Claim.decision", "Claim.facts", "Confirmation.claims", "Enrolment.bundle_keys",
    "Inspection.values", "JournalEntry.document", "Note.values", "PasskeyAnswer.credential", "PasskeyOptions.public_key",
    "QuotedPassenger.derivation", "RefundCall.body", "RefundReason.values", "Run.accounts", "Run.conversions", "Run.opening",
    "Run.operators", "Run.other", "Run.payments", "Run.rates", "Run.rates_from", "Run.taxes", "Run.unconverted",
    "Validation.values",
}  # fmt: skip
# Words that look like a closed set, and of which the code knows none.
FREE_WORDS = {
    "ClaimStep.reason", "ContactRequest.endpoint", "DocumentKind.kind", "Notice.cause", "Notice.effect",
    "Notice.severity", "OperatorDocument.kind", "PassengerPrice.reason", "Price.reason", "Vehicle.occupancy",
}  # fmt: skip
# A column of the database with a closed list, and the field that tells it.
TOLD_BY_COLUMNS = {
    "Order.state": "ticket_order.state",
    "Payment.state": "payment.state",
    "Refund.state": "refund.state",
    "HeldPlace.state": "booking.state",
    "Delivery.state": "notice.state",
    "RunSummary.state": "settlement_run.state",
    "DisputeStep.state": "dispute_step.state",
    "JournalEntry.kind": "gate_journal.kind",
    "Booking.booked_as": "bank_match.kind",
    "Contact.kind": "contact.kind",
    "Webhook.role": "api_key.role",
}


@pytest.fixture(scope="module")
def described(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory, regions: dict[str, Region]
) -> Iterator[dict[str, Any]]:
    """The description as an app's developer reads it."""
    folder = tmp_path_factory.mktemp("described")
    shutil.copy(sqlite_template, folder / "test.db")
    settings = Settings(database_url=f"sqlite:///{folder / 'test.db'}", keys_folder=folder / "keys")
    app = create_app(settings, regions=regions, announces=False)
    document: dict[str, Any] = app.test_client().get("/openapi.json").json
    yield document
    app.extensions["throughfare"].till.database.close()


def calls(described: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], list[dict[str, Any]]]]:
    """Every operation by `GET /v1/…`, with all its parameters."""
    for path, item in described["paths"].items():
        for method in METHODS:
            if method in item:
                parameters = item.get("parameters", []) + item[method].get("parameters", [])
                yield f"{method.upper()} {path}", item[method], parameters


def fields(described: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every field of every schema by `Order.state`."""
    for schema, document in described["components"]["schemas"].items():
        for name, field in document.get("properties", {}).items():
            yield f"{schema}.{name}", field


def checks_of(described: dict[str, Any], schema: dict[str, Any]) -> Draft202012Validator:
    """A validator of a schema that may name components."""
    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    registry: Registry[Any] = Registry().with_resource(
        "urn:api", Resource.from_contents({**dialect, **described})
    )
    return Draft202012Validator(schema, registry=registry, format_checker=Draft202012Validator.FORMAT_CHECKER)


def words_of(field: dict[str, Any]) -> set[str]:
    """The closed set of a field or of its items."""
    return set(field.get("enum", field.get("items", {}).get("enum", []))) - {None}


def test_the_description_has_no_gap(described: dict[str, Any]) -> None:
    gaps = []
    for call, operation, parameters in calls(described):
        gaps += [
            f"{call}: no {part}"
            for part in ("operationId", "summary", "description", "tags")
            if not operation.get(part)
        ]
        gaps += [
            f"{call}: {one['name']} has no description" for one in parameters if not one.get("description")
        ]
        gaps += [f"{call}: {one['name']} has no example" for one in parameters if "example" not in one]
        for status, answer in operation["responses"].items():
            contents = answer.get("content", {})
            gaps += [] if {"description", "$ref"} & set(answer) else [f"{call} {status}: no description"]
            gaps += [
                f"{call} {status}: no schema" for content in contents.values() if not content.get("schema")
            ]
            if status in {"200", "201", "202"} and not contents:
                gaps.append(f"{call} {status}: an answer without content")
        if not any(status.startswith("2") for status in operation["responses"]):
            gaps.append(f"{call}: nothing that succeeds")
    for name, document in described["components"]["schemas"].items():
        gaps += [] if document.get("description") else [f"{name} has no description"]
    gaps += [
        f"{name} has no description" for name, field in fields(described) if not field.get("description")
    ]

    assert gaps == []


def test_every_operation_has_a_short_title_and_an_id_of_its_own_in_camel_case(
    described: dict[str, Any],
) -> None:
    ids = [operation["operationId"] for _, operation, _ in calls(described)]

    assert len(ids) == len(set(ids)) == len(operations())
    assert [one for one in ids if not re.fullmatch(r"[a-z]+([A-Z][a-z]+)*", one)] == []
    assert [
        operation["summary"] for _, operation, _ in calls(described) if len(operation["summary"]) > 90
    ] == []


def test_no_line_of_the_tables_is_about_something_that_is_not_there(described: dict[str, Any]) -> None:
    there = {name for name, _ in fields(described)}
    every = {name.partition(".")[2] for name in there}
    schemas = described["components"]["schemas"]
    parameters = {one["name"] for _, _, parameters in calls(described) for one in parameters}

    assert set(operations()) == {call for call, _, _ in calls(described)}
    assert set(meanings()["parameters"]) - parameters == set()
    assert set(meanings()["every"]) - every == set()
    assert [
        f"{schema}.{name}"
        for schema, rows in meanings().items()
        if schema not in {"every", "parameters"}
        for name in rows
        if name not in schemas.get(schema, {}).get("properties", {})
    ] == []


def test_every_example_is_as_its_schema_says(described: dict[str, Any]) -> None:
    wrong = []
    for name, field in fields(described):
        checks = checks_of(described, {key: value for key, value in field.items() if key != "examples"})
        wrong += [f"{name}: {one!r}" for one in field.get("examples", []) if not checks.is_valid(one)]
    for call, _, parameters in calls(described):
        wrong += [
            f"{call} {one['name']}: {one['example']!r}"
            for one in parameters
            if not Draft202012Validator(one["schema"]).is_valid(one["example"])
        ]

    assert wrong == []


def test_an_open_document_says_that_it_is_one(described: dict[str, Any]) -> None:
    opened = {
        name
        for name, field in fields(described)
        if (field.get("items") or field).get("additionalProperties", None) == {}
    }

    assert opened == OPEN_DOCUMENTS


def test_a_word_of_a_closed_set_names_the_set(described: dict[str, Any]) -> None:
    kinds = re.compile(
        r"\.(state|status|kind|mode|role|verdict|language|gateway|type|off_because|result|encoding|step)$"
    )
    free = {
        name
        for name, field in fields(described)
        if kinds.search(name) and "string" in str(field.get("type")) and not words_of(field)
    }

    assert free - FREE_WORDS == set()


@pytest.mark.parametrize(("field", "column"), TOLD_BY_COLUMNS.items())
def test_a_closed_set_is_that_of_its_column(described: dict[str, Any], field: str, column: str) -> None:
    schema, _, name = field.partition(".")
    told = words_of(described["components"]["schemas"][schema]["properties"][name])

    assert told == _allowed(column)


def _allowed(column: str) -> set[str]:
    """The words that the database takes in a column."""
    table, _, name = column.partition(".")
    checks = [
        str(one.sqltext)
        for one in metadata.tables[table].constraints
        if isinstance(one, sa.CheckConstraint) and str(one.sqltext).startswith(f"{name} IN")
    ]
    return set(re.findall(r"'(\w+)'", checks[0]))


def types_of(kind: type[ThroughfareError]) -> Iterator[str]:
    """The codes of an error and of all errors below it."""
    yield kind.code
    for one in kind.__subclasses__():
        yield from types_of(one)


def test_every_error_of_the_service_is_a_type_that_is_described(described: dict[str, Any]) -> None:
    raised = set(types_of(ThroughfareError)) - {ThroughfareError.code, Misconfigured.code}
    told = {
        path.rpartition("/")[2]
        for answer in described["components"]["responses"].values()
        for path in answer["x-problem-types"]
    }

    assert raised - set(problem_types()) == set()
    assert raised - {"event_refused"} - told == set()
    assert words_of(described["components"]["schemas"]["Problem"]["properties"]["code"]) == set(
        problem_types()
    )


def test_every_error_answer_is_a_problem_document_with_its_types(described: dict[str, Any]) -> None:
    checks = checks_of(described, {"$ref": "urn:api#/components/schemas/Problem"})
    for name, answer in described["components"]["responses"].items():
        (media_type,) = answer["content"]
        assert media_type == "application/problem+json", name
        assert answer["content"][media_type]["schema"] == {"$ref": "#/components/schemas/Problem"}
        assert answer["x-problem-types"]
        examples = [one["value"] for one in answer["content"][media_type]["examples"].values()]
        assert [one["type"] for one in examples] == answer["x-problem-types"]
        assert [one for one in examples if not checks.is_valid(one)] == []
    for call, operation, _ in calls(described):
        refused = {status for status in operation["responses"] if status[0] in "45"}
        assert {"400", "429", "500", "503"} <= refused, call
        assert "default" not in operation["responses"]


def test_the_closed_sets_name_their_words_once() -> None:
    for name, words in vars(closed_sets).items():
        if name.isupper() and isinstance(words, tuple):
            assert len(words) == len(set(words)), name
    assert get_args(Reason) == closed_sets.CLAIM_REASONS
    assert get_args(Verdict) == closed_sets.BANK_VERDICTS
    assert get_args(Kind) == closed_sets.MOVEMENT_KINDS
