"""The spending of privacy and the files that it bought: each is written once, both in one transaction."""

import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from ticketing.db.engine import Transaction
from ticketing.db.rows import insert_once
from ticketing.db.tables.publishing import open_file, privacy_spend


@dataclass(frozen=True, slots=True, order=True)
class FileKey:
    """The name of a published table: its region, dataset, month as `2026-10`, and part."""

    region: str
    dataset: str
    month: str
    part: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenFile:
    """A file as it was published."""

    key: FileKey
    sha256: str
    content: bytes
    made_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFile:
    """A file to publish, with the privacy that it spends on one unit."""

    key: FileKey
    content: bytes
    epsilon_micro: int
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """The privacy that was spent for a file, whether it still lies open or was withdrawn."""

    key: FileKey
    epsilon_micro: int
    unit: str
    spent_at: datetime
    is_open: bool

    @property
    def epsilon(self) -> float:
        """The privacy that was spent on one unit."""
        return self.epsilon_micro / 1_000_000


def spent_micro(tx: Transaction, region: str, dataset: str, month: str) -> int:
    """Add up the privacy that was spent on a dataset of a month."""
    table = privacy_spend.c
    query = sa.select(sa.func.coalesce(sa.func.sum(table.epsilon_micro), 0)).where(
        table.region == region, table.dataset == dataset, table.month == month
    )
    return int(tx.execute(query).scalar_one())


class SpentBefore(Exception):
    """The privacy of such a file is spent: by somebody else in this moment, or by a file that was withdrawn."""


def put_files(tx: Transaction, files: Sequence[NewFile], at: datetime) -> None:
    """Spend the privacy and store the files; raises SpentBefore, after which the transaction must not be committed."""
    for new in files:
        key = _columns(new.key)
        if not spend(tx, new, at):
            raise SpentBefore
        stored = zlib.compress(new.content, 9)
        row = {**key, "sha256": hashlib.sha256(new.content).hexdigest(), "content": stored, "made_at": at}
        tx.execute(sa.insert(open_file).values(**row))


def spend(tx: Transaction, new: NewFile, at: datetime) -> bool:
    """Spend the privacy of a file without storing it; False where it is spent."""
    spent = {**_columns(new.key), "epsilon_micro": new.epsilon_micro, "unit": new.unit, "spent_at": at}
    return int(tx.execute(insert_once(tx, privacy_spend, spent)).rowcount) == 1


def find_file(tx: Transaction, key: FileKey) -> OpenFile | None:
    """Read a file; None where it was never published, or was withdrawn."""
    query = sa.select(open_file).where(*_is(open_file, key))
    row = tx.execute(query).mappings().one_or_none()
    if row is None:
        return None
    return OpenFile(
        key=key, sha256=row["sha256"], content=zlib.decompress(row["content"]), made_at=row["made_at"]
    )


def list_spendings(tx: Transaction, region: str) -> list[Spending]:
    """List every spending of a region, by dataset and month."""
    same = [privacy_spend.c[name] == open_file.c[name] for name in FileKey.__dataclass_fields__]
    query = (
        sa.select(privacy_spend, open_file.c.made_at.is_not(None).label("is_open"))
        .select_from(privacy_spend.outerjoin(open_file, sa.and_(*same)))
        .where(privacy_spend.c.region == region)
        .order_by(privacy_spend.c.dataset, privacy_spend.c.month, privacy_spend.c.part)
    )
    return [
        Spending(
            key=FileKey(row["region"], row["dataset"], row["month"], row["part"]),
            epsilon_micro=row["epsilon_micro"],
            unit=row["unit"],
            spent_at=row["spent_at"],
            is_open=bool(row["is_open"]),
        )
        for row in tx.execute(query).mappings()
    ]


def withdraw_files(tx: Transaction, region: str, dataset: str, month: str) -> int:
    """Take the files of a dataset of a month back; answers how many. Their spending stays: they are never drawn again."""
    table = open_file.c
    gone = sa.delete(open_file).where(table.region == region, table.dataset == dataset, table.month == month)
    return int(tx.execute(gone).rowcount)


def _columns(key: FileKey) -> dict[str, str]:
    return {"region": key.region, "dataset": key.dataset, "month": key.month, "part": key.part}


def _is(table: sa.Table, key: FileKey) -> list[sa.ColumnElement[bool]]:
    return [table.c[name] == value for name, value in _columns(key).items()]
