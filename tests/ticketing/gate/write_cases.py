"""Write cases.json: the named cases of `throughfare gate vectors`, kept so that a change of any decision is seen in review.

Run it as `python -m tests.ticketing.gate.write_cases` after a change of the format, of a rule or of a case.
"""

import json
from pathlib import Path
from typing import Any

from throughfare_gate.gate import bundle as bundle_tokens
from ticketing.cli.vectors.bundles import bundles
from ticketing.cli.vectors.case import USUAL
from ticketing.cli.vectors.commands import TRUST, cases, rows
from ticketing.cli.vectors.signing import AT, SIGNER

CASES = Path(__file__).with_name("cases.json")
OF_THE_FILE = ("name", "bundle", "trust")


def document() -> dict[str, Any]:
    """Name each bundle once, and leave out of a request the members that are the usual ones."""
    named = [bundle for _, bundle, *_ in rows()]
    return {
        "about": "Requests of the contract `throughfare gate decide`: `bundle` names one of `bundles`; the rest of a request "
        "is `request` of the case laid over `defaults`. `expected` is the whole decision.",
        "trust": {"keys": TRUST},
        "bundles": {name: bundle_tokens.sign(SIGNER, facts, AT) for name, facts in bundles().items()},
        "defaults": {**USUAL, "at": AT.isoformat()},
        "cases": [
            {
                "name": line["name"],
                "bundle": bundle,
                "request": _less(line),
                "expected": line["expected"],
            }
            for bundle, line in zip(named, cases(), strict=True)
        ],
    }


def _less(line: Any) -> dict[str, Any]:
    usual = {**USUAL, "at": AT.isoformat()}
    skipped = {*OF_THE_FILE, "expected"}
    return {
        name: value for name, value in line.items() if name not in skipped and usual.get(name, ...) != value
    }


if __name__ == "__main__":
    CASES.write_text(json.dumps(document(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
