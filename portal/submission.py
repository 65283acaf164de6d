"""A new request: the form of a catalog item, its review, and sending it."""

from functools import partial

from fastapi import APIRouter, Response
from sqlmodel import Session

from api.catalog import ItemKey
from ground.errors import Invalid
from ground.messages import pick
from portal import filling
from portal.forms import Filling, Opener, judge
from portal.visits import PostedForm, SignedIn, see_other
from services import catalog, drafts, forms, profiles
from services.access import Viewer
from services.requests import Submission
from store.requests import Request

router = APIRouter(include_in_schema=False, prefix="/catalog/{item}")


def opener(item_id: str) -> Opener:
    """The form of an item's published version, begun with what the profile knows."""
    return partial(open_item, item_id)


def open_item(item_id: str, session: Session, viewer: Viewer, language: str) -> Filling:
    """Raises `NotFound` for an item that the viewer may not request."""
    version = catalog.published(session, item_id, viewer)
    form = forms.form(session, version.hash, version.item.form)
    subject = drafts.of_item(item_id)
    return Filling(
        subject=subject,
        base=f"/catalog/{item_id}",
        title=pick(dict(version.item.title), language),
        version=version,
        form=form,
        customer_id=viewer.account_id,
        start=form.prefill(profiles.profile(session, viewer.account_id)),
        draft=drafts.find(session, viewer, subject),
    )


@router.get("/form")
async def begin(visit: SignedIn, item: ItemKey) -> Response:
    return await filling.begin(visit, opener(item))


@router.get("/form/{page}")
async def show_page(visit: SignedIn, item: ItemKey, page: str) -> Response:
    return await filling.show_page(visit, opener(item), page)


@router.post("/form/{page}")
async def post_page(visit: SignedIn, item: ItemKey, page: str, posted: PostedForm) -> Response:
    return await filling.post_page(visit, opener(item), page, posted)


@router.get("/review")
async def review(visit: SignedIn, item: ItemKey) -> Response:
    return await filling.review(visit, opener(item), "review.html")


@router.post("/review")
async def send(visit: SignedIn, item: ItemKey, posted: PostedForm) -> Response:
    """Submit the request; sending the same page twice makes one request.

    A form that was published anew since the review was shown is reviewed again first.
    """
    try:
        request = await visit.database.write(
            submit, visit.viewer, visit.language, item, posted.controls
        )
    except Invalid as refusal:
        return await filling.review(visit, opener(item), "review.html", refusal)
    if request is None:
        return see_other(f"/catalog/{item}/review?changed=1")
    return see_other(f"/requests/{request.reference}?done=sent")


def submit(
    session: Session, viewer: Viewer, language: str, item_id: str, controls: dict[str, str]
) -> Request | None:
    """Send the draft as its review showed it; None where the form has changed since."""
    found = open_item(item_id, session, viewer, language)
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


@router.post("/discard")
async def discard(visit: SignedIn, item: ItemKey, posted: PostedForm) -> Response:
    return await filling.discard(visit, opener(item))
