"""Tell a supervisor how a process fares: systemd's protocol of notifications (sd_notify(3)), silent where there is none."""

import os
import socket


def notify(state: str) -> bool:
    """Send a state like `READY=1`; False where nobody listens."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return False
    # An abstract address begins with a zero byte.
    place = "\0" + address[1:] if address.startswith("@") else address
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
            sender.sendto(state.encode(), place)
    except OSError:
        return False
    return True
