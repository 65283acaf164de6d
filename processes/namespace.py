"""Waiting for Temporal, and preparing its namespace once it answers."""

import asyncio
import logging

from temporalio.client import Client
from temporalio.service import RPCError

from services.temporal import prepare
from settings import Settings

RETRY_SECONDS = 0.2
PATIENCE_SECONDS = 8.0
"""How long Temporal may be silent before we say so."""

logger = logging.getLogger(__name__)


async def prepare_namespace(client: Client, settings: Settings) -> None:
    """Prepare the namespace as soon as Temporal answers, however long that takes."""
    loop = asyncio.get_running_loop()
    complain_at = loop.time() + PATIENCE_SECONDS
    while True:
        try:
            advice = await prepare(client, settings)
        except (RPCError, RuntimeError) as error:
            if loop.time() >= complain_at:
                complain_at = float("inf")
                logger.warning(
                    "Temporal at %s does not answer (%s); requests are accepted and start once it "
                    "does",
                    settings.temporal_target,
                    error,
                )
            await asyncio.sleep(RETRY_SECONDS)
            continue
        for text in advice:
            logger.warning(text)
        return
