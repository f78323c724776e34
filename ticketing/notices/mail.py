"""Send mail: by SMTP (RFC 5321, submission by RFC 6409), or into a folder where a deployment has no mail server."""

import contextlib
import functools
import queue
import smtplib
import ssl
import time
from dataclasses import dataclass, field
from email.charset import BASE64, QP, Charset
from email.encoders import encode_base64
from email.header import Header
from email.headerregistry import Address
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.policy import compat32
from email.utils import format_datetime, formataddr, parseaddr
from pathlib import Path
from urllib.parse import unquote, urlsplit

from operators.plain_text import plain
from ticketing.clock import Clock
from ticketing.errors import Misconfigured
from ticketing.notices.channels import DELIVERED, Attachment, Delivery, Message

_SCHEMES = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
# Replies of RFC 5321, 4.2.
_DONE, _CLOSING, _PERMANENT = 250, 421, 500
_PATIENCE_SECONDS = 20.0
# A connection that took a mail so shortly ago is not asked whether it is still there.
_GOOD_SECONDS = 2.0
_POLICY = compat32.clone(linesep="\r\n")
# Of a line (RFC 5322, 2.1.1).
_MOST_LETTERS = 998
# Servers refuse mail with them for good, above all with U+0000 (RFC 5322, 2.2 and 4.1).
_CONTROLS = {code: " " for code in (*range(32), 127) if chr(code) not in "\t\n\r"}
_UTF_8 = Charset("utf-8")
_UTF_8.body_encoding = QP
# Letters as they are would be folded letter by letter, for ten times the work.
_UTF_8.header_encoding = BASE64


@dataclass(frozen=True, slots=True)
class MailServer:
    """A server that takes mail: `security` is none, starttls or tls."""

    host: str
    port: int
    security: str
    user: str = ""
    password: str = ""

    @classmethod
    def of(cls, address: str) -> "MailServer":
        """Read `smtp+starttls://user:password@host:587`; raises Misconfigured without repeating the password."""
        try:
            parts = urlsplit(address)
            port = parts.port
        except ValueError:
            raise Misconfigured("THROUGHFARE_SMTP_ADDRESS is no address") from None
        if parts.scheme not in _SCHEMES or not parts.hostname or parts.path.strip("/") or parts.query:
            raise Misconfigured(
                f"THROUGHFARE_SMTP_ADDRESS must be like {' or '.join(_SCHEMES)}://user:password@host:port"
            )
        if parts.username and parts.scheme == "smtp":
            raise Misconfigured("THROUGHFARE_SMTP_ADDRESS: a password is sent by smtp+starttls or smtps only")
        security = {"smtp": "none", "smtp+starttls": "starttls", "smtps": "tls"}[parts.scheme]
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        return cls(parts.hostname, port or _SCHEMES[parts.scheme], security, user, password)


def message_of(clock: Clock, sender: str, issuer: str, to: str, message: Message) -> bytes:
    """Compose the mail (RFC 5322, lines end with CR LF); raises ValueError for an address that is none.

    The same message has the same Message-ID at every try, so that a second copy is known as one. The library's older classes
    compose it, by a rule of theirs for each header: the newer ones parse every header that they write, for four times the work.
    """
    body = _text(message.body + "\n", "plain")
    mail: MIMEBase = MIMEMultipart() if message.attachments else body
    name, address = parseaddr(sender)
    mail["From"] = formataddr((name, address))
    mail["To"] = Address(addr_spec=to).addr_spec
    mail["Subject"] = _header(plain(message.subject), "Subject")
    mail["Date"] = format_datetime(clock.now())
    mail["Message-ID"] = f"<{message.id}@{issuer}>"
    mail["Content-Language"] = message.language
    # No vacation answers to a machine (RFC 3834).
    mail["Auto-Submitted"] = "auto-generated"
    if message.attachments:
        mail.attach(body)
    for attachment in message.attachments:
        mail.attach(_part(attachment))
    return mail.as_bytes(policy=_POLICY)


def _part(attachment: Attachment) -> MIMEBase:
    main, _, sub = attachment.media_type.partition("/")
    part: MIMEBase
    if main == "text":
        part = _text(attachment.content.decode(), sub)
    else:
        part = MIMEBase(main, sub)
        part.set_payload(attachment.content)
        encode_base64(part)
    part.add_header("Content-Disposition", "attachment", filename=attachment.name)
    return part


def _text(text: str, kind: str) -> MIMENonMultipart:
    """Make a text part, in letters and lines that any server passes on."""
    text = text.translate(_CONTROLS)
    is_plain = text.isascii() and max(map(len, text.splitlines()), default=0) <= _MOST_LETTERS
    part = MIMENonMultipart("text", kind)
    part.set_payload(text, "us-ascii" if is_plain else _UTF_8)
    return part


def _header(text: str, name: str) -> str:
    return text if text.isascii() else Header(text, _UTF_8, header_name=name).encode()


@functools.cache
def _own_name() -> str:
    """The name by which this machine greets, found once: each connection would ask the network for it anew."""
    return str(smtplib.SMTP().local_hostname)


def _tls(host: str, port: int, own_name: str, timeout: float) -> smtplib.SMTP:
    return smtplib.SMTP_SSL(host, port, own_name, timeout=timeout, context=ssl.create_default_context())


@dataclass(frozen=True, slots=True)
class SmtpMail:
    """A mail server; connections that are open serve the next messages, until the channel rests."""

    clock: Clock
    server: MailServer
    sender: str
    issuer: str
    _open: "queue.SimpleQueue[tuple[smtplib.SMTP, float]]" = field(default_factory=queue.SimpleQueue)

    def send(self, to: dict[str, str], message: Message) -> Delivery:
        """Hand a mail to the server."""
        mail = message_of(self.clock, self.sender, self.issuer, to["address"], message)
        connection: smtplib.SMTP | None = None
        try:
            connection = self._connection()
            connection.sendmail(parseaddr(self.sender)[1], [to["address"]], mail)
        except smtplib.SMTPRecipientsRefused as error:
            code = next(iter(error.recipients.values()))[0]
            # A server asks for patience with one domain (450 for a name that is not found): others are reached meanwhile.
            delivery = Delivery(
                "never" if code >= _PERMANENT else "later",
                f"the server refuses the address: {code}",
                is_of_host=code == _CLOSING,
            )
        except smtplib.SMTPResponseException as error:
            never = error.smtp_code >= _PERMANENT and isinstance(error, smtplib.SMTPDataError)
            delivery = Delivery("never" if never else "later", f"the server answers {error.smtp_code}")
        except (smtplib.SMTPException, OSError) as error:
            delivery = Delivery("later", f"the mail server does not take it: {type(error).__name__}")
        else:
            self._open.put((connection, time.monotonic()))
            return DELIVERED
        if connection is not None:
            connection.close()
        return delivery

    def rest(self) -> None:
        """Take leave of the server."""
        with contextlib.suppress(queue.Empty):
            while True:
                connection, _ = self._open.get_nowait()
                with contextlib.suppress(smtplib.SMTPException, OSError):
                    connection.quit()
                connection.close()

    def _connection(self) -> smtplib.SMTP:
        """Take a connection that is still good, or open one."""
        with contextlib.suppress(queue.Empty):
            while True:
                kept, used_at = self._open.get_nowait()
                with contextlib.suppress(smtplib.SMTPException, OSError):
                    if time.monotonic() < used_at + _GOOD_SECONDS or kept.noop()[0] == _DONE:
                        return kept
                kept.close()
        server = self.server
        open_to = _tls if server.security == "tls" else smtplib.SMTP
        connection = open_to(server.host, server.port, _own_name(), timeout=_PATIENCE_SECONDS)
        try:
            if server.security == "starttls":
                connection.starttls(context=ssl.create_default_context())
            if server.user:
                connection.login(server.user, server.password)
        except BaseException:
            connection.close()
            raise
        return connection


@dataclass(frozen=True, slots=True)
class FolderMail:
    """A stand-in for a mail server: each mail becomes a file, and reaches nobody."""

    clock: Clock
    folder: Path
    sender: str
    issuer: str

    def send(self, to: dict[str, str], message: Message) -> Delivery:
        """Write a mail as an `.eml` file that mail programs open."""
        mail = message_of(self.clock, self.sender, self.issuer, to["address"], message)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / f"{message.id}.eml").write_bytes(mail)
        except OSError as error:
            return Delivery("later", f"the folder of mail cannot be written: {error.strerror}")
        return DELIVERED

    def rest(self) -> None:
        """Do nothing: no connection stays open."""


@dataclass(frozen=True, slots=True)
class NoMail:
    """A deployment that sends no mail."""

    def send(self, to: dict[str, str], message: Message) -> Delivery:
        """Refuse for good."""
        return Delivery("never", "this deployment sends no mail")

    def rest(self) -> None:
        """Do nothing: no connection stays open."""
