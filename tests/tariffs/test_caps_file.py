"""The file of caps: what each column means, and each fault with its line, its field and what is wrong."""

from datetime import date

import pytest

from tariffs.caps import Cap, load
from tariffs.money import Money
from tests.tariffs.island import table

HEADER = (
    "cap_id,operators,networks,rider,medium,window,window_arg,amount,currency,party_scope,valid_from,valid_to"
)


def faults(*rows: str) -> list[tuple[int, str, str, str]]:
    _, findings = load(table(HEADER, *rows))
    return [(one.row, one.field, one.code, one.message) for one in findings]


def test_every_column_of_a_cap_is_read() -> None:
    row = "day,tlt hsl,city coast,adult,card,service_day,04:30,7.00,EUR,everybody,2026-01-01,2026-12-31"

    found, findings = load(table(HEADER, row))

    assert findings == []
    assert found == [
        Cap(
            id="day",
            operators=frozenset({"tlt", "hsl"}),
            networks=frozenset({"city", "coast"}),
            rider="adult",
            medium="card",
            window="service_day",
            argument=4 * 3600 + 30 * 60,
            limit=Money(700, "EUR"),
            party="everybody",
            valid_from=date(2026, 1, 1),
            valid_to=date(2026, 12, 31),
        )
    ]


def test_what_is_left_empty_stands_for_any_and_a_cap_is_its_holders() -> None:
    found, findings = load(table(HEADER, "week,,,,,iso_week,,20.00,EUR,,,"))

    assert findings == []
    assert found == [
        Cap(
            id="week",
            networks=frozenset(),
            rider=None,
            medium=None,
            window="iso_week",
            argument=0,
            limit=Money(2000, "EUR"),
            party="holder",
        )
    ]
    assert (found[0].valid_from, found[0].valid_to) == (date.min, date.max)


def test_a_service_day_begins_at_midnight_where_nothing_is_said() -> None:
    found, _ = load(table(HEADER, "day,,,,,service_day,,7.00,EUR,,,"))

    assert [cap.argument for cap in found] == [0]


@pytest.mark.parametrize(("seconds", "good"), [(0, False), (1, True), (2_678_400, True), (2_678_401, False)])
def test_a_rolling_window_lasts_between_a_second_and_a_month(seconds: int, good: bool) -> None:
    found, findings = load(table(HEADER, f"roll,,,,,rolling,{seconds},7.00,EUR,,,"))

    assert [(one.field, one.code, one.message) for one in findings] == (
        [] if good else [("window_arg", "invalid_duration", "between a second and a month")]
    )
    assert [cap.argument for cap in found if good] == ([seconds] if good else [])


@pytest.mark.parametrize(("amount", "good"), [("0.00", True), ("-0.01", False)])
def test_a_cap_may_make_everything_free_and_is_never_negative(amount: str, good: bool) -> None:
    wanted = [] if good else [(2, "amount", "invalid_amount", "a cap must not be negative")]

    assert faults(f"free,,,,,calendar_day,,{amount},EUR,,,") == wanted


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (
            "c,,,,,fortnight,,1.00,EUR,,,",
            (
                "window",
                "invalid_enum",
                "'fortnight' is not one of calendar_day, service_day, rolling, iso_week, calendar_month",
            ),
        ),
        (
            "c,,,,,calendar_day,,1.00,EUR,friends,,",
            ("party_scope", "invalid_enum", "'friends' is neither holder nor everybody"),
        ),
        (
            "c,,,,,calendar_day,,1.0,EUR,,,",
            ("amount", "invalid_amount", "'1.0' needs exactly 2 decimals in EUR"),
        ),
        (
            "c,,,,,calendar_day,5,1.00,EUR,,,",
            ("window_arg", "forbidden_value", "a calendar_day takes no argument"),
        ),
        ("c,,,,,rolling,,1.00,EUR,,,", ("window_arg", "missing_value", "window_arg is required")),
        (
            "c,,,,,rolling,1h,1.00,EUR,,,",
            ("window_arg", "invalid_integer", "'1h' is not a whole number of seconds"),
        ),
        (
            "c,,,,,service_day,25:00,1.00,EUR,,,",
            ("window_arg", "invalid_time", "'25:00' is not a time like 04:00"),
        ),
        (",,,,,calendar_day,,1.00,EUR,,,", ("cap_id", "missing_value", "cap_id is required")),
        (
            "c,,,,,calendar_day,,1.00,EUR,,2026-02-01,2026-01-31",
            ("valid_to", "end_before_start", "2026-01-31 is before 2026-02-01"),
        ),
        (
            "c,,,,,calendar_day,,1.00,EUR,,soon,",
            ("valid_from", "invalid_date", "'soon' is not a date like 2026-01-31"),
        ),
    ],
)
def test_a_fault_says_where_it_is_and_what_is_wrong(row: str, fault: tuple[str, str, str]) -> None:
    assert faults(row) == [(2, *fault)]


def test_a_row_with_a_fault_is_no_cap_and_the_others_are() -> None:
    found, findings = load(
        table(
            HEADER,
            "a,,,,,fortnight,,1.00,EUR,,,",
            "b,,,,,calendar_day,,1.00,EUR,friends,,",
            "c,,,,,service_day,25:00,1.00,EUR,,,",
            ",,,,,calendar_day,,1.00,EUR,,,",
            "e,,,,,calendar_day,,1.0,EUR,,,",
            "good,,,,,calendar_day,,1.00,EUR,,,",
        )
    )

    assert [cap.id for cap in found] == ["good"]
    assert [one.row for one in findings] == [2, 3, 4, 5, 6]


def test_a_name_is_given_once_and_the_first_one_holds() -> None:
    found, findings = load(
        table(HEADER, "day,,,,,calendar_day,,1.00,EUR,,,", "day,,,,,calendar_day,,2.00,EUR,,,")
    )

    assert [(cap.id, cap.limit.minor) for cap in found] == [("day", 100)]
    assert [(one.row, one.field, one.code, one.message) for one in findings] == [
        (3, "cap_id", "duplicate_key", "'day' is repeated")
    ]


@pytest.mark.parametrize("missing", ["cap_id", "window", "amount", "currency"])
def test_a_column_that_must_be_there_is_named(missing: str) -> None:
    header = HEADER.replace(missing, "unknown", 1)

    _, findings = load(table(header))

    assert [(one.file, one.row, one.field, one.code) for one in findings] == [
        ("caps.csv", 1, missing, "missing_column")
    ]


def test_a_region_without_caps_has_none() -> None:
    assert load("") == ([], [])
