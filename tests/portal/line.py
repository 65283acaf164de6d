"""The line between a browser and the portal, which tests can cut."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

CHUNK = 65536


class Line:
    """Carries bytes to a port and back.

    While it is `down` nobody is reached. Of calls whose first line contains `swallow`, the server's
    answer is lost as often as `swallowing` says: it was heard, but nobody learns what it said.
    """

    def __init__(self, port: int) -> None:
        self.target = port
        self.down = False
        self.swallow = b""
        self.swallowing = 0
        self.heard: list[bytes] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]

    def run(self) -> None:
        """Take calls until the listener is closed."""
        with suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self.carry, args=[client], daemon=True).start()

    def carry(self, client: socket.socket) -> None:
        """One connection, call by call."""
        with client, suppress(OSError), socket.create_connection(("127.0.0.1", self.target)) as far:
            threading.Thread(target=self.back, args=[far, client], daemon=True).start()
            while not self.down and (sent := client.recv(CHUNK)):
                if self.down:
                    return
                first = sent.partition(b"\r\n")[0]
                if self.swallow and self.swallow in first:
                    self.heard.append(first)
                    if self.swallowing > 0:
                        self.swallowing -= 1
                        self.lose(sent, client)
                        return
                far.sendall(sent)

    def lose(self, sent: bytes, client: socket.socket) -> None:
        """Let the server hear the call and answer it; the caller hears nothing."""
        with socket.create_connection(("127.0.0.1", self.target)) as far:
            far.sendall(sent)
            length = int(header(sent, b"content-length") or 0)
            body = len(sent.partition(b"\r\n\r\n")[2])
            while body < length:
                more = client.recv(CHUNK)
                body += len(more)
                far.sendall(more)
            far.recv(CHUNK)

    def back(self, far: socket.socket, client: socket.socket) -> None:
        """What the server says."""
        with suppress(OSError):
            while not self.down and (said := far.recv(CHUNK)):
                if self.down:
                    break
                client.sendall(said)
            client.shutdown(socket.SHUT_RDWR)


def header(sent: bytes, name: bytes) -> bytes:
    """A header of a call."""
    for line in sent.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]:
        if line.lower().startswith(name + b":"):
            return line.partition(b":")[2].strip()
    return b""


@contextmanager
def line_to(address: str) -> Iterator[tuple[Line, str]]:
    """A line to the portal at an address, and the address at its near end."""
    line = Line(int(address.rpartition(":")[2]))
    threading.Thread(target=line.run, daemon=True).start()
    try:
        yield line, f"http://127.0.0.1:{line.port}"
    finally:
        line.down = True
        line.listener.close()
