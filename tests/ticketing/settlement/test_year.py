"""A year of two currencies with everything that gateways and banks do reconciles on every day, closes, and is proven."""

import os
import random
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from beancount import loader

from tests.stripe_ledger import StripeLedger, serving
from tests.stripe_stand_in import SECRET_KEY
from tests.ticketing.settlement.month import office
from tests.ticketing.settlement.year import FIRST, REGION, Year
from ticketing.clock import FixedClock
from ticketing.config import StripeSettings
from ticketing.db import Database
from ticketing.payments.stripe_gateway import StripeGateway
from ticketing.purchase.refund.reversal import take_back
from ticketing.purchase.till import Till
from ticketing.settlement.day import read_day
from ticketing.settlement.proof.verify import verify

# The everyday run plays past the end of a month, `make soak` past the end of a year.
SOAK = bool(os.environ.get("SOAK"))
DAYS, MONTHS = (400, 13) if SOAK else (37, 1)
SEEDS = range(2) if SOAK else (7,)


@pytest.fixture
def ledger() -> Iterator[StripeLedger]:
    with serving(FixedClock(FIRST)) as stands_in:
        yield stands_in


def played(database: Database, ledger: StripeLedger, folder: Path, *, seed: int, days: int) -> Year:
    gateway = StripeGateway(StripeSettings(secret_key=SECRET_KEY, api_address=ledger.address))
    till = Till(database=database, clock=ledger.clock, gateway=gateway, press=None, regions={})  # type: ignore[arg-type]
    desk = replace(office(database), clock=ledger.clock, files=folder)
    year = Year(till, ledger, desk, folder, random.Random(seed))
    year.play(days)
    return year


def check(year: Year) -> None:
    for journal in sorted(year.folder.glob(f"{REGION}/*/journal.hledger")):
        if shutil.which("hledger"):
            subprocess.run(["hledger", "-f", journal, "check", "--strict"], check=True, capture_output=True)
        _, errors, _ = loader.load_file(str(journal.with_suffix(".beancount")))
        assert errors == []
    assert year.is_rolled_forward()
    day = read_day(year.office, REGION)
    assert {one.kind for one in day.unexplained} <= {"gateway_named", "gateway_lines", "gateway_waits"}
    assert verify(year.office, REGION, take_back).faults == []


@pytest.mark.soak
@pytest.mark.parametrize("seed", SEEDS)
def test_two_currencies_with_everything_reconcile_on_every_day_and_close(
    database: Database, ledger: StripeLedger, tmp_path: Path, seed: int
) -> None:
    year = played(database, ledger, tmp_path, seed=seed, days=DAYS)

    check(year)
    assert len(year.months) == MONTHS
