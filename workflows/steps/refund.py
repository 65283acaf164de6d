"""Giving money back to the customer on purpose."""

from activities import billing
from activities.billing import RefundOrder
from ground.messages import money
from workflows.request import RequestWorkflow
from workflows.steps import step
from workflows.steps.inputs import Currency, Facts, Minor, Wants, Words, example, in_words


class Refund(Wants):
    """What to give back, and what for."""

    model_config = example(
        amount=500,
        currency="EUR",
        title={"en": "Card returned", "es": "Tarjeta devuelta", "pt": "Cartão devolvido"},
        of="${ $context.payment }",
    )

    amount: Minor
    """The amount in minor units: 1500 is fifteen euros."""
    currency: Currency
    """The currency."""
    title: Words
    """What it is for, as the credit note and the timeline say."""
    of: str | None = None
    """The payment of which it is given back: once, and no more than was paid."""


class Refunded(Facts):
    """What was given back."""

    refund: str
    """The id of the credit note."""


@step(effects=(billing.give_back,))
async def refund(request: RequestWorkflow, wants: Refund) -> Refunded:
    """Give the customer money back, as a credit on the balance; this is not undone."""
    title = in_words(wants.title)
    order = RefundOrder(
        amount_minor=wants.amount, currency=wants.currency, title=title, of=wants.of
    )
    note = await request.act(billing.give_back, order)
    amount = money(wants.amount, wants.currency)
    request.say("steps.refunded", title=title, amount=amount)
    return Refunded(refund=note)
