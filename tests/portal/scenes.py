"""Requests in the states that pages have to show, made without a workflow."""

from datetime import datetime, timedelta

from sqlmodel import Session

from catalog.examples import answers_for
from ground import clock
from ground.messages import Params
from services import catalog, forms, requests, tasks, timeline
from services.access import Viewer
from services.requests import Submission
from services.tasks import OpenTask
from services.timeline import Entry, Visible
from store.requests import Request, StageState
from store.tasks import Audience, Task


def submitted(
    session: Session, viewer: Viewer, item: str = "loan-request", example: int = 1
) -> Request:
    """A request with an example's answers."""
    version = catalog.published(session, item, viewer)
    live = forms.context(session, viewer.account_id, "en")
    answers = answers_for(version.item.examples[example], live)
    return requests.submit(session, viewer, Submission(item=item, answers=answers))


def moved(session: Session, request_id: str, stage: str, state: StageState) -> None:
    """The request enters a stage or leaves it."""
    entry = Entry(key=f"{stage}/{state}", at=clock.now(), stage=stage, state=state)
    timeline.record(session, timeline.locked(session, request_id), [entry])


def told(
    session: Session,
    request_id: str,
    text: str,
    visible: Visible = "customer",
    params: Params | None = None,
) -> None:
    """Something happens to the request."""
    request = timeline.locked(session, request_id)
    key = f"told/{request.last_entry}"
    entry = Entry(key=key, at=clock.now(), text=text, params=params or {}, visible=visible)
    timeline.record(session, request, [entry])


def asked(
    session: Session,
    request_id: str,
    form: str,
    audience: Audience,
    group: str | None = None,
    due_at: datetime | None = None,
    excluded: list[str] | None = None,
    what: str = "Look at this",
) -> Task:
    """Something is asked of the customer or of a group."""
    wants = OpenTask(
        kind="approval" if audience == Audience.STAFF else "document",
        audience=audience,
        title="tasks.reminder",
        params={"task": what, "level": 1, "levels": 1},
        form=form,
        group=group,
        due_at=due_at or clock.now() + timedelta(days=3),
        excluded=excluded or [],
    )
    return tasks.open_task(session, timeline.locked(session, request_id), wants, clock.now())
