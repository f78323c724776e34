"""Passes as quotes and tickets keep them: what was sold, so that it means the same when the product has changed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from tariffs.passes import Scope
from ticketing.frozen.fields import (
    document,
    moment,
    part,
    part_or_none,
    text,
    text_or_none,
    texts_by_name,
    whole,
    whole_or_none,
)
from ticketing.frozen.travellers import read_scope, write_scope

CARNET = "carnet"
_NAMES = frozenset(
    {"holder", "product", "version", "kind", "names", "scope", "uses", "valid_from", "valid_until"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SoldPass:
    """A pass in the version that was sold; `holder` is whom of the account it is for, None whoever buys it.

    `uses` is how many rides it has, None without limit; `valid_until` is exclusive.
    """

    product: str
    version: int
    kind: str
    scope: Scope
    uses: int | None
    valid_from: datetime
    valid_until: datetime
    names: Mapping[str, str] = field(default_factory=dict)
    holder: str | None = None

    @property
    def is_shared(self) -> bool:
        """True where it serves a whole party."""
        return self.kind == CARNET

    @property
    def name(self) -> str:
        """Its English name, else the id of its product."""
        return self.name_in("en")

    def name_in(self, language: str) -> str:
        """Its name in a language, else its English one, else the id of its product."""
        return self.names.get(language) or self.names.get("en") or self.product


def read_pass(raw: object) -> SoldPass:
    """Read a pass."""
    sold = document(raw, _NAMES)
    return SoldPass(
        product=text(sold, "product"),
        version=whole(sold, "version"),
        kind=text(sold, "kind"),
        scope=part(sold, "scope", read_scope),
        uses=whole_or_none(sold, "uses"),
        valid_from=moment(sold, "valid_from"),
        valid_until=moment(sold, "valid_until"),
        names=part_or_none(sold, "names", texts_by_name) or {},
        holder=text_or_none(sold, "holder"),
    )


def write_pass(sold: SoldPass) -> dict[str, object]:
    """Write a pass."""
    return {
        **({"holder": sold.holder} if sold.holder is not None else {}),
        "product": sold.product,
        "version": sold.version,
        "kind": sold.kind,
        **({"names": dict(sold.names)} if sold.names else {}),
        "scope": write_scope(sold.scope),
        "uses": sold.uses,
        "valid_from": sold.valid_from.isoformat(),
        "valid_until": sold.valid_until.isoformat(),
    }
