"""From reserved funds over the offer to the loan and back, with every cent in the ledger."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlmodel import Session

from ground.errors import Conflict, NotFound
from services import ledger, lending
from services.amortisation import amortisation
from services.ledger import NotEnough, Transfer
from services.lending import Obligations
from store.database import Database
from store.lending import LoanOffer
from tests.services.customers import add_customer
from tests.services.requests_made import START, add_request
from tests.services.test_ledger import check_books

RATE = Decimal("0.0795")
LATER = START + timedelta(days=1)
EXPIRY = START + timedelta(days=14)
SCHEDULE = amortisation(1_000_00, RATE, 12, date(2026, 5, 1))


@dataclass(frozen=True)
class Prepared:
    """The ids of what a loan of 1,000 € needs, of which 5,000 € could be lent."""

    offer: str
    reservation: str


@pytest.fixture
def prepared(database: Database) -> Prepared:
    """An open offer to Clara and the funds reserved for it."""

    def prepare(session: Session) -> Prepared:
        add_customer(session)
        add_request(session, "r1")
        lending.provide_funds(session, 5_000_00, "EUR", "capital/1", START)
        reservation = lending.reserve_funds(session, "r1", 1_000_00, "EUR", START)
        return Prepared(offer_to(session, "r1"), reservation.id)

    return database.write_now(prepare)


def offer_to(session: Session, request_id: str, customer: str = "clara") -> str:
    offer = lending.make_offer(session, request_id, customer, SCHEDULE, "EUR", EXPIRY, START)
    return offer.id


def lend(database: Database, prepared: Prepared) -> str:
    """Accept and disburse; the loan's id."""
    database.write_now(lending.accept_offer, prepared.offer, LATER)
    return database.write_now(lending.disburse, prepared.offer, prepared.reservation, LATER).id


def refusal(database: Database, work: object, *args: object) -> str:
    with pytest.raises(Conflict) as refused:
        database.write_now(work, *args)  # type: ignore[arg-type]
    return refused.value.key


def money(database: Database) -> dict[str, int]:
    """The balances that are not nil."""
    customers = {
        code: database.read_now(ledger.balance_minor, code, "EUR", "clara")
        for code in (lending.CUSTOMER, lending.RECEIVABLE)
    }
    ours = {
        code: database.read_now(ledger.balance_minor, code, "EUR")
        for code in lending.KINDS
        if code not in customers
    }
    database.read_now(check_books)
    return {code: minor for code, minor in (ours | customers).items() if minor}


RESERVED = {"capital": 5_000_00, "lending-funds": 4_000_00, "reserved-funds": 1_000_00}
LENT = {
    "capital": 5_000_00,
    "lending-funds": 4_000_00,
    "customer-money": 1_000_00,
    "customer-account": 1_000_00,
    "loans-receivable": 1_000_00,
}


# Funds


def test_funds_are_reserved_and_released(database: Database, prepared: Prepared) -> None:
    assert money(database) == RESERVED
    assert database.read_now(lending.available_minor, "EUR") == 4_000_00
    for _ in range(2):
        released = database.write_now(lending.release_funds, prepared.reservation, LATER)
        assert (released.state, released.ended_at) == ("released", LATER)
        assert money(database) == {"capital": 5_000_00, "lending-funds": 5_000_00}


def test_a_request_reserves_funds_once(database: Database, prepared: Prepared) -> None:
    args = ("r1", 1_000_00, "EUR", START)
    assert refusal(database, lending.reserve_funds, *args) == "ledger.posted_before"
    assert money(database) == RESERVED


def test_no_more_is_promised_than_there_is(database: Database, prepared: Prepared) -> None:
    database.write_now(add_request, "r2")
    args = ("r2", 4_000_01, "EUR", START)
    assert refusal(database, lending.reserve_funds, *args) == "lending.no_funds"
    assert refusal(database, lending.reserve_funds, "r2", 1, "GBP", START) == "lending.no_funds"
    assert money(database) == RESERVED


def test_requests_at_once_do_not_promise_the_same_money(
    database: Database, prepared: Prepared
) -> None:
    def reserve(number: int) -> str:
        try:
            database.write_now(lending.reserve_funds, f"q{number}", 1_000_00, "EUR", START)
        except Conflict as refused:
            return refused.key
        return "reserved"

    for number in range(8):
        database.write_now(add_request, f"q{number}")
    with ThreadPoolExecutor(8) as threads:
        said = sorted(threads.map(reserve, range(8)))
    assert said == ["lending.no_funds"] * 4 + ["reserved"] * 4
    assert database.read_now(lending.available_minor, "EUR") == 0


# The offer


def test_an_offer_keeps_its_whole_schedule(database: Database, prepared: Prepared) -> None:
    offer = database.read_now(lambda session: session.get_one(LoanOffer, prepared.offer))
    assert lending.schedule_of(offer) == SCHEDULE
    assert (offer.annual_rate, offer.months, offer.state) == (RATE, 12, "open")
    assert offer.instalment_minor == SCHEDULE.instalment_minor


def test_a_request_has_one_offer_at_a_time(database: Database, prepared: Prepared) -> None:
    assert refusal(database, offer_to, "r1") == "lending.offered_before"
    database.write_now(lending.decline_offer, prepared.offer, LATER)
    assert database.write_now(offer_to, "r1") != prepared.offer


def test_an_answer_counts_once_and_for_good(database: Database, prepared: Prepared) -> None:
    for _ in range(2):
        accepted = database.write_now(lending.accept_offer, prepared.offer, LATER)
        assert (accepted.state, accepted.decided_at) == ("accepted", LATER)
    args = (prepared.offer, LATER)
    assert refusal(database, lending.decline_offer, *args) == "lending.offer_accepted"
    assert database.write_now(lending.expire_offer, prepared.offer, EXPIRY).state == "accepted"


def test_a_declined_offer_cannot_be_accepted(database: Database, prepared: Prepared) -> None:
    database.write_now(lending.decline_offer, prepared.offer, LATER)
    args = (prepared.offer, LATER)
    assert refusal(database, lending.accept_offer, *args) == "lending.offer_declined"


def test_an_offer_ends_at_its_expiry_told_or_not(database: Database, prepared: Prepared) -> None:
    args = (prepared.offer, EXPIRY)
    assert refusal(database, lending.accept_offer, *args) == "lending.offer_expired"
    assert database.write_now(lending.expire_offer, *args).state == "expired"
    assert refusal(database, lending.accept_offer, prepared.offer, LATER) == "lending.offer_expired"


@pytest.mark.parametrize("accepted", [False, True])
def test_an_offer_can_be_taken_back(database: Database, prepared: Prepared, accepted: bool) -> None:
    if accepted:
        database.write_now(lending.accept_offer, prepared.offer, LATER)
    for _ in range(2):
        cancelled = database.write_now(lending.cancel_offer, prepared.offer, LATER)
        assert cancelled.state == "cancelled"
    args = (prepared.offer, LATER)
    assert refusal(database, lending.accept_offer, *args) == "lending.offer_cancelled"


def test_an_offer_that_is_not_there_is_not_found(database: Database) -> None:
    with pytest.raises(NotFound):
        database.write_now(lending.accept_offer, "nothing", LATER)


# The loan


def test_a_loan_is_paid_out_of_its_reserved_funds(database: Database, prepared: Prepared) -> None:
    loan_id = lend(database, prepared)
    assert money(database) == LENT
    (loan,) = database.read_now(lending.loans_of, "clara")
    assert (loan.id, loan.state, loan.amount_minor) == (loan_id, "active", 1_000_00)
    stored = database.read_now(lending.instalments_of, loan_id)
    assert [(each.number, each.due_on, each.total_minor) for each in stored] == [
        (each.number, each.due_on, each.total_minor) for each in SCHEDULE.instalments
    ]


def test_a_loan_is_paid_out_once(database: Database, prepared: Prepared) -> None:
    lend(database, prepared)
    args = (prepared.offer, prepared.reservation, LATER)
    assert refusal(database, lending.disburse, *args) == "lending.disbursed_before"
    released = refusal(database, lending.release_funds, prepared.reservation, LATER)
    assert released == "lending.funds_used"
    assert refusal(database, lending.cancel_offer, prepared.offer, LATER) == (
        "lending.disbursed_before"
    )
    assert money(database) == LENT


def test_two_payouts_at_once_are_one(database: Database, prepared: Prepared) -> None:
    database.write_now(lending.accept_offer, prepared.offer, LATER)

    def pay(_: int) -> bool:
        try:
            database.write_now(lending.disburse, prepared.offer, prepared.reservation, LATER)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(pay, range(4))).count(True) == 1
    assert money(database) == LENT


def test_only_an_accepted_offer_with_its_own_held_funds_is_paid_out(
    database: Database, prepared: Prepared
) -> None:
    args = (prepared.offer, prepared.reservation, LATER)
    assert refusal(database, lending.disburse, *args) == "lending.offer_not_accepted"
    database.write_now(lending.accept_offer, prepared.offer, LATER)

    def reserve_for_another(session: Session) -> str:
        add_request(session, "r2")
        return lending.reserve_funds(session, "r2", 1_000_00, "EUR", START).id

    other = database.write_now(reserve_for_another)
    with pytest.raises(ValueError, match="not those of the offer"):
        database.write_now(lending.disburse, prepared.offer, other, LATER)
    database.write_now(lending.release_funds, prepared.reservation, LATER)
    assert refusal(database, lending.disburse, *args) == "lending.funds_released"


def test_everything_can_be_taken_back_in_reverse(database: Database, prepared: Prepared) -> None:
    loan_id = lend(database, prepared)
    for _ in range(2):
        assert database.write_now(lending.reverse_disbursement, loan_id, LATER).state == "reversed"
        assert money(database) == RESERVED
    database.write_now(lending.cancel_offer, prepared.offer, LATER)
    database.write_now(lending.release_funds, prepared.reservation, LATER)
    assert money(database) == {"capital": 5_000_00, "lending-funds": 5_000_00}
    assert database.read_now(lending.obligations, "clara", "EUR", date(2030, 1, 1)) == Obligations(
        instalments_minor=0, overdue=0
    )


def test_money_that_was_spent_or_paid_back_cannot_be_taken_back(
    database: Database, prepared: Prepared
) -> None:
    loan_id = lend(database, prepared)

    def spend(session: Session, minor: int) -> None:
        account = lending.books(session, lending.CUSTOMER, "EUR", "clara")
        cover = lending.books(session, lending.CUSTOMER_MONEY, "EUR")
        ledger.post(session, f"spent/{minor}", [Transfer(account, cover, minor)], LATER)

    database.write_now(spend, 1)
    with pytest.raises(NotEnough):
        database.write_now(lending.reverse_disbursement, loan_id, LATER)
    database.write_now(lending.pay_instalment, loan_id, LATER)
    args = (loan_id, LATER)
    assert refusal(database, lending.reverse_disbursement, *args) == "lending.loan_has_payments"


def test_instalments_pay_principal_and_interest_until_nothing_is_owed(
    database: Database, prepared: Prepared
) -> None:
    loan_id = lend(database, prepared)
    first = database.write_now(lending.pay_instalment, loan_id, LATER)
    assert (first.number, first.paid_at) == (1, LATER)
    assert money(database) == {
        "capital": 5_000_00,
        "lending-funds": 4_000_00 + first.total_minor,
        "customer-money": 1_000_00 - first.total_minor,
        "customer-account": 1_000_00 - first.total_minor,
        "loans-receivable": 1_000_00 - first.principal_minor,
        "interest-income": first.interest_minor,
    }

    def top_up(session: Session) -> None:
        account = lending.books(session, lending.CUSTOMER, "EUR", "clara")
        cover = lending.books(session, lending.CUSTOMER_MONEY, "EUR")
        transfer = Transfer(debit=cover, credit=account, amount_minor=SCHEDULE.interest_minor)
        ledger.post(session, "salary", [transfer], LATER)

    database.write_now(top_up)
    for _ in range(11):
        database.write_now(lending.pay_instalment, loan_id, LATER)
    assert money(database) == {
        "capital": 5_000_00,
        "lending-funds": 5_000_00 + SCHEDULE.interest_minor,
        "interest-income": SCHEDULE.interest_minor,
    }
    (loan,) = database.read_now(lending.loans_of, "clara")
    assert (loan.state, loan.ended_at) == ("repaid", LATER)
    assert refusal(database, lending.pay_instalment, loan_id, LATER) == "lending.nothing_owed"


def test_what_a_customer_already_bears_and_what_is_overdue(
    database: Database, prepared: Prepared
) -> None:
    loan_id = lend(database, prepared)
    monthly = SCHEDULE.instalment_minor

    def borne(currency: str, on: date) -> Obligations:
        return database.read_now(lending.obligations, "clara", currency, on)

    assert borne("EUR", date(2026, 5, 1)) == Obligations(monthly, overdue=0)
    assert borne("EUR", date(2026, 6, 2)) == Obligations(monthly, overdue=2)
    database.write_now(lending.pay_instalment, loan_id, LATER)
    assert borne("EUR", date(2026, 6, 2)) == Obligations(monthly, overdue=1)
    assert borne("GBP", date(2026, 5, 1)) == Obligations(0, overdue=0)
