"""Describe the printed parts of a ticket, apart from the page: who names it need not load what draws PDF."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ticketing.frozen import Leg


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorPaper:
    """A paper that an operator handed over for a leg: its own code or number, or a page that only a screen can show.

    `holder` is whose it is of a group, as people call them.
    """

    operator: str
    reference: str | None
    kind: str
    media_type: str
    encoding: str
    content: str
    holder: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedPass:
    """A pass, carnet or return as people read it: its name and operators, and `uses`, how many rides it was sold with (None: no number)."""

    kind: str
    name: str
    operators: Sequence[str]
    uses: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Printable:
    """The printed content of a ticket, or of the one code of a group; `riders` are how many travel of each category.

    Categories and a pass are named in the reader's language. `papers` are those of operators by place in `legs`, `guarantors` those of the connection behind a leg; a `season` has no legs. Its hours are told by the clock of `zone`.
    """

    token: str
    riders: Sequence[tuple[str, int]]
    not_before: datetime
    expires_at: datetime
    control_code: str
    legs: Sequence[Leg]
    demo: bool
    issued_at: datetime
    zone: str = "UTC"
    season: PrintedPass | None = None
    papers: Mapping[int, Sequence[OperatorPaper]] = field(default_factory=dict)
    guarantors: Mapping[int, str] = field(default_factory=dict)
