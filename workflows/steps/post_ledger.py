"""Posting to the ledger; undone by the reverse posting."""

from typing import Self

from pydantic import model_validator

from activities import ledger
from activities.ledger import LedgerSide, Posting
from workflows.request import RequestWorkflow
from workflows.steps import step
from workflows.steps.inputs import Currency, Facts, Wants, Words, example, in_words


class PostLedger(Wants):
    """A posting: debits and credits that come to the same."""

    model_config = example(
        currency="EUR",
        text={"en": "Fee for a card", "es": "Comisión de tarjeta", "pt": "Comissão de cartão"},
        entries=[
            {"account": "receivables", "kind": "asset", "debit": 500},
            {"account": "fees", "kind": "income", "credit": 500},
        ],
    )

    entries: tuple[LedgerSide, ...]
    """The sides: `account` with `debit` or `credit` in minor units.

    `of: customer` is the customer's own account of that name; a `kind` (asset, expense, liability,
    equity, income) opens it where there is none.
    """
    currency: Currency
    """The currency of all accounts."""
    text: Words
    """What the posting is, in the timeline of staff."""

    @model_validator(mode="after")
    def has_sides(self) -> Self:
        for side in self.entries:
            if (side.debit is None) == (side.credit is None):
                raise ValueError(f"`{side.account}` needs either `debit` or `credit`")
        return self


class Posted(Facts):
    """What was posted."""

    posting: str
    """The id of the posting."""


@step(effects=(ledger.post,))
async def post_ledger(request: RequestWorkflow, wants: PostLedger) -> Posted:
    """Write a balanced posting to the ledger."""
    posting = Posting(
        entries=list(wants.entries), currency=wants.currency, text=in_words(wants.text)
    )
    return Posted(posting=await request.act(ledger.post, posting))
