"""A virus scanner on a real socket that speaks as clamd does, for tests that have no clamd."""

import contextlib
import socket
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
"""What every scanner takes for a virus, as is agreed; it harms nothing."""
LARGEST_STREAM = 25 * 1024 * 1024


class Daemon:
    """What it knows and what it has seen; `answer` replaces its verdict, which takes `seconds`."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.seen: list[bytes] = []
        self.answer: bytes | None = None
        self.seconds = 0.0

    def verdict(self, content: bytes) -> bytes:
        """What clamd says of a stream."""
        self.seen.append(content)
        time.sleep(self.seconds)
        if self.answer is not None:
            return self.answer
        if len(content) > LARGEST_STREAM:
            return b"INSTREAM size limit exceeded. ERROR\0"
        found = b"Eicar-Test-Signature FOUND" if EICAR in content else b"OK"
        return b"stream: " + found + b"\0"


class TcpServer(socketserver.ThreadingTCPServer):
    """Listens on a port."""

    daemon: Daemon


class UnixServer(socketserver.ThreadingUnixStreamServer):
    """Listens on a socket in a folder."""

    daemon: Daemon


class Handler(socketserver.StreamRequestHandler):
    """One connection: the command, then chunks with their length before them, an empty one last."""

    def handle(self) -> None:
        command = self.rfile.read(len(b"zINSTREAM\0"))
        if command != b"zINSTREAM\0":
            self.wfile.write(b"UNKNOWN COMMAND\0")
            return
        content = b""
        while length := int.from_bytes(self.rfile.read(4), "big"):
            content += self.rfile.read(length)
        assert isinstance(self.server, TcpServer | UnixServer)
        with contextlib.suppress(BrokenPipeError):
            self.wfile.write(self.server.daemon.verdict(content))


@contextmanager
def clamd(path: Path | None = None) -> Iterator[Daemon]:
    """A daemon that listens on a Unix socket, or else on a port of this machine."""
    server: TcpServer | UnixServer
    if path:
        server, address = UnixServer(str(path), Handler), str(path)
    else:
        server = TcpServer(("127.0.0.1", 0), Handler)
        address = f"127.0.0.1:{server.server_address[1]}"
    server.daemon = Daemon(address)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server.daemon
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def closed_port() -> str:
    """An address at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"
