"""Who gets what answer from every address: each route × each person × somebody's object.

`RULES` is the whole truth: a route that it does not list fails. To add a route, add its line, and
in `BODIES` what it is called with if it needs a body. The objects belong to the owner, a customer,
and wait for the agent's group; the outsider is an agent of other groups.
"""

import asyncio
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient
from sqlmodel import Session
from starlette.routing import Mount

from api import requests as request_routes
from api.app import create_app
from api.languages import JSON_PATHS
from api.security import form_token
from ground import clock
from ground.ids import new_id
from services import documents, drafts, identity, incidents, notifications, tasks, timeline, uploads
from services.tasks import OpenTask
from settings import Settings
from store.catalog import PublishedItem
from store.database import Database
from store.delegations import Delegation, Scope
from store.documents import Attachment
from store.identity import Role
from store.requests import Request
from store.tasks import Audience
from tests.api.conftest import without_definitions
from tests.people import People, demo_people
from tests.probe import REGISTRY, Definition, publish_probe, submit_probe
from tests.services.test_document_types import PDF
from tests.services.test_events import EVENT

GROUP = "back-office"
PEOPLE = {
    "nobody": None,
    "owner": "customer",
    "other": "customer2",
    "agent": "agent",
    "outsider": "agent2",
    "designer": "designer",
    "operator": "operator",
}

Route = tuple[str, str]
RULES: dict[Route, str] = {
    # nobody, owner, other, agent, outsider, designer, operator
    ("GET", "/api/openapi.json"): "200 200 200 200 200 200 200",
    ("HEAD", "/api/openapi.json"): "200 200 200 200 200 200 200",
    ("POST", "/api/sessions"): "401 401 401 401 401 401 401",
    ("DELETE", "/api/sessions/current"): "401 204 204 204 204 204 204",
    ("GET", "/api/me"): "401 200 200 200 200 200 200",
    ("GET", "/api/catalog"): "401 200 200 200 200 200 200",
    ("GET", "/api/catalog/{item}"): "401 200 200 404 404 404 404",
    ("PUT", "/api/catalog/{item}/favourite"): "401 204 204 404 404 404 404",
    ("DELETE", "/api/catalog/{item}/favourite"): "401 204 204 204 204 204 204",
    ("GET", "/api/catalog/{item}/form"): "401 200 200 404 404 404 404",
    ("POST", "/api/catalog/{item}/check"): "401 200 200 404 404 404 404",
    ("GET", "/api/definitions"): "401 403 403 403 403 200 200",
    ("GET", "/api/definitions/{item}"): "401 403 403 403 403 200 200",
    ("GET", "/api/definitions/{item}/versions/{version}"): "401 403 403 403 403 200 200",
    ("POST", "/api/definitions/{item}/submit"): "401 403 403 403 403 200 200",
    ("POST", "/api/definitions/{item}/approve"): "401 403 403 403 403 200 200",
    ("POST", "/api/definitions/{item}/reject"): "401 403 403 403 403 200 200",
    ("POST", "/api/definitions/{item}/publish"): "401 403 403 403 403 200 200",
    ("POST", "/api/definitions/{item}/rollback"): "401 403 403 403 403 200 200",
    ("POST", "/api/definitions/{item}/retire"): "401 403 403 403 403 200 200",
    ("POST", "/api/definitions/{item}/restore"): "401 403 403 403 403 200 200",
    ("GET", "/api/incidents"): "401 403 403 403 403 200 200",
    ("POST", "/api/incidents/{key}/retry"): "401 403 403 403 403 200 200",
    ("POST", "/api/incidents/{key}/move"): "401 403 403 403 403 409 409",
    ("POST", "/api/requests"): "401 201 201 404 404 404 404",
    ("GET", "/api/requests"): "401 200 200 200 200 200 200",
    ("POST", "/api/offline/drafts"): "401 200 403 403 403 403 403",
    ("POST", "/api/offline/requests"): "401 201 403 403 403 403 403",
    ("GET", "/api/requests/{key}"): "401 200 404 200 404 404 200",
    ("GET", "/api/requests/{key}/timeline"): "401 200 404 200 404 404 200",
    ("GET", "/api/requests/{key}/events"): "401 200 404 200 404 404 200",
    ("POST", "/api/requests/{key}/withdraw"): "401 200 404 403 404 404 403",
    ("POST", "/api/requests/{key}/messages"): "401 201 404 201 404 404 201",
    ("POST", "/api/requests/{key}/amend"): "401 200 404 403 404 404 403",
    ("GET", "/api/requests/{key}/receipt"): "401 200 404 200 404 404 200",
    ("GET", "/api/receipt-key"): "200 200 200 200 200 200 200",
    ("GET", "/.well-known/receipt-keys.json"): "200 200 200 200 200 200 200",
    ("GET", "/api/tasks"): "401 200 200 200 200 200 200",
    ("GET", "/api/tasks/{key}"): "401 404 404 200 404 404 200",
    ("POST", "/api/tasks/{key}/claim"): "401 404 404 200 404 404 403",
    ("POST", "/api/tasks/{key}/release"): "401 404 404 200 404 404 403",
    ("POST", "/api/tasks/{key}/delegate"): "401 404 404 200 404 404 403",
    ("POST", "/api/tasks/{key}/complete"): "401 404 404 200 404 404 403",
    ("POST", "/api/documents"): "401 201 201 201 201 201 201",
    ("GET", "/api/documents/{document_id}"): "401 200 404 200 404 404 200",
    ("OPTIONS", "/api/uploads"): "204 204 204 204 204 204 204",
    ("POST", "/api/uploads"): "401 201 201 201 201 201 201",
    ("HEAD", "/api/uploads/{upload_id}"): "401 200 404 404 404 404 404",
    ("PATCH", "/api/uploads/{upload_id}"): "401 204 404 404 404 404 404",
    ("DELETE", "/api/uploads/{upload_id}"): "401 204 404 404 404 404 404",
    ("POST", "/api/events"): "401 403 403 403 403 403 202",
    ("GET", "/api/notifications"): "401 200 200 200 200 200 200",
    ("POST", "/api/notifications/{notification_id}/read"): "401 200 404 404 404 404 404",
    ("POST", "/api/notifications/read"): "401 204 204 204 204 204 204",
    ("GET", "/health/live"): "200 200 200 200 200 200 200",
    ("GET", "/health/ready"): "503 503 503 503 503 503 503",
    ("GET", "/"): "303 200 200 200 200 200 200",
    ("GET", "/catalog"): "303 200 200 200 200 200 200",
    ("GET", "/catalog/{item}"): "303 200 200 404 404 404 404",
    ("GET", "/catalog/{item}/discard"): "303 200 200 404 404 404 404",
    ("POST", "/catalog/{item}/discard"): "401 303 303 404 404 404 404",
    ("GET", "/catalog/{item}/drafts/new"): "303 303 303 404 404 404 404",
    ("GET", "/catalog/{item}/drafts/{draft}"): "303 303 303 303 303 303 303",
    ("GET", "/catalog/{item}/drafts/{draft}/discard"): "303 200 200 404 404 404 404",
    ("POST", "/catalog/{item}/drafts/{draft}/discard"): "401 303 303 404 404 404 404",
    ("GET", "/catalog/{item}/drafts/{draft}/form"): "303 303 303 404 404 404 404",
    ("GET", "/catalog/{item}/drafts/{draft}/form/{page}"): "303 200 200 404 404 404 404",
    ("POST", "/catalog/{item}/drafts/{draft}/form/{page}"): "401 303 303 404 404 404 404",
    ("GET", "/catalog/{item}/drafts/{draft}/review"): "303 200 200 404 404 404 404",
    ("POST", "/catalog/{item}/drafts/{draft}/review"): "401 303 303 404 404 404 404",
    ("POST", "/catalog/{item}/favourite"): "401 303 303 404 404 404 404",
    ("GET", "/catalog/{item}/form"): "303 303 303 404 404 404 404",
    ("GET", "/catalog/{item}/form/{page}"): "303 200 200 404 404 404 404",
    ("POST", "/catalog/{item}/form/{page}"): "401 303 303 404 404 404 404",
    ("GET", "/catalog/{item}/review"): "303 200 200 404 404 404 404",
    ("POST", "/catalog/{item}/review"): "401 303 303 404 404 404 404",
    ("GET", "/definitions"): "303 403 403 403 403 200 200",
    ("GET", "/definitions/{item}"): "303 403 403 403 403 200 200",
    ("POST", "/definitions/{item}"): "401 403 403 403 403 303 303",
    ("GET", "/definitions/{item}/diagram.svg"): "303 403 403 403 403 200 200",
    ("GET", "/definitions/{item}/file/{version}"): "303 403 403 403 403 200 200",
    ("GET", "/definitions/{item}/preview"): "303 403 403 403 403 200 200",
    ("GET", "/definitions/{item}/simulation"): "303 403 403 403 403 200 200",
    ("POST", "/definitions/{item}/simulation"): "401 403 403 403 403 200 200",
    ("GET", "/incidents"): "303 403 403 403 403 200 200",
    ("POST", "/incidents/{key}"): "401 403 403 403 403 303 303",
    ("POST", "/language"): "303 303 303 303 303 303 303",
    ("GET", "/notifications"): "303 200 200 200 200 200 200",
    ("POST", "/notifications/read"): "401 303 303 303 303 303 303",
    ("POST", "/notifications/{key}/open"): "401 303 404 404 404 404 404",
    ("GET", "/profile"): "303 200 200 200 200 200 200",
    ("POST", "/profile"): "401 303 303 303 303 303 303",
    ("GET", "/api/delegations"): "401 200 200 200 200 200 200",
    ("POST", "/api/delegations"): "401 201 201 403 403 403 403",
    ("DELETE", "/api/delegations/{key}"): "401 204 404 404 404 404 404",
    ("GET", "/profile/people"): "303 200 200 200 200 200 200",
    ("POST", "/profile/people"): "401 303 303 403 403 403 403",
    ("POST", "/profile/people/{key}/end"): "401 303 404 404 404 404 404",
    ("GET", "/for/{customer}"): "303 200 404 404 404 404 404",
    ("GET", "/for/{customer}/{item}/form"): "303 303 404 404 404 404 404",
    ("GET", "/for/{customer}/{item}/form/{page}"): "303 200 404 404 404 404 404",
    ("POST", "/for/{customer}/{item}/form/{page}"): "401 303 404 404 404 404 404",
    ("GET", "/for/{customer}/{item}/review"): "303 200 404 404 404 404 404",
    ("POST", "/for/{customer}/{item}/review"): "401 303 404 404 404 404 404",
    ("GET", "/for/{customer}/{item}/discard"): "303 200 404 404 404 404 404",
    ("POST", "/for/{customer}/{item}/discard"): "401 303 404 404 404 404 404",
    ("GET", "/requests"): "303 200 200 200 200 200 200",
    ("GET", "/requests/{key}"): "303 200 404 200 404 404 200",
    ("GET", "/requests/{key}/amend"): "303 200 404 403 404 404 403",
    ("POST", "/requests/{key}/amend/discard"): "401 303 404 403 404 404 403",
    ("GET", "/requests/{key}/amend/form/{page}"): "303 200 404 403 404 404 403",
    ("POST", "/requests/{key}/amend/form/{page}"): "401 303 404 403 404 404 403",
    ("GET", "/requests/{key}/amend/review"): "303 200 404 403 404 404 403",
    ("POST", "/requests/{key}/amend/review"): "401 303 404 403 404 404 403",
    ("POST", "/requests/{key}/messages"): "401 303 404 303 404 404 303",
    ("POST", "/requests/{key}/tasks/{task}"): "401 303 404 404 404 404 404",
    ("GET", "/requests/{key}/receipt.json"): "303 200 404 200 404 404 200",
    ("GET", "/requests/{key}/receipt.pdf"): "303 200 404 200 404 404 200",
    ("GET", "/requests/{key}/withdraw"): "303 200 404 403 404 404 403",
    ("POST", "/requests/{key}/withdraw"): "401 303 404 403 404 404 403",
    ("GET", "/brand/{file}"): "200 200 200 200 200 200 200",
    ("GET", "/help"): "200 200 200 200 200 200 200",
    ("GET", "/manifest.webmanifest"): "200 200 200 200 200 200 200",
    ("GET", "/offline"): "200 200 200 200 200 200 200",
    ("GET", "/offline/review"): "200 200 200 200 200 200 200",
    ("GET", "/service-worker.js"): "200 200 200 200 200 200 200",
    ("GET", "/styleguide"): "303 403 403 403 403 200 200",
    ("GET", "/welcome"): "303 200 200 200 200 200 200",
    ("POST", "/welcome"): "401 303 303 303 303 303 303",
    ("GET", "/sign-in"): "200 303 303 303 303 303 303",
    ("POST", "/sign-in"): "401 401 401 401 401 401 401",
    ("POST", "/sign-out"): "401 303 303 303 303 303 303",
    ("GET", "/tasks"): "303 303 303 200 200 303 200",
    ("GET", "/tasks/{key}"): "303 404 404 200 404 404 200",
    ("POST", "/tasks/{key}"): "401 404 404 303 404 404 403",
    ("POST", "/tasks/{key}/claim"): "401 404 404 303 404 404 403",
    ("POST", "/tasks/{key}/release"): "401 404 404 303 404 404 403",
    ("POST", "/tasks/{key}/delegate"): "401 404 404 303 404 404 403",
}


DRAFT = "01JD3Z8W4K2T5N7Q9R1S3V5X7Z"
REVIEWS = {
    "/catalog/{item}/review": ("/catalog/{item}/form/{page}", "probe"),
    "/catalog/{item}/drafts/{draft}/review": (
        "/catalog/{item}/drafts/{draft}/form/{page}",
        f"probe:{DRAFT}",
    ),
}
"""For each review the page that has to be filled in before, and the item and draft of that."""
BYTES = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}


@dataclass
class World:
    """The application, its people, and objects made on demand."""

    app: FastAPI
    client: TestClient
    database: Database
    people: People

    def filled_page(self, name: str, review: str) -> str:
        """Fill the page of the probe's form that comes before a review; the draft's key."""
        page, of = REVIEWS[review]
        call(self, ("POST", page), name)
        subject = drafts.of_item(*of.split(":"))
        draft = self.database.read_now(drafts.find, self.people[name], subject)
        return draft.key if draft else ""

    def key(self, path: str) -> str:
        """The id of a fresh object of the kind that the address is about."""
        for beginning, make in self.makers.items():
            if path.startswith(beginning):
                return make()
        raise LookupError(f"what is {path} about? add it to World.makers")

    @property
    def makers(self) -> dict[str, Callable[[], str]]:
        return {
            "/api/requests/{key}": self.request,
            "/api/incidents/{key}": self.stuck,
            "/incidents/{key}": self.stuck,
            "/api/tasks/{key}": self.staff_task,
            "/api/documents/{document_id}": self.document,
            "/api/uploads/{upload_id}": self.upload,
            "/api/notifications/{notification_id}": self.notification,
            "/api/delegations/{key}": self.delegation,
            "/profile/people/{key}": self.delegation,
            "/requests/{key}": self.request,
            "/tasks/{key}": self.staff_task,
            "/notifications/{key}": self.notification,
        }

    def sign_in(self, name: str) -> str:
        """The token of a session that nothing else uses."""
        account_id = self.people[name].account_id
        opened = self.database.write_now(identity.open_session, account_id, "", clock.now())
        return opened.token

    def request(self) -> str:
        """A request of the owner that the agent's group serves."""
        request = submit_probe(self.database, self.people["customer"])

        def move(session: Session) -> None:
            session.get_one(Request, request.id).group = GROUP

        self.database.write_now(move)
        return request.id

    def delegation(self) -> str:
        """Somebody whom the owner lets see their requests."""

        def work(session: Session) -> str:
            row = Delegation(
                customer_id=self.people["customer"].account_id,
                email=f"{new_id()}@example.com",
                scope=Scope.VIEW,
                since=clock.now() - timedelta(days=2),
            )
            session.add(row)
            return row.id

        return self.database.write_now(work)

    def stuck(self) -> str:
        """A request whose process has come to an error."""
        request_id = self.request()

        def work(session: Session) -> None:
            request = timeline.locked(session, request_id)
            incidents.open_incident(session, request, {"title": "Broken"}, 1, "1", clock.now())

        self.database.write_now(work)
        return request_id

    def staff_task(self) -> str:
        return self.task(self.request(), audience=Audience.STAFF, group=GROUP)

    def task(self, request_id: str, **wants: Any) -> str:
        def work(session: Session) -> str:
            opens = OpenTask(
                kind="approval", title="tasks.asked_of_you", form="probe-decision", **wants
            )
            request = timeline.locked(session, request_id)
            return tasks.open_task(session, request, opens, clock.now()).id

        return self.database.write_now(work)

    def document(self) -> str:
        """A document of the owner's request."""
        owner = self.people["customer"].account_id
        request_id = self.request()
        document = documents.take_in(self.app.state.files, BytesIO(PDF), "a.pdf", owner)

        def work(session: Session) -> None:
            session.add(document)
            session.flush()
            session.add(
                Attachment(
                    document_id=document.id,
                    request_id=request_id,
                    visible=Audience.CUSTOMER,
                    attached_at=clock.now(),
                )
            )

        self.database.write_now(work)
        return document.id

    def upload(self) -> str:
        """A file of the owner's on its way."""
        owner = self.people["customer"]
        return self.database.write_now(uploads.begin, owner, "a.pdf", len(PDF), "").id

    def notification(self) -> str:
        owner = self.people["customer"].account_id
        return self.database.write_now(
            notifications.notify, owner, "common.not_found", {}, None, clock.now()
        )


@pytest.fixture(scope="module")
def world(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One application for all calls; the rules' SQL runs on both databases in `test_access`."""
    folder = tmp_path_factory.mktemp("authorisation")
    database = Database(f"sqlite:///{shutil.copy(sqlite_template, folder / 'ventanilla.db')}")
    people = demo_people(database)
    publish_probe(database)
    settings = Settings(data_dir=folder, secret_key="only-for-tests-0123456789-0123456789")
    app = create_app(without_definitions(settings), database)
    app.state.registry = REGISTRY
    # An event stream looks around soon, finds the server stopping, and ends.
    app.state.stopping = asyncio.Event()
    app.state.stopping.set()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(request_routes, "PING_SECONDS", 0.01)
        with TestClient(app, raise_server_exceptions=False, follow_redirects=False) as client:
            yield World(app, client, database, people)
    database.close()


def call(world: World, route: Route, name: str | None) -> int:
    """The status that this person gets."""
    method, path = route
    arguments = BODIES.get(route, no_body)(world)
    if path in REVIEWS and name in world.people.viewers:
        arguments |= {"data": {"_key": world.filled_page(name, path)}}
    customer = world.people["customer"].account_id
    usual = {"file": "icon.svg", "item": "probe", "page": "form", "draft": DRAFT}
    values = usual | {"customer": customer} | arguments.pop("values", {})
    for word in ("key", "document_id", "upload_id", "notification_id"):
        if f"{{{word}}}" in path and word not in values:
            values[word] = world.key(path)
    token = world.sign_in(name) if name else None
    if path.startswith(JSON_PATHS):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
    else:
        headers = {"Sec-Fetch-Site": "same-origin"}
        if token:
            headers["Cookie"] = f"{world.app.state.cookie_name}={token}"
            arguments = with_form_token(world, method, arguments, token)
    headers |= arguments.pop("headers", {})
    address = path.format_map(values)
    if method == "GET":
        arguments.pop("data", None)
    response = world.client.request(method, address, headers=headers, **arguments)
    world.client.cookies.clear()
    return response.status_code


def with_form_token(
    world: World, method: str, arguments: dict[str, Any], token: str
) -> dict[str, Any]:
    """What a form on a page of this session sends."""
    if method != "POST":
        return arguments
    carried = {"_token": form_token(world.app.state.secret, token)}
    return arguments | {"data": arguments.get("data", {}) | carried}


def no_body(_world: World) -> dict[str, Any]:
    return {}


def json(body: Any) -> Callable[[World], dict[str, Any]]:
    return lambda _world: {"json": body}


def data(**fields: str) -> Callable[[World], dict[str, Any]]:
    return lambda _world: {"data": fields}


def unknown_person() -> dict[str, str]:
    """Credentials of somebody new, whom no throttle knows yet."""
    return {"email": f"{new_id()}@example.com", "password": "x"}


def customers_task(world: World) -> dict[str, Any]:
    """A task of the owner on their own request, answered on the request's page."""
    request_id = world.request()
    task = world.task(request_id, audience=Audience.CUSTOMER)
    return {"values": {"key": request_id, "task": task}, "data": {"decision": "approve"}}


def begun_for(world: World) -> dict[str, Any]:
    """A form in the owner's stead, ready to be sent; the owner may stand in for themselves."""
    owner = world.people["customer"]
    hash = world.database.read_now(lambda s: s.get_one(PublishedItem, "probe").hash)
    subject = drafts.of_other(owner.account_id, "probe")
    draft = world.database.write_now(drafts.save, owner, subject, hash, {"wish": "tea"})
    return {"data": {"_key": draft.key, "_version": hash}}


def claimed_task(world: World) -> dict[str, Any]:
    """A task that the agent holds."""
    task = world.staff_task()
    world.database.write_now(tasks.claim, world.people["agent"], task)
    return {"values": {"key": task}}


def probes_version(world: World) -> dict[str, Any]:
    """The version of the probe that is published."""
    hash = world.database.read_now(lambda s: s.get_one(PublishedItem, "probe").hash)
    return {"values": {"version": hash[:8]}}


def kept_offline(world: World) -> dict[str, Any]:
    """A form that the owner has filled in without a connection."""
    hash = world.database.read_now(lambda s: s.get_one(PublishedItem, "probe").hash)
    owner = world.people["customer"].account_id
    form = {"account": owner, "item": "probe", "version": hash, "fields": [["wish", "tea"]]}
    return {"json": form, "headers": {"Idempotency-Key": new_id()}}


def definition(
    prepare: Callable[[Definition], None], **body: Any
) -> Callable[[World], dict[str, Any]]:
    """A body, sent to a definition of its own that is prepared for it."""

    def arguments(world: World) -> dict[str, Any]:
        made = Definition(world.database)
        prepare(made)
        filled = {name: value if value != "first" else made.first for name, value in body.items()}
        return {"values": {"item": made.item}, "json": filled}

    return arguments


def colleague(world: World) -> str:
    """An agent of the group besides the one who acts."""

    def join(session: Session) -> str:
        account = identity.account_by_email(session, "colleague@example.com")
        if account is None:
            account = identity.create_account(
                session,
                email="colleague@example.com",
                name="Carla Sol",
                role=Role.AGENT,
                groups=[GROUP],
                at=clock.now(),
            )
        return account.id

    return world.database.write_now(join)


def delegable_task(world: World) -> dict[str, Any]:
    """A task that the agent may hand to a colleague."""
    opens = {"audience": Audience.STAFF, "group": GROUP, "may_delegate": True}
    return {"values": {"key": world.task(world.request(), **opens)}}


APPROVAL = {"answers": {"decision": "approve"}}
WISH = {"answers": {"wish": "tea"}}

BODIES: dict[Route, Callable[[World], dict[str, Any]]] = {
    ("POST", "/api/sessions"): lambda _world: {"json": unknown_person()},
    ("POST", "/api/catalog/{item}/check"): json(WISH),
    ("GET", "/api/definitions/{item}/versions/{version}"): probes_version,
    ("GET", "/definitions/{item}/file/{version}"): probes_version,
    ("POST", "/api/definitions/{item}/submit"): definition(Definition.drafted),
    ("POST", "/api/definitions/{item}/approve"): definition(Definition.submitted),
    ("POST", "/api/definitions/{item}/reject"): definition(Definition.submitted, note="No"),
    ("POST", "/api/definitions/{item}/publish"): definition(Definition.approved),
    ("POST", "/api/definitions/{item}/rollback"): definition(Definition.changed, version="first"),
    ("POST", "/api/definitions/{item}/retire"): definition(Definition.approved),
    ("POST", "/api/definitions/{item}/restore"): definition(Definition.retired),
    ("POST", "/api/offline/drafts"): kept_offline,
    ("POST", "/api/offline/requests"): kept_offline,
    ("POST", "/api/requests"): json(WISH | {"item": "probe"}),
    ("POST", "/api/requests/{key}/messages"): json({"text": "Hello"}),
    ("POST", "/api/requests/{key}/amend"): json({"answers": {"wish": "coffee"}}),
    ("POST", "/api/tasks/{key}/release"): claimed_task,
    ("POST", "/api/tasks/{key}/delegate"): lambda world: (
        delegable_task(world) | {"json": {"to": colleague(world)}}
    ),
    ("POST", "/api/tasks/{key}/complete"): json(APPROVAL),
    ("POST", "/api/documents"): lambda _world: {"files": {"file": ("a.pdf", PDF)}},
    ("POST", "/api/uploads"): lambda _world: {"headers": {"Upload-Length": "10"}},
    ("PATCH", "/api/uploads/{upload_id}"): lambda _world: {"headers": BYTES, "content": PDF},
    ("POST", "/api/events"): json(EVENT),
    ("POST", "/api/delegations"): json({"email": "trusted@example.com", "scope": "act"}),
    ("POST", "/profile/people"): data(email="trusted@example.com", scope="act"),
    ("POST", "/for/{customer}/{item}/form/{page}"): data(wish="tea"),
    ("GET", "/for/{customer}/{item}/review"): begun_for,
    ("POST", "/for/{customer}/{item}/review"): begun_for,
    ("POST", "/sign-in"): lambda _world: {"data": unknown_person()},
    ("POST", "/language"): data(language="es", back="/"),
    ("POST", "/profile"): data(language="es", zone="Europe/Madrid"),
    ("POST", "/catalog/{item}/form/{page}"): data(wish="tea"),
    ("POST", "/catalog/{item}/drafts/{draft}/form/{page}"): data(wish="tea"),
    ("POST", "/requests/{key}/amend/form/{page}"): data(wish="coffee"),
    ("POST", "/requests/{key}/messages"): data(text="Hello"),
    ("POST", "/requests/{key}/tasks/{task}"): customers_task,
    ("POST", "/tasks/{key}/release"): claimed_task,
    ("POST", "/tasks/{key}/delegate"): lambda world: (
        delegable_task(world) | {"data": {"to": colleague(world)}}
    ),
    ("POST", "/tasks/{key}"): data(decision="approve"),
}


def routes_of(app: FastAPI) -> set[Route]:
    """Every method and address that the application answers, static files apart."""
    return {
        (method, str(route.path))
        for route in iter_route_contexts(app.routes)
        for method in (route.methods or ())
    }


def test_every_route_has_its_rule_and_every_rule_its_route(world: World) -> None:
    assert set(RULES) == routes_of(world.app)


@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize("route", RULES, ids=" ".join)
def test_each_person_gets_what_the_rule_says(world: World, route: Route, person: str) -> None:
    expected = dict(zip(PEOPLE, RULES[route].split(), strict=True))[person]
    assert str(call(world, route, PEOPLE[person])) == expected
    described = world.app.openapi()["paths"].get(route[1], {}).get(route[0].lower())
    if described and route[1].startswith(JSON_PATHS):
        assert expected in described["responses"]


@pytest.mark.parametrize("person", [person for person, name in PEOPLE.items() if name])
@pytest.mark.parametrize(
    ("listed", "shown"),
    [
        ("/api/requests", "/api/requests/{key}"),
        ("/api/tasks", "/api/tasks/{key}"),
        ("/api/notifications", "/api/notifications/{notification_id}/read"),
    ],
)
def test_lists_hold_what_one_may_open_and_nothing_else(
    world: World, listed: str, shown: str, person: str
) -> None:
    key = world.key(shown)
    route = ("POST" if shown.endswith("/read") else "GET", shown)
    status = dict(zip(PEOPLE, RULES[route].split(), strict=True))[person]
    name = PEOPLE[person]
    assert name
    assert (key in ids_in(world, listed, name)) is (status == "200")


def ids_in(world: World, address: str | None, name: str) -> set[str]:
    """The ids of a whole list, part by part."""
    found: set[str] = set()
    while address:
        response = world.client.get(address, headers=world.people.bearer(name))
        found |= {row["id"] for row in response.json()["items"]}
        following = response.json()["next"]
        address = f"{address.partition('?')[0]}?after={following}" if following else None
    return found


def test_only_known_paths_are_served_as_files(world: World) -> None:
    """Mounts are no routes of ours; there is one, for what everybody may see."""
    mounts = [route.path for route in world.app.routes if isinstance(route, Mount)]
    assert mounts == ["/static"]
