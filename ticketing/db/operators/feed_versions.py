"""Keep which version of each operator's feed was served since when."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ticketing.db.engine import Transaction
from ticketing.db.rows import columns, fetch, put_once
from ticketing.db.tables.operators import feed_version


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedVersion:
    """A version of a feed, and when it was first served; `document` are its figures."""

    region: str
    operator: str
    first_served_at: datetime
    digest: str
    document: dict[str, Any]


def put_feed_version(tx: Transaction, served: FeedVersion) -> bool:
    """Add a version; False where another process has added one at the same moment."""
    return put_once(tx, feed_version, columns(served))


def list_feed_versions(tx: Transaction, region: str) -> list[FeedVersion]:
    """List the versions of a region's feeds, the newest first."""
    query = sa.select(feed_version).where(feed_version.c.region == region)
    return fetch(
        tx, query.order_by(feed_version.c.first_served_at.desc(), feed_version.c.operator), FeedVersion
    )


def last_digests(tx: Transaction, region: str) -> dict[str, str]:
    """The digest of the version of each operator that was noted last."""
    return {one.operator: one.digest for one in reversed(list_feed_versions(tx, region))}
