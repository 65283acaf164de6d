"""A loan offer: made with its repayment schedule, then accepted, declined or expired."""

from decimal import Decimal
from typing import Any, Literal

from activities import lending
from activities.lending import Decided, Offered, Terms
from catalog.durations import Duration
from ground.messages import day, money, percent
from workflows.request import RequestWorkflow
from workflows.steps import step
from workflows.steps.inputs import Currency, Facts, FormName, Wants, example
from workflows.steps.offer import Offer, offer

SETTLING = {
    "accepted": lending.accept_offer,
    "declined": lending.decline_offer,
    "expired": lending.expire_offer,
}


class OfferLoan(Wants):
    """On which terms to offer the loan asked for, and for how long."""

    model_config = example(
        annual_rate="0.0795",
        currency="EUR",
        valid_for="P14D",
        reminders=["P10D"],
    )

    annual_rate: Decimal
    """The interest of a year: 0.0795 is 7.95 %."""
    currency: Currency
    """The currency."""
    valid_for: Duration
    """How long the offer stands."""
    reminders: tuple[Duration, ...] = ()
    """When to remind, counted from now."""
    form: FormName = "loan-offer"
    """A form with the `decision` `accept`; any other declines."""


class OfferOutcome(Facts):
    """The offer and what its customer decided."""

    offer: Offered
    """The offer, with its instalment and what it costs in all."""
    decision: Literal["accepted", "declined", "expired"]
    """What the customer decided; `expired` if nothing in time."""


@step(effects=(lending.make_offer,), permission="the customer")
async def offer_loan(request: RequestWorkflow, wants: OfferLoan) -> OfferOutcome:
    """Offer the loan asked for, with its repayment schedule, and wait for the customer."""
    expires_at = request.now() + wants.valid_for
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
