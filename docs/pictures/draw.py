"""Draw the pictures of the README from a demo that this starts itself; `make pictures` (needs Chromium).

The pages are fetched as their reader gets them, signed in, and photographed from files: the browser needs no account.
"""

import os
import pty
import re
import secrets
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

HERE = Path(__file__).parent
LARGEST = 150_000
_PATIENCE_SECONDS = 180
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def main() -> None:
    """Start the demo, sign in, and write a picture of each page; fails where one is larger than a README should carry."""
    browser = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if browser is None:
        sys.exit(f"no browser: install one of {', '.join(_BROWSERS)}")
    demo, told = _start_demo()
    try:
        url, email, password = _found(r"(http://\S+)/console", told), *_found_all(r"(\S+@\S+) / (\S+)", told)
        with (
            httpx.Client(base_url=url, follow_redirects=True) as office,
            tempfile.TemporaryDirectory() as folder,
        ):
            _await_worker(office)
            _sign_in(office, email, password)
            months = office.get("/console/?region=helsinki-tallinn").text
            run = _found(r'href="(/console/runs/[^"/?#]+)"', months)
            pages = {"month": months, "settlement": office.get(run).text}
            for name, page in pages.items():
                file = Path(folder, f"{name}.html")
                file.write_text(_with_style(office, page), encoding="utf-8")
                _draw(browser, file.as_uri(), HERE / f"{name}.png", "1180,860")
        shutil.copy("var/demo/ticket-anna.png", HERE / "ticket.png")
    finally:
        os.killpg(demo.pid, signal.SIGINT)
        demo.wait()
    large = [one.name for one in HERE.glob("*.png") if one.stat().st_size > LARGEST]
    if large:
        sys.exit(f"larger than {LARGEST} bytes: {', '.join(large)}")


def _start_demo() -> tuple[subprocess.Popen[bytes], str]:
    """Start the demo as on a terminal, where it goes on serving; answers what it has told."""
    ours, its = pty.openpty()
    words = [str(Path(sys.executable).with_name("throughfare")), "demo"]
    demo = subprocess.Popen(words, stdin=its, stdout=its, stderr=its, start_new_session=True)
    os.close(its)
    told, until = "", time.monotonic() + _PATIENCE_SECONDS
    while "jwks.json" not in told:
        if time.monotonic() > until or demo.poll() is not None:
            sys.exit(f"the demo did not come up:\n{told}")
        if select.select([ours], [], [], 1)[0]:
            told += os.read(ours, 65_536).decode(errors="replace")
    return demo, re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", told)


def _await_worker(office: httpx.Client) -> None:
    """Wait until the worker has worked since the story's clock went back to the real time."""
    until = time.monotonic() + _PATIENCE_SECONDS
    while office.get("/healthz").json()["worker"]["silent"]:
        if time.monotonic() > until:
            sys.exit("the demo's worker is silent")
        time.sleep(1)  # nothing tells of it


def _sign_in(office: httpx.Client, email: str, password: str) -> None:
    """Sign in with the first password and choose another."""
    form = {"csrf": _csrf(office.get("/console/sign-in").text), "email": email, "password": password}
    page = office.post("/console/sign-in", data=form).text
    chosen = secrets.token_urlsafe(16)
    change = {"csrf": _csrf(page), "old_password": password, "password": chosen, "again": chosen}
    office.post("/console/password", data=change).raise_for_status()


def _csrf(page: str) -> str:
    return _found(r'name="csrf" value="([^"]+)"', page)


def _with_style(office: httpx.Client, page: str) -> str:
    """A page that brings all of its styles along."""

    def brought(link: re.Match[str]) -> str:
        return f"<style>{office.get(link[1]).raise_for_status().text}</style>"

    return re.sub(r'<link[^>]*stylesheet"[^>]*href="([^"]+)"[^>]*>', brought, page)


def _draw(browser: str, uri: str, to: Path, size: str) -> None:
    words = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
    ]
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run(
            [
                browser,
                *words,
                "--hide-scrollbars",
                f"--user-data-dir={profile}",
                f"--window-size={size}",
                f"--screenshot={to}",
                uri,
            ],
            check=True,
            capture_output=True,
        )


def _found(pattern: str, text: str) -> str:
    return _found_all(pattern, text)[0]


def _found_all(pattern: str, text: str) -> tuple[str, ...]:
    found = re.search(pattern, text)
    if found is None:
        sys.exit(f"{pattern} is nowhere in:\n{text[-2000:]}")
    return found.groups()


if __name__ == "__main__":
    main()
