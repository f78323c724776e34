"""Choose what goes into the service's wheel; everything else about it stands in pyproject.toml.

Not in it are the packages of `throughfare-lab` (lab/pyproject.toml). In it, beside the code, are the migrations and the
regions, in the package where `ticketing.shipped` looks for them.
"""

import tomllib
from pathlib import Path

from setuptools import find_packages, setup

LAB = tomllib.loads(Path("lab/pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["packages"]
REGIONS = [path.parent.name for path in sorted(Path("regions").glob("*/region.toml"))]
MIGRATIONS = "ticketing.shipped.migrations"
SHIPPED = {MIGRATIONS: "migrations"} | {
    f"ticketing.shipped.regions.{name}": f"regions/{name}" for name in REGIONS
}

setup(
    packages=[*find_packages(include=["tariffs*", "operators*", "ticketing*"], exclude=LAB), *SHIPPED],
    package_dir=SHIPPED,
    package_data={
        "": ["py.typed", "*.html", "*.css", "*.js", "*.json"],
        "ticketing.settlement.payout": ["*.toml"],
        "ticketing.rights": ["tables/*.toml"],
        "ticketing.emissions": ["*.csv"],
        "ticketing.api.description": ["*.toml"],
        # Present where `make apps` has built them: an installed wheel needs no build.
        "ticketing.web": ["templates/web/*.html", "static/*.css", "built/**/*"],
        "ticketing.atlas": ["templates/atlas/*.html"],
        "ticketing.console": ["templates/console/*.html", "texts/*.json"],
        MIGRATIONS: ["*.mako", "schema/*.sql", "versions/*.py"],
        **{package: ["**/*"] for package in SHIPPED if package != MIGRATIONS},
    },
)
