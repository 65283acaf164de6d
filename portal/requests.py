"""One request with all that its reader may see; messages, answers, withdrawing."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Response
from sqlmodel import Session

from api.requests import RequestKey
from api.tasks import TaskKey
from ground import clock
from ground.errors import Conflict, Forbidden, Refusal
from ground.messages import translate
from portal import answering, filling
from portal.filling import Section
from portal.forms import Filling, Shown, draw
from portal.visits import PostedForm, SignedIn, SignedVisit, see_other
from services import (
    access,
    catalog,
    delegations,
    documents,
    forms,
    lending,
    origins,
    requests,
    tracking,
)
from services.access import Viewer
from services.amortisation import Schedule
from services.tracking import EntryView, NeedView, RequestView
from store.documents import Document
from store.lending import LoanOffer
from store.requests import Status

router = APIRouter(include_in_schema=False, prefix="/requests")

PART = 200
DONE = frozenset({"sent", "message", "note", "answered", "withdrawn", "amended"})
"""What a page may say has just been done."""


@dataclass(frozen=True)
class Ask:
    """Something that is asked of the viewer, with its form."""

    need: NeedView
    shown: Shown


@dataclass(frozen=True)
class Offer:
    """A loan offered on the request, with how it is paid back."""

    terms: LoanOffer
    schedule: Schedule


@dataclass(frozen=True)
class Board:
    """One request as its page shows it."""

    request: RequestView
    entries: list[EntryView]
    asks: list[Ask]
    waits: list[NeedView]
    sections: list[Section]
    files: list[Document]
    offer: Offer | None
    own: bool
    staff: bool
    last: int
    """The number of the last entry, from which the live feed goes on."""
    again: bool
    """Whether the viewer may ask for the same again."""


@router.get("/{key}")
async def show(
    visit: SignedIn, key: RequestKey, done: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """One request."""
    board = await visit.database.read(read_board, visit.viewer, visit.language, key)
    return await board_page(visit, board, done=done if done in DONE else "")


async def board_page(
    visit: SignedVisit,
    board: Board,
    status: int = 200,
    done: str = "",
    message: str = "",
    message_error: str = "",
) -> Response:
    """The page of a request, for its customer or for staff."""
    engine, request = visit.settings.temporal_ui, board.request
    namespace = visit.settings.temporal_namespace
    return await visit.page(
        "request.html",
        status,
        board=board,
        request=request,
        done=done,
        message=message,
        message_error=message_error,
        longest_message=requests.LONGEST_MESSAGE,
        engine=f"{engine}/namespaces/{namespace}/workflows/{request.id}" if engine else "",
        now=clock.now(),
        ended_badly=request.status in (Status.FAILED, Status.TERMINATED, Status.REFUSED),
    )


def read_board(
    session: Session,
    viewer: Viewer,
    language: str,
    key: str,
    answered: Shown | None = None,
) -> Board:
    """Everything the page of a request shows. Raises `NotFound`.

    `answered` is the form of a task as it was just sent, with what is wrong with it.
    """
    row = requests.readable(session, viewer, key)
    view = tracking.Reader(session, viewer, language).view(row)
    story = entries(session, viewer, language, view)
    asks = [
        Ask(need, task_form(session, viewer, language, need.task, answered))
        for need in view.needs
        if need.of == "you"
    ]
    return Board(
        request=view,
        entries=[one for one in reversed(story) if told(one)],
        asks=asks,
        waits=[need for need in view.needs if need.of != "you"],
        sections=filling.sections(answers_of(session, viewer, language, view, row.customer_id)),
        files=list(documents.of_request(session, viewer, view.id)),
        offer=offer_of(session, view.id),
        own=row.customer_id == viewer.account_id,
        staff=access.sees_staff_side(viewer, row.customer_id),
        last=story[-1].number if story else 0,
        again=origins.repeatable(session, viewer, row),
    )


def offer_of(session: Session, request_id: str) -> Offer | None:
    """The offer that the request has led to, if any."""
    terms = lending.latest_offer(session, request_id)
    return Offer(terms, lending.schedule_of(terms)) if terms else None


def task_form(
    session: Session, viewer: Viewer, language: str, task_id: str, answered: Shown | None
) -> Shown:
    """The form of a task, as it stands or as it was just sent."""
    if answered and answered.filling.subject == answering.subject(task_id):
        return answered
    return answering.read(session, viewer, language, task_id)


def entries(session: Session, viewer: Viewer, language: str, view: RequestView) -> list[EntryView]:
    """The whole timeline."""
    found = list(view.timeline)
    part = found
    while len(part) == PART:
        part = tracking.entries(session, viewer, view.id, language, part[-1].number, PART)
        found += part
    return found


def told(entry: EntryView) -> bool:
    """Whether an entry has anything to read; a mere move of a stage has not."""
    return bool(entry.text or entry.message)


def answers_of(
    session: Session, viewer: Viewer, language: str, view: RequestView, customer_id: str
) -> Shown:
    """The request's answers, to be read."""
    version = catalog.version(session, view.version)
    form = forms.form(session, view.version, version.item.form)
    given = Filling("", "", view.title, version, form, customer_id, view.answers)
    return draw(session, viewer, language, given, None)


# What one may do


@router.post("/{key}/messages")
async def write_message(visit: SignedIn, key: RequestKey, posted: PostedForm) -> Response:
    """Say something on the request; staff may keep a note among themselves."""
    internal = posted.action[0] == "note"
    text = posted.get("text")
    try:
        await visit.database.write(requests.write_message, visit.viewer, key, text, internal)
    except Conflict:
        raise
    except Refusal as refusal:
        board = await visit.database.read(read_board, visit.viewer, visit.language, key)
        why = translate(visit.language, refusal.key, refusal.params)
        return await board_page(visit, board, refusal.status, message=text, message_error=why)
    return see_other(f"/requests/{key}?done={'note' if internal else 'message'}#timeline-title")


@router.post("/{key}/tasks/{task}")
async def answer_task(
    visit: SignedIn, key: RequestKey, task: TaskKey, posted: PostedForm
) -> Response:
    """Answer what is asked, on the request's own page."""
    shown = await answering.answer(visit, task, posted)
    if shown is None:
        return see_other(f"/requests/{key}?done=answered")
    board = await visit.database.read(read_board, visit.viewer, visit.language, key, shown)
    return await board_page(visit, board, answering.status_of(shown, posted))


@router.get("/{key}/withdraw")
async def confirm_withdrawal(visit: SignedIn, key: RequestKey) -> Response:
    """What withdrawing means, before it is done."""
    view = await visit.database.read(own_request, visit.viewer, visit.language, key)
    if not view.can.withdraw:
        raise Conflict("requests.too_late_to_withdraw")
    return await visit.page("withdraw.html", request=view)


@router.post("/{key}/withdraw")
async def withdraw(visit: SignedIn, key: RequestKey, posted: PostedForm) -> Response:
    """Withdraw the request."""
    await visit.database.write(requests.withdraw, visit.viewer, key)
    return see_other(f"/requests/{key}?done=withdrawn")


def own_request(session: Session, viewer: Viewer, language: str, key: str) -> RequestView:
    """A request the viewer acts on as its customer. Raises `NotFound`, to others `Forbidden`."""
    if not delegations.acts_on(session, viewer, requests.readable(session, viewer, key)):
        raise Forbidden("requests.only_its_customer")
    return tracking.show(session, viewer, key, language)
