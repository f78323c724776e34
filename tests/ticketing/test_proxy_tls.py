"""The shipped proxies speak TLS 1.2 and 1.3 alone, by suites with forward secrecy, and lead people, not programs, from plain HTTP."""

import contextlib
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.ticketing.nginx_process import nginx_command
from tests.ticketing.ports import free_port

HOST = "throughfare.example"
TEN_SECONDS = 10


@dataclass(frozen=True)
class Front:
    """A proxy as it is shipped, on ports of its own and with a certificate of its own."""

    secure: int
    plain: int

    def shake_hands(self, lowest: ssl.TLSVersion, highest: ssl.TLSVersion, suites: str) -> tuple[str, str]:
        """The version and the suite that are agreed on; raises OSError where there are none."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_ciphers(f"{suites}:@SECLEVEL=0")
        context.minimum_version, context.maximum_version = lowest, highest
        with (
            socket.create_connection(("127.0.0.1", self.secure), timeout=TEN_SECONDS) as line,
            context.wrap_socket(line, server_hostname=HOST) as spoken,
        ):
            return str(spoken.version()), str((spoken.cipher() or ("",))[0])

    def asked(self, path: str) -> tuple[int, str]:
        """The status of a call by plain HTTP, and where it leads."""
        told = httpx.get(f"http://127.0.0.1:{self.plain}{path}", headers={"Host": HOST})
        return told.status_code, told.headers.get("Location", "")


def certificate(folder: Path) -> tuple[Path, Path]:
    """Sign a certificate with its own key; answers the files of both."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "key.pem").write_bytes(private)
    return folder / "cert.pem", folder / "key.pem"


def nginx(folder: Path, secure: int, plain: int) -> list[str]:
    cert, key = certificate(folder)
    text = (
        Path("docs/proxy/nginx.conf")
        .read_text(encoding="utf-8")
        .replace("/etc/ssl/throughfare/fullchain.pem", str(cert))
        .replace("/etc/ssl/throughfare/key.pem", str(key))
        .replace("listen 443 ssl", f"listen 127.0.0.1:{secure} ssl")
        .replace("listen 80", f"listen 127.0.0.1:{plain}")
    )
    return nginx_command(folder, text)


def caddy(folder: Path, secure: int, plain: int) -> list[str]:
    cert, key = certificate(folder)
    text = (
        Path("docs/proxy/Caddyfile")
        .read_text(encoding="utf-8")
        .replace(f"http://{HOST} {{", f"http://:{plain} {{")
        .replace(f"\n{HOST} {{", f"\nhttps://{HOST}:{secure} {{\n\ttls {cert} {key}")
        .replace("{\n\tservers", "{\n\tadmin off\n\tauto_https off\n\tservers", 1)
    )
    (folder / "Caddyfile").write_text(text)
    return ["caddy", "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]


@pytest.fixture(params=["nginx", "caddy"])
def front(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Front]:
    if shutil.which(request.param) is None:
        pytest.skip(f"THE SHIPPED PROXIES ARE NOT TESTED with {request.param}: it is not installed")
    made = Front(free_port(), free_port())
    command = {"nginx": nginx, "caddy": caddy}[request.param](tmp_path, made.secure, made.plain)
    environment = {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path), "PATH": "/usr/sbin:/usr/bin:/bin"}
    with (tmp_path / "log").open("wb") as log:
        running = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
    try:
        _until_it_listens(running, made, tmp_path / "log")
        yield made
    finally:
        running.terminate()
        running.wait(TEN_SECONDS)


def _until_it_listens(running: "subprocess.Popen[bytes]", made: Front, log: Path) -> None:
    until = time.monotonic() + TEN_SECONDS
    for port in (made.secure, made.plain):
        while True:
            assert running.poll() is None, log.read_text(encoding="utf-8")
            assert time.monotonic() < until, log.read_text(encoding="utf-8")
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            time.sleep(0.05)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_e23_tls_is_new_its_suites_are_strong_and_plain_http_leads_people_alone(front: Front) -> None:
    """One proxy, asked for all that ASVS V4.1.2, V12.1.1 and V12.1.2 want of it."""
    old, second, third = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3

    assert front.shake_hands(old, third, "ALL")[0] == "TLSv1.3"
    version, suite = front.shake_hands(second, second, "ALL")
    assert (version, suite.startswith("ECDHE-"), "CBC" in suite or "SHA1" in suite) == (
        "TLSv1.2",
        True,
        False,
    )
    for lowest, highest, suites, alert in (
        (old, ssl.TLSVersion.TLSv1_1, "ALL", "alert protocol version"),
        (second, second, "AES128-GCM-SHA256:AES256-SHA", "handshake failure"),
        (second, second, "ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA", "handshake failure"),
    ):
        # The proxy says so: a client that cannot speak so old a version would say something else.
        with pytest.raises(ssl.SSLError, match=alert):
            front.shake_hands(lowest, highest, suites)
    assert front.asked("/app/tickets?x=1") == (308, f"https://{HOST}/app/tickets?x=1")
    assert front.asked("/console/") == (308, f"https://{HOST}/console/")
    assert [front.asked(path)[0] for path in ("/v1/me", "/healthz", "/application")] == [403, 403, 403]
