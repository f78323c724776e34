"""Where a rehearsal is played: a running service on a scratch folder, with the secrets to be every one of its callers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

Prove = Callable[[str, str, datetime], str]
Command = Callable[[list[str]], tuple[int, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A running service. `urls` by sale channel, None being the one without.

    `gates` are keys by operator, `finance` those of two people. `move_clock` sets the service's pretended time, `prove`
    signs that a claim (first) of an issuer (second) holds from a moment on, `command` runs `throughfare` beside the
    service and answers exit code and output. `troubles` names what the processes have written in their logs that
    nobody should find there, and those that have ended. `connectors` say how each operator
    is reached, `parties` who belongs to each agreement.
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
