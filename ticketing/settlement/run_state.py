"""The steps of a run: which follows which, and who may take them. Pure.

draft -> calculated -> approved -> exported -> sent -> reconciled, with two ways out: `rejected` sends a
calculated run back, `voided` takes a run back before its payments have left. Either makes room for the
next version. A payment that the bank returns takes a reconciled run back to sent: no person does that.
"""

import unicodedata
from collections.abc import Collection

from ticketing.db.settlement.runs import Run
from ticketing.errors import Conflict, InvalidRequest, NotAllowed

FORWARD: dict[str, tuple[str, ...]] = {
    "draft": ("calculated",),
    "calculated": ("approved", "rejected", "voided"),
    "approved": ("exported", "voided"),
    "exported": ("sent", "voided"),
    "sent": ("reconciled",),
    "reconciled": (),
    "rejected": (),
    "voided": (),
}
# The step that the bank alone takes.
REOPENED = ("reconciled", "sent")
GONE = ("rejected", "voided")
MAX_NAME_LENGTH = 100
MAX_REASON_LENGTH = 500


def may_follow(before: str, after: str) -> bool:
    """Tell whether a state may follow another, by a person or by the bank."""
    return after in FORWARD[before] or (before, after) == REOPENED


def check_step(run: Run, state: str) -> None:
    """Raise Conflict when a run cannot go from where it is to `state`."""
    if state not in FORWARD[run.state]:
        allowed = " or ".join(FORWARD[run.state])
        raise Conflict(
            f"the run is {run.state}: the next step is {allowed}, not {state}"
            if allowed
            else f"the run is {run.state} and stays so: it cannot become {state}"
        )


def check_approver(
    run: Run, actor: str, seen_digest: str, computed_digest: str, editors: Collection[str]
) -> None:
    """Raise unless another person approves exactly what was calculated.

    `seen_digest` is what the approver has read, `computed_digest` that of the stored dataset now; `editors`
    entered a bank account that the run pays to.
    """
    check_step(run, "approved")
    if is_same_person(actor, run.prepared_by):
        raise NotAllowed(f"{actor} has prepared this run: another person approves it")
    if any(is_same_person(actor, editor) for editor in editors):
        raise NotAllowed(
            f"{actor} has entered a bank account that this run pays to: another person approves it"
        )
    if run.digest != computed_digest:
        raise Conflict("the dataset of this run is not what was calculated: its digest differs")
    if seen_digest != run.digest:
        raise Conflict(f"this is not the digest of the run: the run has {run.digest[:12]}...")


def is_same_person(one: str, other: str) -> bool:
    """Tell whether two names are one: capitals, compatibility forms and spaces make nobody another person."""
    return _key(one) == _key(other)


def _key(name: str) -> str:
    return unicodedata.normalize("NFKC", " ".join(name.split())).casefold()


def checked_name(name: str, field: str = "by") -> str:
    """A person's name as it is kept (Unicode NFC, single spaces); raises InvalidRequest for none."""
    stripped = unicodedata.normalize("NFC", " ".join(name.split()))
    if not stripped or len(stripped) > MAX_NAME_LENGTH or not stripped.isprintable():
        raise InvalidRequest.at(field, f"a name of 1 to {MAX_NAME_LENGTH} characters is needed")
    return stripped


def checked_reason(reason: str, field: str = "reason") -> str:
    """Words that say why; raises InvalidRequest for none or too many."""
    stripped = reason.strip()
    if not stripped or len(stripped) > MAX_REASON_LENGTH or "\x00" in stripped:
        raise InvalidRequest.at(field, f"a reason of 1 to {MAX_REASON_LENGTH} characters is needed")
    return stripped
