"""A rehearsal is a world of its own, and where it ends early it says why, in a file that is still there."""

from pathlib import Path

import pytest

from ticketing.cli.lab import scratch
from ticketing.cli.lab.processes import telling_line
from ticketing.cli.rehearse import commands as rehearse

FAILED = """[2026-11-28 16:00:01 +0000] [7] [INFO] Booting worker with pid: 7
{"what": "demo payment gateway", "event": "stand-in in use", "level": "warning"}
[2026-11-28 16:00:02 +0000] [7] [ERROR] Exception in worker process
Traceback (most recent call last):
  File "app.py", line 1, in build
ticketing.errors.Misconfigured: THROUGHFARE_TALLINK_URL the URL must be https
[2026-11-28 16:00:02 +0000] [7] [INFO] Worker exiting (pid: 7)
[2026-11-28 16:00:02 +0000] [1] [ERROR] Shutting down: Master
[2026-11-28 16:00:02 +0000] [1] [ERROR] Reason: Worker failed to boot.
"""


@pytest.mark.parametrize(
    ("log", "line"),
    [
        (FAILED, "ticketing.errors.Misconfigured: THROUGHFARE_TALLINK_URL the URL must be https"),
        ('misconfigured: no\n{"event": "request", "level": "info"}\n\n', "misconfigured: no"),
        (
            '{"event": "a", "level": "error"}\n{"event": "b", "level": "info"}\n',
            '{"event": "a", "level": "error"}',
        ),
        ('{"event": "a", "level": "info"}\n', '{"event": "a", "level": "info"}'),
        (
            "[2026-11-28 16:00:02 +0000] [1] [INFO] Handling signal: term\n",
            "[2026-11-28 16:00:02 +0000] [1] [INFO] Handling signal: term",
        ),
        ("", "(nothing)"),
    ],
)
def test_the_line_that_says_why_is_told(log: str, line: str) -> None:
    assert telling_line(log.splitlines()) == line


def test_no_setting_of_the_deployment_beside_it_reaches_a_rehearsal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THROUGHFARE_TALLINK_URL", "https://live.example/")
    monkeypatch.setenv("THROUGHFARE_SALE_CHANNEL", "app")

    environment = scratch.environment(scratch.settings_in(tmp_path, "isle", 1), {"SECRET": "sandbox"})

    assert not environment.keys() & {"THROUGHFARE_TALLINK_URL", "THROUGHFARE_SALE_CHANNEL"}
    assert (environment["THROUGHFARE_REGIONS"], environment["SECRET"]) == ("isle", "sandbox")


@pytest.mark.parametrize(
    ("ends", "stays"), [(None, False), (KeyboardInterrupt, False), (OSError, True), (rehearse._Fell, True)]
)
def test_the_folder_stays_where_something_fell(
    ends: type[BaseException] | None, stays: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    def played() -> Path:
        with rehearse._place(None) as place:
            made.append(place)
            if ends:
                raise ends
        return place

    made: list[Path] = []
    if ends:
        with pytest.raises(ends):
            played()
    else:
        played()

    assert made[0].exists() == stays
    assert (str(made[0]) in capsys.readouterr().err) == stays
    if stays:
        made[0].rmdir()
