"""Requests over HTTP: submit, read, follow live, withdraw, amend, write a message."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any, get_args

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel, ConfigDict, Field

from api.deps import (
    CurrentViewer,
    Db,
    Language,
    Page,
    PageOf,
    Token,
    check_tag,
    cut,
    etag,
)
from api.languages import reader_language
from api.problems import problems
from ground import clock
from ground.errors import NotFound
from services import identity, requests, tracking
from services.access import Viewer
from services.feed import Feed
from services.request_lists import LAST_YEAR, Show, Sort, Wanted, Whose, cursor_of
from services.requests import Submission
from services.tracking import EntryView, RequestLine, RequestView
from store.database import Database

router = APIRouter(prefix="/api/requests", tags=["requests"])

PING_SECONDS = 15.0

RequestKey = Annotated[
    str, Path(description="Id or public reference", examples=["7K3M9-Q9XTB"], max_length=40)
]


class RequestCreate(BaseModel):
    """A filled form. `channel` says where it was filled in."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "item": "plan-upgrade",
                    "answers": {"subscription": "sub-1", "plan": "plus", "when": "now"},
                    "channel": "api",
                }
            ]
        },
    )

    item: Annotated[str, Field(max_length=60)]
    answers: dict[str, Any]
    customer: Annotated[
        str | None, Field(max_length=40, description="Whom it is for, where a delegate sends it")
    ] = None
    channel: Annotated[str, Field(pattern=r"^[a-z][a-z-]{1,19}$")] = "api"


class RequestCreated(BaseModel):
    """An accepted request; it is durable, and its workflow starts now."""

    id: str
    reference: str = Field(examples=["7K3M9-Q9XTB"])
    status: str = Field(examples=["submitted"])
    item: str
    created_at: datetime


class MessageCreate(BaseModel):
    """A message on a request; `internal` notes, from staff only, are not shown to the customer."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"text": "I have sent the document."}]}
    )

    text: str
    internal: bool = False


class MessagePublic(BaseModel):
    """A message as it was written."""

    id: str
    text: str
    role: str
    at: datetime


class Amendment(BaseModel):
    """All answers of the form, as they are to be from now on."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"answers": {"plan": "plus", "when": "now"}}]},
    )

    answers: dict[str, Any]


@router.post(
    "",
    status_code=201,
    responses=problems(400, 401, 403, 404, 409, 413, 422, 503),
)
async def submit(
    http: Request,
    body: RequestCreate,
    viewer: CurrentViewer,
    response: Response,
    idempotency_key: Annotated[
        str | None,
        Header(min_length=1, max_length=200, description="Makes a repeat of this call harmless"),
    ] = None,
) -> RequestCreated:
    """Submit a catalog item's form. When this answers, nothing can be lost any more."""
    database: Database = http.app.state.database
    submission = Submission(
        item=body.item,
        answers=body.answers,
        channel=body.channel,
        language=reader_language(http),
        customer=body.customer,
        idempotency_key=idempotency_key,
    )
    prepared = await database.glance(requests.prepare, viewer, submission)
    request = await database.write(requests.submit, viewer, submission, prepared)
    response.headers["Location"] = f"/api/requests/{request.id}"
    return RequestCreated(
        id=request.id,
        reference=request.reference,
        status=request.status,
        item=request.item_id,
        created_at=request.created_at,
    )


async def wanted_list(
    status: Annotated[
        str, Query(description="A status, or `open`, `closed`, `needs-you`", max_length=20)
    ] = "",
    whose: Annotated[
        Whose, Query(description="One's own, those of people one acts for, or all one may see")
    ] = "all",
    item: Annotated[str, Query(max_length=60)] = "",
    category: Annotated[str, Query(max_length=60)] = "",
    group: Annotated[str, Query(max_length=60)] = "",
    customer: Annotated[str, Query(description="Id or address", max_length=200)] = "",
    year: Annotated[int, Query(description="In which they were made", ge=0, le=LAST_YEAR)] = 0,
    q: Annotated[
        str, Query(description="Beginning of a reference, or words of a title", max_length=100)
    ] = "",
    sort: Annotated[
        Sort, Query(description="By when they were made or, of customers, last moved")
    ] = "newest",
) -> Wanted:
    """Which requests a list shows."""
    show: Show = status if status in get_args(Show) else "all"  # type: ignore[assignment]
    return Wanted(
        show=show,
        whose=whose,
        status="" if status == show else status,
        item=item,
        category=category,
        group=group,
        customer=customer,
        year=year,
        text=q,
        sort=sort,
    )


@router.get("", responses=problems(401, 422))
async def list_requests(
    http: Request,
    response: Response,
    viewer: CurrentViewer,
    language: Language,
    database: Db,
    page: PageOf,
    wanted: Annotated[Wanted, Depends(wanted_list)],
) -> Page[RequestLine]:
    """The requests one may see, in the order that was asked for."""
    rows = await database.read(tracking.lines, viewer, language, wanted, page.after, page.fetch)
    shown, cursor = cut(http, response, rows, page, lambda row: cursor_of(row, wanted))
    return Page(items=list(shown), next=cursor)


@router.get("/{key}", responses=problems(401, 404))
async def show(
    key: RequestKey,
    http: Request,
    response: Response,
    viewer: CurrentViewer,
    language: Language,
    database: Db,
) -> RequestView:
    """One request with its stages, its timeline and what is needed now."""
    view = await database.read(tracking.show, viewer, key, language)
    check_tag(http, response, etag(view.model_dump_json()))
    return view


@router.get("/{key}/timeline", responses=problems(401, 404, 422))
async def read_timeline(
    key: RequestKey,
    http: Request,
    response: Response,
    viewer: CurrentViewer,
    language: Language,
    database: Db,
    page: PageOf,
) -> Page[EntryView]:
    """The timeline, oldest first."""
    after = number_of(page.after[0]) if page.after else 0
    rows = await database.read(tracking.entries, viewer, key, language, after, page.fetch)
    shown, cursor = cut(http, response, rows, page, lambda row: [str(row.number)])
    return Page(items=list(shown), next=cursor)


async def readable_id(key: RequestKey, viewer: CurrentViewer, database: Db) -> str:
    """The id of a request that the caller may read, known before a stream begins with 200."""
    return (await database.read(requests.readable, viewer, key)).id


@router.get(
    "/{key}/events",
    response_class=EventSourceResponse,
    responses=problems(401, 404),
)
async def follow(
    request_id: Annotated[str, Depends(readable_id)],
    http: Request,
    viewer: CurrentViewer,
    token: Token,
    language: Language,
    database: Db,
    after: Annotated[int, Query(description="Begin after this entry", ge=0)] = 0,
    last_event_id: Annotated[str | None, Header(max_length=20)] = None,
) -> AsyncIterator[ServerSentEvent]:
    """The timeline as it grows: an event `entry` for each entry, its number as the event's id.

    Reconnecting with `Last-Event-ID`, to whichever server, goes on after that entry. The stream
    ends once the session has ended, or the request may be read no longer.
    """
    feed: Feed = http.app.state.feed
    after = number_of(last_event_id) if last_event_id else after
    with feed.following(request_id) as follower:
        while True:
            grown = await follower.wait(PING_SECONDS)
            if http.app.state.stopping.is_set() or not await still_signed_in(database, token):
                return
            if not grown:
                yield ServerSentEvent(comment="ping")
            try:
                fresh = await news(database, viewer, request_id, language, after)
            except NotFound:
                return
            for entry in fresh:
                after = entry.number
                yield ServerSentEvent(data=entry, event="entry", id=str(entry.number))


async def news(
    database: Database, viewer: Viewer, request_id: str, language: str, after: int
) -> list[EntryView]:
    """Everything on the timeline after a cursor."""
    found: list[EntryView] = []
    while part := await database.read(tracking.entries, viewer, request_id, language, after, 200):
        found += part
        after = part[-1].number
    return found


async def still_signed_in(database: Database, token: str | None) -> bool:
    """Whether the session that opened a stream is still open."""
    return (
        token is not None and await identity.find_session(database, token, clock.now()) is not None
    )


def number_of(text: str) -> int:
    """The entry number in a cursor; one that was never ours starts from the beginning."""
    return int(text) if text.isdecimal() else 0


@router.post("/{key}/withdraw", responses=problems(401, 403, 404, 409))
async def withdraw(
    key: RequestKey, viewer: CurrentViewer, language: Language, database: Db
) -> RequestView:
    """Withdraw a request: it is stopped, and what was done is undone."""
    request = await database.write(requests.withdraw, viewer, key)
    return await database.read(tracking.show, viewer, request.id, language)


@router.post("/{key}/messages", status_code=201, responses=problems(401, 404, 409, 422))
async def write_message(
    key: RequestKey, body: MessageCreate, viewer: CurrentViewer, database: Db
) -> MessagePublic:
    """Write a message on a request."""
    message = await database.write(requests.write_message, viewer, key, body.text, body.internal)
    return MessagePublic(id=message.id, text=message.text, role=message.role, at=message.at)


@router.post("/{key}/amend", responses=problems(401, 403, 404, 409, 422))
async def amend(
    key: RequestKey, body: Amendment, viewer: CurrentViewer, language: Language, database: Db
) -> RequestView:
    """Change the answers of a request that has not come too far for it."""
    request = await database.write(requests.amend, viewer, key, body.answers, language)
    return await database.read(tracking.show, viewer, request.id, language)
