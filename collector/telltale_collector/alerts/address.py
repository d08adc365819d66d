"""Where alerts may go: a URL that is saved over the API must lead to public addresses, whatever it is written like."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias
from urllib.parse import SplitResult, urlsplit

from telltale_collector.errors import BadRequest

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network
Resolve: TypeAlias = Callable[[str, int], Sequence[str]]
"""From host and port to numeric addresses; raises OSError where there are none."""

_LONGEST = 2048
_DEFAULT_PORTS = {"http": 80, "https": 443}
_FIRST_FREE_PORT = 1024
_HINT = "give an http or https URL of a public host; --alert-networks allows others"
_METADATA = {
    ip_address(text)
    for text in ("169.254.169.254", "169.254.170.2", "100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254")
}
"""Where clouds hand out credentials: never, whatever ``--alert-networks`` says."""

_NAT64 = IPv6Network("64:ff9b::/96")
_IPV4_COMPATIBLE = IPv6Network("::/96")
_PUBLIC_IPV6 = IPv6Network("2000::/3")


@dataclass(frozen=True, slots=True)
class Url:
    """A URL in its parts.

    Attributes:
        host: as in the header and the certificate, without brackets.
        target: path and query.
        authority: what the header ``Host`` says.
    """

    scheme: str
    host: str
    port: int
    target: str
    authority: str


def read_url(text: str) -> Url:
    """Take a URL apart.

    Raises:
        BadRequest: it is not one that alerts can be sent to; the text does not repeat it, it may hold a secret.
    """
    if not text.isascii() or not text.isprintable() or set(text) & set(' \\"<>') or len(text) > _LONGEST:
        raise BadRequest("the address is not a URL", "write spaces and letters beyond ASCII as %xx, hosts as punycode")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise BadRequest("the address is not a URL", _HINT) from error
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or "%" in parts.hostname:
        raise BadRequest("the address is not an http or https URL", _HINT)
    if "@" in parts.netloc:
        raise BadRequest("the address holds a user or password", "leave it out")
    port = _DEFAULT_PORTS[parts.scheme] if port is None else port
    return Url(parts.scheme, parts.hostname, port, _target(parts), parts.netloc)


def _target(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def resolved(host: str, port: int) -> list[str]:
    """Numeric addresses of a host, as the system finds them: also of ``0x7f.1``, ``2130706433``, ``localhost``."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def checked_addresses(url: Url, networks: Sequence[Network], resolve: Resolve) -> list[str]:
    """The addresses of a URL's host, all of which alerts may go to.

    Raises:
        BadRequest: one of them they may not, or the port is one of another service.
        OSError: the host has no address.
    """
    if url.port < _FIRST_FREE_PORT and url.port not in _DEFAULT_PORTS.values():
        raise BadRequest(f"alerts are not sent to port {url.port}", "use 80, 443, or one from 1024 upward")
    found = resolve(url.host, url.port)
    for text in found:
        if "%" in text or not is_allowed(ip_address(text), networks):
            raise BadRequest(f"the host {url.host} is at {text}, which is not a public address", _HINT)
    return list(found)


def is_allowed(address: Address, networks: Sequence[Network]) -> bool:
    """Whether alerts may go there: it is public, or in one of the operator's networks."""
    inner = _carried(address)
    if address in _METADATA or inner in _METADATA:
        return False
    if any(each in network for network in networks for each in (address, inner)):
        return True
    return _is_public(inner)


def _carried(address: Address) -> Address:
    """The IPv4 address that packets to an IPv6 address go to in the end, where it is made of one."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64 or (address in _IPV4_COMPATIBLE and int(address) > 1):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else address)


def _is_public(address: Address) -> bool:
    if address.is_multicast or address.is_reserved or not address.is_global:
        return False
    return isinstance(address, IPv4Address) or address in _PUBLIC_IPV6


def read_networks(text: str) -> tuple[Network, ...]:
    """Networks as ``--alert-networks`` gives them, with commas between them.

    Raises:
        ValueError: one is not a network.
    """
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())
