"""Connectors of a deployment: every operator of every region behind the port, guarded, with its journal in the database."""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import structlog

from operators import registry
from operators.errors import OperatorError
from operators.exchange.folder import STAND_IN
from operators.figures import Figures
from operators.guard import Guarded, Patience
from operators.port import Connector
from tariffs.findings import errors
from ticketing import variables
from ticketing.clock import Clock
from ticketing.db import Database
from ticketing.db.operators.connectors import DatabaseJournal, DatabaseSailings
from ticketing.db.operators.figures import DatabaseFigures
from ticketing.db.trouble import trouble
from ticketing.errors import Fault, Misconfigured, NotFound
from ticketing.progress import Progress, silent
from ticketing.regions.load import Region

_THIS_MACHINE = {"127.0.0.1", "localhost", "::1"}
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Connectors:
    """Every operator by region and id; `figures` are those of their calls.

    `stand_ins` name the systems that are most likely simulators, `gaps` what the environment lacks or holds in vain:
    both in words, for the log and the health page.
    """

    regions: Mapping[str, Mapping[str, Guarded]]
    figures: Figures
    stand_ins: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()

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
    for region in regions.values():
        faults = [
            Fault(found.field, found.message)
            for found in errors(registry.check(region.data, environ))
            if found.field in environ
        ]
        if faults:
            raise Misconfigured("; ".join(f"{fault.path} {fault.message}" for fault in faults), faults)
    figures = Figures(DatabaseFigures(database), time.monotonic)
    wires = {}
    for name, region in regions.items():
        surroundings = registry.Surroundings(
            clock.now, DatabaseJournal(database, name), DatabaseSailings(database, name), environ
        )
        wires[name] = {
            operator: Guarded(name, connector, clock.now, figures, patience=patience)
            for operator, connector in registry.build(region.data, surroundings).items()
        }
    return Connectors(wires, figures, _stand_ins(regions, environ), _gaps(regions, environ))


def _stand_ins(regions: Mapping[str, Region], environ: Mapping[str, str]) -> tuple[str, ...]:
    """The systems that are simulators, or most likely so: they are on this very machine."""
    operators = [
        (region, operator) for region, loaded in regions.items() for operator in loaded.operators.values()
    ]
    return tuple(
        f"the system of {operator.id} ({region}) is on this machine: most likely a simulator"
        for region, operator in operators
        if operator.connector and _is_stand_in(operator.id, operator.connector.values, environ)
    )


def _is_stand_in(operator: str, values: Mapping[str, Any], environ: Mapping[str, str]) -> bool:
    url, folder = (
        environ.get(f"THROUGHFARE_{operator.upper()}_{name.upper()}", str(values.get(name, "")))
        for name in ("url", "folder")
    )
    return urlsplit(url).hostname in _THIS_MACHINE or bool(folder and (Path(folder) / STAND_IN).exists())


def _gaps(regions: Mapping[str, Region], environ: Mapping[str, str]) -> tuple[str, ...]:
    """Secrets that operators' systems want and nobody has set, and variables that nothing reads."""
    missing = [
        f"{variable} is not set: {operator} ({region}) is not asked and sells nothing"
        for region, loaded in regions.items()
        for operator, variable in registry.missing_secrets(loaded.data, environ).items()
    ]
    read = {name for loaded in regions.values() for name in registry.variables(loaded.data)}
    return (*missing, *variables.not_understood(environ, read))
