"""Charging the customer, with the invoice for it; undone by a refund."""

from typing import Any, Literal

from pydantic import Field

from activities import billing
from activities.billing import Charged, ChargeOrder
from ground.messages import money
from workflows.request import RequestWorkflow
from workflows.steps import step
from workflows.steps.inputs import Currency, Facts, Wants, Words, example, in_words


class Charge(Wants):
    """What to take from the customer, for what, and how."""

    model_config = example(
        amount=500,
        currency="EUR",
        title={"en": "New card", "es": "Tarjeta nueva", "pt": "Cartão novo"},
        method="invoice",
        due_days=30,
    )

    amount: int = Field(ge=0)
    """The amount in minor units: 1500 is fifteen euros; for nothing, nothing is taken."""
    currency: Currency
    """The currency."""
    title: Words | None = None
    """What it is for, as the invoice and the timeline say; without it neither says anything."""
    method: Literal["balance", "invoice"] | None = None
    """How to pay; without it as the answer `payment_method` says, else by whichever works."""
    due_days: int = Field(default=14, ge=0)
    """Within how many days an invoice is to be paid."""


class Payment(Facts):
    """How the charge went; that it fails is an answer too."""

    payment: str
    """The id of the payment."""
    status: Literal["paid", "invoiced", "declined"]
    """`invoiced` is promised but not yet paid."""
    invoice: str | None = None
    """The id of the invoice."""
    why: dict[str, Any] | None = None
    """Why it was declined, as a message."""


def is_declined(made: Payment) -> bool:
    """Whether nothing was taken."""
    return made.status == "declined"


@step(effects=(billing.charge,), in_vain=is_declined)
async def charge(request: RequestWorkflow, wants: Charge) -> Payment:
    """Take money from the customer, from the balance or by invoice."""
    title = in_words(wants.title) if wants.title else None
    order = ChargeOrder(
        method=wants.method,
        amount_minor=wants.amount,
        currency=wants.currency,
        # Nothing is no matter for an invoice.
        title=title if wants.amount else None,
        due_days=wants.due_days,
    )
    charged = await request.act(billing.charge, order)
    made = outcome(charged)
    if title:
        amount = money(wants.amount, wants.currency)
        request.say(f"steps.charge_{made.status}", title=title, amount=amount)
    return made


def outcome(charged: Charged) -> Payment:
    """What a charge means for the process."""
    if charged.failure:
        return Payment(payment=charged.payment, status="declined", why=charged.failure)
    status: Literal["paid", "invoiced"] = "invoiced" if charged.promised else "paid"
    return Payment(payment=charged.payment, status=status, invoice=charged.invoice)
