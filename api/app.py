"""The web application: every face in one place, with what they share."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import iter_route_contexts
from temporalio.client import Client

import api.catalog
import api.definitions
import api.delegations
import api.documents
import api.events
import api.health
import api.incidents
import api.notifications
import api.offline
import api.receipts
import api.requests
import api.sessions
import api.tasks
import api.uploads
from api import problems, security
from api.deps import NotModified, on_not_modified
from portal import pages
from services import (
    background,
    dispatch,
    documents,
    expectation_keeping,
    housekeeping,
    mail,
    publishing,
    schedule_keeping,
    version_life,
)
from services.document_files import FolderFiles
from services.feed import Feed
from services.health import temporal_check
from services.reconciliation import keep_reconciled
from services.relay import Relay
from services.scanning import Clamd, Scanning
from services.signing import Signer
from settings import Settings
from store.changes import Changes
from store.database import Database
from studio.lint.publishing import publishing_registry

ROUTERS = (
    # First, since routes are tried in this order and submissions come in bursts.
    api.requests.router,
    api.sessions.router,
    api.catalog.router,
    api.definitions.router,
    api.incidents.router,
    api.receipts.router,
    api.offline.router,
    api.tasks.router,
    api.delegations.router,
    api.documents.router,
    api.uploads.router,
    api.events.router,
    api.notifications.router,
    api.health.router,
)


def create_app(settings: Settings, database: Database, temporal: Client | None = None) -> FastAPI:
    """The application over one database; without a Temporal client it is never ready."""
    app = FastAPI(
        title="Ventanilla",
        summary="A customer portal in which every request is a durable workflow.",
        version="0.1.0",
        openapi_url="/api/openapi.json",
        # Their pages load scripts from elsewhere, which our own policy forbids.
        docs_url=None,
        redoc_url=None,
        # Its redirects would name whatever host the caller claims.
        redirect_slashes=False,
        lifespan=lifespan,
    )
    app.state.settings = settings
    app.state.database = database
    app.state.temporal = temporal
    app.state.temporal_check = temporal_check(temporal) if temporal else None
    app.state.secret = settings.secret()
    app.state.cookie_name = security.cookie_name(app.state.secret)
    app.state.files = FolderFiles(settings.data_dir / "documents")
    app.state.registry = publishing_registry()
    app.state.signer = Signer(settings)
    app.state.readiness = api.health.LastAnswer()
    app.add_middleware(security.Guard, largest_upload=documents.LARGEST)
    problems.install(app)
    app.add_exception_handler(NotModified, on_not_modified)
    for router in ROUTERS:
        app.include_router(router)
    pages.install(app)
    app.openapi = lambda: openapi(app)  # type: ignore[method-assign]
    return app


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """What runs beside the answers for as long as the server does."""
    app.state.stopping = getattr(app.state, "stopping", None) or asyncio.Event()
    async with Changes(app.state.database) as changes:
        app.state.changes = changes
        app.state.feed = Feed(app.state.database, changes)
        async with background.running(*works_beside(app)):
            yield


def works_beside(app: FastAPI) -> list[background.Work]:
    """Feed, housekeeping, dispatch, expectations, catalog files and scheduled publications always;
    mail and scans where there is a server for them; relay and reconciliation where there is an
    engine."""
    database, settings, temporal = app.state.database, app.state.settings, app.state.temporal
    registry = app.state.registry
    works: list[background.Work] = [
        app.state.feed.run,
        lambda: app.state.feed.wake_all_at(app.state.stopping),
        lambda: housekeeping.run(database, app.state.files),
        lambda: dispatch.run(database),
        lambda: expectation_keeping.run(database),
        lambda: publishing.keep_fresh(database, settings.catalog_dir, settings.forms_dir, registry),
        lambda: version_life.keep_schedule(database, registry),
    ]
    if settings.scanner:
        scanning = Scanning(database, app.state.files, Clamd(settings.scanner))
        works.append(lambda: scanning.run(app.state.changes))
    if settings.smtp_host:
        works.append(lambda: mail.run(database, settings))
    if temporal:
        relay = Relay(database, temporal, settings)
        unclean = not getattr(app.state, "was_clean", True)
        works.append(lambda: relay.run(app.state.changes))
        works.append(lambda: schedule_keeping.run(database, temporal, settings))
        works.append(lambda: keep_reconciled(database, temporal, sweep_first=unclean))
    return works


def openapi(app: FastAPI) -> dict[str, Any]:
    """The description of the API, with our problems in the place of the framework's errors."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title,
            version=app.version,
            summary=app.summary,
            routes=list(iter_route_contexts(app.routes)),
        )
        describe_problems(document)
        describe_cookie(document, app.state.cookie_name)
        app.openapi_schema = document
    return app.openapi_schema


def describe_problems(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    template = "#/components/schemas/{model}"
    problem = problems.Problem.model_json_schema(ref_template=template, mode="serialization")
    schemas.update(problem.pop("$defs", {}))
    schemas["Problem"] = problem
    for operation in operations(document):
        if "422" in operation["responses"]:
            operation["responses"]["422"] = problems.declared(422)


def describe_cookie(document: dict[str, Any], name: str) -> None:
    """Whatever takes a bearer token also takes the browser's cookie."""
    schemes = document["components"].setdefault("securitySchemes", {})
    schemes["Cookie"] = {"type": "apiKey", "in": "cookie", "name": name}
    for operation in operations(document):
        if "security" in operation:
            operation["security"].append({"Cookie": []})


def operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [operation for path in document["paths"].values() for operation in path.values()]
