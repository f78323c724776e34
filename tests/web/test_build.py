"""The build of the apps refuses what would break them: a missing text, a text with other values, a heavy bundle."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.ticketing.gate.faults import FAULTS
from tests.web.nodes import WEB, node

LANGUAGES = ("en", "et", "fi", "sv")


@pytest.fixture
def compiled(tmp_path: Path) -> Callable[[], "subprocess.CompletedProcess[str]"]:
    """Compile a copy of the texts, which a test may spoil first."""
    program = node()
    if program is None or not (WEB / "node_modules").is_dir():
        pytest.skip("THE APPS ARE NOT TESTED: their packages are not there (make apps)")
    shutil.copytree(WEB / "texts", tmp_path / "texts")
    (tmp_path / "out").mkdir()
    script = (
        f"import {{ compileMessages }} from {json.dumps((WEB / 'building/messages.mjs').as_uri())};"
        f"compileMessages({json.dumps(str(tmp_path / 'texts'))}, {json.dumps(str(tmp_path / 'out'))})"
    )
    words = [program, "--input-type=module", "-e", script]
    return lambda: subprocess.run(words, capture_output=True, text=True, check=False)


def spoil(folder: Path, language: str, **changed: str | None) -> None:
    """Change or remove texts of a language."""
    file = folder / f"texts/{language}.json"
    texts = {**json.loads(file.read_text(encoding="utf-8")), **changed}
    kept = {name: text for name, text in texts.items() if text is not None}
    file.write_text(json.dumps(kept), encoding="utf-8")


def test_the_texts_of_all_languages_compile(
    compiled: Callable[[], "subprocess.CompletedProcess[str]"],
) -> None:
    assert compiled().stderr == ""


def test_all_faults_of_all_languages_are_told_at_once(
    compiled: Callable[[], "subprocess.CompletedProcess[str]"], tmp_path: Path
) -> None:
    spoil(tmp_path, "sv", total=None)
    spoil(tmp_path, "et", **{"pay.go": "Maksa {summa}"})

    told = compiled()

    assert told.returncode != 0
    assert "sv.json: total is missing" in told.stderr
    assert "et.json: pay.go has {summa}, en.json {amount}" in told.stderr


_FAMILIES = {
    "": (
        "badge best category mode options.take options.why passes pay payment problem tickets wheelchair who why"
    ),
    "inspector": "do holder kind mode result typed why",
}


@pytest.mark.parametrize(("folder", "families"), _FAMILIES.items())
def test_every_text_is_used_and_none_is_empty(folder: str, families: str) -> None:
    sources = [
        path.read_text(encoding="utf-8")
        for path in WEB.rglob("*.ts*")
        if not {"node_modules", ".generated"} & set(path.parts)
    ]
    code = "\n".join(sources)
    english = json.loads((WEB / "texts" / folder / "en.json").read_text(encoding="utf-8"))
    unused = [
        name
        for name in english
        if f'"{name}"' not in code
        and f"`{name}`" not in code
        and not name.startswith(tuple(f"{one}." for one in families.split()))
    ]

    assert unused == []
    assert [name for name, text in english.items() if not text.strip()] == []


def test_an_inspector_is_told_what_to_do_for_every_reason() -> None:
    english = json.loads((WEB / "texts/inspector/en.json").read_text(encoding="utf-8"))
    reasons = {*FAULTS, "wrong_zone", "clock_behind", "internal_error"}

    assert {name.removeprefix("do.") for name in english if name.startswith("do.")} == {
        *reasons,
        "look",
        "other",
    }
    assert {name.removeprefix("why.") for name in english if name.startswith("why.")} == reasons


def test_the_lock_has_a_hash_for_every_package_and_no_address_to_take_it_from() -> None:
    lock = (WEB / "package-lock.json").read_text(encoding="utf-8")
    packages = {name: one for name, one in json.loads(lock)["packages"].items() if name}

    assert packages
    assert [name for name, one in packages.items() if not one.get("integrity")] == []
    assert '"resolved"' not in lock
