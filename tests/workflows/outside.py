"""A process that calls other systems, of which a test's own web server is the only one."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from tests.workflows.counter import Counter

CORE = "https://core.example.org"
OpenFor = Callable[..., AbstractAsyncContextManager[Counter]]


def calls(name: str, path: str = "/", method: str = "get", **more: Any) -> dict[str, Any]:
    """A task that calls the core system."""
    wants = {"method": method, "endpoint": f"{CORE}{path}", **more}
    return {name: {"call": "http", "with": wants}}
