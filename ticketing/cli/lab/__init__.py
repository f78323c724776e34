"""Run the service with its worker and the stand-ins of its operators on a scratch folder, for a demo and for rehearsals."""

from ticketing.cli.lab.processes import Started, alone, ended_by_signals, running
from ticketing.cli.lab.scratch import (
    begin,
    environment,
    free_port,
    is_ready,
    make_keys,
    move_clock,
    prepare,
    serving,
    settings_in,
)
from ticketing.cli.lab.simulators import simulators as start_simulators
from ticketing.cli.lab.warm import Nursery

__all__ = [
    "Nursery",
    "Started",
    "alone",
    "begin",
    "ended_by_signals",
    "environment",
    "free_port",
    "is_ready",
    "make_keys",
    "move_clock",
    "prepare",
    "running",
    "serving",
    "settings_in",
    "start_simulators",
]
