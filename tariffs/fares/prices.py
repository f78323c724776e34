"""Read what rides cost: riders, media, products, timeframes and the three kinds of rules."""

import re
from collections.abc import Mapping

from tariffs.calendars import Service
from tariffs.fares.tables import JoinRule, LegRule, Product, Timeframe, TransferRule
from tariffs.findings import Finding
from tariffs.money import MoneyError, exponent, parse
from tariffs.table import Row, Table, known, unique

_DAY_SECONDS = 24 * 3600
_MEDIA_TYPES = {"0", "1", "2", "3", "4"}
_TRANSFER_TYPES = {"0", "1", "2"}
_DURATION_TYPES = {"0", "1", "2", "3"}


def read_riders(table: Table) -> dict[str, bool]:
    """Read the rider categories: id → whether it is the default."""
    table.require("rider_category_id")
    riders: dict[str, bool] = {}
    for row in table.rows():
        rider = row.required("rider_category_id")
        default = row.text("is_default_fare_category")
        if default not in {"", "0", "1"}:
            row.fault("is_default_fare_category", "invalid_enum", f"{default!r} is neither 0 nor 1")
        for field in ("min_age", "max_age"):
            row.parsed(field, _whole, "invalid_integer", "a whole number")
        if unique(row, "rider_category_id", rider, riders):
            riders[rider] = default == "1"
    return riders


def read_media(table: Table) -> set[str]:
    """Read the ids of the fare media."""
    table.require("fare_media_id", "fare_media_type")
    media: set[str] = set()
    for row in table.rows():
        medium = row.required("fare_media_id")
        kind = row.required("fare_media_type")
        if kind and kind not in _MEDIA_TYPES:
            row.fault("fare_media_type", "invalid_enum", f"{kind!r} is not a fare media type")
        if unique(row, "fare_media_id", medium, media):
            media.add(medium)
    return media


def read_products(
    table: Table, riders: Mapping[str, bool], media: set[str], findings: list[Finding]
) -> tuple[dict[str, tuple[Product, ...]], set[str]]:
    """Read the products: id → its price rows by rider and medium. One default rider is eligible for each.

    The second answer are all ids, those of faulty rows too: one wrong price is one fault, not two.
    """
    table.require("fare_product_id", "amount", "currency")
    rows: dict[tuple[str, str, str], Product] = {}
    ids: set[str] = set()
    for row in table.rows():
        ids.add(row.text("fare_product_id"))
        product, rider = row.required("fare_product_id"), row.text("rider_category_id")
        medium = row.text("fare_media_id")
        known(row, "rider_category_id", rider, riders)
        known(row, "fare_media_id", medium, media)
        key = (product, rider, medium)
        if key in rows:
            row.fault("fare_product_id", "duplicate_key", f"{product!r} has this rider and medium twice")
            continue
        amount, currency = row.required("amount"), row.required("currency")
        if not (product and amount and currency):
            continue
        try:
            exponent(currency)
        except MoneyError as error:
            row.fault("currency", "invalid_currency", str(error))
            continue
        try:
            price = parse(amount, currency)
        except MoneyError as error:
            row.fault("amount", "invalid_amount", str(error))
            continue
        name = row.text("fare_product_name")
        rows[key] = Product(
            id=product, name=name, rider=rider or None, medium=medium or None, price=price, line=row.line
        )
    products: dict[str, list[Product]] = {}
    for row_product in rows.values():
        products.setdefault(row_product.id, []).append(row_product)
    _check_defaults(table.file, products, riders, findings)
    return {product: tuple(row_product) for product, row_product in products.items()}, ids


def _check_defaults(
    file: str, products: Mapping[str, list[Product]], riders: Mapping[str, bool], findings: list[Finding]
) -> None:
    """Check that exactly one of the riders eligible for one product is the default (GTFS, rider_categories.txt)."""
    for product, rows in products.items():
        eligible = {row.rider for row in rows if row.rider in riders}
        defaults = sorted(rider for rider in eligible if rider is not None and riders[rider])
        if len(defaults) > 1:
            message = f"{product!r} has several default riders: {', '.join(defaults)}"
            findings.append(
                Finding(file, rows[0].line, "rider_category_id", "several_default_riders", message)
            )
        elif len(eligible) > 1 and not defaults:
            message = f"{product!r} has several riders and none is the default"
            findings.append(
                Finding(
                    file=file,
                    row=rows[0].line,
                    field="rider_category_id",
                    code="no_default_rider",
                    message=message,
                    severity="warning",
                )
            )


def read_timeframes(table: Table, services: Mapping[str, Service]) -> dict[str, tuple[Timeframe, ...]]:
    """Read the timeframes: group → its rows, which are alternatives."""
    table.require("timeframe_group_id", "service_id")
    groups: dict[str, list[Timeframe]] = {}
    seen: set[str] = set()
    for row in table.rows():
        group, service = row.required("timeframe_group_id"), row.required("service_id")
        known(row, "service_id", service, services)
        start, end = _clock(row, "start_time", 0), _clock(row, "end_time", _DAY_SECONDS)
        groups.setdefault(group, [])
        if start is None or end is None or not group:
            continue
        if bool(row.text("start_time")) != bool(row.text("end_time")):
            row.fault("start_time", "missing_value", "start_time and end_time go together")
        if end <= start:
            row.fault("end_time", "end_before_start", "the timeframe ends before it starts")
            continue
        key = f"{group}\0{start}\0{end}\0{service}"
        if unique(row, "timeframe_group_id", key, seen):
            seen.add(key)
            _refuse_overlap(row, groups.get(group, []), Timeframe(start, end, service))
            groups.setdefault(group, []).append(Timeframe(start, end, service))
    return {group: tuple(rows) for group, rows in groups.items()}


def _refuse_overlap(row: Row, earlier: list[Timeframe], new: Timeframe) -> None:
    """GTFS forbids two rows of one group and service that overlap: nobody could tell which of them holds."""
    if any(old.service == new.service and old.start < new.end and new.start < old.end for old in earlier):
        row.fault("start_time", "overlapping_timeframe", "the timeframe overlaps another of its group")


def read_area_sets(sets: Table, elements: Table, areas: set[str]) -> dict[str, frozenset[str]]:
    """Read area sets (our extension): id → its areas."""
    sets.require("area_set_id")
    areas_of: dict[str, set[str]] = {}
    for row in sets.rows():
        if unique(row, "area_set_id", row.required("area_set_id"), areas_of):
            areas_of[row.text("area_set_id")] = set()
    elements.require("area_set_id", "area_id")
    for row in elements.rows():
        area_set, area = row.required("area_set_id"), row.required("area_id")
        known(row, "area_set_id", area_set, areas_of)
        known(row, "area_id", area, areas)
        if area in areas_of.get(area_set, ()):
            row.fault("area_id", "duplicate_key", f"the area {area} is in the set {area_set} twice")
        areas_of.setdefault(area_set, set()).add(area)
    return {area_set: frozenset(members) for area_set, members in areas_of.items()}


def read_leg_rules(table: Table, ids: Mapping[str, "Mapping[str, object] | set[str]"]) -> tuple[LegRule, ...]:
    """Read the leg rules; `ids` maps each reference column to the ids that it may name."""
    table.require("fare_product_id")
    rules: list[LegRule] = []
    seen: set[str] = set()
    for row in table.rows():
        product = row.required("fare_product_id")
        for field, defined in ids.items():
            known(row, field, row.text(field), defined)
        priority = row.parsed("rule_priority", _whole, "invalid_integer", "a whole number")
        rule = LegRule(
            line=row.line,
            group=row.text("leg_group_id") or None,
            network=row.text("network_id") or None,
            from_area=row.text("from_area_id") or None,
            to_area=row.text("to_area_id") or None,
            from_timeframe=row.text("from_timeframe_group_id") or None,
            to_timeframe=row.text("to_timeframe_group_id") or None,
            product=product,
            priority=priority or 0,
            contains_exactly=row.text("contains_exactly_area_set_id") or None,
            contains=row.text("contains_area_set_id") or None,
        )
        key = "\0".join(
            part or ""
            for part in (
                rule.network,
                rule.from_area,
                rule.to_area,
                rule.from_timeframe,
                rule.to_timeframe,
                product,
                rule.contains_exactly,
                rule.contains,
            )
        )
        if unique(row, "fare_product_id", key, seen):
            seen.add(key)
            rules.append(rule)
    return tuple(rules)


def read_join_rules(table: Table, networks: set[str], stops: Mapping[str, object]) -> tuple[JoinRule, ...]:
    """Read the join rules; the stops of a rule come both or not at all."""
    table.require("from_network_id", "to_network_id")
    rules: list[JoinRule] = []
    seen: set[str] = set()
    for row in table.rows():
        ends = (row.required("from_network_id"), row.required("to_network_id"))
        from_stop, to_stop = row.text("from_stop_id"), row.text("to_stop_id")
        known(row, "from_network_id", ends[0], networks)
        known(row, "to_network_id", ends[1], networks)
        if stops:
            known(row, "from_stop_id", from_stop, stops)
            known(row, "to_stop_id", to_stop, stops)
        if bool(from_stop) != bool(to_stop):
            empty = "to_stop_id" if from_stop else "from_stop_id"
            row.fault(empty, "missing_value", "from_stop_id and to_stop_id go together")
            continue
        if unique(row, "from_network_id", "\0".join((*ends, from_stop, to_stop)), seen):
            seen.add("\0".join((*ends, from_stop, to_stop)))
            rules.append(JoinRule(row.line, *ends, from_stop or None, to_stop or None, _compulsory(row)))
    return tuple(rules)


def read_transfer_rules(table: Table, groups: set[str], products: set[str]) -> tuple[TransferRule, ...]:
    """Read the transfer rules with the conditions that GTFS puts between their fields."""
    table.require("fare_transfer_type")
    rules: list[TransferRule] = []
    seen: set[str] = set()
    for row in table.rows():
        from_group, to_group = row.text("from_leg_group_id"), row.text("to_leg_group_id")
        product, kind = row.text("fare_product_id"), row.required("fare_transfer_type")
        known(row, "from_leg_group_id", from_group, groups)
        known(row, "to_leg_group_id", to_group, groups)
        known(row, "fare_product_id", product, products)
        if kind and kind not in _TRANSFER_TYPES:
            row.fault("fare_transfer_type", "invalid_enum", f"{kind!r} is not a fare transfer type")
        count, (limit, limit_type) = _count(row, from_group, to_group), _duration(row)
        key = "\0".join((from_group, to_group, product, str(count), str(limit)))
        if kind in _TRANSFER_TYPES and unique(row, "from_leg_group_id", key, seen):
            seen.add(key)
            rules.append(
                TransferRule(
                    line=row.line,
                    from_group=from_group or None,
                    to_group=to_group or None,
                    count=count,
                    duration_limit=limit,
                    duration_type=limit_type,
                    type=int(kind),
                    product=product or None,
                    compulsory=_compulsory(row),
                )
            )
    return tuple(rules)


def _count(row: Row, from_group: str, to_group: str) -> int | None:
    count = row.parsed("transfer_count", _whole, "invalid_integer", "a whole number")
    if from_group and from_group == to_group:
        if not row.text("transfer_count"):
            row.fault("transfer_count", "missing_value", "transfer_count is required within one leg group")
        elif count is not None and (count == 0 or count < -1):
            row.fault("transfer_count", "invalid_transfer_count", "transfer_count is -1 or at least 1")
    elif row.text("transfer_count") and from_group != to_group:
        row.fault(
            "transfer_count", "forbidden_value", "transfer_count is only for transfers within one leg group"
        )
    return count


def _duration(row: Row) -> tuple[int | None, int | None]:
    limit = row.parsed("duration_limit", _whole, "invalid_integer", "a whole number of seconds")
    kind = row.text("duration_limit_type")
    if limit is not None and limit <= 0:
        row.fault("duration_limit", "invalid_duration", "duration_limit is a positive number of seconds")
    if kind and kind not in _DURATION_TYPES:
        row.fault("duration_limit_type", "invalid_enum", f"{kind!r} is not a duration limit type")
        return limit, None
    if row.text("duration_limit") and not kind:
        row.fault("duration_limit_type", "missing_value", "duration_limit needs its duration_limit_type")
    if kind and not row.text("duration_limit"):
        row.fault("duration_limit_type", "forbidden_value", "duration_limit_type needs a duration_limit")
    return limit, int(kind) if kind else None


def _compulsory(row: Row) -> bool:
    value = row.text("x_compulsory")
    if value not in {"", "0", "1"}:
        row.fault("x_compulsory", "invalid_enum", f"{value!r} is neither 0 nor 1")
    return value == "1"


def _clock(row: Row, field: str, default: int) -> int | None:
    value = row.text(field)
    if not value:
        return default
    match = re.fullmatch(r"([0-9]{1,2}):([0-5][0-9]):([0-5][0-9])", value)
    seconds = int(match[1]) * 3600 + int(match[2]) * 60 + int(match[3]) if match else None
    if seconds is None:
        row.fault(field, "invalid_time", f"{value!r} is not a time like 08:30:00")
    elif seconds > _DAY_SECONDS:
        row.fault(field, "time_after_midnight", "a timeframe lies between 00:00:00 and 24:00:00")
        return None
    return seconds


def _whole(value: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,9}", value):
        raise ValueError(value)
    return int(value)
