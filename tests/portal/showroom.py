"""Every page of the portal in each of its states, for tests that look at all of them.

`SCENES` says which page in which state, for whom and where; `Showroom` is the portal in which all
of them can be seen at the same time.
"""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from sqlmodel import Session

from api.app import create_app
from api.languages import JSON_PATHS
from catalog import yaml12
from catalog.examples import answers_for
from ground import clock, ids
from ground.errors import TooLarge, TooManyTries, Unavailable
from services import (
    catalog,
    delegations,
    drafts,
    forms,
    identity,
    notifications,
    requests,
    tasks,
    timeline,
)
from services.access import Viewer
from services.passwords import hash_password
from settings import ROOT, Settings
from store.database import Database
from store.delegations import Scope
from store.requests import Request, StageState, Status, Withdrawal
from store.tasks import Audience
from tests.people import People, demo_people
from tests.portal.scenes import asked, moved, submitted, told

if TYPE_CHECKING:
    from playwright.sync_api import Page

PASSWORD = "correct horse battery"
GROUP = "loan-officers"

Act = Callable[["Page"], None]


def nothing(_page: "Page") -> None:
    """The page as it is opened."""


@dataclass(frozen=True)
class Scene:
    """A page in one state.

    `address` may name an object of the showroom in braces; `act` is what one does there before
    looking, which leads to the page that is meant.
    """

    route: str
    state: str
    who: str
    address: str
    status: int = 200
    act: Act = nothing
    of_item: bool = False
    """Whether it is one of the many pages of the items' forms, which are all made alike."""

    def __str__(self) -> str:
        return f"{self.route}-{self.state}"


# What one does on a page


def press(selector: str) -> Act:
    """Press a button that leads to another page, or to the same with what is wrong."""

    def act(page: "Page") -> None:
        with page.expect_navigation():
            page.locator(selector).first.click()

    return act


def after_expiry(page: "Page") -> None:
    """Send a form when the session has ended meanwhile."""
    page.context.clear_cookies(name=re.compile("^ventanilla_[0-9a-f]+$"))
    press("form#form button.button[value=continue]")(page)


def signed_in_again(page: "Page") -> None:
    """The same, and sign in on the page that answers."""
    after_expiry(page)
    page.fill("#email", "customer2@example.com")
    page.fill("#password", PASSWORD)
    press("main button[type=submit]")(page)


def wrong_password(page: "Page") -> None:
    page.fill("#email", "stranger@example.com")
    page.fill("#password", "wrong")
    press("main button[type=submit]")(page)


# The scenes


def on(route: str, who: str, **states: str) -> list[Scene]:
    """The states of a page that have addresses of their own."""
    return [Scene(route, state, who, address) for state, address in states.items()]


ITEMS = {
    path.stem: yaml12.read(path.read_bytes()).value
    for path in sorted((ROOT / "catalog_defs").glob("*.yaml"))
    if path.stem != "categories"
}
SEND = press("form#form button.button[value=continue]")


def pages_of(item: str) -> list[str]:
    """The pages of an item's form."""
    form = json.loads((ROOT / "forms" / f"{ITEMS[item]['form']}.json").read_text("utf-8"))
    return [page["id"] for page in form.get("x-pages", [{"id": "form"}])]


def scenes_of_items() -> Iterator[Scene]:
    """The form of each item: empty, with mistakes, filled in, reviewed."""
    form = "/catalog/{item}/form/{page}"
    for item in ITEMS:
        first, *_ = pages_of(item)
        address = f"/catalog/{item}/form/{first}"
        yield Scene(form, f"{item}-errors", "customer2", address, 422, SEND, of_item=True)
        for page in pages_of(item):
            address = f"/catalog/{item}/form/{page}"
            yield Scene(form, f"{item}-{page}-filled", "customer", address, of_item=True)


REQUEST = "/requests/{key}"
TASK = "/tasks/{key}"
DEFINITION = "/definitions/{item}"

SCENES: list[Scene] = [
    *on("/", "customer", much="/"),
    *on("/", "customer2", for_another="/"),
    *on("/", "agent", staff="/"),
    *on("/", "operator", operator="/"),
    *on("/", "designer", designer="/"),
    *on("/sign-in", "", empty="/sign-in", expired="/sign-in?next=/requests"),
    Scene("/sign-in", "refused", "", "/sign-in", 401, wrong_password),
    Scene(
        "/sign-in",
        "expired-form",
        "customer2",
        "/catalog/case-routing/form/problem",
        401,
        after_expiry,
    ),
    Scene(
        "/sign-in",
        "resumed",
        "customer2",
        "/catalog/case-routing/form/problem",
        200,
        signed_in_again,
    ),
    *on("/profile", "customer", plain="/profile", saved="/profile?done=1"),
    *on("/profile", "agent", staff="/profile"),
    *on(
        "/catalog",
        "customer",
        begun="/catalog",
        found="/catalog?q=fibre",
        nothing_found="/catalog?q=zzzzqqqq",
        category="/catalog?category=loans",
    ),
    *on("/catalog", "customer2", fresh="/catalog"),
    *on("/catalog", "agent", staff="/catalog"),
    *on("/catalog/{item}", "customer", begun="/catalog/plan-upgrade"),
    *on("/catalog/{item}", "customer2", fresh="/catalog/loan-request"),
    *on("/catalog/{item}/form/{page}", "customer2", empty="/catalog/loan-request/form/household"),
    *on(
        "/catalog/{item}/review",
        "customer",
        complete="/catalog/plan-upgrade/review",
        documents="/catalog/case-routing/review",
    ),
    *on("/catalog/{item}/discard", "customer", plain="/catalog/plan-upgrade/discard"),
    *on("/catalog/{item}/drafts/{draft}/form/{page}", "customer", plain="{draft}/form/plan"),
    *on("/catalog/{item}/drafts/{draft}/review", "customer", plain="{draft}/review"),
    *on("/catalog/{item}/drafts/{draft}/discard", "customer", plain="{draft}/discard"),
    *on("/for/{customer}", "customer2", all="{for_customer}"),
    *on("/for/{customer}/{item}/form/{page}", "customer2", begun="{for_customer}/{begun_form}"),
    *on("/for/{customer}/{item}/review", "customer2", begun="{for_customer}/{begun}/review"),
    *on("/for/{customer}/{item}/discard", "customer2", begun="{for_customer}/{begun}/discard"),
    *on("/profile/people", "customer", given="/profile/people", named="/profile/people?done=named"),
    *on("/profile/people", "customer2", held="/profile/people"),
    *on("/profile/people", "agent", none="/profile/people"),
    Scene(
        "/profile/people",
        "errors",
        "customer",
        "/profile/people",
        422,
        press("main form[action='/profile/people'] button"),
    ),
    *on("/help", "customer", plain="/help"),
    *on("/help", "", signed_out="/help"),
    *on("/welcome", "customer", plain="/welcome"),
    *on("/offline", "customer", plain="/offline"),
    *on("/offline/review", "customer", plain="/offline/review"),
    *on("/incidents", "designer", some="/incidents", none="/incidents?item=complain"),
    *on(
        "/styleguide",
        "designer",
        parts="/styleguide",
        empty="/styleguide?show=empty",
        filled="/styleguide?show=filled",
        wrong="/styleguide?show=wrong",
    ),
    *scenes_of_items(),
    *on("/requests/{key}/amend/form/{page}", "customer", plain="{amendable}/amend/form/loan"),
    *on("/requests/{key}/amend", "customer", plain="{amendable}/amend"),
    *on("/requests/{key}/amend/review", "customer", plain="{amendable}/amend/review"),
    *on("/requests", "customer", open="/requests", all="/requests?show=all"),
    *on("/requests", "customer", needs_me="/requests?show=needs-you", done="/requests?show=closed"),
    *on("/requests", "customer2", empty="/requests", none_done="/requests?show=closed"),
    *on("/requests", "agent", staff="/requests"),
    *on("/requests", "operator", operator="/requests?show=all"),
    *on(REQUEST, "customer", **{status: f"{{in_{status}}}" for status in Status}),
    *on(REQUEST, "customer", sent="{loan}?done=sent", asks="{loan}", documents="{documented}"),
    Scene(
        REQUEST,
        "message-missing",
        "customer",
        "{loan}",
        422,
        press("form[action$='/messages'] button"),
    ),
    Scene(
        REQUEST,
        "answer-missing",
        "customer",
        "{loan}",
        422,
        press("section.ask .actions button.button"),
    ),
    *on(REQUEST, "agent", staff="{loan}"),
    *on(REQUEST, "operator", trouble="{troubled}"),
    *on("/requests/{key}/withdraw", "customer", plain="{loan}/withdraw"),
    *on("/tasks", "agent", all="/tasks", mine="/tasks?whose=mine"),
    *on("/tasks", "agent2", empty="/tasks?whose=mine"),
    *on("/tasks", "operator", operator="/tasks"),
    *on(TASK, "agent", free="/tasks/{free}", claimed="/tasks/{claimed}", done="/tasks/{done}"),
    *on(TASK, "operator", operator="/tasks/{free}"),
    Scene(
        TASK, "answer-missing", "agent", "/tasks/{claimed}", 422, press("form#form button.button")
    ),
    *on("/notifications", "customer", some="/notifications"),
    *on("/notifications", "customer2", none="/notifications"),
    *on("/definitions", "designer", all="/definitions"),
    *on("/definitions", "operator", operator="/definitions"),
    *on(
        DEFINITION,
        "designer",
        declared="/definitions/cancel-contract",
        findings="/definitions/dispute-charge",
        python="/definitions/loan-request",
    ),
    *on("/definitions/{item}/preview", "designer", plain="/definitions/cancel-contract/preview"),
    *on(
        "/definitions/{item}/simulation",
        "designer",
        plain="/definitions/cancel-contract/simulation",
    ),
    # What goes wrong; the last of these addresses exist in the showroom alone.
    Scene("error", "403", "customer", "/definitions", 403),
    Scene("error", "404", "customer", "/nowhere", 404),
    Scene("error", "404-request", "designer", "{loan}", 404),
    Scene("error", "404-signed-out", "", "/nowhere", 404),
    Scene("error", "409", "customer", "{sealed}/withdraw", 409),
    Scene("error", "422", "customer", "/requests?show=strange", 422),
    *(
        Scene("error", str(status), "customer", f"/fails/{status}", status)
        for status in (413, 429, 500, 503)
    ),
]

NO_PAGES: dict[str, tuple[str, str, str]] = {
    # route: who asks, where, and the kind of file or the status of the way elsewhere
    "/.well-known/receipt-keys.json": ("", "/.well-known/receipt-keys.json", "application/json"),
    "/brand/{file}": ("", "/brand/icon.svg", "image/svg+xml"),
    "/manifest.webmanifest": ("", "/manifest.webmanifest", "application/manifest+json"),
    "/service-worker.js": ("", "/service-worker.js", "text/javascript"),
    "/catalog/{item}/form": ("customer", "/catalog/plan-upgrade/form", "303"),
    "/catalog/{item}/drafts/new": ("customer", "/catalog/complain/drafts/new", "303"),
    "/catalog/{item}/drafts/{draft}": ("customer", "{draft}", "303"),
    "/catalog/{item}/drafts/{draft}/form": ("customer", "{draft}/form", "303"),
    "/for/{customer}/{item}/form": ("customer2", "{for_customer}/complain/form", "303"),
    "/requests/{key}/receipt.json": ("customer", "{loan}/receipt.json", "application/json"),
    "/requests/{key}/receipt.pdf": ("customer", "{loan}/receipt.pdf", "application/pdf"),
    "/definitions/{item}/diagram.svg": (
        "designer",
        "/definitions/cancel-contract/diagram.svg",
        "image/svg+xml",
    ),
    "/definitions/{item}/file/{version}": (
        "designer",
        "/definitions/cancel-contract/file/{version}",
        "application/zip",
    ),
}
"""Addresses that lead elsewhere or give a file: there is nothing to look at."""


def page_routes(app: FastAPI) -> set[str]:
    """Every address that a browser may open, those of the API and of static files apart."""
    return {
        str(route.path)
        for route in iter_route_contexts(app.routes)
        if "GET" in (route.methods or ()) and not str(route.path).startswith(JSON_PATHS)
    }


# The portal in which they can be seen


@dataclass
class Showroom:
    """The application with something in every state; `names` are where its objects are."""

    app: FastAPI
    database: Database
    people: People
    names: dict[str, str] = field(default_factory=dict)

    def address(self, scene: Scene) -> str:
        """Where a scene is."""
        return scene.address.format_map(self.names)


def fail(status: int) -> None:
    """Raises what pages answer with this status."""
    failures: dict[int, Exception] = {
        413: TooLarge("api.body_too_large", limit_kb=1024),
        429: TooManyTries("identity.too_many_tries", retry_after=30),
        503: Unavailable("common.database_unavailable"),
    }
    raise failures.get(status) or RuntimeError("as asked for")


@contextmanager
def showroom(database: Database, folder: Path) -> Iterator[Showroom]:
    """Furnish a portal over a database with catalog and demo data."""
    settings = Settings(data_dir=folder, secret_key="only-for-tests-0123456789-0123456789")
    people = demo_people(database)
    database.write_now(identity.load_demo_accounts, hash_password(PASSWORD))
    made = Showroom(create_app(settings, database), database, people)
    made.app.add_api_route("/fails/{status}", fail, include_in_schema=False)
    made.names = database.write_now(furnish, people)
    yield made


def furnish(session: Session, people: People) -> dict[str, str]:
    """Make one object for every state; where they are."""
    names = {f"in_{status}": request_in(session, people, status) for status in Status}
    loan = asking_loan(session, people)
    names |= {"loan": f"/requests/{loan.reference}"}
    names |= {name: task_of(session, people, loan, name) for name in ("free", "claimed", "done")}
    names |= {name: f"/requests/{make(session, people).reference}" for name, make in MADE.items()}
    at = clock.now()
    for who in ("customer", "agent"):
        reference = {"reference": loan.reference}
        account = people[who].account_id
        notifications.notify(session, account, "requests.submitted", reference, loan.id, at)
    for item in ITEMS:
        begin(session, people["customer"], item, drafts.of_item(item))
    return names | begun_elsewhere(session, people)


def begun_elsewhere(session: Session, people: People) -> dict[str, str]:
    """A second draft of an item, and one in the stead of a customer."""
    owner, delegate, draft = people["customer"], people["customer2"], ids.new_id()
    begin(session, owner, "plan-upgrade", drafts.of_item("plan-upgrade", draft))
    delegations.give(session, owner, delegate.email, Scope.ACT)
    begin(session, delegate, "complain", drafts.of_other(owner.account_id, "complain"))
    return {
        "draft": drafts.address_of("plan-upgrade", draft),
        "for_customer": f"/for/{owner.account_id}",
        "begun": "complain",
        "begun_form": f"complain/form/{pages_of('complain')[0]}",
        "version": catalog.published(session, "cancel-contract", owner).hash,
    }


def request_in(session: Session, people: People, status: Status) -> str:
    """The address of a request that stands like this."""
    request = submitted(session, people["customer"])
    moved(session, request.id, "received", StageState.DONE)
    stages = {
        Status.IN_PROGRESS: StageState.IN_PROGRESS,
        Status.WAITING_CUSTOMER: StageState.WAITING_CUSTOMER,
        Status.WAITING_STAFF: StageState.WAITING_STAFF,
    }
    row = timeline.locked(session, request.id)
    if status in stages:
        moved(session, request.id, "assessment", stages[status])
    elif status == Status.WITHDRAWING:
        requests.withdraw(session, people["customer"], request.id)
    elif status != Status.SUBMITTED:
        requests.close(session, row, status, clock.now())
    return f"/requests/{request.reference}"


def asking_loan(session: Session, people: People) -> Request:
    """A loan request in the middle of things: asked for documents, offered, talked about."""
    loan = submitted(session, people["customer"])
    moved(session, loan.id, "received", StageState.DONE)
    moved(session, loan.id, "documents", StageState.WAITING_CUSTOMER)
    told(session, loan.id, "requests.trouble_cause", "staff", {"cause": "no answer"})
    asked(session, loan.id, "loan-documents", Audience.CUSTOMER)
    asked(session, loan.id, "loan-offer", Audience.CUSTOMER, what="Our offer")
    requests.write_message(session, people["customer"], loan.id, "Hello there")
    requests.write_message(session, people["agent"], loan.id, "Hello too")
    requests.write_message(session, people["agent"], loan.id, "Only for us", internal=True)
    return loan


def task_of(session: Session, people: People, loan: Request, state: str) -> str:
    """A task of the agent's group: free, claimed and late, or done."""
    due = clock.now() + timedelta(days=-1 if state == "claimed" else 2)
    task = asked(session, loan.id, "approval", Audience.STAFF, GROUP, due)
    if state != "free":
        tasks.claim(session, people["agent"], task.id)
    if state == "done":
        tasks.complete(session, people["agent"], task.id, {"decision": "approve"}, "en")
    return task.id


def amendable(session: Session, people: People) -> Request:
    return submitted(session, people["customer"])


def sealed(session: Session, people: People) -> Request:
    """A request that is past its point of no return."""
    request = timeline.locked(session, submitted(session, people["customer"]).id)
    request.withdrawal = Withdrawal.SEALED
    return request


def troubled(session: Session, people: People) -> Request:
    """A request that cannot go on."""
    request = timeline.locked(session, submitted(session, people["customer"]).id)
    request.trouble = "ConnectionError: bank.example"
    told(session, request.id, "requests.trouble_cause", "staff", {"cause": request.trouble})
    return request


def documented(session: Session, people: People) -> Request:
    """A request that asks its customer something, and so whoever acts for them."""
    request = submitted(session, people["customer"], "case-routing", 1)
    asked(session, request.id, "case-question", Audience.CUSTOMER)
    return request


MADE = {"amendable": amendable, "sealed": sealed, "troubled": troubled, "documented": documented}


def begin(session: Session, viewer: Viewer, item: str, subject: str) -> None:
    """A draft of an item with the answers of its first example."""
    version = catalog.published(session, item, viewer)
    live = forms.context(session, viewer.account_id, "en")
    answers = answers_for(version.item.examples[0], live)
    drafts.save(session, viewer, subject, version.hash, answers)
