"""Where a request comes from: the peer's address, or a trusted proxy's word for it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

UNKNOWN = "unknown"
IPV6_PREFIX_BITS = 64


class TrustedProxies:
    """The networks whose `X-Forwarded-For` is believed.

    Raises ValueError for an entry that is neither an address nor a network.
    """

    def __init__(self, networks: Iterable[str]) -> None:
        self._networks = tuple(ip_network(network) for network in networks)

    def client(self, peer: str | None, forwarded: Iterable[str]) -> str:
        """The address to count a request under.

        `forwarded` are the values of X-Forwarded-For in the order sent. Each proxy appends the
        address that it saw, so the right-most one that is no proxy of ours is the client; what
        stands further left, anybody can have written.
        """
        if forwarded == ():
            return _alone(peer or "")
        address = _address(peer or "")
        if address is None or not self._trusted(address):
            return _key(address)
        hops = [hop.strip() for value in forwarded for hop in value.split(",")]
        for hop in reversed(hops):
            named = _address(hop)
            if named is None:
                break
            address = named
            if not self._trusted(address):
                break
        return _key(address)

    def _trusted(self, address: IPv4Address | IPv6Address) -> bool:
        return any(address in network for network in self._networks)


@lru_cache(maxsize=4096)
def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address


@lru_cache(maxsize=4096)
def _alone(peer: str) -> str:
    """Who is counted when no proxy said anything: the peer itself."""
    return _key(_address(peer))


@lru_cache(maxsize=4096)
def _key(address: IPv4Address | IPv6Address | None) -> str:
    """An IPv6 visitor owns a whole /64, so its addresses count as one."""
    if address is None:
        return UNKNOWN
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address, IPV6_PREFIX_BITS), strict=False))
    return str(address)
