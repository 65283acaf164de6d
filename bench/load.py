"""A light load process: keep-alive clients that send the same bytes again after each answer.

    python -m bench.load '{"port": 8080, "request": "POST …", "clients": 8, "count": 1000}'

It prints one JSON object: seconds, the latency of each accepted call in milliseconds, and how many
calls were answered otherwise. Being a process of its own it takes nothing from the server's.
"""

import asyncio
import json
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import cast

import uvloop


@dataclass
class Load:
    """`count` calls by `clients` keep-alive clients; `wanted` is the status of an accepted one."""

    port: int
    request: str
    clients: int
    count: int
    wanted: int = 201


@dataclass
class Outcome:
    """How a load went."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    refused: dict[str, int] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """Accepted calls a second."""
        return len(self.latencies) / self.seconds


class Client(asyncio.Protocol):
    """One connection, which takes its calls from a common number of them."""

    def __init__(self, load: Load, outcome: Outcome, left: list[None]) -> None:
        self.load, self.outcome, self.left = load, outcome, left
        self.bytes = load.request.encode()
        self.received = b""
        self.sent_at = 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are none by inheritance.
        self.transport = cast(asyncio.Transport, transport)
        self.send()

    def send(self) -> None:
        if not self.left:
            self.transport.close()
            return
        self.left.pop()
        self.sent_at = time.perf_counter()
        self.transport.write(self.bytes)

    def data_received(self, data: bytes) -> None:
        self.received += data
        head, end, body = self.received.partition(b"\r\n\r\n")
        if not end or len(body) < length_of(head):
            return
        took = (time.perf_counter() - self.sent_at) * 1000
        status = head[9:12].decode()
        if int(status) == self.load.wanted:
            self.outcome.latencies.append(took)
        else:
            self.outcome.refused[status] = self.outcome.refused.get(status, 0) + 1
        self.received = b""
        self.send()

    def connection_lost(self, error: Exception | None) -> None:
        if error is None:
            self.done.set_result(None)
        else:
            self.done.set_exception(error)


def length_of(head: bytes) -> int:
    """The length of the body that a head announces. Raises `ValueError` without one."""
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line[15:])
    raise ValueError(f"an answer of unknown length: {head!r}")


async def run(load: Load) -> Outcome:
    """Carry out the load in this process."""
    loop = asyncio.get_running_loop()
    outcome = Outcome()
    left: list[None] = [None] * load.count
    began = time.perf_counter()
    made = [
        await loop.create_connection(lambda: Client(load, outcome, left), "127.0.0.1", load.port)
        for _ in range(load.clients)
    ]
    await asyncio.gather(*(client.done for _, client in made))
    outcome.seconds = time.perf_counter() - began
    return outcome


def in_own_process(load: Load) -> Outcome:
    """Carry out the load in a process of its own. Raises when a call was not accepted."""
    command = [sys.executable, "-m", "bench.load", json.dumps(vars(load))]
    ran = subprocess.run(command, check=True, capture_output=True, text=True)
    outcome = Outcome(**json.loads(ran.stdout))
    if outcome.refused or len(outcome.latencies) != load.count:
        raise RuntimeError(f"not every call was accepted: {outcome.refused}")
    return outcome


def post(path: str, token: str, body: object) -> str:
    """The bytes of a POST by the holder of a session token."""
    text = json.dumps(body)
    lines = (
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        f"Authorization: Bearer {token}",
        "Content-Type: application/json",
        f"Content-Length: {len(text)}",
    )
    return "\r\n".join(lines) + "\r\n\r\n" + text


if __name__ == "__main__":
    result = uvloop.new_event_loop().run_until_complete(run(Load(**json.loads(sys.argv[1]))))
    sys.stdout.write(json.dumps(vars(result)))
