"""docs/security.md and docs/cryptography.md say what the code does: limits of calls, keys, modules, hashes, figures of sessions."""

import re

from tests.api import Api
from tests.source_tree import ROOT
from ticketing.identity import people, staff
from ticketing.tickets.keys import KINDS

SECURITY = (ROOT / "docs/security.md").read_text(encoding="utf-8")
CRYPTOGRAPHY = (ROOT / "docs/cryptography.md").read_text(encoding="utf-8")
LIBRARY = re.compile(
    r"^\s*(?:from|import) (?:cryptography|hmac|jwt|argon2|pyotp|webauthn|http_ece|ssl|pkcs11|authlib)\b",
    re.MULTILINE,
)
# They are of the wheel for demo, tests and rehearsals, which no deployment needs.
LAB = ("operators/simulators/", "ticketing/cli/rehearse/", "ticketing/cli/vectors/")


def sources() -> dict[str, str]:
    paths = [
        path for root in ("ticketing", "operators", "gate", "tariffs") for path in (ROOT / root).rglob("*.py")
    ]
    named = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in paths}
    return {name: text for name, text in named.items() if not name.startswith(LAB)}


def test_each_module_with_cryptography_is_in_the_inventory() -> None:
    uses = {name for name, text in sources().items() if LIBRARY.search(text)}

    assert uses == set(re.findall(r"`([a-z_/]+\.py)`", CRYPTOGRAPHY))


def test_each_kind_of_key_has_its_row() -> None:
    assert set(KINDS) == set(re.findall(r"^\| `(\w+)` \|", CRYPTOGRAPHY, re.MULTILINE))


def test_each_hash_is_the_one_of_the_inventory() -> None:
    used = {name for text in sources().values() for name in re.findall(r"\bhashlib\.(\w+)", text)}

    assert used == {"sha256", "file_digest"}
    assert all(f"`{name}`" in CRYPTOGRAPHY for name in used)


def test_each_limit_of_calls_is_in_the_table(api: Api) -> None:
    app, rows = api.client.application, set()
    for rule in app.url_map.iter_rules():
        view = getattr(app.view_functions[rule.endpoint], "view_class", None)
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        for method in rule.methods or ():
            limits = getattr(getattr(view, method.lower(), None), "limits", None)
            if limits:
                rows.add(f"| `{method} {path}` | {limits.address} | {limits.caller} |")

    assert rows == set(re.findall(r"^\| `[A-Z]+ /.*$", SECURITY, re.MULTILINE))


def test_the_figures_of_sessions_are_those_of_the_code() -> None:
    idle, life = staff.IDLE.seconds // 60, staff.LIFE.seconds // 3600

    assert f"| without use | {people.REFRESH_LIFE.days} days | {idle} minutes |" in SECURITY
    assert f"| in all | {people.SESSION_LIFE.days} days | {life} hours |" in SECURITY
    assert f"| at a time | {people.MOST_DEVICES}; one more" in SECURITY
    assert f"longest ago | {staff.MOST_SESSIONS}; the same |" in SECURITY
