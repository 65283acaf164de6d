"""Hosts outside that processes may call, as an operator lists them."""

import ipaddress
import re
from dataclasses import dataclass

PORTS = {"https": 443, "http": 80}
PRIVATE = "private"
NAME = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
ENTRY = re.compile(
    r"((?P<scheme>https?)://)?(\[(?P<v6>[^\]]+)\]|(?P<host>[^:=\[\]/]+))"
    r"(:(?P<port>\d{1,5}))?(=(?P<where>\S+))?"
)


@dataclass(frozen=True)
class Host:
    """One host on the list: reached by one scheme on one port.

    `address` is where it is, whatever names are resolved to. `private` says that its name may lead
    into a private network; without either it may only lead to public addresses.
    """

    name: str
    scheme: str = "https"
    port: int = 443
    address: str | None = None
    private: bool = False


def parse_hosts(text: str) -> tuple[Host, ...]:
    """The hosts of a list with commas. Raises `ValueError` with the entry that is none."""
    return tuple(parse_host(entry) for part in text.split(",") if (entry := part.strip()))


def parse_host(entry: str) -> Host:
    """One entry: `[http://]host[:port][=address|=private]`. Raises `ValueError`."""
    found = ENTRY.fullmatch(entry.lower())
    name = found and (found["v6"] or found["host"])
    if not found or not name or not (is_address(name) or (found["host"] and NAME.fullmatch(name))):
        raise ValueError(f"{entry!r} is not host, host:port, http://host or host=address")
    scheme = found["scheme"] or "https"
    port = int(found["port"] or PORTS[scheme])
    where = found["where"]
    if where and where != PRIVATE and not is_address(where):
        raise ValueError(f"{entry!r}: after = stands an IP address or the word {PRIVATE}")
    if not 0 < port < 65536:
        raise ValueError(f"{entry!r}: there is no port {port}")
    pinned = name if is_address(name) else where
    return Host(name, scheme, port, None if where == PRIVATE else pinned, where == PRIVATE)


def parse_mapping(entries: list[str]) -> dict[str, str]:
    """Hosts and the `address:port` that stands in for each, of `HOST=ADDRESS[:PORT]`.

    Raises `ValueError` with the entry that is none.
    """
    mapped = {}
    for entry in entries:
        name, _, place = entry.lower().partition("=")
        found = ENTRY.fullmatch(place)
        stands_in = found and not found["scheme"] and is_address(found["v6"] or found["host"])
        if not NAME.fullmatch(name) or not stands_in:
            raise ValueError(f"{entry!r} is not HOST=ADDRESS, such as example.com=127.0.0.1:8081")
        mapped[name] = place
    return mapped


def is_address(text: str) -> bool:
    """Whether this is an IP address."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public internet."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address) and (ip.ipv4_mapped or ip.sixtofour):
        return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved)


METADATA = frozenset({"fd00:ec2::254", "100.100.100.200", "192.0.0.192"})
"""Where clouds give machines their credentials, beside the link-local addresses."""


def may_be_private(address: str) -> bool:
    """Whether an address is one that a host marked as private may have."""
    ip = ipaddress.ip_address(address)
    if ip.is_link_local or ip.is_multicast or ip.is_unspecified or address in METADATA:
        return False
    return ip.is_private or ip.is_loopback or is_public(address)
