"""One browser and one served process for all stories of the apps. Without either the stories are left out, and say so."""

import json
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx
import pytest

from tests.source_tree import ROOT
from tests.stripe_stand_in import SECRET_KEY, WEBHOOK_SECRET, StripeStandIn
from tests.web.served import CROWD, WORK
from ticketing.clock import DemoClock
from ticketing.db import Database
from ticketing.identity import create_key
from ticketing.identity.principal import Role
from ticketing.tickets.keys import KeyStore

# 05:10 in Tallinn, on a Tuesday.
MORNING = datetime(2026, 10, 13, 2, 10, tzinfo=UTC)
BUILT = ROOT / "ticketing/web/built"
REGION = "helsinki-tallinn"
# The region has no caps. Nobody pays for more than two trams a week in Tallinn here, of those that an account has bought.
CAPS = "cap_id,operators,window,window_arg,amount,currency,party_scope\nweek,tlt,iso_week,,4.00,EUR,holder\n"
# Whose ship of Eckerö does not go is not taken along by another line: they go another way, which Eckerö pays.
OTHER_WAY = {
    "id": "gulf-other-way",
    "kind": "other_way",
    "version": 1,
    "valid_from": "2026-01-01",
    "valid_to": None,
    "from": ["eckero"],
    "when": ["cancelled"],
    "cap": "40.00",
    "bearer": "causing_operator",
}
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# Chromium without what only a screen needs: a third less of processor time. It shows no notifications.
SHELL = "chromium-headless-shell"
_PATIENCE_SECONDS = 60
_STORY_SECONDS = 180


@dataclass
class Served:
    """The service in a process of its own, which a test may kill and start again."""

    folder: Path
    port: int
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        """The address by a name: passkeys are bound to names, never to numbers."""
        return f"http://localhost:{self.port}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        words = [sys.executable, "-m", "tests.web.served", str(self.folder), str(self.port)]
        with (self.folder / "service.log").open("ab") as log:
            self.process = subprocess.Popen(words, cwd=ROOT, stdout=log, stderr=log)
        until = time.monotonic() + _PATIENCE_SECONDS
        while not self.answers():
            assert self.process.poll() is None, (self.folder / "service.log").read_text(encoding="utf-8")
            assert time.monotonic() < until
            time.sleep(0.05)  # nothing tells of it

    def answers(self) -> bool:
        """Tell whether it answers."""
        try:
            return httpx.get(f"{self.url}/readyz", timeout=5).is_success
        except httpx.TransportError:
            return False

    def kill(self) -> None:
        """End it without a warning."""
        if self.process:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()

    @contextmanager
    def killed(self) -> Iterator[None]:
        """Kill it, as a power cut does, and start it again after the block."""
        self.kill()
        try:
            yield
        finally:
            self.start()

    def sell_out(self, *operators: str) -> None:
        """Leave no place on the ships of these operators, and a thousand on those of the others."""
        places = {
            name: {"foot": 0 if name in operators else 1000} for name in ("tallink", "viking", "eckero")
        }
        draft = self.folder / "places.new"
        draft.write_text(json.dumps(places), encoding="utf-8")
        draft.replace(self.folder / "places.json")

    def crowd(self, path: str = "/v1/orders", *, goes: bool = False) -> None:
        """Let a crowd stand before whoever orders next, or wants a quote, or go away again."""
        way = "DELETE" if goes else "POST"
        httpx.request(way, f"{self.url}{CROWD}", params={"path": path}).raise_for_status()

    def cancel(self, operator: str, trip: str, day: str, note: str | None) -> None:
        """Have an operator's staff say that a departure does not go, with their words; without them it goes again."""
        word: dict[str, object] = (
            {"state": "cancelled", "note": {"en": note}} if note else {"state": "as_planned"}
        )
        answer = httpx.put(
            f"{self.url}/v1/operators/{operator}/departures/{trip}/{day}",
            json=word,
            headers={
                "Authorization": f"Bearer {self.key(operator, 'operator_staff')}",
                "Idempotency-Key": uuid.uuid4().hex,
            },
        )
        assert answer.is_success, answer.text

    def work(self) -> None:
        """Let a worker of the service do one round."""
        assert httpx.post(f"{self.url}{WORK}", timeout=60).is_success

    def key(self, operator: str, role: Role = "gate") -> str:
        """Make a key of a role at an operator, for its gates if nothing else is said."""
        database = Database(f"sqlite:///{self.folder / 'test.db'}")
        secret = create_key(database, self.clock, role=role, operator=operator, label="test")[1]
        database.close()
        return secret

    @property
    def clock(self) -> DemoClock:
        return DemoClock(self.folder / "clock")


@pytest.fixture(autouse=True)
def _ends() -> Iterator[None]:
    """End a story that waits for ever, where it waits: what a page computes has no limit of its own in Playwright."""

    def stop(_signal: int, _frame: object) -> None:
        raise TimeoutError(f"a story took more than {_STORY_SECONDS} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(_STORY_SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def _launched(playwright: Any, *programs: str) -> Iterator[object]:
    """The first of some browsers that is here, until the tests are over."""
    program = next(filter(None, map(shutil.which, programs)), None)
    if program is None:
        pytest.skip("THE APPS ARE NOT TESTED: no browser here (apt-get install chromium)")
    # As root, as in a container, Chromium has no sandbox of its own to offer.
    opened = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Any]:
    """Playwright, which drives the browsers."""
    started = pytest.importorskip("playwright.sync_api").sync_playwright().start()
    yield started
    started.stop()


@pytest.fixture(scope="session")
def browser(playwright: Any) -> Iterator[object]:
    """Debian's Chromium, once for all tests; its shell where that is installed."""
    yield from _launched(playwright, SHELL, *BROWSERS)


@pytest.fixture(scope="session")
def whole_browser(playwright: Any) -> Iterator[object]:
    """Debian's whole Chromium, for what its shell has not."""
    yield from _launched(playwright, *BROWSERS)


@pytest.fixture(scope="session")
def camera(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    """A second Chromium: the file of its camera is named when it starts, and read when a page opens the camera."""
    from tests.web.inspecting import Camera, film  # noqa: PLC0415  Playwright may not be there

    file = tmp_path_factory.mktemp("camera") / "camera.y4m"
    film(file, "")
    words = [
        "--no-sandbox",
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={file}",
    ]
    opened = browser.browser_type.launch(
        executable_path=next(filter(None, map(shutil.which, BROWSERS))), args=words
    )
    yield Camera(opened, file)
    opened.close()


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Served]:
    """The service on a pretended Tuesday morning, with the built apps."""
    with serving(tmp_path_factory.mktemp("web"), sqlite_template) as here:
        yield here


@pytest.fixture(scope="session")
def taking_cards(
    tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path, stand_in: StripeStandIn
) -> Iterator[Served]:
    """The same service with Stripe as its gateway."""
    settings = {
        "gateway": "stripe",
        "stripe_secret_key": SECRET_KEY,
        "stripe_webhook_secrets": [WEBHOOK_SECRET],
        "stripe_api_address": stand_in.address,
        "stripe_publishable_key": "pk_test_12345",
    }
    with serving(tmp_path_factory.mktemp("cards"), sqlite_template, settings) as here:
        yield here


@contextmanager
def serving(
    folder: Path, template: Path, settings: Mapping[str, object] = MappingProxyType({})
) -> Iterator[Served]:
    """Serve the built apps from a folder, on a copy of a migrated SQLite file."""
    if not (BUILT / "manifest.json").exists():
        pytest.skip("THE APPS ARE NOT TESTED: they are not built (make apps)")
    shutil.copy(template, folder / "test.db")
    shutil.copytree(BUILT, folder / "built")
    shutil.copytree(ROOT / f"regions/{REGION}", folder / f"regions/{REGION}")
    (folder / f"regions/{REGION}/caps.csv").write_text(CAPS, encoding="utf-8")
    _agree(folder / f"regions/{REGION}/agreements.json")
    (folder / "settings.json").write_text(json.dumps(dict(settings)), encoding="utf-8")
    (folder / "clock").write_text(str((MORNING - datetime.now(UTC)).total_seconds()), encoding="ascii")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        here = Served(folder, int(probe.getsockname()[1]))
    KeyStore(folder / "keys", "demo-passphrase-not-a-secret").create_missing(here.clock.now())
    here.sell_out()
    try:
        here.start()
        yield here
    finally:
        here.kill()


def _agree(file: Path) -> None:
    """Write the agreement about another way into a region, in the place of the continuation of the same passengers."""
    agreements = json.loads(file.read_text(encoding="utf-8"))
    for one in agreements:
        if one["kind"] == "continuation":
            one["from"].remove("eckero")
    file.write_text(json.dumps([*agreements, OTHER_WAY]), encoding="utf-8")
