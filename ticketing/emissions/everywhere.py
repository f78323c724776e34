"""Factors that hold in every region: those of `factors.csv` beside this file, read once."""

from pathlib import Path

from operators.emission_factors import read_factors
from tariffs.findings import Finding, errors

_findings: list[Finding] = []
FACTORS = read_factors(Path(__file__).with_name("factors.csv").read_text(encoding="utf-8"), _findings)
if errors(_findings):  # pragma: no cover  a file of ours that a test reads
    raise ValueError(_findings[0].message)
