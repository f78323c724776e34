"""Addresses that a connector may not reach, in every spelling that a resolver would take (security checklist, 37)."""

import socket
from typing import Any

import pytest

from operators.addresses import AddressRefused, check_url, is_public, resolve
from operators.errors import Unavailable
from operators.transport import open_wire

PRIVATE = [
    "127.0.0.1",
    "::1",
    "169.254.169.254",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "fd00::1",
    "fe80::1",
    "fe80::1%eth0",
    "0.0.0.0",
    "::",
    "100.64.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "::ffff:127.0.0.1",
    "2130706433",
    "0177.0.0.1",
    "127.1",
    "0x7f.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "192.0.2.1",
    "2001:db8::1",
    "fec0::1",  # of one site, as before ULA (RFC 3879)
    "feff::1",
    "fc00::1",
    "ff02::1",
    "ff0e::1",
    "::ffff:10.0.0.1",
    "::ffff:100.64.0.1",
    "::127.0.0.1",
    "::ffff:0:10.0.0.1",  # translated by a stateless host (RFC 2765)
    "64:ff9b::808:808",
    "64:ff9b:1::1",
    "2002:a00:1::1",
    "2002:6440:1::1",
    "2001:0:a00:1::f5ff:fffe",  # Teredo to 10.0.0.1
    "3fff::1",
    "100::1",
    "5f00::1",
    "4000::1",
    "192.88.99.1",
    "192.0.0.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "100.127.255.254",
    "255.255.255.255",
    "239.1.1.1",
]
PUBLIC = [
    "193.166.3.2",
    "8.8.8.8",
    "100.63.255.255",
    "100.128.0.1",
    "2001:14ba::1",
    "2a00:1450:400f:80d::200e",
    "::ffff:8.8.8.8",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_s37_a_private_address_is_refused_in_every_spelling(address: str) -> None:
    host = f"[{address.partition('%')[0]}]" if ":" in address else address

    assert not is_public(address)
    with pytest.raises(AddressRefused):
        check_url(f"https://{host}/", allow_private=False)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_passes(address: str) -> None:
    assert is_public(address)
    check_url(f"https://[{address}]/" if ":" in address else f"https://{address}/", allow_private=False)


def test_a_name_passes_until_it_is_resolved() -> None:
    check_url("https://tickets.ferry.example/bookings/", allow_private=False)


@pytest.mark.parametrize(
    "url",
    [
        "http://tickets.ferry.example/",
        "https://user@ferry.example/",
        "https://user:pass@ferry.example/",
        "ftp://ferry.example/",
        "file:///etc/passwd",
        "https:///nowhere",
        "https://ferry.example:22/",
        "https://ferry.example:0/",
        "https://ferry.example:99999/",
        "https://ferry.example/a b",
        "https://ferry.example\\@10.0.0.1/",
        "gopher://ferry.example/",
        "https://ferry..example/",
        "https://.ferry.example/",
        f"https://{'a' * 64}.example/",
        f"https://{'a.' * 130}example/",
        "//ferry.example/",
        "",
    ],
)
def test_a_url_is_refused_by_its_wording(url: str) -> None:
    with pytest.raises(AddressRefused):
        check_url(url, allow_private=False)


def test_a_name_that_leads_inside_is_refused_when_connecting(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(host: str, port: int, **_: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (at, port)) for at in ("193.166.3.2", "10.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", answer)

    with pytest.raises(AddressRefused, match=r"10\.0\.0\.1"):
        resolve("ferry.example", 443, allow_private=False)
    with pytest.raises(Unavailable, match=r"10\.0\.0\.1"):
        open_wire().call("GET", "https://ferry.example/", changes=True)


def test_s37_the_address_that_was_checked_is_the_one_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def answer(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        inside = "127.0.0.1" if len(asked) > 1 else "192.0.2.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (inside, port))]

    connected: list[Any] = []

    def connect(address: Any, *_: Any, **__: Any) -> socket.socket:
        connected.append(address)
        raise OSError("no network in tests")

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    monkeypatch.setattr(socket, "create_connection", connect)

    with pytest.raises(Unavailable):
        open_wire(allow_private=True).call("GET", "http://rebinding.example/", changes=True)

    assert asked == ["rebinding.example"]
    assert connected == [("192.0.2.1", 80)]


@pytest.mark.parametrize("host", ["xn--", "\u2488.example", f"{'ä' * 60}.example"])
def test_a_name_that_no_resolver_takes_is_unavailable_and_no_fault_of_the_program(host: str) -> None:
    with pytest.raises(Unavailable):
        open_wire().call("POST", f"https://{host}/", changes=True, content=b"")
