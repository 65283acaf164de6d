"""Child processes that are started again when they die, and stopped together."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

FIRST_DELAY = 0.5
LONGEST_DELAY = 30.0
HEALTHY_AFTER = 30.0
"""Seconds that a child must have lived for its next death to count as its first."""

STOP_SECONDS = 3.0
GUARD = Path(__file__).with_name("guard.py")

logger = logging.getLogger(__name__)


@dataclass
class Child:
    """One command that ought to be running.

    It has a session of its own, so that Ctrl-C in the terminal reaches only its parent, and ends
    with its parent. Must be used from the main thread: the kernel ties a child to the thread that
    started it.
    """

    name: str
    command: list[str]
    log: Path | None = None
    """Where its output goes; unset, to where ours goes."""

    say: Callable[[str], None] = logger.warning
    nice: int = 0
    """How far it stands back for us where processors are scarce, as for the command `nice`."""

    process: asyncio.subprocess.Process | None = None
    stopping: bool = False
    task: asyncio.Task[None] | None = field(default=None, repr=False)

    def start(self) -> None:
        """Start it and keep it running until `stop`."""
        self.task = asyncio.create_task(self._keep_running(), name=self.name)

    async def stop(self) -> None:
        """End it: politely, and after `STOP_SECONDS` by force."""
        self.stopping = True
        process = self.process
        if process is not None and process.returncode is None:
            with suppress(ProcessLookupError):
                process.terminate()
            try:
                await asyncio.wait_for(process.wait(), STOP_SECONDS)
            except TimeoutError:
                self.say(f"{self.name} did not stop within {STOP_SECONDS:g} s; it is killed")
                with suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        if self.task:
            self.task.cancel()
            await asyncio.wait([self.task])

    async def _keep_running(self) -> None:
        loop = asyncio.get_running_loop()
        delay = FIRST_DELAY
        while not self.stopping:
            began = loop.time()
            self.process = await self._spawn()
            with suppress(ProcessLookupError):
                own = os.getpriority(os.PRIO_PROCESS, 0)
                os.setpriority(os.PRIO_PROCESS, self.process.pid, own + self.nice)
            code = await self.process.wait()
            if self.stopping:
                return
            if loop.time() - began >= HEALTHY_AFTER:
                delay = FIRST_DELAY
            self.say(f"{self.name} ended ({ending(code)}); it starts again in {delay:g} s")
            await asyncio.sleep(delay)
            delay = min(delay * 2, LONGEST_DELAY)

    async def _spawn(self) -> asyncio.subprocess.Process:
        output = open(self.log, "ab") if self.log else None  # noqa: SIM115, ASYNC230
        try:
            return await asyncio.create_subprocess_exec(
                sys.executable,
                "-IS",
                str(GUARD),
                str(os.getpid()),
                *self.command,
                stdin=asyncio.subprocess.PIPE,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        finally:
            if output:
                output.close()


@asynccontextmanager
async def running(child: Child) -> AsyncIterator[Child]:
    """Keep the child running for as long as the block does."""
    child.start()
    try:
        yield child
    finally:
        await child.stop()


def ending(code: int) -> str:
    """How a process ended, in words."""
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
