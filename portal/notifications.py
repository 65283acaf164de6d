"""What the reader has been told."""

from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Response

from api.deps import PageOf, cut
from api.notifications import public
from ground import clock
from portal.visits import PostedForm, SignedIn, see_other
from services import notifications

router = APIRouter(include_in_schema=False, prefix="/notifications")


@dataclass(frozen=True)
class News:
    """One notification in the reader's words."""

    id: str
    text: str
    request: str | None
    at: datetime
    read: bool


@router.get("")
async def list_notifications(visit: SignedIn, page: PageOf) -> Response:
    """The reader's notifications, the latest first."""
    rows, unread = await visit.database.read(
        notifications.page, visit.viewer, page.after_id, page.fetch
    )
    shown, cursor = cut(visit.request, Response(), rows, page, lambda row: [row.id])
    news = [
        News(one.id, one.text, one.request_id, one.created_at, one.read_at is not None)
        for one in (public(row, visit.viewer, visit.language) for row in shown)
    ]
    return visit.page_with(
        "notifications.html",
        unread,
        news=news,
        first=page.after is None,
        next_page=visit.further(cursor),
    )


@router.post("/read")
async def mark_all_read(visit: SignedIn, posted: PostedForm) -> Response:
    """Note that everything so far has been read."""
    await visit.database.write(notifications.mark_all_read, visit.viewer, clock.now())
    return see_other("/notifications")


@router.post("/{key}/open")
async def open_request(visit: SignedIn, key: str, posted: PostedForm) -> Response:
    """Note that one has been read, and go to what it is about."""
    row = await visit.database.write(notifications.mark_read, visit.viewer, key, clock.now())
    return see_other(f"/requests/{row.request_id}" if row.request_id else "/notifications")
