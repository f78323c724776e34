"""Connectors of a deployment: every operator of every region behind the port, guarded, with its journal in the database."""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import structlog

from operators import registry
from operators.errors import OperatorError
from operators.figures import Figures
from operators.guard import Guarded, Patience
from operators.port import Connector
from operators.region import Operator
from tariffs.findings import errors
from ticketing.clock import Clock
from ticketing.db import Database
from ticketing.db.connectors import DatabaseJournal, DatabaseSailings
from ticketing.db.figures import DatabaseFigures
from ticketing.db.trouble import trouble
from ticketing.errors import Fault, Misconfigured, NotFound
from ticketing.progress import Progress, silent
from ticketing.regions.load import Region

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Connectors:
    """Every operator by region and id; `figures` are those of their calls."""

    regions: Mapping[str, Mapping[str, Guarded]]
    figures: Figures

    def of(self, region: str, operator: str) -> Connector:
        """The connector of an operator; raises NotFound."""
        try:
            return self.regions[region][operator]
        except KeyError:
            raise NotFound(f"{region} has no operator {operator}") from None

    def tend(self, progress: Progress = silent) -> None:
        """Do what every connector has to do from time to time; what is wrong is logged and changes nothing else."""
        tended, whole = 0, sum(map(len, self.regions.values()))
        for region, operators in self.regions.items():
            for operator, connector in operators.items():
                progress(f"{region}: {operator}", tended, whole)
                tended += 1
                try:
                    alarms = connector.tend()
                except (OperatorError, OSError) as error:
                    alarms = (str(error),)
                except Exception as error:
                    if trouble(error):
                        raise
                    _log.error("operator not tended", region=region, operator=operator, exc_info=error)
                    continue
                for alarm in alarms:
                    _log.warning("operator needs a look", region=region, operator=operator, what=alarm)


def open_connectors(
    database: Database,
    clock: Clock,
    regions: Mapping[str, Region],
    *,
    environ: Mapping[str, str] = os.environ,
    patience: Patience | None = None,
) -> Connectors:
    """Make the connectors; nothing is called until somebody asks.

    `environ` may replace a value of an operator's table (`THROUGHFARE_TALLINK_URL`) and holds its secrets; raises
    Misconfigured naming each such value that cannot be.
    """
    for name, region in regions.items():
        faults = [
            Fault(found.field, found.message)
            for found in errors(registry.check(region.data, environ))
            if found.field in environ
        ]
        if faults:
            raise Misconfigured("; ".join(f"{fault.path} {fault.message}" for fault in faults), faults)
        for operator in region.operators.values():
            _announce(name, operator, environ)
    figures = Figures(DatabaseFigures(database), time.monotonic)
    made = {
        name: {
            operator: Guarded(name, connector, clock.now, figures, patience=patience)
            for operator, connector in registry.build(
                region.data,
                registry.Surroundings(
                    clock.now, DatabaseJournal(database, name), DatabaseSailings(database, name), environ
                ),
            ).items()
        }
        for name, region in regions.items()
    }
    return Connectors(made, figures)


def _announce(region: str, operator: Operator, environ: Mapping[str, str]) -> None:
    """A system on this very machine is most likely a simulator: say so at start."""
    configured = str(operator.connector.values.get("url", "")) if operator.connector else ""
    url = environ.get(f"THROUGHFARE_{operator.id.upper()}_URL", configured)
    if urlsplit(url).hostname in {"127.0.0.1", "localhost", "::1"}:
        _log.warning(
            "stand-in in use", what=f"{region}: the system of {operator.id} is on this machine ({url})"
        )
