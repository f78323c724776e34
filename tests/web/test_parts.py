"""Single parts of the apps, run by node without a browser."""

import json
import os
import subprocess

import pytest

from tests.web.nodes import WEB, node

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


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "Tue 13/10, 00:05"), ("fi", "ti 13.10. klo 00:05"), ("sv", "tis 13/10 00:05")],
)
def test_a_moment_is_written_as_timetables_are_in_each_language(language: str, said: str) -> None:
    moment = json.dumps("2026-10-12T21:05:00Z")

    assert _run("shared/money.ts", f"here({moment}, true)", language).replace("\u202f", " ") == said


def _run(module: str, call: str, language: str = "en") -> str:
    """Bundle a module, call a function of it in Tallinn; answers the text that it gives."""
    program = node()
    if program is None or not (WEB / "node_modules").is_dir():
        pytest.skip("THE APPS ARE NOT TESTED: their packages are not there (make apps)")
    entry = (
        f"export * from './{module}'; import {{ language }} from './shared/i18n.ts';"
        f"language.value = {json.dumps(language)};"
    )
    script = (
        "import { build } from 'esbuild';"
        f"const made = await build({{ stdin: {{ contents: {json.dumps(entry)}, resolveDir: '.' }},"
        " bundle: true, write: false, format: 'esm', external: ['texts/*'] });"
        "const m = await import('data:text/javascript;base64,' + Buffer.from(made.outputFiles[0].contents).toString('base64'));"
        f"process.stdout.write(JSON.stringify(m.{call}))"
    )
    words = [program, "--input-type=module", "-e", script]
    zone = {**os.environ, "TZ": "Europe/Tallinn"}
    done = subprocess.run(words, cwd=WEB, env=zone, capture_output=True, text=True, check=True)
    return str(json.loads(done.stdout))
