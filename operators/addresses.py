"""Allow the addresses that a connector may reach: https to the public internet, unless the operator's table allows more.

A configured URL is as dangerous as any other input (SSRF): private, loopback, link-local and otherwise
special addresses are refused after the name has been resolved, and the address that was checked is the one
that is connected to, so that a name which changes its mind (DNS rebinding) gains nothing.
"""

import ipaddress
import socket
from typing import Any
from urllib.parse import urlsplit

_HTTPS_PORTS = {443, 8443}
_HIGHEST_PORT = 65_535
# Letters of a name, and of each of its parts (RFC 1035, 2.3.4).
_MOST_OF_NAME, _MOST_OF_LABEL = 253, 63
# All of the IPv6 internet (IANA, global unicast). The rest is of one link or site, is translated, or is nobody's yet.
_INTERNET = ipaddress.ip_network("2000::/3")
# Blocks of it, and of IPv4, that lead to no host of the internet, though not every Python knows them: documentation (RFC 9637),
# anycast relays of 6to4 (RFC 7526).
_NOBODYS = (
    ipaddress.ip_network("3fff::/20"),
    ipaddress.ip_network("192.88.99.0/24"),
)


class AddressRefused(Exception):
    """The address may not be reached; the message says why."""


def check_url(url: str, *, allow_private: bool) -> None:
    """Refuse a URL by its wording alone; raises AddressRefused. The host's address is checked when connecting."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise AddressRefused(f"{url!r} is not a URL") from error
    if any(letter.isspace() or ord(letter) < 32 for letter in url) or "\\" in url:  # noqa: PLR2004  controls
        raise AddressRefused("the URL has spaces or control characters")
    if parts.username is not None or parts.password is not None:
        raise AddressRefused("the URL carries a name or password")
    if not parts.hostname:
        raise AddressRefused("the URL names no host")
    if not _may_be_name(parts.hostname):
        raise AddressRefused("the URL names a host that no name can be")
    if port == 0:
        raise AddressRefused(f"a port is a number from 1 to {_HIGHEST_PORT}")
    if not allow_private:
        _check_public(parts.scheme, parts.hostname, port)
    elif parts.scheme not in {"https", "http"}:
        raise AddressRefused("the URL must be https")


def _may_be_name(host: str) -> bool:
    """Tell whether the parts of a host's name are as long as parts may be; an address is a name here."""
    name = host.removesuffix(".")
    return len(name) <= _MOST_OF_NAME and all(1 <= len(label) <= _MOST_OF_LABEL for label in name.split("."))


def _check_public(scheme: str, host: str, port: int | None) -> None:
    """Refuse what cannot be an address of the internet."""
    if scheme != "https":
        raise AddressRefused("the URL must be https")
    if port is not None and port not in _HTTPS_PORTS:
        raise AddressRefused(f"the port {port} is not one of {', '.join(map(str, sorted(_HTTPS_PORTS)))}")
    if _is_literal(host) and not is_public(host):
        raise AddressRefused(f"{host} is not a public address")


def resolve(host: str, port: int, *, allow_private: bool) -> str:
    """The address to connect to; raises AddressRefused when any that the name stands for is not public."""
    found: list[Any] = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [entry[4][0] for entry in found]
    if not allow_private:
        for address in addresses:
            if not is_public(address):
                raise AddressRefused(f"{host} leads to {address}, which is not a public address")
    return str(addresses[0])


def is_public(address: str) -> bool:
    """Tell whether an address, in any spelling that the resolver would take, is on the public internet."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        try:  # 2130706433, 0177.0.0.1, 127.1: what inet_aton still understands
            parsed = ipaddress.ip_address(socket.inet_aton(address))
        except OSError:
            return False
    if isinstance(parsed, ipaddress.IPv6Address):
        inner = parsed.ipv4_mapped or parsed.sixtofour or (parsed.teredo[1] if parsed.teredo else None)
        if inner is not None:
            return is_public(str(inner))
        if parsed not in _INTERNET:
            return False
    if any(parsed in block for block in _NOBODYS):
        return False
    return parsed.is_global and not parsed.is_multicast and not parsed.is_reserved


def _is_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return all(letter in "0123456789abcdefx." for letter in host.lower()) and host[0].isdigit()
    return True
