"""A loan offer: made with its repayment schedule, then accepted, declined or expired."""

from datetime import timedelta
from decimal import Decimal
from typing import Any, Literal

from pydantic import BaseModel

from activities import lending
from activities.lending import Decided, Offered, Terms
from ground.messages import day, money, percent
from workflows.request import RequestWorkflow
from workflows.steps import step
from workflows.steps.offer import Offer, offer

SETTLING = {
    "accepted": lending.accept_offer,
    "declined": lending.decline_offer,
    "expired": lending.expire_offer,
}


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
    expires_at = request.now() + wants.validity
    terms = Terms(annual_rate=wants.annual_rate, currency=wants.currency, expires_at=expires_at)
    made = await request.act(lending.make_offer, terms)
    decided = await offer(
        request,
        Offer(
            kind="loan-offer",
            title="loan.offer",
            params=terms_in_words(made),
            form=wants.form,
            # To the moment at which the offer itself expires.
            valid_for=expires_at - request.now(),
            reminders=wants.reminders,
        ),
    )
    # What was decided is put on the offer where it stands, by the moment at which it was.
    await request.act(SETTLING[decided.decision], Decided(offer=made.id, at=decided.at))
    return OfferOutcome(offer=made, decision=decided.decision)


def terms_in_words(made: Offered) -> dict[str, Any]:
    """The offer as parameters of a message."""
    return {
        "amount": money(made.amount_minor, made.currency),
        "months": made.months,
        "instalment": money(made.instalment_minor, made.currency),
        "rate": percent(made.annual_rate),
        "total": money(made.total_minor, made.currency),
        "first": day(made.first_due),
    }
