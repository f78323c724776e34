"""Become a process that ends when the demo does, even when the demo was killed: `demo_child.py PARENT PROGRAM ...`.

Linux tells a process of its parent's death when it asks (prctl(2), PR_SET_PDEATHSIG), and keeps that over exec; other
systems do not, and there a demo that was killed with SIGKILL leaves its processes behind.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def end_with_parent() -> None:
    """Have this process ended when the one that has started it dies."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


if __name__ == "__main__":
    end_with_parent()
    if os.getppid() != int(sys.argv[1]):  # it died before we could ask
        sys.exit(1)
    os.execv(sys.argv[2], sys.argv[2:])  # noqa: S606  the demo's own words, no shell
