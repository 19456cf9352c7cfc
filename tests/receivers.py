"""Receivers of requests on this machine, in threads: good ones, and ones that hang, drip, lie or break off."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

OK = b"HTTP/1.1 204 No Content\r\n\r\n"
Behaviour = Callable[[socket.socket, "Receiver"], None]


@dataclass
class Receiver:
    """What a receiver got. `accepted` counts connections, whatever came over them."""

    port: int
    accepted: int = 0
    sent_bytes: int = 0
    requests: list[bytes] = field(default_factory=list)
    has_ended: threading.Event = field(default_factory=threading.Event)

    def url(self, host: str = "127.0.0.1", scheme: str = "http", path: str = "/hook") -> str:
        return f"{scheme}://{host}:{self.port}{path}"


def read_request(connection: socket.socket) -> bytes:
    """Return a request with its body."""
    data = b""
    while b"\r\n\r\n" not in data:
        if not (part := connection.recv(65_536)):
            return data
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
    while len(body) < length:
        body += connection.recv(65_536)
    return head + b"\r\n\r\n" + body


def answering(*parts: bytes, pause_seconds: float = 0, forever: bool = False) -> Behaviour:
    """Read a request, then send parts with pauses between them; the last one without end, or until the test ends."""

    def answer(connection: socket.socket, receiver: Receiver) -> None:
        receiver.requests.append(read_request(connection))
        for part in parts:
            connection.sendall(part)
            receiver.sent_bytes += len(part)
            if pause_seconds and receiver.has_ended.wait(pause_seconds):
                return
        while forever and not receiver.has_ended.wait(pause_seconds):
            connection.sendall(parts[-1])
            receiver.sent_bytes += len(parts[-1])

    return answer


def hanging(_: socket.socket, receiver: Receiver) -> None:
    """Send nothing, not even a TLS handshake."""
    receiver.has_ended.wait(10)


@contextmanager
def receiving(
    behaviour: Behaviour, *, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1", port: int = 0
) -> Iterator[Receiver]:
    """Run a receiver; it has a thread for each connection. `::` listens on all addresses of both families."""
    is_for_all = host == "::"
    family = socket.AF_INET6 if is_for_all else socket.AF_INET
    with socket.create_server((host, port), family=family, dualstack_ipv6=is_for_all) as listener:
        receiver = Receiver(listener.getsockname()[1])
        threads: list[threading.Thread] = []

        def serve(connection: socket.socket) -> None:
            with suppress(OSError):
                connection.settimeout(10)
                with tls.wrap_socket(connection, server_side=True) if tls else connection as wrapped:
                    behaviour(wrapped, receiver)
            connection.close()

        def accept() -> None:
            while True:
                connection, _ = listener.accept()
                if receiver.has_ended.is_set():
                    connection.close()
                    return
                receiver.accepted += 1
                threads.append(threading.Thread(target=serve, args=(connection,)))
                threads[-1].start()

        accepting = threading.Thread(target=accept)
        accepting.start()
        try:
            yield receiver
        finally:
            receiver.has_ended.set()
            socket.create_connection(("127.0.0.1" if is_for_all else host, receiver.port)).close()
            for thread in (accepting, *threads):
                thread.join(10)
