"""What the signed-in person has been told."""

from datetime import datetime

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from api.deps import CurrentViewer, Db, Language, Page, PageOf, check_tag, cut, etag
from api.problems import problems
from ground import clock
from ground.messages import translate
from services import notifications
from services.access import Viewer
from services.identity import zone_of
from store.notifications import Notification

router = APIRouter(prefix="/api/notifications", tags=["notifications"])


class NotificationRead(BaseModel):
    """One notification, in the reader's language."""

    id: str = Field(examples=["01JD3Z8W4K2T5N7Q9R1S3V5X7Z"])
    text: str = Field(examples=["Your new address is in use."])
    request_id: str | None
    created_at: datetime
    read_at: datetime | None


class NotificationPage(Page[NotificationRead]):
    """Notifications, the latest first, and how many in all are unread."""

    unread: int = Field(examples=[3])


def public(notification: Notification, viewer: Viewer, language: str) -> NotificationRead:
    """What its reader sees of a notification."""
    text = translate(language, notification.key, notification.params, zone_of(viewer.zone))
    shown = notification.model_dump(include={"id", "request_id", "created_at", "read_at"})
    return NotificationRead(text=text, **shown)


@router.get("", responses={304: {"description": "Nothing new"}, **problems(401, 422)})
async def list_notifications(
    request: Request,
    response: Response,
    viewer: CurrentViewer,
    language: Language,
    page: PageOf,
    database: Db,
) -> NotificationPage:
    """The caller's notifications, the latest first."""
    rows, unread = await database.read(notifications.page, viewer, page.after_id, page.fetch)
    check_tag(request, response, etag(language, unread, [(row.id, row.read_at) for row in rows]))
    shown, following = cut(request, response, rows, page, lambda row: [row.id])
    items = [public(row, viewer, language) for row in shown]
    return NotificationPage(items=items, next=following, unread=unread)


@router.post("/{notification_id}/read", responses=problems(401, 403, 404))
async def mark_read(
    notification_id: str, viewer: CurrentViewer, language: Language, database: Db
) -> NotificationRead:
    """Note that the caller has read it; repeating it changes nothing."""
    notification = await database.write(
        notifications.mark_read, viewer, notification_id, clock.now()
    )
    return public(notification, viewer, language)


@router.post("/read", status_code=204, responses=problems(401, 403))
async def mark_all_read(viewer: CurrentViewer, database: Db) -> None:
    """Note that the caller has read everything so far."""
    await database.write(notifications.mark_all_read, viewer, clock.now())
