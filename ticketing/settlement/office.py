"""Hold the tools that the settlement room needs of its deployment."""

import re
from dataclasses import dataclass, replace
from pathlib import Path

from operators.legal_parties import LegalParty, read_parties
from operators.region_toml import REGION_TOML, open_toml
from ticketing.clock import Clock
from ticketing.db import Database
from ticketing.errors import InvalidRequest
from ticketing.settlement.terms import Terms, load_terms
from ticketing.tickets.keys import KeyStore

_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """`keys` sign the anchors of the books; without them anchors are not signed, and the auditor is told.

    `specimens` lets a month of pretended payments go all the way, with SPECIMEN on every file; without it such a
    run stays approved (a deployment in production). `files` is where runs are exported over HTTP, `anchors` where
    the worker keeps the signed anchors outside of the database. `regions` are those that the deployment serves.
    """

    database: Database
    clock: Clock
    keys: KeyStore | None = None
    regions_folder: Path | None = None
    specimens: bool = True
    files: Path = Path("var/settlement")
    anchors: Path | None = None
    regions: tuple[str, ...] | None = None

    def served(self, region: str) -> str:
        """A region of this deployment; raises InvalidRequest for any other name, before it becomes a ledger or a path.

        A desk that was given no regions (a tool over one database) takes any plain name.
        """
        if self.regions is not None and region not in self.regions:
            raise InvalidRequest.at("region", f"must be one of {', '.join(self.regions)}")
        return plain_name(region)

    def terms(self, region: str) -> Terms:
        """The settlement terms of a region as they stand today."""
        folder = self.folder(region)
        if folder is None:
            return Terms()
        toml = open_toml(folder / REGION_TOML, [])
        operators = toml.operators()
        named = {one.id: LegalParty(legal_name=one.name) for one in operators.values()}
        told = read_parties(toml.document.get("parties"), operators, _unsaid)
        return replace(load_terms(folder), parties={**named, **told})

    def operators(self) -> set[str]:
        """Every operator of the regions that lie here; empty where none does."""
        places = self.regions_folder.glob(f"*/{REGION_TOML}") if self.regions_folder else ()
        return {name for place in places for name in open_toml(place, []).operators()}

    def operators_of(self, region: str) -> set[str]:
        """The operators of one region, as its data has them today; empty where it does not lie here."""
        folder = self.folder(region)
        return set(open_toml(folder / REGION_TOML, []).operators()) if folder else set()

    def folder(self, region: str) -> Path | None:
        """The folder of a region's data."""
        return self.regions_folder / plain_name(region) if self.regions_folder else None


def _unsaid(_path: str, _code: str, _message: str) -> None:
    """Faults of a region are told where it is loaded; here its papers go without."""


def plain_name(region: str) -> str:
    """A name that is one part of a path and nothing more; raises InvalidRequest."""
    if not _PLAIN.fullmatch(region):
        raise InvalidRequest.at("region", "a region's name has 1 to 64 characters a-z, 0-9, - and _")
    return region
