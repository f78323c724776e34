"""The contracts as their users run them: real processes, in any locale, by pipe and by file."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

LOCALES = [
    {"LC_ALL": "C"},
    {"LC_ALL": "C.UTF-8"},
    {"LC_ALL": "fi_FI.UTF-8"},
    # A Finnish locale of the old kind, also where the machine has none installed.
    {
        "LC_ALL": "fi_FI.ISO-8859-1",
        "PYTHONIOENCODING": "iso8859-1",
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
    },
]
APPORTION = {
    "total": {"amount": "9.40", "currency": "EUR"},
    "method": "weights",
    "parties": [{"operator": "Łódź", "weight": "2.00"}, {"operator": "Äänekoski", "weight": "8.00"}],
}
SHARES = [{"operator": "Łódź", "amount": "1.88"}, {"operator": "Äänekoski", "amount": "7.52"}]
NET = {"obligations": [{"from": "Ä", "to": "Ł", "amount": "10.00", "currency": "EUR"}]}
FEED = {
    "networks.txt": "network_id,network_name\nbus,bus\n",
    "rider_categories.txt": "rider_category_id,rider_category_name,is_default_fare_category\nadult,Täysi,1\nchild,Lapsi,0\n",
    "fare_products.txt": "fare_product_id,fare_product_name,rider_category_id,amount,currency\n"
    "b,Kertalippu €,adult,2.00,EUR\nb,Kertalippu €,child,1.00,EUR\n",
    "fare_leg_rules.txt": "leg_group_id,network_id,fare_product_id\ngb,bus,b\n",
}
LEG = {
    "network_id": "bus",
    "departure": "2026-03-04T10:00:00",
    "arrival": "2026-03-04T10:10:00",
    "timezone": "Europe/Tallinn",
}


@pytest.fixture
def feed(tmp_path: Path) -> Path:
    """A tariff whose default rider is not its cheapest one."""
    folder = tmp_path / "syöte"
    folder.mkdir()
    for name, text in FEED.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def run(locale: dict[str, str], *words: object, given: bytes = b"") -> tuple[int, bytes, bytes]:
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "HOME") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-m", "ticketing", *map(str, words)],
        input=given,
        capture_output=True,
        env={**kept, **locale},
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def lines(*documents: Any) -> bytes:
    return b"".join(json.dumps(one, ensure_ascii=False).encode() + b"\n" for one in documents)


@pytest.mark.parametrize("locale", LOCALES, ids=lambda one: one["LC_ALL"])
def test_contracts_answer_alike_in_every_locale_by_pipe_and_by_file(
    locale: dict[str, str], feed: Path, tmp_path: Path
) -> None:
    file = tmp_path / "pyyntö.jsonl"
    request, bad = {"legs": [LEG]}, {"legs": [LEG], "ölkannu": 1}
    file.write_bytes(lines(request, bad, request))

    by_pipe = run(locale, "tariff", "price", feed, "-", "--jsonl", given=file.read_bytes())
    by_file = run(locale, "tariff", "price", feed, file, "--jsonl")
    shared = run(locale, "tariff", "apportion", "-", given=json.dumps(APPORTION, ensure_ascii=False).encode())
    netted = run(locale, "settlement", "net", "-", "--jsonl", given=lines(NET))
    refused = run(locale, "tariff", "price", feed, "-", given=lines(bad))

    assert by_pipe == by_file
    code, told, _ = by_pipe
    answers = [json.loads(line) for line in told.decode().splitlines()]
    assert code == 1
    assert [one.get("total") for one in answers] == [
        {"amount": "2.00", "currency": "EUR"},
        None,
        answers[0]["total"],
    ]
    assert "ölkannu" in answers[1]["detail"]
    assert (shared[0], json.loads(shared[1].decode())["shares"]) == (0, SHARES)
    assert (netted[0], json.loads(netted[1].decode())["payments"][0]["to"]) == (0, "Ł")
    assert (refused[0], refused[1]) == (2, b"")
    assert "ölkannu" in json.loads(refused[2].decode())["detail"]


def test_without_a_rider_a_price_is_that_of_the_feeds_default_category(feed: Path) -> None:
    def priced(**more: Any) -> tuple[Any, Any]:
        code, told, why = run(LOCALES[0], "tariff", "price", feed, "-", given=lines({"legs": [LEG], **more}))
        assert code == 0, why
        answer = json.loads(told)
        return answer["total"]["amount"], answer["items"][0]["rider_category_id"]

    assert priced() == ("2.00", "adult")
    assert priced(rider_category_id=None) == ("2.00", "adult")
    assert priced(rider_category_id="child") == ("1.00", "child")
    (feed / "rider_categories.txt").write_text("rider_category_id\nadult\nchild\n")
    assert priced() == ("1.00", "child")
