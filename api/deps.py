"""What endpoints ask for: the database, who is asking, their language, a page, a tag."""

import base64
import hashlib
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Generic, TypeVar

from fastapi import Depends, Query, Request, Response
from fastapi.openapi.models import HTTPBearer as HTTPBearerModel
from fastapi.security.base import SecurityBase
from pydantic import BaseModel, Field

from api.languages import reader_language
from api.security import bearer_token, session_cookie
from ground import clock
from ground.errors import FieldError, Forbidden, Invalid, Unauthenticated
from services import identity
from services.access import Viewer
from settings import Settings
from store.database import Database
from store.identity import Role

T = TypeVar("T")
R = TypeVar("R")

LONGEST_PAGE = 100


# Plain dependencies would each be run in a thread, which costs more than what they do, and each is
# walked through anew wherever it is named: so they are coroutines and stand on no others.


async def app_database(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


async def app_settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


Db = Annotated[Database, Depends(app_database)]
AppSettings = Annotated[Settings, Depends(app_settings)]


async def session_token(request: Request) -> str | None:
    """The caller's token."""
    return token_of(request)


Token = Annotated[str | None, Depends(session_token)]


def token_of(request: Request) -> str | None:
    """The caller's token. A bearer token counts before the cookie that a browser adds by itself."""
    return bearer_token(request.headers) or session_cookie(request)


async def optional_viewer(request: Request) -> Viewer | None:
    """Who asks, or None; looked up once a call.

    Raises `Unauthenticated` for a bearer token that opens nothing.
    """
    if not hasattr(request.state, "viewer"):
        token = token_of(request)
        request.state.viewer = await holder_of(request, token) if token else None
    viewer: Viewer | None = request.state.viewer
    return viewer


async def holder_of(request: Request, token: str) -> Viewer | None:
    """Whose token this is."""
    database: Database = request.app.state.database
    at = clock.now()
    found = await identity.find_session(database, token, at)
    if found is None:
        if bearer_token(request.headers):
            raise Unauthenticated("identity.session_ended")
        return None
    if found.stale:
        await database.write(identity.mark_seen, token, at)
    return found.viewer


OptionalViewer = Annotated[Viewer | None, Depends(optional_viewer)]


class SignedIn(SecurityBase):
    """Who asks, as a scheme that the description of the API names. Raises `Unauthenticated`."""

    def __init__(self) -> None:
        self.model = HTTPBearerModel(description="`token` of `POST /api/sessions`")
        self.scheme_name = "HTTPBearer"

    async def __call__(self, request: Request) -> Viewer:
        viewer = await optional_viewer(request)
        if viewer is None:
            known = token_of(request) is not None
            raise Unauthenticated("identity.session_ended" if known else "identity.sign_in_first")
        return viewer


CurrentViewer = Annotated[Viewer, Depends(SignedIn())]


def requires(*roles: Role) -> Callable[[Viewer], Awaitable[Viewer]]:
    """A dependency that lets only these roles through, and gives the viewer."""

    async def check(viewer: CurrentViewer) -> Viewer:
        if viewer.role not in roles:
            raise Forbidden("identity.not_your_role")
        return viewer

    return check


async def language_of(request: Request) -> str:
    """The reader's language, once it is known who reads."""
    await optional_viewer(request)
    return reader_language(request)


Language = Annotated[str, Depends(language_of)]


class NotModified(Exception):
    """The caller already has this version."""

    def __init__(self, tag: str) -> None:
        super().__init__(tag)
        self.tag = tag


def etag(*parts: object, weak: bool = True) -> str:
    """An entity tag of whatever the answer depends on; strong only if it names exact bytes."""
    digest = hashlib.sha256("\0".join(str(part) for part in parts).encode()).hexdigest()[:24]
    return f'W/"{digest}"' if weak else f'"{digest}"'


def check_tag(request: Request, response: Response, tag: str) -> None:
    """Give the answer its tag. Raises `NotModified` when `If-None-Match` names it already."""
    held = [item.strip() for item in request.headers.get("if-none-match", "").split(",")]
    if "*" in held or opaque(tag) in map(opaque, held):
        raise NotModified(tag)
    response.headers["ETag"] = tag


def opaque(tag: str) -> str:
    return tag.removeprefix("W/")


async def on_not_modified(_request: Request, error: Exception) -> Response:
    assert isinstance(error, NotModified)
    return Response(status_code=304, headers={"ETag": error.tag})


class Page(BaseModel, Generic[T]):
    """A part of a list; `next` is the `after` of the following part, null at the end."""

    items: list[T]
    next: str | None = Field(None, examples=["WyIwMUsyMyJd"])


@dataclass(frozen=True)
class Paging:
    """Which part of a list is asked for: at most `limit` rows after the keys in `after`."""

    limit: int
    after: tuple[str, ...] | None

    @property
    def fetch(self) -> int:
        """How many rows to read: one more than shown tells whether there is a next part."""
        return self.limit + 1

    @property
    def after_id(self) -> str | None:
        """The key of a list that is ordered by id alone. Raises `Invalid` for another list's."""
        if self.after is None:
            return None
        if len(self.after) != 1:
            raise bad_cursor()
        return self.after[0]


async def paging(
    limit: Annotated[int, Query(ge=1, le=LONGEST_PAGE)] = 25,
    after: Annotated[str | None, Query(description="`next` of the previous part")] = None,
) -> Paging:
    return Paging(limit, decode_cursor(after) if after else None)


PageOf = Annotated[Paging, Depends(paging)]


def encode_cursor(keys: Sequence[str]) -> str:
    """The sort keys of a row as one opaque word."""
    return base64.urlsafe_b64encode(json.dumps(list(keys)).encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> tuple[str, ...]:
    """The keys of a cursor. Raises `Invalid` for what was never one of ours."""
    try:
        keys = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if isinstance(keys, list) and all(isinstance(key, str) for key in keys):
            return tuple(keys)
    except ValueError:
        pass
    raise bad_cursor()


def bad_cursor() -> Invalid:
    """For a cursor that does not fit its list."""
    return Invalid([FieldError("/after", "api.bad_cursor")], "api.invalid_request")


def cut(
    request: Request,
    response: Response,
    rows: Sequence[R],
    page: Paging,
    keys: Callable[[R], Sequence[str]],
) -> tuple[Sequence[R], str | None]:
    """The rows to show and the cursor of the next part, which is also put in a `Link` header."""
    if len(rows) <= page.limit:
        return rows, None
    shown = rows[: page.limit]
    cursor = encode_cursor(keys(shown[-1]))
    url = request.url.include_query_params(after=cursor)
    response.headers["Link"] = f'<{url.path}?{url.query}>; rel="next"'
    return shown, cursor
