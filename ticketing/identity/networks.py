"""Count calls by network: an address says little of a person, a network says a little more."""

import functools
import ipaddress

_IPV6_NETWORK = 64


@functools.lru_cache(maxsize=4096)
def network(address: str | None) -> str:
    """An address as it is counted: IPv6 by its network of 64 bits, IPv4 also where it is written as IPv6."""
    try:
        found = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    mapped = found.ipv4_mapped
    return str(mapped or ipaddress.ip_network((found, _IPV6_NETWORK), strict=False))
