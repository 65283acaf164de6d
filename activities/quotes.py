"""Prices, told before anything is paid."""

from pydantic import BaseModel
from sqlmodel import Session

from activities.effects import Call, effect
from ground.errors import Refusal
from services import timeline
from services.form_data import COMPUTED


class PriceOf(BaseModel):
    """Which calculation says the price; `currency` is that of one which gives a bare amount."""

    by: str
    currency: str | None


class Price(BaseModel):
    """An amount in minor units."""

    amount_minor: int
    currency: str


@effect
def price_of(session: Session, call: Call[PriceOf]) -> Price:
    """The price by a calculation over the answers. Refuses where they have none."""
    request, wants = timeline.locked(session, call.request), call.body
    value = COMPUTED[wants.by](session, request.customer_id, request.answers)
    if isinstance(value, dict):
        return Price(amount_minor=value["total_minor"], currency=value["currency"])
    if value is None or wants.currency is None:
        raise Refusal("steps.no_price")
    return Price(amount_minor=value, currency=wants.currency)
