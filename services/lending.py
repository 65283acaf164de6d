"""Lending: funds are reserved, a loan is offered, accepted and disbursed, and paid back.

Every effect has its undo: `release_funds`, `cancel_offer`, `reverse_disbursement`. Money moves in
the ledger only.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from sqlmodel import Session, col, func, select

from ground.errors import Conflict, NotFound
from services import ledger
from services.amortisation import Schedule
from services.ledger import Transfer
from store.ledger import AccountKind, LedgerAccount
from store.lending import (
    FundsReservation,
    Loan,
    LoanInstalment,
    LoanOffer,
    LoanState,
    OfferState,
    ReservationState,
)

Row = TypeVar("Row", FundsReservation, LoanOffer, Loan)

CAPITAL = "capital"
FUNDS = "lending-funds"
"""Money that may be lent."""
RESERVED = "reserved-funds"
"""Money that is promised to somebody."""
RECEIVABLE = "loans-receivable"
"""What a customer still owes of the principal."""
CUSTOMER = "customer-account"
"""What is at a customer's disposal."""
CUSTOMER_MONEY = "customer-money"
"""The money that covers the customers' accounts."""
INTEREST = "interest-income"

KINDS = {
    CAPITAL: AccountKind.EQUITY,
    FUNDS: AccountKind.ASSET,
    RESERVED: AccountKind.ASSET,
    RECEIVABLE: AccountKind.ASSET,
    CUSTOMER: AccountKind.LIABILITY,
    CUSTOMER_MONEY: AccountKind.ASSET,
    INTEREST: AccountKind.INCOME,
}


@dataclass(frozen=True)
class Obligations:
    """What a customer's loans ask for: the monthly instalments, and how many are overdue."""

    instalments_minor: int
    overdue: int


def books(session: Session, code: str, currency: str, owner_id: str = "") -> LedgerAccount:
    """An account of the lending books."""
    return ledger.account(session, code, currency, KINDS[code], owner_id=owner_id)


# Funds


def provide_funds(
    session: Session, amount_minor: int, currency: str, key: str, at: datetime
) -> str:
    """Bring in capital that may be lent; the posting's id. Raises `Conflict` for a used key."""
    funds, capital = books(session, FUNDS, currency), books(session, CAPITAL, currency)
    return ledger.post(session, key, [Transfer(funds, capital, amount_minor)], at).id


def available_minor(session: Session, currency: str) -> int:
    """What may still be lent."""
    return ledger.balance_minor(session, FUNDS, currency)


def reserve_funds(
    session: Session, request_id: str, amount_minor: int, currency: str, at: datetime
) -> FundsReservation:
    """Set money aside for a request, once. Undone by `release_funds`.

    Raises `Conflict` when there is not enough, or when this request had a reservation before.
    """
    transfer = Transfer(
        books(session, RESERVED, currency), books(session, FUNDS, currency), amount_minor
    )
    try:
        posting = ledger.post(session, f"funds/{request_id}", [transfer], at)
    except ledger.NotEnough as error:
        raise Conflict("lending.no_funds") from error
    reservation = FundsReservation(
        request_id=request_id,
        amount_minor=amount_minor,
        currency=currency,
        posting_id=posting.id,
        reserved_at=at,
    )
    session.add(reservation)
    session.flush()
    return reservation


def release_funds(session: Session, reservation_id: str, at: datetime) -> FundsReservation:
    """Give reserved money back to the funds; a second time changes nothing.

    Raises `Conflict` when it has been lent: reverse the disbursement first.
    """
    reservation = locked(session, FundsReservation, reservation_id)
    if reservation.state == ReservationState.USED:
        raise Conflict("lending.funds_used")
    if reservation.state == ReservationState.HELD:
        ledger.reverse(session, reservation.posting_id, at)
        reservation.state, reservation.ended_at = ReservationState.RELEASED, at
        session.flush()
    return reservation


# The offer


def make_offer(
    session: Session,
    request_id: str,
    customer_id: str,
    schedule: Schedule,
    currency: str,
    expires_at: datetime,
    at: datetime,
) -> LoanOffer:
    """Offer a loan. Undone by `cancel_offer`. Raises `Conflict` while another one is open."""
    standing = select(LoanOffer.id).where(
        LoanOffer.request_id == request_id,
        col(LoanOffer.state).in_([OfferState.OPEN, OfferState.ACCEPTED]),
    )
    if session.exec(standing).first():
        raise Conflict("lending.offered_before")
    offer = LoanOffer(
        request_id=request_id,
        customer_id=customer_id,
        amount_minor=schedule.amount_minor,
        currency=currency,
        annual_rate=schedule.annual_rate,
        months=len(schedule.instalments),
        instalment_minor=schedule.instalment_minor,
        total_minor=schedule.total_minor,
        schedule=schedule.model_dump(mode="json"),
        offered_at=at,
        expires_at=expires_at,
    )
    session.add(offer)
    session.flush()
    return offer


def latest_offer(session: Session, request_id: str) -> LoanOffer | None:
    """The offer that a request has led to, the last one where there were several."""
    return session.exec(
        select(LoanOffer)
        .where(LoanOffer.request_id == request_id)
        .order_by(col(LoanOffer.offered_at).desc(), col(LoanOffer.id).desc())
        .limit(1)
    ).one_or_none()


def schedule_of(offer: LoanOffer) -> Schedule:
    """The repayment schedule as it was offered."""
    return Schedule.model_validate(offer.schedule)


def accept_offer(session: Session, offer_id: str, at: datetime) -> LoanOffer:
    """Accept; again is the same success. Raises `Conflict` when it has expired or was closed."""
    offer = locked(session, LoanOffer, offer_id)
    if offer.state == OfferState.OPEN and at >= offer.expires_at:
        raise Conflict("lending.offer_expired")
    return decide(session, offer, OfferState.ACCEPTED, at)


def decline_offer(session: Session, offer_id: str, at: datetime) -> LoanOffer:
    """Decline; again is the same success. Raises `Conflict` when it was closed otherwise."""
    return decide(session, locked(session, LoanOffer, offer_id), OfferState.DECLINED, at)


def expire_offer(session: Session, offer_id: str, at: datetime) -> LoanOffer:
    """Close an offer that nobody answered. An answer that came first stands; look at the state."""
    offer = locked(session, LoanOffer, offer_id)
    if offer.state == OfferState.OPEN:
        decide(session, offer, OfferState.EXPIRED, at)
    return offer


def cancel_offer(session: Session, offer_id: str, at: datetime) -> LoanOffer:
    """Take back an offer that is open or accepted; a closed one stays as it is.

    Raises `Conflict` while its loan stands: reverse the disbursement first.
    """
    offer = locked(session, LoanOffer, offer_id)
    lent = select(Loan.id).where(Loan.offer_id == offer_id, Loan.state != LoanState.REVERSED)
    if session.exec(lent).first():
        raise Conflict("lending.disbursed_before")
    if offer.state in (OfferState.OPEN, OfferState.ACCEPTED):
        offer.state, offer.decided_at = OfferState.CANCELLED, at
        session.flush()
    return offer


def decide(session: Session, offer: LoanOffer, state: OfferState, at: datetime) -> LoanOffer:
    """Put a locked offer into its end."""
    if offer.state == state:
        return offer
    if offer.state != OfferState.OPEN:
        raise Conflict(f"lending.offer_{offer.state}")
    offer.state, offer.decided_at = state, at
    session.flush()
    return offer


# The loan


def disburse(session: Session, offer_id: str, reservation_id: str, at: datetime) -> Loan:
    """Pay an accepted offer out of its reserved funds, once. Undone by `reverse_disbursement`.

    Raises `Conflict` unless the offer is accepted and the funds are held.
    """
    offer = locked(session, LoanOffer, offer_id)
    reservation = locked(session, FundsReservation, reservation_id)
    check_disbursable(offer, reservation)
    posting = ledger.post(session, f"loan/{offer_id}", payout(session, offer), at)
    reservation.state, reservation.ended_at = ReservationState.USED, at
    loan = Loan(
        offer_id=offer_id,
        reservation_id=reservation_id,
        customer_id=offer.customer_id,
        amount_minor=offer.amount_minor,
        currency=offer.currency,
        annual_rate=offer.annual_rate,
        instalment_minor=offer.instalment_minor,
        posting_id=posting.id,
        disbursed_at=at,
    )
    session.add(loan)
    session.flush()
    session.add_all(
        LoanInstalment(loan_id=loan.id, **each.model_dump(exclude={"balance_minor"}))
        for each in schedule_of(offer).instalments
    )
    session.flush()
    return loan


def check_disbursable(offer: LoanOffer, reservation: FundsReservation) -> None:
    """Raise `Conflict` unless this offer can be paid from these funds."""
    if reservation.state == ReservationState.USED:
        raise Conflict("lending.disbursed_before")
    if offer.state != OfferState.ACCEPTED:
        raise Conflict("lending.offer_not_accepted")
    if reservation.state != ReservationState.HELD:
        raise Conflict("lending.funds_released")
    promised = (offer.request_id, offer.amount_minor, offer.currency)
    if promised != (reservation.request_id, reservation.amount_minor, reservation.currency):
        raise ValueError("the reserved funds are not those of the offer")


def payout(session: Session, offer: LoanOffer) -> list[Transfer]:
    """The customer owes the amount and has it; the reserved money now covers the account."""
    owner, currency = offer.customer_id, offer.currency
    receivable = books(session, RECEIVABLE, currency, owner)
    customer = books(session, CUSTOMER, currency, owner)
    reserved, cover = books(session, RESERVED, currency), books(session, CUSTOMER_MONEY, currency)
    return [
        Transfer(debit=receivable, credit=customer, amount_minor=offer.amount_minor),
        Transfer(debit=cover, credit=reserved, amount_minor=offer.amount_minor),
    ]


def reverse_disbursement(session: Session, loan_id: str, at: datetime) -> Loan:
    """Take a loan back; its funds are reserved again. A second time changes nothing.

    Raises `Conflict` when instalments have been paid or the customer has spent the money.
    """
    loan = locked(session, Loan, loan_id)
    if loan.state == LoanState.REVERSED:
        return loan
    if any(each.paid_at for each in instalments_of(session, loan_id)):
        raise Conflict("lending.loan_has_payments")
    ledger.reverse(session, loan.posting_id, at)
    loan.state, loan.ended_at = LoanState.REVERSED, at
    reservation = locked(session, FundsReservation, loan.reservation_id)
    reservation.state, reservation.ended_at = ReservationState.HELD, None
    session.flush()
    return loan


def pay_instalment(session: Session, loan_id: str, at: datetime) -> LoanInstalment:
    """Pay the next instalment from the customer's account; the last one ends the loan.

    Raises `Conflict` when nothing is owed or the account does not hold enough.
    """
    loan = locked(session, Loan, loan_id)
    open_ones = [each for each in instalments_of(session, loan_id) if not each.paid_at]
    if loan.state != LoanState.ACTIVE or not open_ones:
        raise Conflict("lending.nothing_owed")
    paid = open_ones[0]
    ledger.post(session, f"loan/{loan_id}/{paid.number}", repayment(session, loan, paid), at)
    paid.paid_at = at
    if len(open_ones) == 1:
        loan.state, loan.ended_at = LoanState.REPAID, at
    session.flush()
    return paid


def repayment(session: Session, loan: Loan, paid: LoanInstalment) -> list[Transfer]:
    """The customer's money pays principal and interest, and may be lent again."""
    owner, currency = loan.customer_id, loan.currency
    customer = books(session, CUSTOMER, currency, owner)
    receivable = books(session, RECEIVABLE, currency, owner)
    funds, cover = books(session, FUNDS, currency), books(session, CUSTOMER_MONEY, currency)
    transfers = [
        Transfer(debit=customer, credit=receivable, amount_minor=paid.principal_minor),
        Transfer(customer, books(session, INTEREST, currency), paid.interest_minor),
        Transfer(debit=funds, credit=cover, amount_minor=paid.total_minor),
    ]
    return [transfer for transfer in transfers if transfer.amount_minor]


def instalments_of(session: Session, loan_id: str) -> Sequence[LoanInstalment]:
    """The instalments of a loan in their order."""
    return session.exec(
        select(LoanInstalment)
        .where(LoanInstalment.loan_id == loan_id)
        .order_by(col(LoanInstalment.number))
    ).all()


def loans_of(session: Session, customer_id: str) -> Sequence[Loan]:
    """A customer's loans, the newest first."""
    return session.exec(
        select(Loan).where(Loan.customer_id == customer_id).order_by(col(Loan.id).desc())
    ).all()


def obligations(session: Session, customer_id: str, currency: str, on: date) -> Obligations:
    """What a customer's active loans ask for a month in a currency, and what is overdue."""
    active = (Loan.customer_id == customer_id, Loan.state == LoanState.ACTIVE)
    monthly = select(func.coalesce(func.sum(Loan.instalment_minor), 0))
    overdue = (
        select(func.count())
        .select_from(LoanInstalment)
        .join(Loan, col(Loan.id) == col(LoanInstalment.loan_id))
        .where(*active, col(LoanInstalment.paid_at).is_(None), col(LoanInstalment.due_on) < on)
    )
    return Obligations(
        instalments_minor=int(
            session.exec(monthly.where(*active, Loan.currency == currency)).one()
        ),
        overdue=session.exec(overdue).one(),
    )


def locked(session: Session, table: type[Row], id: str) -> Row:
    """A row as it is now, locked until the transaction ends. Raises `NotFound`."""
    row = session.get(table, id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound("common.not_found")
    return row
