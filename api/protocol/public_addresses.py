"""Stand-in until the outgoing client is merged."""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network


class UnusableUrlError(ValueError):
    """Unusable."""


def check_url(text: str, networks: Sequence[IPv4Network | IPv6Network]) -> None:
    """Check."""
    if not text.startswith("http"):
        raise UnusableUrlError("Send an address with https://.")
