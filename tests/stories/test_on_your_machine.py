"""The lines of docs/operate.md for a first try are run as they stand, and then the README's first offer is bought.

Every day the stand-ins run as documented and the service is this process; `make soak` runs every line as a process.
"""

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from ticketing import config
from ticketing.app import create_app
from ticketing.regions import Region

ROOT = Path.cwd()
_SECONDS = 90
PROGRAM = [sys.executable, "-m", "ticketing"]


def documented() -> list[str]:
    """The shell lines of the chapter, without comments."""
    text = (ROOT / "docs/operate.md").read_text(encoding="utf-8")
    chapter = text.partition("## On your machine, with stand-ins")[2].partition("\n## ")[0]
    block = re.search(r"```sh\n(.*?)```", chapter, re.DOTALL)
    assert block
    return [line.partition("  #")[0].strip() for line in block[1].splitlines()]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def place(tmp_path: Path, sqlite_template: Path) -> Path:
    """A folder like a checkout, with a database; the two documented ports are free ones here."""
    for name in ("wsgi.py", "docs"):
        (tmp_path / name).symlink_to(ROOT / name)
    shutil.copytree(ROOT / "regions/helsinki-tallinn", tmp_path / "regions/helsinki-tallinn")
    (tmp_path / "var").mkdir()
    shutil.copy(sqlite_template, tmp_path / "var/throughfare.db")
    return tmp_path


def start(stage: ExitStack, place: Path, lines: list[str]) -> tuple[str, str]:
    """Run lines, each a process that ends with the stage; answers the ports of the service and of the ferry."""
    served, ferry = str(free_port()), str(free_port())
    toml = place / "regions/helsinki-tallinn/region.toml"
    toml.write_text(toml.read_text(encoding="utf-8").replace("8471", ferry), encoding="utf-8")
    for line in lines:
        words = shlex.split(line.replace("8000", served).replace("8471", ferry))
        settings = dict(word.split("=", 1) for word in words if word.startswith("TALLINK_API_KEY="))
        assert words[len(settings)] == ".venv/bin/throughfare", line
        stage.enter_context(running([*PROGRAM, *words[len(settings) + 1 :]], place, settings))
    return served, ferry


@contextmanager
def running(words: list[str], folder: Path, settings: dict[str, str]) -> Iterator[None]:
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "TMPDIR") if name in os.environ}
    with (folder / "log").open("ab") as log:
        started = subprocess.Popen(
            words,
            cwd=folder,
            env={**kept, **settings},
            stderr=log,
            stdout=subprocess.DEVNULL,
        )
    try:
        yield
    finally:
        started.send_signal(signal.SIGTERM)
        started.wait(timeout=30)


def ready(url: str, log: Path) -> None:
    until = time.monotonic() + _SECONDS
    while True:
        try:
            httpx.get(url, timeout=5)
        except httpx.TransportError:
            assert time.monotonic() < until, log.read_text(encoding="utf-8")
            time.sleep(0.1)  # nothing tells that a server listens
        else:
            return


def test_the_documented_stand_ins_sell_the_readmes_first_offer(
    place: Path, regions: dict[str, Region], monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_ins = [line for line in documented() if " simulate " in line]
    (secret,) = {line.split()[0] for line in documented() if re.search(r" (serve|worker)\b", line)}
    with ExitStack() as stage:
        _, ferry = start(stage, place, stand_ins)
        ready(f"http://127.0.0.1:{ferry}", place / "log")
        monkeypatch.setenv(*secret.split("="))
        for name in ("URL", "AVAILABILITY_URL"):
            path = "bookings" if name == "URL" else "availability"
            monkeypatch.setenv(f"THROUGHFARE_TALLINK_{name}", f"http://127.0.0.1:{ferry}/{path}/")
        monkeypatch.chdir(place)
        while not list(place.glob("var/exchange/viking/in/*")):
            time.sleep(0.05)  # nothing tells that a file has come
        app = create_app(config.from_environment(), regions=regions)
        app.extensions["throughfare"].connectors.tend()
        with httpx.Client(transport=httpx.WSGITransport(app), base_url="http://here") as http:
            sold_as_documented(http)
        app.extensions["throughfare"].till.database.close()


if os.environ.get("SOAK"):  # starts four programs; the test above sells the same

    @pytest.mark.soak
    def test_the_documented_lines_sell_the_readmes_first_offer(place: Path) -> None:
        with ExitStack() as stage:
            served, _ = start(
                stage,
                place,
                [line for line in documented() if "make" not in line and "db upgrade" not in line],
            )
            ready(f"http://127.0.0.1:{served}/readyz", place / "log")
            with httpx.Client(base_url=f"http://127.0.0.1:{served}", timeout=30) as http:
                sold_as_documented(http)


def sold_as_documented(http: httpx.Client) -> None:
    health = http.get("/healthz").json()

    assert [bought(http, line) for line in ("Tallink", "Viking Line", "Eckerö Line")] == ["ticketed"] * 3
    assert health["needs_a_look"] == []
    assert [word for word in health["stand_ins"] if "the system of" in word] == [
        "the system of tallink (helsinki-tallinn) is on this machine: most likely a simulator",
        "the system of viking (helsinki-tallinn) is on this machine: most likely a simulator",
    ]


def bought(http: httpx.Client, operator: str) -> str:
    """Buy the first way that goes with an operator, a week from now."""
    day = (datetime.now(UTC) + timedelta(days=7)).date().isoformat()
    wish = {
        "from": {"place": "Kopli"},
        "to": {"place": "Pasila"},
        "depart_at": f"{day}T06:10:00+02:00",
        "range_minutes": 240,
        "passengers": [
            {"ref": "anna", "rider_category": "adult"},
            {"ref": "mari", "rider_category": "child"},
        ],
    }
    found = http.post("/v1/journeys", json=wish).json()["itineraries"]
    offer = next(one["offer_id"] for one in found if operator in str(one["legs"]))
    quote = http.post("/v1/quotes", json={"offer_id": offer}).json()
    order = http.post("/v1/orders", json={"quote_id": quote["id"]}, headers=once()).json()
    paid = http.post(
        f"/v1/orders/{order['id']}/payments", json={"method": "demo_ok"}, headers=once(order["access_token"])
    )
    return str(paid.json().get("state", paid.text))


def once(token: str | None = None) -> dict[str, Any]:
    return {"Idempotency-Key": str(uuid.uuid4()), **({"Authorization": f"Bearer {token}"} if token else {})}
