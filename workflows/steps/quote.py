"""Quoting a price, before anything is paid."""

from typing import Self

from pydantic import model_validator

from activities import quotes
from activities.quotes import Price, PriceOf
from ground.messages import money
from workflows.request import RequestWorkflow
from workflows.steps import step
from workflows.steps.inputs import (
    ComputedName,
    Currency,
    Facts,
    Wants,
    Words,
    example,
    in_words,
)


class QuoteLine(Wants):
    """One part of the price."""

    title: Words
    """What it is for."""
    amount: int
    """What it comes to in minor units; less than nothing for a discount."""


class Quote(Wants):
    """What makes up the price: lines, or a calculation over the answers."""

    model_config = example(
        currency="EUR",
        lines=[
            {
                "title": {"en": "New card", "es": "Tarjeta nueva", "pt": "Cartão novo"},
                "amount": 600,
            },
            {"title": {"en": "Discount", "es": "Descuento", "pt": "Desconto"}, "amount": -100},
        ],
    )

    currency: Currency | None = None
    """The currency; a calculation that names its own needs none."""
    lines: tuple[QuoteLine, ...] = ()
    """The parts of the price."""
    by: ComputedName | None = None
    """The calculation that says the price, instead of lines."""

    @model_validator(mode="after")
    def says_one_price(self) -> Self:
        if bool(self.lines) == bool(self.by):
            raise ValueError("give either `lines` or `by`")
        if self.lines and not self.currency:
            raise ValueError("lines need a `currency`")
        return self


class Quoted(Facts):
    """The price, as the customer was told."""

    quote: str
    """The name of the quote: its place in the request's timeline."""
    amount: int
    """In minor units."""
    currency: str
    """The currency."""


@step
async def quote(request: RequestWorkflow, wants: Quote) -> Quoted:
    """Tell the customer a price, line by line."""
    if wants.by:
        price = await request.act(quotes.price_of, PriceOf(by=wants.by, currency=wants.currency))
    else:
        total = sum(line.amount for line in wants.lines)
        price = Price(amount_minor=total, currency=wants.currency or "")
    for line in wants.lines:
        amount = money(line.amount, price.currency)
        request.say("steps.quote_line", title=in_words(line.title), amount=amount)
    request.say("steps.quoted", amount=money(price.amount_minor, price.currency))
    return Quoted(
        quote=request.journal.path.rstrip("/"),
        amount=price.amount_minor,
        currency=price.currency,
    )
