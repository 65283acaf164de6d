"""Answering a task: its form in place, wherever the task is shown."""

from functools import partial

from sqlmodel import Session

from ground.errors import Invalid
from ground.messages import translate
from portal import forms
from portal.address_lookup import FIND, USE, look_up
from portal.forms import Filling, Shown, Upload
from portal.visits import Posted, SignedVisit
from services import catalog, drafts, requests, tasks
from services import forms as form_service
from services.access import Viewer

KEEPS = frozenset({"add", "remove", "drop", "upload", "save", FIND, USE, *forms.MOVES})
"""Buttons that change the form but do not send it."""


def subject(task_id: str) -> str:
    """The subject of the draft of a task's answer."""
    return drafts.of_task(task_id)


def open_task(task_id: str, session: Session, viewer: Viewer, language: str) -> Filling:
    """The form of a task. Raises `NotFound`."""
    task = tasks.readable(session, viewer, task_id)
    request = requests.readable(session, viewer, task.request_id)
    form = form_service.form(session, request.version, task.form)
    return Filling(
        subject=subject(task_id),
        base=f"/tasks/{task_id}",
        title=translate(language, task.title, task.params),
        version=catalog.version(session, request.version),
        form=form,
        customer_id=request.customer_id,
        start=task.answers or {},
        draft=drafts.find(session, viewer, subject(task_id)),
    )


def read(session: Session, viewer: Viewer, language: str, task_id: str) -> Shown:
    """The form as it stands, nothing judged yet."""
    filling = open_task(task_id, session, viewer, language)
    return forms.draw(session, viewer, language, filling, None)


async def answer(visit: SignedVisit, task_id: str, posted: Posted) -> Shown | None:
    """Send the answer; returns the form again where there is something to correct or to add.

    Raises `Conflict` and `Forbidden` as `tasks.complete` does.
    """
    posted = await look_up(visit, posted)
    upload = await forms.take_in(visit.request, visit.viewer, posted)
    opener = partial(open_task, task_id)
    shown = await visit.database.write(take, visit.viewer, visit.language, opener, posted, upload)
    if posted.action[0] in KEEPS or posted.action[0] == "refresh":
        return shown
    if shown.errors or shown.unseen:
        return shown
    try:
        await visit.database.write(finish, visit.viewer, visit.language, task_id, shown)
    except Invalid as refusal:
        return await visit.database.read(
            refused, visit.viewer, visit.language, shown.filling, refusal
        )
    return None


def take(
    session: Session,
    viewer: Viewer,
    language: str,
    opener: forms.Opener,
    posted: Posted,
    upload: Upload,
) -> Shown:
    """Keep what was typed, and judge it if it is meant to be sent."""
    filling = opener(session, viewer, language)
    filling, errors = forms.keep(session, viewer, language, filling, posted, upload)
    verb = posted.action[0]
    if verb in KEEPS or (verb == "refresh" and "_judged" not in posted.controls):
        return forms.draw(session, viewer, language, filling, None, errors)
    return forms.judged_page(session, viewer, language, filling, None, posted, errors)


def finish(session: Session, viewer: Viewer, language: str, task_id: str, shown: Shown) -> None:
    """Complete the task and forget the draft."""
    tasks.complete(session, viewer, task_id, shown.judged.answers, language)
    drafts.drop(session, viewer, subject(task_id))


def refused(
    session: Session, viewer: Viewer, language: str, filling: Filling, refusal: Invalid
) -> Shown:
    """The form with what was wrong beyond what the form itself can tell."""
    return forms.draw(session, viewer, language, filling, None, refusal.fields)


def status_of(shown: Shown, posted: Posted) -> int:
    """The status of a page that shows the form again."""
    return 422 if shown.errors and posted.action[0] != "refresh" else 200
