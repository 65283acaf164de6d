"""Postings to the ledger, each with its reverse as its undo."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session

from activities.effects import OF_MONEY, Call, Undo, effect, undo
from services import ledger, postings, timeline
from services.postings import Side
from services.timeline import Entry
from store.ledger import AccountKind


class LedgerSide(BaseModel):
    """An amount in minor units on one side of an account, the house's own or the customer's."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    account: str
    """The code of the account."""
    debit: int | None = Field(default=None, gt=0)
    """The amount in minor units, if it is debited."""
    credit: int | None = Field(default=None, gt=0)
    """The amount in minor units, if it is credited."""
    of: Literal["house", "customer"] = "house"
    """Whose account it is; each customer may have one of that code."""
    kind: AccountKind | None = None
    """What kind of account it is, if it is to be opened where there is none."""


class Posting(BaseModel):
    """What to post, and the text by which staff read it."""

    entries: list[LedgerSide]
    currency: str
    text: dict[str, Any]


@effect(patience=OF_MONEY)
def post(session: Session, call: Call[Posting]) -> str:
    """Write a balanced posting; its id."""
    request, wants = timeline.locked(session, call.request), call.body
    sides = [
        Side(
            code=side.account,
            debit=side.debit is not None,
            amount_minor=side.debit or side.credit or 0,
            owner_id=request.customer_id if side.of == "customer" else "",
            kind=side.kind,
        )
        for side in wants.entries
    ]
    made = ledger.post(
        session, call.key, postings.transfers(session, sides, wants.currency), call.at
    )
    entry = Entry(key=f"{call.key}/posted", at=call.at, text="steps.posted", visible="staff")
    entry.params = {"text": wants.text}
    timeline.record(session, request, [entry])
    return made.id


@undo(of=post)
def reverse(session: Session, call: Call[Undo], did: str) -> None:
    """Take the posting back by its mirror image."""
    ledger.reverse(session, did, call.at)
