"""The page for receivers (docs/webhooks.md): its function checks a real delivery, and it names every type and role."""

import re
import time
from pathlib import Path
from typing import Any

import pytest

from tests.ticketing.notices.conftest import Town
from tests.ticketing.notices.hooking import hook
from ticketing.notices.event_types import FAMILIES_OF_ROLE, TYPES

PAGE = Path("docs/webhooks.md").read_text(encoding="utf-8")
CODE = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)[0]


@pytest.mark.usefixtures("quick_hashes")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_code_of_the_page_takes_what_we_send_and_nothing_else(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = hook(town, town.api.key("app"), "order.*")
    mine.post("test")
    town.work()
    changed = mine.post("secret").json["secret"]
    mine.post("test")
    town.work()
    page: dict[str, Any] = {}
    exec(CODE, page)
    is_ours = page["is_ours"]
    monkeypatch.setattr(time, "time", lambda: town.api.clock.now().timestamp())
    first, second = town.receiver.requests

    assert is_ours(first.headers, first.body, mine.secret)
    assert is_ours(second.headers, second.body, mine.secret)
    assert is_ours(second.headers, second.body, changed)
    assert not is_ours(first.headers, first.body + b" ", mine.secret)
    assert not is_ours(first.headers, first.body, changed)
    assert not is_ours({**first.headers, "webhook-timestamp": "1"}, first.body, mine.secret)


def test_the_page_names_every_type_and_every_role() -> None:
    assert [one for one in TYPES if f"`{one}`" not in PAGE] == []
    assert [one for one in FAMILIES_OF_ROLE if f"`{one}`" not in PAGE] == []
