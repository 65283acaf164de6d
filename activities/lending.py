"""Lending: whether we lend, the funds, the offer and the loan, each with its undo.

What the customer earns, spends and owes stays in the database; workflows learn what follows.
"""

from datetime import date, datetime
from decimal import Decimal

from pydantic import BaseModel
from sqlmodel import Session

from activities.effects import OF_MONEY, Call, Undo, effect, undo
from ground.messages import money, percent
from services import lending, loan_requests, profiles, timeline
from services.amortisation import due_on
from services.credit import Affordability, Limits
from services.timeline import Entry
from store.requests import Request


class Wanted(BaseModel):
    """The documents that each employment requires, and those that have been given already."""

    required: dict[str, tuple[str, ...]]
    given: list[str]


class Missing(BaseModel):
    """The documents still missing for the answers as they were at this revision."""

    documents: list[str]
    revision: int


class Rules(BaseModel):
    """To whom and at which rate we lend, and up to which amounts how many officers decide."""

    limits: Limits
    annual_rate: Decimal
    automatic_limit: int
    one_officer_limit: int

    def officers(self, amount_minor: int) -> int:
        """How many officers must approve an amount."""
        return (amount_minor > self.automatic_limit) + (amount_minor > self.one_officer_limit)


class Reserve(BaseModel):
    """In which currency the amount asked for is to be set aside."""

    currency: str


class Terms(BaseModel):
    """On which terms to offer the loan asked for."""

    annual_rate: Decimal
    currency: str
    expires_at: datetime


class Offered(BaseModel):
    """An offer as its customer reads it; amounts in minor units."""

    id: str
    amount_minor: int
    currency: str
    annual_rate: Decimal
    months: int
    instalment_minor: int
    total_minor: int
    first_due: date


class Decided(BaseModel):
    """Which offer was answered, and when."""

    offer: str
    at: datetime


class Disburse(BaseModel):
    """Which offer to pay out of which reserved funds."""

    offer: str
    reservation: str


class Lent(BaseModel):
    """A loan that has been paid out."""

    id: str


# Whether we lend


@effect
def check_eligibility(session: Session, call: Call[Limits]) -> None:
    """Refuse whoever we do not lend to."""
    request = timeline.locked(session, call.request)
    loan_requests.check_eligibility(session, request, call.body, call.at)


@effect
def missing_documents(session: Session, call: Call[Wanted]) -> Missing:
    """What the present answers still want proof for."""
    request = timeline.locked(session, call.request)
    wanted = call.body
    missing = loan_requests.missing_documents(request, wanted.required, wanted.given)
    return Missing(documents=missing, revision=request.revision)


@effect
def assess(session: Session, call: Call[Rules]) -> int:
    """How many officers must approve. Refuses whoever is not eligible or cannot bear the loan."""
    request, rules = timeline.locked(session, call.request), call.body
    loan_requests.check_eligibility(session, request, rules.limits, call.at)
    found = loan_requests.check_affordability(
        session, request, rules.limits, rules.annual_rate, call.at
    )
    tell_staff(session, request, call, found)
    return rules.officers(loan_requests.application(request.answers).amount_minor)


def tell_staff(session: Session, request: Request, call: Call[Rules], found: Affordability) -> None:
    """Write what was found on the timeline, for whoever decides."""
    params = {
        "ratio": percent(found.ratio or Decimal(0)),
        "limit": percent(call.body.limits.maximum_debt_to_income),
        "largest": money(found.largest_instalment_minor, call.body.limits.currency),
    }
    entry = Entry(
        key=f"{call.key}/found", at=call.at, text="loan.found", params=params, visible="staff"
    )
    timeline.record(session, request, [entry])


# Funds


@effect(patience=OF_MONEY)
def reserve_funds(session: Session, call: Call[Reserve]) -> str:
    """Set the amount aside; the reservation's id."""
    request = timeline.locked(session, call.request)
    amount = loan_requests.application(request.answers).amount_minor
    return lending.reserve_funds(session, request.id, amount, call.body.currency, call.at).id


@undo(of=reserve_funds)
def release_funds(session: Session, call: Call[Undo], did: str) -> None:
    """Let others have the money."""
    lending.release_funds(session, did, call.at)


# The offer


@effect
def make_offer(session: Session, call: Call[Terms]) -> Offered:
    """Offer the loan asked for; the first instalment falls due a month after the offer expires."""
    request, terms = timeline.locked(session, call.request), call.body
    first_due = due_on(profiles.local_day(session, request.customer_id, terms.expires_at), 1)
    offer = lending.make_offer(
        session,
        request.id,
        request.customer_id,
        loan_requests.schedule(request, terms.annual_rate, first_due),
        terms.currency,
        terms.expires_at,
        call.at,
    )
    return Offered(**offer.model_dump(include=set(Offered.model_fields)), first_due=first_due)


@undo(of=make_offer)
def cancel_offer(session: Session, call: Call[Undo], did: Offered) -> None:
    """Take the offer back, unless it has been answered in the negative or has expired."""
    lending.cancel_offer(session, did.id, call.at)


@effect
def accept_offer(session: Session, call: Call[Decided]) -> None:
    """The customer takes the loan."""
    lending.accept_offer(session, call.body.offer, call.body.at)


@effect
def decline_offer(session: Session, call: Call[Decided]) -> None:
    """The customer does not want the loan."""
    lending.decline_offer(session, call.body.offer, call.body.at)


@effect
def expire_offer(session: Session, call: Call[Decided]) -> None:
    """Nobody has answered in time."""
    lending.expire_offer(session, call.body.offer, call.body.at)


# The loan


@effect(patience=OF_MONEY)
def disburse(session: Session, call: Call[Disburse]) -> Lent:
    """Pay the accepted offer out."""
    loan = lending.disburse(session, call.body.offer, call.body.reservation, call.at)
    return Lent(id=loan.id)


@undo(of=disburse)
def reverse_disbursement(session: Session, call: Call[Undo], did: Lent) -> None:
    """Take the loan back; its funds are reserved again."""
    lending.reverse_disbursement(session, did.id, call.at)
