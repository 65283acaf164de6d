"""Changing the answers of a request that is under way."""

from functools import partial

from fastapi import APIRouter, Response
from sqlmodel import Session

from api.requests import RequestKey
from ground.errors import Conflict, Forbidden, Invalid
from ground.messages import pick
from portal import filling
from portal.forms import Filling, Opener, judge
from portal.visits import PostedForm, SignedIn, see_other
from services import catalog, delegations, drafts, forms, requests
from services.access import Viewer

router = APIRouter(include_in_schema=False, prefix="/requests/{key}/amend")


def opener(key: str) -> Opener:
    """The form of a request's own version, begun with its present answers."""
    return partial(open_request, key)


def open_request(key: str, session: Session, viewer: Viewer, language: str) -> Filling:
    """Raises `NotFound`, `Forbidden` to anybody but the customer, `Conflict` when too late."""
    request = requests.readable(session, viewer, key)
    if not delegations.acts_on(session, viewer, request):
        raise Forbidden("requests.only_its_customer")
    version = catalog.version(session, request.version)
    if not requests.may_amend(session, request, version):
        raise Conflict("requests.too_late_to_amend")
    subject = drafts.of_amendment(request.id)
    return Filling(
        subject=subject,
        base=f"/requests/{request.reference}/amend",
        title=pick(dict(version.item.title), language),
        version=version,
        form=forms.form(session, version.hash, version.item.form),
        customer_id=viewer.account_id,
        start=request.answers,
        draft=drafts.find(session, viewer, subject),
    )


@router.get("")
async def review(visit: SignedIn, key: RequestKey) -> Response:
    """All answers, each with a way to change it."""
    return await filling.review(visit, opener(key), "amend.html")


@router.get("/review")
async def review_again(visit: SignedIn, key: RequestKey) -> Response:
    return await filling.review(visit, opener(key), "amend.html")


@router.get("/form/{page}")
async def show_page(visit: SignedIn, key: RequestKey, page: str) -> Response:
    return await filling.show_page(visit, opener(key), page)


@router.post("/form/{page}")
async def post_page(visit: SignedIn, key: RequestKey, page: str, posted: PostedForm) -> Response:
    return await filling.post_page(visit, opener(key), page, posted)


@router.post("/review")
async def send(visit: SignedIn, key: RequestKey, posted: PostedForm) -> Response:
    """Put the changed answers in the place of those of the request."""
    try:
        await visit.database.write(amend, visit.viewer, visit.language, key)
    except Invalid as refusal:
        return await filling.review(visit, opener(key), "amend.html", refusal)
    return see_other(f"/requests/{key}?done=amended")


def amend(session: Session, viewer: Viewer, language: str, key: str) -> None:
    """Amend the request with the draft, which is gone then."""
    found = open_request(key, session, viewer, language)
    judged = judge(session, found, language, None)
    requests.amend(session, viewer, key, judged.answers, language)
    drafts.drop(session, viewer, found.subject)


@router.post("/discard")
async def discard(visit: SignedIn, key: RequestKey, posted: PostedForm) -> Response:
    """Leave the request as it is."""
    found = await visit.database.read(opener(key), visit.viewer, visit.language)
    await visit.database.write(drafts.drop, visit.viewer, found.subject)
    return see_other(f"/requests/{key}")
