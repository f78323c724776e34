"""A month with compensation, a transfer and one that came back is accepted by hledger and beancount."""

import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from beancount import loader

from tests.api import Api
from tests.ticketing.claims.coast import REGION, Coast
from tests.ticketing.claims.paying_out import enter_scheme, from_bank, give_account, paid_out, spent
from tests.ticketing.purchase.refunding import faults
from ticketing import claims
from ticketing.settlement import service

pytestmark = pytest.mark.usefixtures("frozen_rows")


def test_other_programs_accept_a_month_in_which_a_transfer_came_back_and_went_again(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    coast = Coast(api)
    bought = spent(coast, left_minor=0)
    enter_scheme(coast)
    (claim,) = coast.claims()
    give_account(api, bought, claim["id"])
    first = claims.get_run(coast.rooms.office, paid_out(coast))[1][0].payout
    from_bank(coast, first, "S1")
    coast.work()
    from_bank(coast, first, "S2", returned=True)
    coast.work()
    give_account(api, bought, claim["id"], "DE89370400440532013000")
    second = claims.get_run(coast.rooms.office, paid_out(coast))[1][0].payout
    from_bank(coast, second, "S3")
    coast.work()
    api.clock.set(datetime(2026, 11, 3, 8, tzinfo=UTC))
    office = coast.rooms.office
    service.close(office, REGION, "2026-10", "Anna", despite="one refund of the test has no entry")

    paths = {}
    for form in ("hledger", "beancount"):
        path = tmp_path / f"2026-10.{form}"
        path.write_text("".join(service.write_journal(office, REGION, "2026-10", form)), encoding="utf-8")
        paths[form] = path
    transactions, errors, _ = loader.load_file(str(paths["beancount"]))
    assert errors == []
    kinds = ("compensation_sent", "compensation_paid", "compensation_back", "compensation_returned")
    text = paths["beancount"].read_text(encoding="utf-8")
    assert [text.count(f'* "{kind} ') for kind in kinds] == [2, 2, 1, 1], text[:3000]
    assert transactions
    hledger = shutil.which("hledger")
    if hledger is not None:
        command = [hledger, "-f", str(paths["hledger"]), "check", "--strict"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
    assert faults(api) == []
    assert claims.verify_claims(office.database, REGION) == (1, [])
