"""Read codes from a scanner that types lines, or from lines on a socket that are answered there."""

import json
import socketserver
import threading
from collections.abc import Callable
from typing import TextIO

from throughfare_gate.validator.flap import Answer

Show = Callable[[str], Answer]
LONGEST_LINE = 8192


def read_lines(source: TextIO, show: Show) -> None:
    """Present each line of a scanner until it ends."""
    while line := source.readline(LONGEST_LINE):
        if line.strip():
            show(line)


def listen(host: str, port: int, show: Show) -> socketserver.ThreadingTCPServer:
    """Answer lines on a socket, each with one JSON line; give the server, which runs in a thread."""

    class _Connection(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while line := self.rfile.readline(LONGEST_LINE):
                answer = show(line.decode("utf-8", "replace"))
                self.wfile.write(json.dumps(answer.as_dict(), ensure_ascii=False).encode() + b"\n")

    class _Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

    server = _Server((host, port), _Connection)
    threading.Thread(target=server.serve_forever, name="listen", daemon=True).start()
    return server
