"""Limits on connections: their number, the bytes that their clients have not read yet, and how slowly they may read.

A response is made completely, then the transport sends it as fast as the client reads. Meanwhile it occupies memory.
"""

import asyncio
import logging
import socket
import struct
import sys
import time
from collections import Counter
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from api.settings import Settings

CONNECTIONS = "connections"  # the key in the lifespan state, where the server's protocol finds them
MAX_UNSENT_BYTES = 64_000_000
MIN_BYTES_PER_SECOND, WINDOW_SECONDS = 4_000, 30.0
TICK_SECONDS = 1.0
LOG_EVERY_SECONDS = 60.0
IPV6_PREFIX = 64  # one customer of an access provider has at least such a network
RESET_ON_CLOSE = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
log = logging.getLogger("afterword.connections")


@dataclass(eq=False)
class Reader:
    """What a client has not read yet, and its pace: `read` bytes in `seconds`, which count only while we wait for it.

    `since`: when we began to wait, by `time.monotonic`; None while the transport takes more bytes.
    """

    transport: asyncio.Transport
    address: str | None
    unsent: int = 0
    since: float | None = None
    counted_at: float = 0.0
    seconds: float = 0.0
    read: int = 0

    def count(self, now: float) -> None:
        """Add what was read since the last count."""
        size = self.transport.get_write_buffer_size()
        self.read += max(0, self.unsent - size)
        self.seconds += now - self.counted_at
        self.unsent, self.counted_at = size, now

    def is_too_slow(self) -> bool:
        """Tell whether the pace was too low over the window, and begin a new window when one has ended."""
        if self.seconds < WINDOW_SECONDS:
            return False
        is_slow = self.read < MIN_BYTES_PER_SECOND * self.seconds
        self.seconds, self.read = 0.0, 0
        return is_slow


class Connections:
    """The open connections of one process. All calls are made on its event loop."""

    def __init__(self, settings: Settings) -> None:
        self._most, self._most_each = settings.max_connections, settings.max_connections_per_address
        self._proxies = [ip_network(text) for text in settings.trusted_proxies]
        self._open = 0
        self._per_address: Counter[str] = Counter()
        self._waited_for: set[Reader] = set()
        self._tick: asyncio.TimerHandle | None = None
        self._logged_at: dict[str, float] = {}

    def open(self, transport: asyncio.Transport, host: str | None) -> Reader | None:
        """Count a new connection; return None if there are too many, of the process or from its address."""
        address = self._counted_address(host)
        if self._open >= self._most or (address and 0 < self._most_each <= self._per_address[address]):
            self._report("connections were refused: there are too many")
            return None
        self._open += 1
        if address:
            self._per_address[address] += 1
        transport.set_write_buffer_limits(0)  # every byte that the kernel does not take is counted
        return Reader(transport, address)

    def close(self, reader: Reader) -> None:
        """Count a connection no longer."""
        self._open -= 1
        if reader.address:
            self._per_address[reader.address] -= 1
            if not self._per_address[reader.address]:
                del self._per_address[reader.address]
        self._waited_for.discard(reader)

    def pause(self, reader: Reader) -> None:
        """Begin to wait for a client: the kernel takes no more bytes for it."""
        now = time.monotonic()
        reader.since = reader.counted_at = now
        reader.unsent = reader.transport.get_write_buffer_size()
        self._waited_for.add(reader)
        self._disconnect_largest()
        if self._tick is None:
            self._tick = asyncio.get_running_loop().call_later(TICK_SECONDS, self._look)

    def resume(self, reader: Reader) -> None:
        """Stop waiting for a client: the kernel has taken everything."""
        if reader in self._waited_for:
            self._waited_for.discard(reader)
            reader.count(time.monotonic())

    def _look(self) -> None:
        """Disconnect clients that read too slowly; runs once a second while unsent bytes wait for a client."""
        now = time.monotonic()
        for reader in [*self._waited_for]:
            reader.count(now)
            if reader.is_too_slow():
                self._disconnect(reader, "a client that read too slowly was disconnected")
        waits = bool(self._waited_for)
        self._tick = asyncio.get_running_loop().call_later(TICK_SECONDS, self._look) if waits else None

    def _disconnect_largest(self) -> None:
        """Disconnect clients until the unsent bytes of the process are within the limit.

        It hits the address with the most unsent bytes, and of its connections the one that is waited for longest.
        """
        while sum(reader.unsent for reader in self._waited_for) > MAX_UNSENT_BYTES:
            unsent: Counter[str | None] = Counter()
            for reader in self._waited_for:
                unsent[reader.address] += reader.unsent
            ((worst, _),) = unsent.most_common(1)
            of_worst = [reader for reader in self._waited_for if reader.address == worst]
            oldest = min(of_worst, key=lambda reader: reader.since or 0.0)
            self._disconnect(oldest, "clients were disconnected: too many bytes were not read")

    def _disconnect(self, reader: Reader, reason: str) -> None:
        """Reset a connection, so that the kernel discards what it was still to send too."""
        self._waited_for.discard(reader)
        reader.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        reader.transport.abort()
        self._report(reason)

    def _report(self, reason: str) -> None:
        """Log a reason at most once a minute, without the address."""
        now = time.monotonic()
        if now - self._logged_at.get(reason, -LOG_EVERY_SECONDS) >= LOG_EVERY_SECONDS:
            self._logged_at[reason] = now
            log.warning(reason)

    def _counted_address(self, host: str | None) -> str | None:
        """Return the address that a connection is counted for; None for a socket file and for a trusted proxy."""
        try:
            address = ip_address(host or "")
        except ValueError:
            return None
        if any(address in network for network in self._proxies):
            return None
        return str(address) if address.version == 4 else str(ip_network((int(address), IPV6_PREFIX), strict=False))
