"""Standing in for others: who may act for me, and asking for something in somebody's stead."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from sqlmodel import Session

from api.catalog import ItemKey
from api.deps import PageOf, cut
from ground.errors import Conflict, FieldError, Invalid, TooManyTries
from ground.messages import pick, translate
from portal import filling
from portal.forms import Filling, Opener, judge
from portal.visits import Posted, PostedForm, SignedIn, SignedVisit, see_other
from services import catalog, delegations, drafts, forms, profiles, search
from services.access import Viewer
from services.catalog import CatalogEntry
from services.delegations import Given, Held
from services.requests import Submission
from store.delegations import Scope
from store.requests import Request

router = APIRouter(include_in_schema=False)

CustomerKey = Annotated[str, Path(max_length=40)]
DelegationKey = Annotated[str, Path(max_length=40)]
DONE = frozenset({"named", "ended"})
"""What the page may say has just been done."""


# Who may act for me


@router.get("/profile/people")
async def show_people(visit: SignedIn, done: Annotated[str, Query(max_length=20)] = "") -> Response:
    """Who may stand in for the reader, and for whom the reader may."""
    return await people_page(visit, done=done if done in DONE else "")


async def people_page(
    visit: SignedVisit,
    status: int = 200,
    done: str = "",
    posted: Posted | None = None,
    errors: list[tuple[str, str]] | None = None,
) -> Response:
    """The page, with what was typed and what is wrong with it."""
    given, held = await visit.database.read(both, visit.viewer)
    names, found = ("email", "scope", "until"), dict(errors or [])
    return await visit.page(
        "people.html",
        status,
        given=given,
        held=held,
        done=done,
        typed={name: posted.get(name) if posted else "" for name in names},
        errors=errors or [],
        wrong={name: found.get(f"/{name}", "") for name in names},
        scopes=list(Scope),
    )


def both(session: Session, viewer: Viewer) -> tuple[list[Given], list[Held]]:
    """Both sides of one person."""
    return delegations.given(session, viewer), delegations.held(session, viewer)


@router.post("/profile/people")
async def give(visit: SignedIn, posted: PostedForm) -> Response:
    """Let somebody stand in for the reader."""
    try:
        scope, until = read_form(posted)
        await visit.database.write(
            delegations.give, visit.viewer, posted.get("email"), scope, until
        )
    except Invalid as refusal:
        errors = [
            (one.pointer, translate(visit.language, one.key, one.params)) for one in refusal.fields
        ]
        return await people_page(visit, 422, posted=posted, errors=errors)
    except (Conflict, TooManyTries) as refusal:
        errors = [("", translate(visit.language, refusal.key, refusal.params))]
        return await people_page(visit, refusal.status, posted=posted, errors=errors)
    return see_other("/profile/people?done=named")


def read_form(posted: Posted) -> tuple[Scope, date | None]:
    """What was chosen. Raises `Invalid`."""
    errors = []
    scope, until = posted.get("scope"), posted.get("until")
    if scope not in list(Scope):
        errors.append(FieldError("/scope", "delegations.choose_scope"))
    try:
        day = datetime.strptime(until, "%Y-%m-%d").date() if until else None
    except ValueError:
        errors.append(FieldError("/until", "delegations.no_day"))
    if errors:
        raise Invalid(errors)
    return Scope(scope), day


@router.post("/profile/people/{key}/end")
async def end(visit: SignedIn, key: DelegationKey, posted: PostedForm) -> Response:
    """End a delegation, by either of the two."""
    await visit.database.write(delegations.take_back, visit.viewer, key)
    return see_other("/profile/people?done=ended")


# Asking in somebody's stead


@dataclass(frozen=True)
class Offered:
    """What a customer may request, for somebody who acts for them."""

    customer: Viewer
    entries: list[tuple[CatalogEntry, str]]
    begun: dict[str, datetime]
    in_person: frozenset[str]
    """Those of the items that the customer has to ask for themselves."""


@router.get("/for/{customer}")
async def show_offered(
    visit: SignedIn,
    customer: CustomerKey,
    page: PageOf,
    q: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """The catalog of a customer for whom the reader acts."""
    after = page.after[0] if page.after else None
    found = await visit.database.read(
        read_offered, visit.viewer, visit.language, customer, q, after, page.fetch
    )
    shown, cursor = cut(visit.request, Response(), found.entries, page, lambda row: [row[1]])
    return await visit.page(
        "for_others.html",
        customer=found.customer,
        entries=[entry for entry, _ in shown],
        begun=found.begun,
        in_person=found.in_person,
        q=q,
        first=page.after is None,
        next_page=visit.further(cursor),
    )


def read_offered(
    session: Session,
    viewer: Viewer,
    language: str,
    customer_id: str,
    query: str,
    after: str | None,
    limit: int,
) -> Offered:
    """Raises `NotFound` and `Forbidden` where the viewer may not act for them."""
    customer = delegations.beneficiary(session, viewer, customer_id)
    found = search.find(session, customer, query, None, language, after, limit)
    items = [catalog.version(session, entry.hash).item for entry, _ in found.entries]
    in_person = frozenset(item.id for item in items if item.in_person)
    begun = drafts.begun_for(session, viewer, customer_id)
    return Offered(customer, found.entries, begun, in_person)


def opener(customer_id: str, item_id: str) -> Opener:
    """The form of an item for a customer, begun with what their profile knows."""
    return partial(open_item, customer_id, item_id)


def open_item(
    customer_id: str, item_id: str, session: Session, viewer: Viewer, language: str
) -> Filling:
    """Raises `NotFound` for what the customer may not request, or who is none of the viewer's."""
    customer = delegations.beneficiary(session, viewer, customer_id)
    version = catalog.published(session, item_id, customer)
    delegations.must_admit(viewer, customer, version.item)
    form = forms.form(session, version.hash, version.item.form)
    subject = drafts.of_other(customer_id, item_id)
    title = pick(dict(version.item.title), language)
    said = {"title": title, "name": customer.name}
    return Filling(
        subject=subject,
        base=f"/for/{customer_id}/{item_id}",
        title=translate(language, "portal.title_for", said),
        version=version,
        form=form,
        customer_id=customer.account_id,
        start=form.prefill(profiles.profile(session, customer.account_id)),
        draft=drafts.find(session, viewer, subject),
        leave=f"/for/{customer_id}",
    )


@router.get("/for/{customer}/{item}/form")
async def begin(visit: SignedIn, customer: CustomerKey, item: ItemKey) -> Response:
    return await filling.begin(visit, opener(customer, item))


@router.get("/for/{customer}/{item}/form/{page}")
async def show_page(visit: SignedIn, customer: CustomerKey, item: ItemKey, page: str) -> Response:
    return await filling.show_page(visit, opener(customer, item), page)


@router.post("/for/{customer}/{item}/form/{page}")
async def post_page(
    visit: SignedIn, customer: CustomerKey, item: ItemKey, page: str, posted: PostedForm
) -> Response:
    return await filling.post_page(visit, opener(customer, item), page, posted)


@router.get("/for/{customer}/{item}/review")
async def review(visit: SignedIn, customer: CustomerKey, item: ItemKey) -> Response:
    return await filling.review(visit, opener(customer, item), "review.html")


@router.post("/for/{customer}/{item}/review")
async def send(
    visit: SignedIn, customer: CustomerKey, item: ItemKey, posted: PostedForm
) -> Response:
    """Submit the request; sending the same page twice makes one request."""
    form = opener(customer, item)
    try:
        request = await visit.database.write(
            submit, visit.viewer, visit.language, customer, item, posted.controls
        )
    except Invalid as refusal:
        return await filling.review(visit, form, "review.html", refusal)
    if request is None:
        return see_other(f"/for/{customer}/{item}/review?changed=1")
    return see_other(f"/requests/{request.reference}?done=sent")


def submit(
    session: Session,
    viewer: Viewer,
    language: str,
    customer_id: str,
    item_id: str,
    controls: dict[str, str],
) -> Request | None:
    """Send the draft as its review showed it; None where the form has changed since."""
    found = open_item(customer_id, item_id, session, viewer, language)
    submission = Submission(
        item=item_id,
        answers=judge(session, found, language, None).answers,
        channel="portal",
        language=language,
        customer=customer_id,
        idempotency_key=controls.get("_key", ""),
    )
    if found.draft and controls.get("_version") != found.version.hash:
        return None
    return drafts.send(session, viewer, submission, found.subject)


@router.get("/for/{customer}/{item}/discard")
async def confirm_discard(visit: SignedIn, customer: CustomerKey, item: ItemKey) -> Response:
    return await filling.confirm_discard(visit, opener(customer, item))


@router.post("/for/{customer}/{item}/discard")
async def discard(
    visit: SignedIn, customer: CustomerKey, item: ItemKey, posted: PostedForm
) -> Response:
    return await filling.discard(visit, opener(customer, item))
