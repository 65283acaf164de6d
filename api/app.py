"""The web application: every face in one place, with what they share."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import iter_route_contexts
from temporalio.client import Client

import api.health
import api.sessions
from api import problems, security
from api.deps import NotModified, on_not_modified
from services.health import temporal_check
from settings import Settings
from store.changes import Changes
from store.database import Database

ROUTERS = (
    api.sessions.router,
    api.health.router,
)
LARGEST_UPLOAD = 10 * 1024 * 1024


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
        lifespan=lifespan,
    )
    app.state.settings = settings
    app.state.database = database
    app.state.temporal = temporal
    app.state.temporal_check = temporal_check(temporal) if temporal else None
    app.state.secret = settings.secret()
    app.state.cookie_name = security.cookie_name(app.state.secret)
    app.state.readiness = api.health.LastAnswer()
    app.add_middleware(security.Guard, largest_upload=LARGEST_UPLOAD)
    problems.install(app)
    app.add_exception_handler(NotModified, on_not_modified)
    for router in ROUTERS:
        app.include_router(router)
    app.openapi = lambda: openapi(app)  # type: ignore[method-assign]
    return app


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """What runs beside the answers for as long as the server does."""
    async with Changes(app.state.database) as changes:
        app.state.changes = changes
        yield


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
