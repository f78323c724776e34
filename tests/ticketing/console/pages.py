"""Check every page of the console: readable without script, by keyboard, by screen reader, safe."""

import re
from collections import Counter
from itertools import pairwise

from tests.ticketing.console.browser import Page

_FIELDS = {"input", "select", "textarea"}
# On a small screen a row is shown as a card; the roles say what it stays.
_ROLES = {
    "table": {"table"},
    "thead": {"rowgroup"},
    "tbody": {"rowgroup"},
    "tfoot": {"rowgroup"},
    "tr": {"row"},
    "th": {"columnheader", "rowheader"},
    "td": {"cell"},
}
_TOKEN = 64


def faults_of(page: Page) -> list[str]:
    """List the faults of a page; none for a file."""
    if not page.response.headers.get("content-type", "").startswith("text/html"):
        return []
    return [*_of_structure(page), *_of_elements(page), *_of_safety(page)]


def _of_structure(page: Page) -> list[str]:
    tags = page.read.tags
    count = Counter(tag for tag, _ in tags)
    found = [f"{count[tag]} of {tag}" for tag in ("main", "h1", "title") if count[tag] != 1]
    if not any(tag == "html" and told.get("lang") for tag, told in tags):
        found.append("no language")
    ids = Counter(told["id"] for _, told in tags if told.get("id"))
    found += [f"{times} times the id {one}" for one, times in ids.items() if times > 1]
    levels = [int(tag[1]) for tag, _ in tags if re.fullmatch("h[1-6]", tag)]
    return found + [f"h{two} after h{one}" for one, two in pairwise(levels) if two > one + 1]


def _of_elements(page: Page) -> list[str]:
    found = []
    for tag, told in page.read.tags:
        if tag in _FIELDS and told.get("type") != "hidden" and told.get("id") not in page.read.labelled:
            found.append(f"no label for {told.get('name')}")
        if tag == "th" and told.get("scope") not in {"row", "col"}:
            found.append("a heading of a table without its scope")
        if told.get("role") not in _ROLES.get(tag, {told.get("role")}):
            found.append(f"{tag} without its role")
        if tag == "td" and not told.get("data-label"):
            found.append("a cell without the name of its column")
        if told.get("tabindex", "0") not in {"0", "-1"}:
            found.append("changes the order of the keyboard")
    return found


def _of_safety(page: Page) -> list[str]:
    found = []
    for tag, told in page.read.tags:
        if tag in {"script", "iframe", "object", "img", "base"} or "style" in told:
            found.append(f"{tag} with {told}")
        found += [f"{name} on {tag}" for name in told if name.startswith("on")]
        address = told.get("href") or told.get("src") or told.get("action") or ""
        # The colours are those of every page, the map of a proposed tariff that of `/map`.
        if address and not re.match(r"(/console/|#|/web/(map|tokens)\.css$)", address):
            found.append(f"leads away: {address}")
    found += [
        f"a form that is sent without its token: {form.action}"
        for form in page.read.forms
        if form.method == "post" and len(form.fields.get("csrf", "")) != _TOKEN
    ]
    headers = page.response.headers
    if "script-src" in headers["content-security-policy"] or "'unsafe" in headers["content-security-policy"]:
        found.append("the policy lets scripts in")
    if headers["cache-control"] != "no-store":
        found.append("it may be kept by a cache")
    return found
