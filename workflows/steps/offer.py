"""A loan offer: made with its repayment schedule, then accepted, declined or expired."""

from datetime import timedelta
from decimal import Decimal
from typing import Any, Literal

from pydantic import BaseModel

from activities import lending
from activities.lending import Decided, Offered, Terms
from ground.messages import day, money, percent
from services.tasks import Answer
from store.tasks import Audience
from workflows.request import RequestWorkflow
from workflows.steps import step
from workflows.steps.asking import Ask, ask

ACCEPT = "accept"
"""The `decision` of the form that means yes; any other means no."""


class OfferLoan(BaseModel):
    """The rate at which to offer the loan asked for, how long it stands, when to remind of it."""

    annual_rate: Decimal
    currency: str
    validity: timedelta
    reminders: tuple[timedelta, ...] = ()
    form: str = "loan-offer"


class OfferOutcome(BaseModel):
    """The offer and what its customer decided."""

    offer: Offered
    decision: Literal["accepted", "declined", "expired"]


@step(internal=True)
async def offer_loan(request: RequestWorkflow, wants: OfferLoan) -> OfferOutcome:
    """Offer the loan and wait for the customer. Undone by taking the offer back."""
    now = request.now()
    expires_at = now + wants.validity
    terms = Terms(annual_rate=wants.annual_rate, currency=wants.currency, expires_at=expires_at)
    offer = await request.act(lending.make_offer, terms)
    answer = await ask(
        request,
        Ask(
            kind="loan-offer",
            audience=Audience.CUSTOMER,
            title="loan.offer",
            params=in_words(offer),
            form=wants.form,
            due_at=expires_at,
            remind_at=[now + reminder for reminder in wants.reminders],
        ),
    )
    return OfferOutcome(offer=offer, decision=await settle(request, offer, answer))


async def settle(
    request: RequestWorkflow, offer: Offered, answer: Answer | None
) -> Literal["accepted", "declined", "expired"]:
    """Put the offer where its customer, or time, has put it."""
    if answer is None:
        await request.act(lending.expire_offer, Decided(offer=offer.id, at=request.now()))
        return "expired"
    decided = Decided(offer=offer.id, at=answer.at)
    if answer.decision == ACCEPT:
        await request.act(lending.accept_offer, decided)
        return "accepted"
    await request.act(lending.decline_offer, decided)
    return "declined"


def in_words(offer: Offered) -> dict[str, Any]:
    """The offer as parameters of a message."""
    return {
        "amount": money(offer.amount_minor, offer.currency),
        "months": offer.months,
        "instalment": money(offer.instalment_minor, offer.currency),
        "rate": percent(offer.annual_rate),
        "total": money(offer.total_minor, offer.currency),
        "first": day(offer.first_due),
    }
