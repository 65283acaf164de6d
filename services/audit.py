"""An append-only witness outside our database that is told of every effect.

Auditors want a record that the audited tables cannot rewrite. Setting `VENTANILLA_AUDIT_ADDRESS`
(host:port) makes every activity report its effect there, one JSON line under the effect's key, and
wait for the line `ok`; a repeat of the same key is the witness's to recognise.
"""

import asyncio
import json
from contextlib import closing

TIMEOUT_SECONDS = 5.0


class Audit:
    """A witness at `host:port`."""

    def __init__(self, address: str) -> None:
        self.host, _, port = address.rpartition(":")
        self.port = int(port)

    async def effect(self, request: str, name: str, key: str) -> None:
        """Report one effect. Raises `OSError` or `TimeoutError`; the activity is then retried."""
        line = json.dumps({"request": request, "effect": name, "key": key})
        async with asyncio.timeout(TIMEOUT_SECONDS):
            reader, writer = await asyncio.open_connection(self.host, self.port)
            with closing(writer):
                writer.write(line.encode() + b"\n")
                await writer.drain()
                if await reader.readline() != b"ok\n":
                    raise ConnectionError("the audit witness did not confirm an effect")
