"""What has to be cleared away now and then, by any one of the servers."""

import asyncio
import logging

from ground import clock
from ground.errors import Unavailable
from services import documents, drafts, events, identity, mail, uploads
from services.document_files import Files
from store.database import Database

log = logging.getLogger(__name__)

EVERY_SECONDS = 3600.0


async def run(database: Database, files: Files, every: float = EVERY_SECONDS) -> None:
    """Clear away, for ever. What fails is logged and tried again the next time."""
    while True:
        await asyncio.sleep(every)
        try:
            await clear(database, files)
        except (Unavailable, OSError):
            log.exception("housekeeping has failed; the next try is in %g s", every)


async def clear(database: Database, files: Files) -> None:
    """Drop ended sessions, settled mails, forgotten drafts, abandoned uploads, and what requests
    waited for that have ended."""
    await database.write(identity.sweep, clock.now())
    await database.write(mail.sweep, clock.now())
    await database.write(drafts.sweep, clock.now())
    await database.write(events.sweep)
    for key in await database.write(uploads.sweep, clock.now()):
        await asyncio.to_thread(files.remove, key)
    await documents.sweep(database, files)
