"""URLs to which this service may send requests, and the addresses that they may reach.

The URLs come from people, so a request must not reach the service's own network: only public addresses, and networks
that the operator named. The URL is checked when it is written, without DNS; the addresses at each attempt.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import SplitResult, urlsplit

import idna

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

MAX_URL_LENGTH = 2_000
MAX_NAME_LENGTH = 253
HTTPS_PORT, HTTP_PORT = 443, 80
FIRST_FREE_PORT = 1_024  # below are ports of mail, DNS, SSH and others, which must not be sent requests
LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")  # as a last label: inet_aton reads the name as an address

# `is_global` alone is not enough: depending on Python's version it is true for several of these.
NOT_PUBLIC_IPV4 = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
# Outside of global unicast are loopback, local addresses, multicast, and IPv4 in IPv6 (mapped, compatible, NAT64).
GLOBAL_UNICAST = IPv6Network("2000::/3")
NOT_PUBLIC_IPV6 = tuple(IPv6Network(text) for text in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"))


class UnusableUrlError(ValueError):
    """No request is sent to this URL. The message says what is wrong and how to fix it; it never repeats the URL."""


@dataclass(frozen=True, slots=True)
class Target:
    """A checked URL.

    `host`: a name in ASCII, or an address without brackets. `path`: path and query. `is_inside_only`: only addresses in
    the operator's networks may be reached, because the scheme, the port or the host is not allowed elsewhere.
    """

    scheme: str
    host: str
    port: int
    path: str
    address: Address | None
    is_inside_only: bool

    @property
    def authority(self) -> str:
        """The value of the header `Host`."""
        is_default = self.port == (HTTPS_PORT if self.scheme == "https" else HTTP_PORT)
        return in_url(self.host) if is_default else f"{in_url(self.host)}:{self.port}"


def in_url(host: str) -> str:
    """Return a host as it is written in a URL: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host else host


def is_allowed(address: Address, networks: Sequence[Network] = ()) -> bool:
    """Tell whether a request may reach an address: a public one, or one in the operator's networks."""
    return is_inside(address, networks) or _is_public(address)


def is_inside(address: Address, networks: Sequence[Network]) -> bool:
    """Tell whether an address is in the operator's networks. One with a scope, or IPv4 mapped to IPv6, never is."""
    if isinstance(address, IPv6Address) and (address.scope_id is not None or address.ipv4_mapped is not None):
        return False
    return any(address in network for network in networks)


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv4Address):
        refused: Sequence[Network] = NOT_PUBLIC_IPV4
    elif address.scope_id is None and address in GLOBAL_UNICAST:
        refused = NOT_PUBLIC_IPV6
    else:
        return False
    return address.is_global and not address.is_multicast and not any(address in network for network in refused)


def check_url(text: str, networks: Sequence[Network] = ()) -> Target:
    """Return what a URL names, without asking DNS. `networks`: the operator's; they also allow HTTP and any port.

    Raises UnusableUrlError.
    """
    if len(text) > MAX_URL_LENGTH:
        raise UnusableUrlError(f"Use a URL of at most {MAX_URL_LENGTH:,} characters.")
    if any(c.isspace() or not c.isprintable() for c in text):
        raise UnusableUrlError("Write the URL without blanks, line breaks and control characters.")
    if "#" in text:
        raise UnusableUrlError("Leave out # and what follows it, because it is never sent.")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise UnusableUrlError("Write the URL as https://hooks.example.com/path, and the port as a number.") from error
    if "@" in parts.netloc or "\\" in parts.netloc:
        raise UnusableUrlError("Leave out the user and the password before the host: they are not sent.")
    host, address = _host(parts, networks)
    is_plain = _is_plain(parts.scheme, has_networks=bool(networks))
    port = (HTTP_PORT if is_plain else HTTPS_PORT) if port is None else port
    is_free = port == HTTPS_PORT or port >= FIRST_FREE_PORT
    if not port or not (is_free or networks):
        raise UnusableUrlError(f"Use port {HTTPS_PORT}, or one from {FIRST_FREE_PORT} to 65535.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, port, path, address, is_plain or not is_free or address is not None)


def _is_plain(scheme: str, *, has_networks: bool) -> bool:
    """Tell whether a scheme is HTTP without TLS; refuse it if the operator named no networks, and all others."""
    if scheme == "https" or (scheme == "http" and has_networks):
        return scheme == "http"
    if has_networks:
        raise UnusableUrlError("Begin the URL with https:// or http://.")
    raise UnusableUrlError("Begin the URL with https://, so that nobody on the way can read what is sent.")


def _host(parts: SplitResult, networks: Sequence[Network]) -> tuple[str, Address | None]:
    """Return the host in ASCII, and its address if it is one."""
    host = parts.hostname or ""
    try:
        address = ip_address(host)
    except ValueError:
        if "[" in parts.netloc:
            raise UnusableUrlError("Write between [ and ] an IPv6 address, or use the name of a host.") from None
        return _name(host), None
    if not is_inside(address, networks):
        raise UnusableUrlError(
            "Use the name of a host instead of an address: addresses are allowed only in the operator's own networks."
        )
    return str(address), address


def _name(host: str) -> str:
    """Return the name of a host in ASCII. Refuse all spellings of addresses, such as `127.1` and `0x7f.1`."""
    if not host:
        raise UnusableUrlError("Name a host, such as https://hooks.example.com/path.")
    try:
        is_plain = host.isascii() and "xn--" not in host
        name = host if is_plain else idna.encode(host, uts46=True, std3_rules=True).decode("ascii")
    except UnicodeError as error:  # IDNAError is one
        raise UnusableUrlError("Use a host whose name is allowed in DNS, or its form in ASCII (xn--…).") from error
    labels = name.split(".")
    if len(name) > MAX_NAME_LENGTH or not all(LABEL.fullmatch(label) for label in labels):
        raise UnusableUrlError(
            "Use a host name of letters, digits and hyphens, such as hooks.example.com, without a dot at its end."
        )
    if NUMBER.fullmatch(labels[-1]):
        raise UnusableUrlError("Use the name of a host: a name whose last part is a number is read as an address.")
    return name
