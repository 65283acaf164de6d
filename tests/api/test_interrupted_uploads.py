"""Uploads over a real network: broken off at any byte, by the sender or by the death of the server,
they go on and give the same file."""

import hashlib
import http.client
import os
import random
import shutil
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from api.uploads import PART_BYTES
from settings import PREFIX, ROOT
from store.database import Database
from tests.people import People, demo_people
from tests.real.processes import answers, free_port, spawn, wait_until
from tests.services.test_document_types import PDF

CONTENT = PDF + random.Random(7).randbytes(1_300_000)
ABORT = struct.pack("ii", 1, 0)
"""Makes `close` break a connection off instead of ending it in good order."""


@dataclass
class Server:
    """The application on one folder; it can be killed and started again."""

    folder: Path
    database: Database
    people: People
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        ours = {
            "DATA_DIR": str(self.folder),
            "DATABASE_URL": f"sqlite:///{self.folder / 'ventanilla.db'}",
            "CATALOG_DIR": str(self.folder / "nothing"),
            "FORMS_DIR": str(self.folder / "nothing"),
            "PORT": str(self.port),
        }
        others = {name: text for name, text in os.environ.items() if not name.startswith(PREFIX)}
        environ = others | {PREFIX + name: text for name, text in ours.items()}
        self.process = spawn([sys.executable, "-m", "tests.api.alone"], cwd=ROOT, env=environ)
        wait_until(lambda: answers(self.port), 60, "the start of the server")

    def kill(self) -> None:
        """End it at once, without a word."""
        assert self.process
        self.process.kill()
        self.process.wait()

    def call(
        self, method: str, address: str, body: bytes = b"", **headers: str
    ) -> tuple[http.client.HTTPResponse, bytes]:
        """One call by the customer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        connection.request(method, address, body, self.people.bearer("customer") | named)
        response = connection.getresponse()
        content = response.read()
        connection.close()
        return response, content

    def announce(self) -> str:
        """Where the bytes of a new upload go."""
        response, _ = self.call("POST", "/api/uploads", Upload_Length=str(len(CONTENT)))
        assert response.status == 201
        return str(response.headers["Location"])

    def held(self, address: str) -> int:
        """How many bytes have arrived."""
        response, _ = self.call("HEAD", address)
        assert response.status in (200, 204)
        return int(response.headers["Upload-Offset"])

    def on_disk(self, address: str) -> int:
        """The same, as the folder has it."""
        key = address.rpartition("/")[2]
        folder = self.folder / "documents" / key[-2:]
        sizes = [path.stat().st_size for path in folder.glob(f"*{key}")]
        return max(sizes, default=0)

    def wait_for(self, address: str, count: int) -> None:
        """Wait until so many bytes are on the disk."""
        wait_until(lambda: self.on_disk(address) >= count, 30, f"the arrival of {count} bytes")

    def begin_to_send(self, address: str, offset: int, count: int) -> socket.socket:
        """Promise all the rest, and send only so many bytes of it."""
        token = self.people.tokens["customer"]
        head = (
            f"PATCH {address} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
            f"Content-Type: application/offset+octet-stream\r\nUpload-Offset: {offset}\r\n"
            f"Content-Length: {len(CONTENT) - offset}\r\n\r\n"
        )
        connection = socket.create_connection(("127.0.0.1", self.port), 30)
        connection.sendall(head.encode() + CONTENT[offset : offset + count])
        return connection

    def send_rest(self, address: str) -> None:
        """Go on from where it is, to the end."""
        offset = self.held(address)
        response, _ = self.call(
            "PATCH",
            address,
            CONTENT[offset:],
            Content_Type="application/offset+octet-stream",
            Upload_Offset=str(offset),
        )
        assert response.status == 204, response.headers

    def document(self, address: str) -> bytes:
        """The document that the upload has become."""
        response, content = self.call("GET", address.replace("uploads", "documents"))
        assert response.status == 200
        assert response.headers["ETag"] == f'"{hashlib.sha256(CONTENT).hexdigest()}"'
        return content


@pytest.fixture(scope="module")
def server(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("alone")
    (folder / "nothing").mkdir()
    path = shutil.copy(sqlite_template, folder / "ventanilla.db")
    database = Database(f"sqlite:///{path}")
    server = Server(folder, database, demo_people(database))
    server.start()
    yield server
    server.kill()
    database.close()


def test_a_sender_that_breaks_off_anywhere_goes_on(server: Server) -> None:
    chance = random.Random(11)
    near = [0, 1, PART_BYTES - 1, PART_BYTES, PART_BYTES + 1, len(CONTENT) - 1]
    for count in [*near, *(chance.randrange(len(CONTENT)) for _ in range(6))]:
        address = server.announce()
        connection = server.begin_to_send(address, 0, count)
        server.wait_for(address, count - 2 * PART_BYTES)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORT)
        connection.close()
        # Some of it may still be on its way to the disk: a sender asks, and is told so.
        deadline = time.monotonic() + 10
        while True:
            try:
                server.send_rest(address)
                break
            except AssertionError:
                assert time.monotonic() < deadline
        assert server.document(address) == CONTENT, count


def test_a_server_that_dies_again_and_again_gives_the_same_file(server: Server) -> None:
    chance = random.Random(13)
    address = server.announce()
    reached = []
    for _ in range(3):
        offset = server.held(address)
        count = PART_BYTES + chance.randrange(PART_BYTES)
        connection = server.begin_to_send(address, offset, count)
        server.wait_for(address, offset + 1)
        server.kill()
        connection.close()
        server.start()
        reached.append(server.held(address))
    assert reached == sorted(set(reached))
    server.send_rest(address)
    assert server.document(address) == CONTENT


def test_a_server_that_dies_before_it_has_said_yes_says_it_later(server: Server) -> None:
    address = server.announce()
    connection = server.begin_to_send(address, 0, len(CONTENT))
    server.wait_for(address, len(CONTENT))
    server.kill()
    connection.close()
    server.start()
    server.send_rest(address)
    assert server.document(address) == CONTENT
