"""One call of a browser: who reads, in which language, what was posted, and the page in answer."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.datastructures import FormData, UploadFile

from api.deps import AppSettings, CurrentViewer, Db, OptionalViewer
from api.languages import reader_language
from api.security import check_form_token, form_token, session_cookie
from ground.errors import Forbidden
from portal import brand
from portal.rendering import Words, render
from services import notifications
from services.access import Viewer
from services.identity import zone_of
from settings import Settings
from store.database import Database

HOME = "/"

Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class Visit:
    """A call of a browser, by somebody signed in or not."""

    request: Request
    database: Database
    settings: Settings
    viewer: Viewer | None
    spoken: str | None = None
    """The language to speak while it is not yet settled which one the reader wants."""

    @property
    def language(self) -> str:
        """The reader's language."""
        return self.spoken or reader_language(self.request)

    @property
    def words(self) -> Words:
        """How this reader is spoken to."""
        return Words(self.language, zone_of(self.viewer.zone if self.viewer else "UTC"))

    @property
    def here(self) -> str:
        """The address of this page, to come back to."""
        url = self.request.url
        return f"{url.path}?{url.query}" if url.query else url.path

    def further(self, cursor: str | None) -> str:
        """Where the list on this page goes on; empty at its end."""
        if cursor is None:
            return ""
        url = self.request.url.include_query_params(after=cursor)
        return f"{url.path}?{url.query}"

    def token(self) -> str:
        """A fresh token for a form of this session's pages; empty where nobody is signed in."""
        session = session_cookie(self.request)
        if not session:
            return ""
        whose = self.viewer.account_id if self.viewer else ""
        return form_token(self.request.app.state.secret, session, whose)

    async def page(self, template: str, status: int = 200, **context: Any) -> HTMLResponse:
        """A whole page."""
        unread = 0
        if self.viewer:
            unread = await self.database.read(notifications.unread, self.viewer)
        return self.page_with(template, unread, status, **context)

    def page_with(
        self, template: str, unread: int, status: int = 200, **context: Any
    ) -> HTMLResponse:
        """A whole page without asking the database for anything."""
        shell = {
            "viewer": self.viewer,
            "here": self.here,
            "path": self.request.url.path,
            "token": self.token,
            "unread": unread,
            "looked": getattr(self.request.state, "looked", None),
            "scanning": bool(self.settings.scanner),
            "brand": self.settings.brand,
            "picture": partial(brand.address, self.settings.brand),
            "logo_size": brand.logo_size,
            "manifest": brand.manifest_address(self.settings.brand, self.language),
        }
        html = render(template, self.words, **shell, **context)
        # By this the service worker keeps each person's pages apart.
        whose = self.viewer.account_id if self.viewer else ""
        headers = {"Content-Language": self.language, "Portal-Account": whose}
        return HTMLResponse(html, status, headers=headers)


def visit(request: Request, database: Db, settings: AppSettings, viewer: OptionalViewer) -> Visit:
    return Visit(request, database, settings, viewer)


AnyVisit = Annotated[Visit, Depends(visit)]


@dataclass(frozen=True)
class SignedVisit(Visit):
    """A call by somebody who is signed in."""

    viewer: Viewer


def signed_visit(
    request: Request, database: Db, settings: AppSettings, viewer: CurrentViewer
) -> SignedVisit:
    return SignedVisit(request, database, settings, viewer)


SignedIn = Annotated[SignedVisit, Depends(signed_visit)]


@dataclass(frozen=True)
class Posted:
    """What a form of ours sent: answers by name, and the controls of the page (`_action`)."""

    pairs: Pairs
    controls: dict[str, str] = field(default_factory=dict)
    files: list[tuple[str, UploadFile]] = field(default_factory=list)

    @property
    def action(self) -> tuple[str, str]:
        """The button that was pressed, as its verb and what it is about."""
        verb, _, rest = self.controls.get("_action", "").partition(":")
        return verb, rest

    def get(self, name: str) -> str:
        """The last value under a name, tidied; empty where there is none."""
        return next((value.strip() for key, value in reversed(self.pairs) if key == name), "")


async def posted_by_anyone(request: Request) -> AsyncIterator[Posted]:
    """The form that was posted; what was typed is kept for an error page to give back."""
    async with request.form(max_files=20) as form:
        posted = sorted_out(form)
        request.state.posted = posted
        yield posted


async def posted_form(
    visit: SignedIn, posted: Annotated[Posted, Depends(posted_by_anyone)]
) -> Posted:
    """The same, if a page of this session carried it. Raises `Forbidden`."""
    check_posted(visit, posted)
    return posted


def check_posted(visit: Visit, posted: Posted) -> None:
    """Raises `Forbidden` for a form that no page of this session carried."""
    session = session_cookie(visit.request)
    if session is None:
        raise Forbidden("api.stale_form")
    check_form_token(visit.request.app.state.secret, session, posted.controls.get("_token", ""))


AnyForm = Annotated[Posted, Depends(posted_by_anyone)]
PostedForm = Annotated[Posted, Depends(posted_form)]


def sorted_out(form: FormData) -> Posted:
    """Answers, controls and files apart; no database takes a NUL, so none is kept."""
    posted = Posted([])
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            if value.filename:
                posted.files.append((name, value))
        elif name.startswith("_"):
            posted.controls[name] = value
        else:
            posted.pairs.append((name.replace("\0", ""), value.replace("\0", "")))
    return posted


def safe_next(address: str) -> str:
    """The address if it is a page of ours, else the home page: nobody is led elsewhere."""
    parts = urlsplit(address)
    plain = address.isprintable() and "\\" not in address and not address.startswith("//")
    if plain and not parts.scheme and not parts.netloc and parts.path.startswith("/"):
        return address
    return HOME


def see_other(address: str) -> RedirectResponse:
    """Go on at another page of ours, by GET."""
    return RedirectResponse(address, 303)
