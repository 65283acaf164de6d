"""Who may see and do what: one rule per domain, as a condition for queries or as a yes or no.

Everyone sees what is their own. Agents also see the requests and tasks of their groups, operators
everything, designers no customer data. Staff are mere customers of what they asked for themselves,
so nobody decides on their own request or reads its internal side. What a person may not see does
not exist for them: the services answer `NotFound`.
"""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, exists, or_, true
from sqlmodel import col, select

from store.documents import Attachment, Document
from store.identity import Role
from store.requests import Request
from store.tasks import Audience, Task


@dataclass(frozen=True)
class Viewer:
    """Who asks: the signed-in account, as far as rules and texts need it."""

    account_id: str
    role: Role
    email: str
    name: str
    language: str
    zone: str = "UTC"
    groups: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    country: str | None = None
    segments: tuple[str, ...] = ()

    @property
    def is_staff(self) -> bool:
        """Whether this person serves customers; designers do not."""
        return self.role in (Role.AGENT, Role.OPERATOR)


def readable_requests(viewer: Viewer) -> ColumnElement[bool]:
    """The requests that the viewer may read."""
    own = col(Request.customer_id) == viewer.account_id
    if viewer.role == Role.OPERATOR:
        return true()
    if viewer.role == Role.AGENT:
        has_our_task = exists().where(
            col(Task.request_id) == col(Request.id),
            col(Task.audience) == Audience.STAFF,
            concerns(viewer),
        )
        return or_(own, col(Request.group).in_(viewer.groups), has_our_task)
    return own


def sees_staff_side(viewer: Viewer, customer_id: str) -> bool:
    """Whether the viewer reads the internal side of a readable request of this customer."""
    return viewer.is_staff and viewer.account_id != customer_id


def readable_tasks(viewer: Viewer) -> ColumnElement[bool]:
    """The tasks that are the viewer's own or of their groups; operators see every staff task."""
    own = and_(col(Task.audience) == Audience.CUSTOMER, col(Task.assignee_id) == viewer.account_id)
    if not viewer.is_staff:
        return own
    asked_by_viewer = col(Task.request_id).in_(
        select(Request.id).where(Request.customer_id == viewer.account_id)
    )
    reach = true() if viewer.role == Role.OPERATOR else concerns(viewer)
    return or_(own, and_(col(Task.audience) == Audience.STAFF, reach, ~asked_by_viewer))


def concerns(viewer: Viewer) -> ColumnElement[bool]:
    """The staff tasks that wait for the viewer or for one of their groups."""
    return or_(
        col(Task.assignee_id) == viewer.account_id,
        col(Task.group).in_(viewer.groups),
        col(Task.escalated_to).in_(viewer.groups),
    )


def may_decide(viewer: Viewer, task: Task) -> bool:
    """Whether a readable task is for the viewer to claim and answer."""
    if viewer.account_id in task.excluded:
        return False
    if task.audience == Audience.CUSTOMER:
        return task.assignee_id == viewer.account_id
    ours = task.group in viewer.groups or task.escalated_to in viewer.groups
    return viewer.is_staff and (ours or task.assignee_id == viewer.account_id)


def readable_documents(viewer: Viewer) -> ColumnElement[bool]:
    """The documents that the viewer uploaded, or that belong to a request they may read.

    What staff attached for themselves stays with them; a designer reads only their own.
    """
    own = col(Document.owner_id) == viewer.account_id
    shown = col(Attachment.visible) == Audience.CUSTOMER
    if viewer.is_staff:
        shown = or_(shown, col(Request.customer_id) != viewer.account_id)
    attached = exists().where(
        col(Attachment.document_id) == col(Document.id),
        col(Attachment.request_id) == col(Request.id),
        shown,
        readable_requests(viewer),
    )
    return or_(own, attached)
