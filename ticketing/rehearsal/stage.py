"""Run a service on a scratch folder for a rehearsal, with the secrets to be every one of its callers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

Prove = Callable[[str, str, datetime], str]
Command = Callable[[list[str], str], tuple[int, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A running service. `urls` by sale channel, None being the one without.

    `gates` are keys by operator, `finance` those of two people. `move_clock` sets the service's pretended time, `prove`
    signs that a claim (first) of an issuer (second) holds from a moment on, `command` runs `throughfare` beside the
    service with a text as its input and answers exit code and output. `offline` are presentations for a gate without a
    network: each a request of `gate decide`, with what the gate online has answered. `troubles` names what the processes have written in their logs that
    nobody should find there, and those that have ended. `connectors` say how each operator
    is reached, `parties` who belongs to each agreement. `bound` are the operators that take nobody on board of another
    sailing, and `late` is the one departure that was delayed so far.
    """

    urls: Mapping[str | None, str]
    folder: Path
    database_url: str
    gates: Mapping[str, str]
    finance: tuple[str, str]
    move_clock: Callable[[datetime], None]
    prove: Prove
    connectors: Mapping[str, str]
    parties: Mapping[str, Sequence[str]]
    command: Command
    troubles: Callable[[], list[str]]
    bound: frozenset[str] = frozenset()
    late: list[str] = field(default_factory=list)
    offline: list[tuple[dict[str, Any], str]] = field(default_factory=list)
