"""`throughfare gate vectors`: write cases with which the makers of validators prove their own `decide()`."""

import json
import random
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import click

from throughfare_gate.gate import bundle as bundle_tokens
from throughfare_gate.gate import sentences
from throughfare_gate.gate.bundle import BadBundle, open_bundle
from throughfare_gate.tickets.jwk import BadKey, load_jwks
from ticketing.cli.gate import decided
from ticketing.cli.vectors.bundles import bundles
from ticketing.cli.vectors.case import Request, Row, whole
from ticketing.cli.vectors.ordering import ordering
from ticketing.cli.vectors.placing import placing
from ticketing.cli.vectors.reading import reading
from ticketing.cli.vectors.refusing import TRUST, Bundle, refusing
from ticketing.cli.vectors.sailing import sailings
from ticketing.cli.vectors.scenes import draw, scene_bundles
from ticketing.cli.vectors.signing import AT, SIGNER
from ticketing.cli.vectors.spelling import spelling
from ticketing.cli.vectors.spoiling import spoiled_bundles
from ticketing.cli.vectors.using import using

Line = Mapping[str, object]
# With so many scenes comes one spoiled bundle.
_SCENES_A_BUNDLE = 10
CASES, SCENES, BUNDLES = "cases.jsonl", "scenes.jsonl", "bundles.jsonl"


@click.command("vectors")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="The folder to write into."
)
@click.option(
    "--random", "scenes", type=click.IntRange(0), default=0, help="Draw so many scenes by chance as well."
)
@click.option(
    "--seed", type=int, default=1, show_default=True, help="The chance: the same seed, the same scenes."
)
def command(out: Path, scenes: int, seed: int) -> None:
    """Write cases for other implementations of the gate's decision.

    OUT gets cases.jsonl, and with --random scenes.jsonl: a line a case, each a request of `throughfare gate decide`
    with a `name` and the decision that is `expected`. bundles.jsonl has bundles that a gate must apply or refuse,
    with --random also some that are spoiled by chance; sentences.json the words for reasons and notes. docs/validators.md says how to decide.

    \b
    Example:
      throughfare gate vectors --out vectors --random 20000 --seed 1
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    out.mkdir(parents=True, exist_ok=True)
    spoiled = spoiled_bundles(scenes // _SCENES_A_BUNDLE, random.Random(seed))
    opened = bundle_lines([*refusing(), *spoiled])
    written = {CASES: _written(out / CASES, cases()), BUNDLES: _written(out / BUNDLES, opened)}
    if scenes:
        written[SCENES] = _written(out / SCENES, scene_lines(scenes, seed))
    (out / sentences.FILE.name).write_bytes(sentences.FILE.read_bytes())
    click.echo(json.dumps(written))


def rows() -> list[Row]:
    """List every case that has a name."""
    return [*reading(), *spelling(), *using(), *ordering(), *sailings(), *placing()]


def cases() -> Iterator[Line]:
    """Write each named case with its decision."""
    signed = {name: bundle_tokens.sign(SIGNER, facts, AT) for name, facts in bundles().items()}
    for name, bundle, request, _, _ in rows():
        yield _line(name, signed[bundle], request)


def scene_lines(count: int, seed: int) -> Iterator[Line]:
    """Draw scenes, each with its decision."""
    signed = {name: bundle_tokens.sign(SIGNER, facts, AT) for name, facts in scene_bundles().items()}
    chance = random.Random(seed)
    for number in range(1, count + 1):
        bundle, fault, request = draw(chance)
        yield _line(f"scene {number}{', ' if fault else ''}{fault}", signed[bundle], request)


def _line(name: str, bundle: str, request: Request) -> Line:
    asked = {"bundle": bundle, "trust": {"keys": TRUST}, **whole(request)}
    return {"name": name, **asked, "expected": expected(asked)}


def expected(request: Request) -> Line:
    """Decide as gates do, and write all that another implementation must agree on.

    `leg`, `kind`, `nonce` and `notes` are of an accepted ticket, `values` of a refused one; `staff` is the English sentence.
    """
    decision = decided(request)
    return {
        "decision": "accept" if decision.admit else "refuse",
        "reason": decision.reason,
        "jti": decision.jti,
        "leg": decision.leg,
        "kind": decision.kind if decision.admit else None,
        "nonce": decision.nonce,
        "values": dict(decision.values),
        "notes": [[code, dict(values)] for code, values in decision.notes],
        "attention": decision.attention,
        "staff": decision.staff,
    }


def bundle_lines(bundles_drawn: Iterable[Bundle]) -> Iterator[Line]:
    """Write each bundle that must be applied or refused."""
    for _, name, token, trust in bundles_drawn:
        yield {
            "name": name,
            "bundle": token,
            "trust": {"keys": trust},
            "expected": {"opens": opens(token, trust)},
        }


def opens(token: str, trust: object) -> bool:
    """Tell whether a gate with these keys applies a bundle."""
    try:
        open_bundle(token, load_jwks({"keys": trust}))
    except (BadBundle, BadKey):
        return False
    return True


def _written(file: Path, lines: Iterable[Line]) -> int:
    count = 0
    with file.open("w", encoding="utf-8", newline="\n") as opened:
        for line in lines:
            opened.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
            count += 1
    return count
