"""Telling people what a process has to say to them."""

from typing import Any

from pydantic import BaseModel
from sqlmodel import Session

from activities.effects import OF_NEWS, Call, effect
from services import delegations, identity, notifications, timeline

CUSTOMER = "customer"


class Notice(BaseModel):
    """What to tell, as the parameter of a message, and whom: the `customer` or a group."""

    message: dict[str, Any]
    to: str


@effect(patience=OF_NEWS)
def notify(session: Session, call: Call[Notice]) -> None:
    """Tell the customer's side or every member of a group, in the portal and by mail."""
    request, wants = timeline.locked(session, call.request), call.body
    params = {"message": wants.message}
    if wants.to == CUSTOMER:
        delegations.tell(session, request, "steps.notice", params, call.at)
        return
    for account_id in identity.members(session, wants.to):
        notifications.notify(session, account_id, "steps.notice", params, request.id, call.at)
