"""Every page of the portal, put into the application."""

from typing import Any

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

import portal.amendment
import portal.brand
import portal.catalog
import portal.definitions
import portal.delegations
import portal.help
import portal.home
import portal.identity
import portal.incidents
import portal.item
import portal.notifications
import portal.offline
import portal.receipts
import portal.request_lists
import portal.requests
import portal.styleguide
import portal.submission
import portal.tasks
import portal.welcome
from api.languages import JSON_PATHS
from portal.brand import brand_of
from portal.errors import error_page
from portal.rendering import FOR_EVER, STATIC, STATIC_PATH
from portal.styles import SHEET, stylesheet

ROUTERS = (
    portal.home.router,
    portal.identity.router,
    portal.catalog.router,
    portal.item.router,
    portal.submission.router,
    portal.amendment.router,
    portal.request_lists.router,
    portal.delegations.router,
    portal.requests.router,
    portal.receipts.router,
    portal.tasks.router,
    portal.definitions.router,
    portal.incidents.router,
    portal.notifications.router,
    portal.brand.router,
    portal.help.router,
    portal.offline.router,
    portal.welcome.router,
    portal.styleguide.router,
)


class Assets(StaticFiles):
    """Our own styles, scripts and pictures; an address with a version is kept for ever."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        if path != SHEET or scope["method"] not in ("GET", "HEAD"):
            return await super().get_response(path, scope)
        sheet = stylesheet(brand_of(Request(scope)))
        return kept(Response(sheet, media_type="text/css"), scope)

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        scope: Scope = args[2] if len(args) > 2 else kwargs["scope"]
        return kept(response, scope)


def kept(response: Response, scope: Scope) -> Response:
    """The answer, to be kept for ever where its address has a version."""
    if scope["query_string"].startswith(b"v="):
        response.headers["Cache-Control"] = FOR_EVER
    return response


class PagesCompressed(GZipMiddleware):
    """Compresses pages, styles and scripts; answers to programs stay as they are."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(JSON_PATHS):
            await self.app(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def install(app: FastAPI) -> None:
    """Give the application its pages, their static files and its error page."""
    for router in ROUTERS:
        app.include_router(router)
    app.mount(STATIC_PATH, Assets(directory=STATIC), name="static")
    app.state.error_page = error_page
    app.state.findings = {}
    app.add_middleware(PagesCompressed, minimum_size=1000, compresslevel=6)
