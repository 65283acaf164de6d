"""The witness: a program of its own that only ever appends what it is told to a file.

    python witness.py <port> <file>

It speaks the protocol of `services.audit`: a line comes in, is on the disk, and is confirmed by
`ok`. It understands nothing of what it writes, so that it can count what our own tables cannot.
"""

import asyncio
import contextlib
import os
import sys


async def serve(port: int, file: int) -> None:
    """Write lines until somebody ends us."""

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Whoever is killed while it tells us breaks off: half a line counts for nothing.
        with contextlib.suppress(ConnectionError), contextlib.closing(writer):
            while (line := await reader.readline()).endswith(b"\n"):
                os.write(file, line)
                os.fsync(file)
                writer.write(b"ok\n")
                await writer.drain()

    server = await asyncio.start_server(hear, "127.0.0.1", port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    opened = os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    asyncio.run(serve(int(sys.argv[1]), opened))
