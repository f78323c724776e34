"""VAT by Member State and distance: the rows of the file, the row that holds on a day, and how a price is split over rows."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tariffs.findings import errors
from tariffs.taxes import Stretch, TaxKey, TaxRow, TaxRule, TaxTable, UnknownTax, load, split
from tests.tariffs.island import table

HEADER = "member_state,mode,scope,treatment,rate,valid_from,valid_to,source,verified"
DAY = date(2026, 3, 4)
YEAR = (date(2026, 1, 1), date(2026, 12, 31))
NEEDS_RATE = "a taxable row needs a rate above zero; where no VAT is charged it is zero, exempt or outside"
FINNISH = "FI,any,domestic,taxable,13.50,2026-01-01,,vero.fi,yes"


def read(*rows: str) -> TaxTable:
    found, findings = load(table(HEADER, *rows))
    assert findings == []
    return found


def faults(*rows: str) -> list[tuple[int, str, str, str]]:
    _, findings = load(table(HEADER, *rows))
    return [(one.row, one.field, one.code, one.message) for one in findings]


def stretch(state: str = "FI", metres: int = 1000, **more: Any) -> Stretch:
    known: dict[str, Any] = {"operator": "hsl", "mode": "tram", "scope": "domestic", "day": DAY}
    return Stretch(member_state=state, metres=metres, **(known | more))


def test_every_column_of_a_row_is_read() -> None:
    found = read(
        "FI,bus,domestic,taxable,13.50,2026-01-01,2026-12-31,vero.fi,yes",
        "FI,ship,international,zero,,2000-01-01,,memory,no",
    )

    assert found.rules == {
        "FI": (
            TaxRule(
                member_state="FI",
                mode="bus",
                scope="domestic",
                treatment="taxable",
                rate_bp=1350,
                valid_from=date(2026, 1, 1),
                valid_to=date(2026, 12, 31),
                verified=True,
            ),
            TaxRule(
                member_state="FI",
                mode="ship",
                scope="international",
                treatment="zero",
                rate_bp=0,
                valid_from=date(2000, 1, 1),
                valid_to=date.max,
                verified=False,
            ),
        )
    }


@pytest.mark.parametrize("treatment", ["zero", "exempt", "exempt_with_credit", "outside"])
def test_what_is_not_taxed_has_no_rate(treatment: str) -> None:
    assert faults(f"FI,any,domestic,{treatment},0.00,2026-01-01,,x,no") == []
    assert faults(f"FI,any,domestic,{treatment},5.00,2026-01-01,,x,no") == [
        (2, "rate", "forbidden_value", f"a row that is {treatment} has no rate")
    ]


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (
            "FI,any,regional,taxable,5.00,2026-01-01,,x,no",
            ("scope", "invalid_enum", "'regional' is neither domestic nor international"),
        ),
        (
            "FI,any,domestic,free,,2026-01-01,,x,no",
            (
                "treatment",
                "invalid_enum",
                "'free' is not one of taxable, zero, exempt, exempt_with_credit, outside",
            ),
        ),
        (
            "FI,any,domestic,taxable,,2026-01-01,,x,no",
            ("rate", "missing_value", NEEDS_RATE),
        ),
        (
            "FI,any,domestic,taxable,0.00,2026-01-01,,x,no",
            ("rate", "missing_value", NEEDS_RATE),
        ),
        (
            "FI,any,domestic,taxable,5.00,soon,,x,no",
            ("valid_from", "invalid_date", "'soon' is not a date like 2026-01-31"),
        ),
        (
            "FI,any,domestic,taxable,5.00,2026-01-01,late,x,no",
            ("valid_to", "invalid_date", "'late' is not a date like 2026-01-31"),
        ),
        (
            "FI,any,domestic,taxable,5.00,,,x,no",
            ("valid_from", "missing_value", "valid_from is required"),
        ),
        (
            "FI,any,domestic,taxable,5.00,2026-01-01,,x,maybe",
            ("verified", "invalid_enum", "'maybe' is neither yes nor no"),
        ),
        (
            ",any,domestic,taxable,5.00,2026-01-01,,x,no",
            ("member_state", "missing_value", "member_state is required"),
        ),
        ("FI,,domestic,taxable,5.00,2026-01-01,,x,no", ("mode", "missing_value", "mode is required")),
        (
            "FI,buses,domestic,taxable,5.00,2026-01-01,,x,no",
            (
                "mode",
                "invalid_enum",
                "'buses' is not one of any, bus, tram, metro, rail, ferry, ship, road, air",
            ),
        ),
        (
            "Finland,any,domestic,taxable,5.00,2026-01-01,,x,no",
            ("member_state", "invalid_enum", "'Finland' is not a state by its two letters, like PL"),
        ),
        (
            "FI,any,domestic,taxable,0.14,2026-01-01,,x,no",
            ("rate", "doubtful_rate", "0.14 % is hardly the rate of a state: write 8.00 for 8 %"),
        ),
    ],
)
def test_a_fault_says_where_it_is_and_what_is_wrong(row: str, fault: tuple[str, str, str]) -> None:
    assert faults(row) == [(2, *fault)]


@pytest.mark.parametrize(
    ("field", "row"),
    [("scope", "FI,any,,taxable,5.00,2026-01-01,,x,no"), ("treatment", "FI,any,domestic,,,2026-01-01,,x,no")],
)
def test_what_is_missing_is_named_before_it_is_held_against_its_list(field: str, row: str) -> None:
    assert [(one[1], one[2]) for one in faults(row)] == [(field, "missing_value"), (field, "invalid_enum")]


@pytest.mark.parametrize(
    ("rate", "points"),
    [
        ("0.01", 1),
        ("13.5", 1350),
        ("99.99", 9999),
        ("100", None),
        ("-1", None),
        ("13.505", None),
        ("x", None),
    ],
)
def test_a_rate_is_a_percentage_below_a_hundred_with_two_decimals_at_most(
    rate: str, points: int | None
) -> None:
    found, findings = load(table(HEADER, f"FI,any,domestic,taxable,{rate},2026-01-01,,x,no"))

    if points is None:
        assert [(one.field, one.code, one.message) for one in findings] == [
            ("rate", "invalid_rate", f"{rate!r} is not a percentage like 13.50"),
            ("rate", "missing_value", NEEDS_RATE),
        ]
    else:
        assert (errors(findings), found.rules["FI"][0].rate_bp) == ([], points)


def test_a_row_that_cannot_be_understood_is_left_out_and_the_others_stay() -> None:
    found, findings = load(
        table(
            HEADER,
            "FI,any,regional,taxable,5.00,2026-01-01,,x,no",
            "FI,any,domestic,free,,2026-01-01,,x,no",
            "FI,any,domestic,taxable,5.00,,,x,no",
            FINNISH,
        )
    )

    assert [rule.rate_bp for rule in found.rules["FI"]] == [1350]
    assert [one.row for one in findings] == [2, 3, 4]


@pytest.mark.parametrize(
    ("second", "overlaps"),
    [
        ("FI,any,domestic,taxable,14.00,2026-06-30,,x,no", True),
        ("FI,any,domestic,taxable,14.00,2026-07-01,,x,no", False),
        ("FI,any,domestic,taxable,14.00,2025-01-01,2026-01-01,x,no", True),
        ("FI,any,domestic,taxable,14.00,2025-01-01,2025-12-31,x,no", False),
        ("FI,any,international,taxable,14.00,2026-03-01,,x,no", False),
        ("FI,bus,domestic,taxable,14.00,2026-03-01,,x,no", False),
        ("EE,any,domestic,taxable,14.00,2026-03-01,,x,no", False),
    ],
)
def test_two_rates_never_hold_on_one_day(second: str, overlaps: bool) -> None:
    first = "FI,any,domestic,taxable,13.50,2026-01-01,2026-06-30,x,no"

    found = faults(first, second)

    assert found == (
        [(3, "valid_from", "overlapping_rates", "another row covers the same days")] if overlaps else []
    )


@pytest.mark.parametrize(
    "missing", ["member_state", "mode", "scope", "treatment", "rate", "valid_from", "verified"]
)
def test_a_column_that_must_be_there_is_named(missing: str) -> None:
    columns = ["unknown" if name == missing else name for name in HEADER.split(",")]

    _, findings = load(table(",".join(columns)))

    assert [(one.file, one.row, one.field, one.code) for one in findings] == [
        ("taxes.csv", 1, missing, "missing_column")
    ]


def test_a_rate_holds_from_its_first_day_to_its_last() -> None:
    rates = read(
        "FI,any,domestic,taxable,14.00,2025-01-01,2025-12-31,x,no",
        "FI,any,domestic,taxable,13.50,2026-01-01,2026-12-31,x,yes",
    )

    def rate(day: date) -> int | None:
        try:
            return rates.key_of(stretch(day=day)).rate_bp
        except UnknownTax:
            return None

    assert [rate(date(2024, 12, 31)), rate(date(2025, 1, 1)), rate(date(2025, 12, 31))] == [None, 1400, 1400]
    assert [rate(date(2026, 1, 1)), rate(date(2026, 12, 31)), rate(date(2027, 1, 1))] == [1350, 1350, None]


@pytest.mark.parametrize(
    ("mode", "rows", "rate"),
    [
        ("tram", ["any", "tram"], "tram"),
        ("tram", ["any"], "any"),
        ("tram", ["road", "tram"], "tram"),
        ("ferry", ["any", "ship", "ferry"], "ferry"),
        ("ferry", ["any", "ship"], "ship"),
        ("bus", ["any", "road", "bus"], "bus"),
        ("bus", ["any", "road"], "road"),
        ("tram", ["road", "ship"], None),
    ],
)
def test_a_modes_own_row_comes_before_a_wider_one(mode: str, rows: list[str], rate: str | None) -> None:
    rates = {name: at + 1 for at, name in enumerate(rows)}
    known = read(*(f"FI,{name},domestic,taxable,{at}.00,2026-01-01,,x,no" for name, at in rates.items()))

    assert known.covers("FI", mode, "domestic", YEAR) == (rate is not None)
    if rate is None:
        with pytest.raises(UnknownTax, match=r"^no VAT row for domestic tram in FI on 2026-03-04$"):
            known.key_of(stretch(mode=mode))
    else:
        assert known.key_of(stretch(mode=mode)) == TaxKey(
            member_state="FI",
            mode=mode,
            scope="domestic",
            treatment="taxable",
            rate_bp=100 * rates[rate],
            verified=False,
        )


def test_a_scope_or_a_state_without_a_row_is_not_guessed() -> None:
    known = read(FINNISH)

    with pytest.raises(UnknownTax, match="international tram in FI"):
        known.key_of(stretch(scope="international"))
    with pytest.raises(UnknownTax, match="domestic tram in EE"):
        known.key_of(stretch("EE"))
    assert not known.covers("EE", "tram", "domestic", YEAR)
    assert not known.covers("FI", "tram", "international", YEAR)


@pytest.mark.parametrize(
    ("first", "last", "covered"),
    [
        ("2026-06-30", "2026-06-30", False),
        ("2026-06-30", "2026-07-01", True),
        ("2026-12-31", "2027-03-01", True),
        ("2027-01-01", "2027-03-01", False),
    ],
)
def test_a_row_covers_a_span_that_it_shares_a_day_with(first: str, last: str, covered: bool) -> None:
    known = read("FI,any,domestic,taxable,13.50,2026-07-01,2026-12-31,x,no")

    span = (date.fromisoformat(first), date.fromisoformat(last))
    assert known.covers("FI", "tram", "domestic", span) is covered


BOTH = (FINNISH, "EE,any,domestic,taxable,24.00,2025-07-01,,memory,no")


def test_a_price_is_split_by_metres_and_vat_is_taken_out_of_each_row() -> None:
    rows = split([(1000, (stretch("FI", 3000), stretch("EE", 1000, operator="tlt")))], read(*BOTH))

    assert [(row.key.member_state, row.metres, row.gross, row.vat, row.vat_by_operator) for row in rows] == [
        ("EE", 1000, 250, 48, (("tlt", 48),)),
        ("FI", 3000, 750, 89, (("hsl", 89),)),
    ]


def test_vat_of_half_a_cent_is_rounded_up_once_a_row() -> None:
    quarter = read("FI,any,domestic,taxable,25.00,2026-01-01,,x,no")

    halves = split([(1, (stretch(),)), (1, (stretch(),)), (1, (stretch(),))], quarter)
    once = split([(5, (stretch(),))], read("FI,any,domestic,taxable,11.00,2026-01-01,,x,no"))

    assert [(row.gross, row.vat) for row in halves] == [(3, 1)]
    assert [(row.gross, row.vat) for row in once] == [(5, 0)]


def test_each_price_is_split_by_its_own_stretches() -> None:
    rows = split(
        [(1000, (stretch("FI"),)), (500, (stretch("EE"),)), (100, (stretch("FI", 500),))], read(*BOTH)
    )

    assert [(row.key.member_state, row.metres, row.gross) for row in rows] == [
        ("EE", 1000, 500),
        ("FI", 1500, 1100),
    ]


def test_a_stretch_without_metres_weighs_one_and_counts_none() -> None:
    """A traveller without a ride has a tax all the same."""
    rows = split([(10, (stretch("FI", 0), stretch("EE", 4)))], read(*BOTH))
    alone = split([(1135, (stretch("FI", 0), stretch("FI", 3, operator="vr")))], read(*BOTH))

    assert [(row.key.member_state, row.metres, row.gross) for row in rows] == [("EE", 4, 8), ("FI", 0, 2)]
    assert [(row.metres, row.vat_by_operator) for row in alone] == [(3, (("hsl", 34), ("vr", 101)))]


def test_stretches_of_one_row_count_together_and_operators_share_its_vat_by_metres() -> None:
    price = (stretch("FI", 1000, operator="vr"), stretch("FI", 500), stretch("FI", 1500), stretch("EE", 1000))

    rows = split([(2270, price)], read(*BOTH))

    assert [(row.key.member_state, row.metres, row.gross) for row in rows] == [
        ("EE", 1000, 568),
        ("FI", 3000, 1702),
    ]
    assert (rows[1].vat, rows[1].vat_by_operator) == (202, (("hsl", 135), ("vr", 67)))


def test_rows_come_in_the_order_of_states_modes_scopes_and_rates() -> None:
    known = read(
        "FI,any,domestic,taxable,13.50,2026-01-01,2026-03-04,x,yes",
        "FI,any,domestic,taxable,9.00,2026-03-05,,x,yes",
        "FI,any,international,zero,,2026-01-01,,x,no",
    )
    stretches = (
        stretch(mode="tram", scope="international"),
        stretch(mode="tram"),
        stretch(mode="tram", day=date(2026, 3, 5)),
        stretch(mode="bus"),
    )

    rows = split([(400, stretches)], known)

    assert [(row.key.mode, row.key.scope, row.key.rate_bp) for row in rows] == [
        ("bus", "domestic", 1350),
        ("tram", "domestic", 900),
        ("tram", "domestic", 1350),
        ("tram", "international", 0),
    ]


def test_a_spare_cent_of_a_price_goes_to_the_row_that_misses_most_of_one() -> None:
    rows = split([(10, (stretch("EE", 1), stretch("FI", 1), stretch("FI", 1)))], read(*BOTH))

    assert [(row.key.member_state, row.gross) for row in rows] == [("EE", 3), ("FI", 7)]


def test_of_rows_that_miss_as_much_the_spare_cent_goes_to_the_row_that_comes_first() -> None:
    rows = split([(101, (stretch("FI"), stretch("EE")))], read(*BOTH))

    assert [(row.key.member_state, row.gross) for row in rows] == [("EE", 51), ("FI", 50)]


def test_nothing_has_no_tax() -> None:
    assert split([], read(FINNISH)) == []


@given(
    st.lists(
        st.tuples(
            st.integers(-5000, 5000),
            st.lists(
                st.tuples(st.sampled_from(["FI", "EE"]), st.sampled_from("abc"), st.integers(0, 9999)),
                min_size=1,
                max_size=4,
            ),
        ),
        max_size=4,
    )
)
def test_the_rows_are_the_price_and_the_shares_of_a_row_are_its_vat(
    items: list[tuple[int, list[tuple[str, str, int]]]],
) -> None:
    prices = [
        (amount, tuple(stretch(state, metres, operator=operator) for state, operator, metres in parts))
        for amount, parts in items
    ]

    rows: list[TaxRow] = split(prices, read(*BOTH))

    assert sum(row.gross for row in rows) == sum(amount for amount, _ in prices)
    assert all(sum(part for _, part in row.vat_by_operator) == row.vat for row in rows)
    assert sum(row.metres for row in rows) == sum(metres for _, parts in items for _, _, metres in parts)
