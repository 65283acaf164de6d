"""What customers have subscribed to: another plan, a pause, an end, each with its undo."""

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel
from sqlmodel import Session

from activities.effects import Call, Undo, effect, undo
from services import billing, profiles, timeline
from services.billing import StatusChange, Switch
from services.proration import When
from store.billing import SubscriptionStatus
from store.requests import Request

Word = Literal["active", "suspended", "cancelled"]
STATUSES: dict[Word, SubscriptionStatus] = {
    "active": SubscriptionStatus.ACTIVE,
    "suspended": SubscriptionStatus.PAUSED,
    "cancelled": SubscriptionStatus.ENDED,
}
"""The words of definitions for how a subscription is served."""


class Change(BaseModel):
    """What to change of the customer's subscription: its plan from a day on, or its status now.

    Without a day (`on`) a new plan holds at once. `upgrade` refuses any but a higher plan.
    """

    subscription: str
    plan: str | None = None
    on: date | Literal["next-month"] | None = None
    upgrade: bool = False
    status: Word | None = None


class Changed(BaseModel):
    """What was changed; `starts_at` is when the customer has the new plan."""

    status: Word
    switch: Switch | None = None
    starts_at: datetime | None = None
    before: StatusChange | None = None


@effect
def change(session: Session, call: Call[Change]) -> Changed:
    """Change a subscription of the customer. Refuses what is not theirs or may not be."""
    request, wants = timeline.locked(session, call.request), call.body
    billing.subscription(session, wants.subscription, request.customer_id)
    done = Changed(status="active")
    if wants.plan:
        done.switch = switched(session, request, wants, call.at)
        on = done.switch.effective_on
        done.starts_at = profiles.start_of_day(session, request.customer_id, on)
    if wants.status:
        status = STATUSES[wants.status]
        done.before = billing.set_status(session, wants.subscription, status)
    present = billing.subscription(session, wants.subscription).status
    done.status = next(word for word, status in STATUSES.items() if status == present)
    return done


def switched(session: Session, request: Request, wants: Change, at: datetime) -> Switch:
    """The change of plan, made."""
    assert wants.plan
    today = profiles.local_day(session, request.customer_id, at)
    of = billing.subscription(session, wants.subscription)
    if wants.upgrade:
        when = When.NEXT_CYCLE if wants.on == "next-month" else When.NOW
        return billing.switch_plan(session, of.id, wants.plan, when, today, at)
    on = billing.next_month(of, today) if wants.on == "next-month" else wants.on or today
    return billing.change_plan(session, of.id, wants.plan, on, today, at)


@undo(of=change)
def change_back(session: Session, call: Call[Undo], did: Changed) -> None:
    """The subscription goes on as if nothing had been changed."""
    if did.before:
        billing.restore_status(session, did.before)
    if did.switch:
        billing.undo_switch(session, did.switch.term_id, call.at)
