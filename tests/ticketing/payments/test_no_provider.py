"""No room knows which gateway takes its money: a second provider fills the port, and nothing else changes."""

from pathlib import Path

ROOMS = (
    "books",
    "claims",
    "console",
    "db",
    "disruption",
    "frozen",
    "gate",
    "guarantees",
    "notices",
    "offers",
    "purchase",
    "quote",
    "regions",
    "rerouting",
    "rights",
    "search",
    "settlement",
    "tickets",
)


def test_no_room_names_a_provider_of_payments() -> None:
    named = [
        f"{path}: {line.strip()}"
        for room in ROOMS
        for path in sorted(Path("ticketing", room).rglob("*.py"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if "stripe" in line.casefold()
    ]

    assert named == []
