"""Signing in and out, and who one is."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.deps import CurrentViewer, Db, Token
from api.problems import problems
from services import identity
from services.access import Viewer
from store.identity import Role

router = APIRouter(prefix="/api", tags=["sessions"])


class Me(BaseModel):
    """The signed-in account."""

    id: str
    email: str = Field(examples=["customer@example.com"])
    name: str = Field(examples=["Clara Romero"])
    role: Role
    language: str = Field(examples=["en"])
    zone: str = Field(examples=["Europe/Madrid"])
    groups: list[str]


class Credentials(BaseModel):
    """What a person signs in with."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"email": "customer@example.com", "password": "correct horse battery"}]
        },
    )

    email: Annotated[str, Field(min_length=3, max_length=254)]
    password: Annotated[str, Field(min_length=1, max_length=1024)]


class SessionOpened(BaseModel):
    """A new session. `token` works as bearer; browsers may use the cookie instead."""

    token: str
    expires_at: datetime
    account: Me


def me(viewer: Viewer) -> Me:
    """The viewer as they may see themselves."""
    return Me(
        id=viewer.account_id,
        email=viewer.email,
        name=viewer.name,
        role=viewer.role,
        language=viewer.language,
        zone=viewer.zone,
        groups=list(viewer.groups),
    )


def client_address(request: Request) -> str:
    """The caller's network address, as the server or its trusted proxy tells it."""
    return request.client.host if request.client else "unknown"


def set_session_cookie(request: Request, response: Response, opened: identity.Opened) -> None:
    """Let the browser keep the session; scripts never see it."""
    response.set_cookie(
        request.app.state.cookie_name,
        opened.token,
        expires=opened.expires_at,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )


def clear_session_cookie(request: Request, response: Response) -> None:
    """Let the browser forget the session."""
    response.delete_cookie(request.app.state.cookie_name, httponly=True, samesite="lax")


@router.post("/sessions", status_code=201, responses=problems(400, 401, 403, 413, 422, 429))
async def sign_in(
    credentials: Credentials, request: Request, response: Response, database: Db
) -> SessionOpened:
    """Open a session with e-mail and password."""
    opened = await identity.log_in(
        database,
        credentials.email,
        credentials.password,
        client_address(request),
        request.headers.get("user-agent", ""),
    )
    set_session_cookie(request, response, opened)
    response.headers["Location"] = "/api/sessions/current"
    response.headers["Cache-Control"] = "no-store"
    return SessionOpened(
        token=opened.token, expires_at=opened.expires_at, account=me(opened.viewer)
    )


@router.delete("/sessions/current", status_code=204, responses=problems(401, 403))
async def sign_out(
    _viewer: CurrentViewer, token: Token, request: Request, response: Response, database: Db
) -> None:
    """End the session that this call was made with."""
    assert token is not None
    await database.write(identity.close_session, token)
    clear_session_cookie(request, response)


@router.get("/me", responses=problems(401))
async def read_me(viewer: CurrentViewer) -> Me:
    """Who is signed in."""
    return me(viewer)
