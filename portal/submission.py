"""A new request: the form of a catalog item, its review, and sending it."""

import re
from dataclasses import dataclass
from functools import partial
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Response
from fastapi import Request as Call
from sqlmodel import Session

from api.catalog import ItemKey
from catalog.forms import Form
from ground.errors import Invalid, NotFound
from ground.messages import pick
from portal import filling
from portal.forms import Filling, Opener, judge
from portal.visits import PostedForm, SignedIn, SignedVisit, see_other
from services import catalog, drafts, forms, origins, profiles
from services.access import Viewer
from services.drafts import Answers
from services.origins import Origin
from services.requests import Submission
from store.requests import Request

router = APIRouter(include_in_schema=False, prefix="/catalog/{item}")

DRAFT = re.compile("[0-9A-HJKMNP-TV-Z]{26}")
LONGEST_LINK = 4000
"""Characters that a link may say about a form."""


def draft_of(call: Call) -> str:
    """The draft that an address names; empty for the first of its item. Raises `NotFound`."""
    draft: str = call.path_params.get("draft", "")
    if draft and not DRAFT.fullmatch(draft):
        raise NotFound("common.not_found")
    return draft


DraftKey = Annotated[str, Depends(draft_of)]


@dataclass(frozen=True)
class Start:
    """What an address says of the first answers: what a link named, or which request to repeat."""

    link: str = ""
    again: str = ""

    @property
    def carried(self) -> dict[str, str]:
        """The same, for the addresses of the form's pages."""
        said = {"with": self.link, "again": self.again}
        return {name: value for name, value in said.items() if value}


def opener(visit: SignedVisit, item_id: str, draft_id: str) -> Opener:
    """The form of an item's published version, begun with what the profile and the address say."""
    query = visit.request.query_params
    start = Start(query.get("with", "")[:LONGEST_LINK], query.get("again", ""))
    return partial(open_item, item_id, draft_id, start)


def open_item(
    item_id: str, draft_id: str, start: Start, session: Session, viewer: Viewer, language: str
) -> Filling:
    """Raises `NotFound` for an item that the viewer may not request."""
    version = catalog.published(session, item_id, viewer)
    form = forms.form(session, version.hash, version.item.form)
    subject = drafts.of_item(item_id, draft_id)
    draft = drafts.find(session, viewer, subject)
    if draft:
        origin = Origin(**draft.origin) if draft.origin else None
    else:
        origin = origin_of(session, viewer, item_id, form, start, language)
    profile = form.prefill(profiles.profile(session, viewer.account_id))
    return Filling(
        subject=subject,
        base=drafts.address_of(item_id, draft_id),
        title=pick(dict(version.item.title), language),
        version=version,
        form=form,
        customer_id=viewer.account_id,
        start=first_answers(profile, origin),
        draft=draft,
        leave=f"/catalog/{item_id}",
        origin=origin,
        carried=start.carried,
    )


def origin_of(
    session: Session, viewer: Viewer, item_id: str, form: Form, start: Start, language: str
) -> Origin | None:
    """What the address says of the first answers. Raises `NotFound` for a request of others."""
    if start.again:
        return origins.from_request(session, viewer, start.again, item_id, form, language)
    return origins.from_link(form, parse_qsl(start.link)) if start.link else None


def first_answers(profile: Answers, origin: Origin | None) -> Answers:
    """What the profile knows; an old request's answers replace it, a link's are put into it."""
    if origin is None:
        return profile
    if origin.kind == "request":
        return profile | origin.answers
    return drafts.joined(profile, origin.answers)


@router.get("/form")
async def begin(visit: SignedIn, item: ItemKey) -> Response:
    """Go on with the item's first draft, or begin it; `?amount=500` answers in advance.

    A link that answers something never touches what is there already: it begins a further draft.
    """
    link = visit.request.url.query[:LONGEST_LINK]
    address = await visit.database.read(linked, visit.viewer, visit.language, item, link)
    return see_other(address) if address else await filling.begin(visit, opener(visit, item, ""))


def linked(session: Session, viewer: Viewer, language: str, item_id: str, link: str) -> str:
    """Where a link's answers begin a form; empty where it has none that the form can take."""
    found = open_item(item_id, "", Start(), session, viewer, language)
    if not origins.from_link(found.form, parse_qsl(link)):
        return ""
    draft_id = drafts.beginning(session, viewer, item_id) if found.draft else ""
    opener = partial(open_item, item_id, draft_id, Start(link=link))
    return filling.first_page(session, viewer, language, opener)


@router.get("/drafts/new")
async def begin_another(visit: SignedIn, item: ItemKey) -> Response:
    """Begin a further form beside those under way; `again` names a request to repeat."""
    draft = await visit.database.read(drafts.beginning, visit.viewer, item)
    return await filling.begin(visit, opener(visit, item, draft))


@router.get("/drafts/{draft}")
async def about_draft(visit: SignedIn, item: ItemKey, draft: DraftKey) -> Response:
    """A draft has no page but those of its form."""
    return see_other(f"/catalog/{item}")


@router.get("/drafts/{draft}/form")
async def go_on(visit: SignedIn, item: ItemKey, draft: DraftKey) -> Response:
    return await filling.begin(visit, opener(visit, item, draft))


@router.get("/form/{page}")
@router.get("/drafts/{draft}/form/{page}")
async def show_page(visit: SignedIn, item: ItemKey, draft: DraftKey, page: str) -> Response:
    return await filling.show_page(visit, opener(visit, item, draft), page)


@router.post("/form/{page}")
@router.post("/drafts/{draft}/form/{page}")
async def post_page(
    visit: SignedIn, item: ItemKey, draft: DraftKey, page: str, posted: PostedForm
) -> Response:
    return await filling.post_page(visit, opener(visit, item, draft), page, posted)


@router.get("/review")
@router.get("/drafts/{draft}/review")
async def review(visit: SignedIn, item: ItemKey, draft: DraftKey) -> Response:
    return await filling.review(visit, opener(visit, item, draft), "review.html")


@router.post("/review")
@router.post("/drafts/{draft}/review")
async def send(visit: SignedIn, item: ItemKey, draft: DraftKey, posted: PostedForm) -> Response:
    """Submit the request; sending the same page twice makes one request.

    A form that was published anew since the review was shown is reviewed again first.
    """
    form = opener(visit, item, draft)
    try:
        request = await visit.database.write(
            submit, visit.viewer, visit.language, item, form, posted.controls
        )
    except Invalid as refusal:
        return await filling.review(visit, form, "review.html", refusal)
    if request is None:
        return see_other(f"{drafts.address_of(item, draft)}/review?changed=1")
    return see_other(f"/requests/{request.reference}?done=sent")


def submit(
    session: Session,
    viewer: Viewer,
    language: str,
    item_id: str,
    opener: Opener,
    controls: dict[str, str],
) -> Request | None:
    """Send the draft as its review showed it; None where the form has changed since."""
    found = opener(session, viewer, language)
    submission = Submission(
        item=item_id,
        answers=judge(session, found, language, None).answers,
        channel="portal",
        language=language,
        idempotency_key=controls.get("_key", ""),
    )
    if found.draft and controls.get("_version") != found.version.hash:
        return None
    return drafts.send(session, viewer, submission, found.subject)


@router.get("/discard")
@router.get("/drafts/{draft}/discard")
async def confirm_discard(visit: SignedIn, item: ItemKey, draft: DraftKey) -> Response:
    return await filling.confirm_discard(visit, opener(visit, item, draft))


@router.post("/discard")
@router.post("/drafts/{draft}/discard")
async def discard(visit: SignedIn, item: ItemKey, draft: DraftKey, posted: PostedForm) -> Response:
    return await filling.discard(visit, opener(visit, item, draft))
