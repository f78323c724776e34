"""Single parts of the apps, run by node without a browser."""

import json
import subprocess

import pytest

from tests.web.test_build import WEB, node

_HOSTILE = "Pier 1\r\nEND:VCALENDAR\rDTSTART:20000101T000000Z\nEND:VEVENT; a, b\\c"


def test_a_name_with_ends_of_lines_adds_no_line_to_the_calendar() -> None:
    leg = {
        "departure": "2026-10-13T07:30:00+03:00",
        "arrival": "2026-10-13T09:30:00+03:00",
        "from": {"name": _HOSTILE},
        "to": {"name": "Helsinki"},
        "operator_name": "Tallink",
        "line": None,
    }

    entry = _run("commuter/calendar.ts", f"calendarOf('j1', [{json.dumps(leg)}])")

    lines = entry.replace("\r\n ", "").split("\r\n")
    assert "\r" not in "".join(lines)
    assert "\n" not in "".join(lines)
    assert [line for line in lines if line.startswith(("END", "DTSTART"))] == [
        "DTSTART:20261013T043000Z",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    assert r"LOCATION:Pier 1\nEND:VCALENDAR\nDTSTART:20000101T000000Z\nEND:VEVENT\; a\, b\\c" in lines


def _run(module: str, call: str) -> str:
    """Call a function of a module that imports types alone; answers the text that it gives."""
    program = node()
    if program is None:
        pytest.skip("THE APPS ARE NOT TESTED: there is no node from 22 on (make apps)")
    script = f"import * as m from {json.dumps((WEB / module).as_uri())}; process.stdout.write(JSON.stringify(m.{call}))"
    words = [program, "--experimental-strip-types", "--no-warnings", "--input-type=module", "-e", script]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    return str(json.loads(done.stdout))
