"""Fuzz one reader: `python -m tests.fuzzing tokens --seconds 60 --keep FOLDER`; a fault ends it, and its input lies in FOLDER."""

import re
import sys
from pathlib import Path

import atheris
import click

# Names and numbers of the good inputs: a fuzzer seldom guesses the name of an element or a member.
_WORD = re.compile(rb"[A-Za-z0-9_:.-]{2,40}")


@click.command()
@click.argument("name")
@click.option("--seconds", type=int, default=60, show_default=True)
@click.option("--keep", type=click.Path(file_okay=False, path_type=Path), required=True)
def main(name: str, seconds: int, keep: Path) -> None:
    """Fuzz the reader NAME for so many seconds."""
    with atheris.instrument_imports(include=["throughfare_gate", "operators", "ticketing"]):
        from tests.fuzzing.targets import TARGETS  # noqa: PLC0415  it is instrumented as it is imported

    target, seeds = TARGETS[name], keep / "seeds"
    seeds.mkdir(parents=True, exist_ok=True)
    for number, content in enumerate(target.seeds):
        (seeds / str(number)).write_bytes(content)
    words = sorted({word for content in target.seeds for word in _WORD.findall(content)})
    (keep / "words").mkdir(exist_ok=True)
    (keep / "words/words").write_bytes(b"".join(b'"%s"\n' % word for word in words))
    # An input may take ten seconds and 2 GB; an error that is no refusal ends the run.
    options = [
        f"-max_total_time={seconds}",
        "-max_len=16384",
        "-timeout=10",
        "-rss_limit_mb=2048",
        "-print_final_stats=1",
        f"-artifact_prefix={keep}/",
        f"-dict={keep}/words/words",
    ]
    atheris.Setup([sys.argv[0], *options, str(seeds)], target.try_one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
