"""Who may see and do what: one rule per domain, as a condition for queries or as a yes or no.

Everyone sees what is their own. A customer may let another one see their requests, or also make and
answer them (`store.delegations`). Agents also see the requests and tasks of their groups, operators
everything, designers no customer data. Staff are mere customers of what they asked for themselves,
so nobody decides on their own request or reads its internal side. What a person may not see does
not exist for them: the services answer `NotFound`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, or_, true
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from ground import clock
from services.timeline import Actor
from store.delegations import Delegation, Scope
from store.documents import Attachment, Document
from store.identity import Account, Role
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


def entrusted(viewer: Viewer, to_act: bool = False) -> SelectOfScalar[str]:
    """The customers whose requests the viewer may see now, or with `to_act` also make and answer.

    Only customers stand in for customers: staff would decide on what they have asked for.
    """
    scopes = (Scope.ACT,) if to_act else tuple(Scope)
    return select(Delegation.customer_id).where(
        viewer.role == Role.CUSTOMER,
        Delegation.delegate_id == viewer.account_id,
        in_force(clock.now()),
        col(Delegation.scope).in_(scopes),
    )


def acting_for(customer_id: str, at: datetime) -> SelectOfScalar[str]:
    """The accounts that may act for a customer at a moment: the other side of `entrusted`."""
    return (
        select(Account.id)
        .join(Delegation, col(Delegation.delegate_id) == col(Account.id))
        .where(
            Delegation.customer_id == customer_id,
            Delegation.scope == Scope.ACT,
            in_force(at),
            Account.role == Role.CUSTOMER,
            col(Account.active),
        )
        .order_by(col(Account.id))
    )


def in_force(at: datetime) -> ColumnElement[bool]:
    """The delegations that hold at a moment."""
    return and_(
        col(Delegation.revoked_at).is_(None),
        col(Delegation.since) <= at,
        or_(col(Delegation.until).is_(None), col(Delegation.until) > at),
    )


def acts_for(session: Session, viewer: Viewer, customer_id: str) -> bool:
    """Whether the viewer may do what this customer may: it is them, or somebody they let act."""
    if customer_id == viewer.account_id:
        return True
    if viewer.role != Role.CUSTOMER:
        return False
    trusting = entrusted(viewer, to_act=True).where(Delegation.customer_id == customer_id)
    return session.exec(trusting).first() is not None


def readable_requests(viewer: Viewer) -> ColumnElement[bool]:
    """The requests that the viewer may read."""
    if viewer.role == Role.OPERATOR:
        return true()
    own = col(Request.customer_id) == viewer.account_id
    if viewer.role == Role.CUSTOMER:
        return or_(own, col(Request.customer_id).in_(entrusted(viewer)))
    if viewer.role == Role.AGENT:
        return or_(own, col(Request.group).in_(viewer.groups), has_task_for(viewer))
    return own


def has_task_for(viewer: Viewer) -> ColumnElement[bool]:
    """The requests with a staff task that concerns the viewer.

    The limit keeps a database from first gathering all such tasks there ever were.
    """
    task = (
        select(Task.id)
        .where(
            Task.request_id == Request.id, col(Task.audience) == Audience.STAFF, concerns(viewer)
        )
        .limit(1)
        .correlate(Request)
    )
    return task.scalar_subquery().is_not(None)


def role_towards(viewer: Viewer, customer_id: str) -> Actor:
    """As what the viewer acts on a request of this customer: in their own role or as a delegate."""
    stands_in = viewer.role == Role.CUSTOMER and viewer.account_id != customer_id
    return "delegate" if stands_in else viewer.role.value


def sees_staff_side(viewer: Viewer, customer_id: str) -> bool:
    """Whether the viewer reads the internal side of a readable request of this customer."""
    return viewer.is_staff and viewer.account_id != customer_id


def readable_tasks(viewer: Viewer) -> ColumnElement[bool]:
    """The tasks that are the viewer's own or of their groups; operators see every staff task."""
    own = and_(col(Task.audience) == Audience.CUSTOMER, asked(viewer))
    if not viewer.is_staff:
        return own
    asked_by_viewer = col(Task.request_id).in_(
        select(Request.id).where(Request.customer_id == viewer.account_id)
    )
    reach = true() if viewer.role == Role.OPERATOR else concerns(viewer)
    return or_(own, and_(col(Task.audience) == Audience.STAFF, reach, ~asked_by_viewer))


def asked(viewer: Viewer) -> ColumnElement[bool]:
    """The tasks given to the viewer, or to a customer for whom they may act."""
    own = col(Task.assignee_id) == viewer.account_id
    if viewer.role != Role.CUSTOMER:
        return own
    return or_(own, col(Task.assignee_id).in_(entrusted(viewer, to_act=True)))


def concerns(viewer: Viewer) -> ColumnElement[bool]:
    """The staff tasks that wait for the viewer or for one of their groups."""
    return or_(*ways_to_tasks(viewer))


def ways_to_tasks(viewer: Viewer) -> Iterator[ColumnElement[bool]]:
    """Each way in which a staff task may concern the viewer; an index leads along each of them."""
    yield col(Task.assignee_id) == viewer.account_id
    for group in viewer.groups:
        yield col(Task.group) == group
        yield col(Task.escalated_to) == group


def may_decide(session: Session, viewer: Viewer, task: Task) -> bool:
    """Whether a readable task is for the viewer to claim and answer."""
    if viewer.account_id in task.excluded:
        return False
    if task.audience == Audience.CUSTOMER:
        return task.assignee_id is not None and acts_for(session, viewer, task.assignee_id)
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
