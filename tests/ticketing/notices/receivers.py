"""Receivers of messages on loopback: a mail server, a receiver of webhooks, and a browser's push service that decrypts."""

import asyncio
import base64
import json
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import http_ece
from aiosmtpd.controller import Controller
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.waiting import SOON_SECONDS


@dataclass
class Mailbox:
    """A mail server that keeps all mail; the next answers may be scripted, and one that is `held` answers nothing.

    Of a domain that is `unknown` it takes no recipient for now.
    """

    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    address: str = ""
    held: bool = False
    unknown: str = ""
    reached: threading.Event = field(default_factory=threading.Event)

    async def handle_RCPT(  # noqa: N802  aiosmtpd's name
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if self.unknown and address.endswith(f"@{self.unknown}"):
            return "450 4.1.2 domain not found"
        envelope.rcpt_tos.append(address)
        return "250 taken"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802  aiosmtpd's name
        self.reached.set()
        while self.held:  # noqa: ASYNC110  it is let go by another thread
            await asyncio.sleep(0.01)
        answer = self.answers.pop(0) if self.answers else "250 taken"
        if answer.startswith("2"):
            self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
            self.recipients.extend(envelope.rcpt_tos)
        return answer

    def only(self) -> EmailMessage:
        assert len(self.mails) == 1, [one["Subject"] for one in self.mails]
        return self.mails[0]


@contextmanager
def mail_server() -> Iterator[Mailbox]:
    box = Mailbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port, server_hostname="mail.example")
    controller.start()
    try:
        box.address = f"smtp://127.0.0.1:{port}"
        yield box
    finally:
        controller.stop()


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def files_of(mail: EmailMessage) -> dict[str, bytes]:
    found = {}
    for one in mail.iter_attachments():
        content = one.get_content()
        found[str(one.get_filename())] = content.encode() if isinstance(content, str) else content
    return found


@dataclass
class Received:
    """One request that arrived."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """An HTTP server that keeps all requests; the next statuses may be scripted, and while `hold` is clear nothing is answered.

    Paths that are `unknown` to it have a status of their own.
    """

    requests: list[Received] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    unknown: dict[str, int] = field(default_factory=dict)
    answer_bytes: int = 0
    url: str = ""
    hold: threading.Event = field(default_factory=threading.Event)
    reached: threading.Event = field(default_factory=threading.Event)


@contextmanager
def receiver() -> Iterator[Receiver]:
    found = Receiver()
    found.hold.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            head = {name.lower(): value for name, value in self.headers.items()}
            found.requests.append(Received(self.path, head, body))
            found.reached.set()
            found.hold.wait(60)
            scripted = found.statuses.pop(0) if found.statuses else 201
            self.send_response(found.unknown.get(self.path, scripted))
            self.send_header("Content-Length", str(found.answer_bytes))
            self.end_headers()
            with suppress(ConnectionError):
                self.wfile.write(b" " * found.answer_bytes)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(SOON_SECONDS,), daemon=True).start()
    try:
        found.url = f"http://127.0.0.1:{server.server_address[1]}"
        yield found
    finally:
        server.shutdown()
        server.server_close()


class Browser:
    """A browser with a push subscription: it alone can read what arrives."""

    def __init__(self, endpoint: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._auth = os.urandom(16)
        point = self._key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        self.subscription = {
            "kind": "webpush",
            "endpoint": endpoint,
            "p256dh": base64.urlsafe_b64encode(point).decode().rstrip("="),
            "auth": base64.urlsafe_b64encode(self._auth).decode().rstrip("="),
        }

    def read(self, body: bytes) -> dict[str, Any]:
        plain = http_ece.decrypt(body, private_key=self._key, auth_secret=self._auth, version="aes128gcm")
        found: dict[str, Any] = json.loads(plain)
        return found
