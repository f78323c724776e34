"""Read what a GTFS feed says as a whole: the time zone of its agencies, and the names of its stops in other languages."""

from tariffs.findings import Finding
from tariffs.table import Table, zone_name


def read_agencies(table: Table, findings: list[Finding]) -> tuple[str | None, str]:
    """The time zone that all agencies of a feed share, None where there is no agency, and the language of its texts, if told."""
    table.require("agency_timezone")
    zones = [
        (row, row.parsed("agency_timezone", zone_name, "invalid_timezone", "an IANA time zone"))
        for row in table.rows()
    ]
    for row, zone in zones[1:]:
        if zone != zones[0][1]:
            row.fault(
                "agency_timezone", "inconsistent_timezone", "all agencies of a feed share one time zone"
            )
    if table.present and not zones:
        findings.append(Finding(table.file, 0, "", "empty_file", "there is no agency"))
    language = next((tag for row, _ in zones if (tag := row.text("agency_lang").lower())), "")
    return (zones[0][1] if zones else None), language


def translations_of(table: Table) -> dict[str, dict[str, str]]:
    """Stop names in other languages: by record id and, under the name itself, by value."""
    found: dict[str, dict[str, str]] = {}
    for row in table.rows():
        if row.text("table_name") == "stops" and row.text("field_name") == "stop_name":
            key = row.text("record_id") or row.text("field_value")
            found.setdefault(key, {})[row.text("language")] = row.text("translation")
    return found
