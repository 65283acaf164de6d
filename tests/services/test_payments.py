"""Being paid by balance or on account, once for each key, and giving money back."""

from datetime import datetime
from typing import Any

import pytest
from sqlmodel import Session

from ground.errors import Conflict, NotFound
from ground.messages import translate
from services import payments
from services.balance import balance_minor, credit
from services.invoices import Line, credit_invoice, issue_invoice
from services.payments import Charge, Outcome, charge, finish_charge, refund, start_charge
from store.billing import Payment, PaymentStatus
from store.database import Database
from tests.services.customers import START, add_payer, days_later

LINE = [Line("billing.line_installation", 40_00)]


@pytest.fixture
def clara(database: Database) -> str:
    """A customer with 50 € balance and 100 € credit limit."""
    return database.write_now(add_payer)


def pay(
    database: Database,
    method: str,
    minor: int,
    key: str = "k",
    currency: str = "EUR",
    customer_id: str = "clara",
) -> Payment:
    """Charge Clara."""
    order = Charge(key, customer_id, method, minor, currency)
    return database.write_now(charge, order, START)


def balance(database: Database) -> int:
    """Clara's balance."""
    return database.read_now(balance_minor, "clara")


def test_a_balance_pays_what_it_covers(database: Database, clara: str) -> None:
    payment = pay(database, "balance", 50_00)
    assert payment.status == PaymentStatus.CAPTURED
    assert payment.provider_reference
    assert balance(database) == 0


def test_a_balance_that_is_too_low_fails_and_stays(database: Database, clara: str) -> None:
    payment = pay(database, "balance", 50_01)
    assert (payment.status, payment.failure) == (PaymentStatus.FAILED, "billing.balance_too_low")
    assert "€50.00" in translate("en", payment.failure, payment.failure_params)
    assert balance(database) == 50_00


def test_the_same_key_charges_once_and_answers_alike(database: Database, clara: str) -> None:
    first, second = (pay(database, "balance", 30_00) for _ in range(2))
    assert first.id == second.id
    assert balance(database) == 20_00


def test_a_failed_charge_stays_failed_under_its_key_and_may_be_tried_under_another(
    database: Database, clara: str
) -> None:
    pay(database, "balance", 60_00, "first")
    database.write_now(credit, clara, 10_00, START)
    assert pay(database, "balance", 60_00, "first").status == PaymentStatus.FAILED
    assert pay(database, "balance", 60_00, "second").status == PaymentStatus.CAPTURED


@pytest.mark.parametrize(("method", "minor"), [("balance", 2), ("invoice", 1)])
def test_a_key_stands_for_one_charge(
    database: Database, clara: str, method: str, minor: int
) -> None:
    pay(database, "balance", 1)
    with pytest.raises(Conflict, match=r"billing\.key_reused"):
        pay(database, method, minor)


def test_nothing_due_is_paid_without_asking_the_method(database: Database, clara: str) -> None:
    assert pay(database, "balance", 0).status == PaymentStatus.CAPTURED
    assert balance(database) == 50_00


@pytest.mark.parametrize("method", sorted(payments.METHODS))
def test_another_currency_fails_in_words(database: Database, clara: str, method: str) -> None:
    payment = pay(database, method, 1, currency="COP")
    assert (payment.status, payment.failure) == (PaymentStatus.FAILED, "billing.other_currency")


def test_on_account_promises_up_to_the_credit_limit(database: Database, clara: str) -> None:
    assert pay(database, "invoice", 60_00, "a").status == PaymentStatus.AUTHORISED
    assert pay(database, "invoice", 40_00, "b").status == PaymentStatus.AUTHORISED
    over = pay(database, "invoice", 1, "c")
    assert (over.status, over.failure) == (PaymentStatus.FAILED, "billing.credit_limit")
    assert balance(database) == 50_00


def test_what_is_promised_and_then_invoiced_counts_once(database: Database, clara: str) -> None:
    promised = pay(database, "invoice", 40_00, "a")
    assert database.read_now(payments.owed_minor, clara) == 40_00
    issued = database.write_now(issue_invoice, clara, LINE, START, 14, payment_id=promised.id)
    assert database.read_now(payments.owed_minor, clara) == 40_00
    database.write_now(credit_invoice, issued.invoice_id, START)
    database.write_now(refund, promised.id, START)
    assert database.read_now(payments.owed_minor, clara) == 0


def test_nobody_with_an_overdue_invoice_pays_on_account(database: Database, clara: str) -> None:
    database.write_now(issue_invoice, clara, LINE, days_later(-31), 30)
    payment = pay(database, "invoice", 1)
    assert (payment.status, payment.failure) == (
        PaymentStatus.FAILED,
        "billing.overdue_on_account",
    )
    assert pay(database, "balance", 1, "other").status == PaymentStatus.CAPTURED


def test_a_refund_gives_back_once(database: Database, clara: str) -> None:
    payment = pay(database, "balance", 30_00)
    for hours in (1, 2):
        refunded = database.write_now(refund, payment.id, days_later(hours))
        assert refunded.status == PaymentStatus.REFUNDED
        assert refunded.refunded_at == days_later(1)
    assert balance(database) == 50_00


def test_a_promise_that_is_refunded_moves_no_money(database: Database, clara: str) -> None:
    payment = pay(database, "invoice", 100_00)
    database.write_now(refund, payment.id, START)
    assert balance(database) == 50_00
    assert pay(database, "invoice", 100_00, "again").status == PaymentStatus.AUTHORISED


def test_what_failed_or_was_free_has_nothing_to_give_back(database: Database, clara: str) -> None:
    failed = pay(database, "balance", 60_00, "a")
    free = pay(database, "balance", 0, "b")
    assert database.write_now(refund, failed.id, START).status == PaymentStatus.FAILED
    assert database.write_now(refund, free.id, START).status == PaymentStatus.REFUNDED
    assert balance(database) == 50_00


def test_a_failure_after_the_charge_leaves_no_trace(database: Database, clara: str) -> None:
    def break_off(session: Session) -> None:
        charge(session, Charge("k", clara, "balance", 30_00, "EUR"), START)
        raise RuntimeError("the step broke off")

    with pytest.raises(RuntimeError, match="broke off"):
        database.write_now(break_off)
    assert balance(database) == 50_00
    assert pay(database, "balance", 30_00).status == PaymentStatus.CAPTURED


@pytest.mark.parametrize(("method", "most"), [("balance", 5), ("invoice", 10)])
def test_many_charges_at_once_never_take_more_than_there_is(
    database: Database, clara: str, method: str, most: int
) -> None:
    def one(key: str) -> Any:
        return lambda s: charge(s, Charge(key, clara, method, 10_00, "EUR"), START).status

    waiting = [database.writer.submit(one(f"k{n}")) for n in range(16)]
    ended = [done.result() for done in waiting]
    assert ended.count(PaymentStatus.FAILED) == 16 - most


def test_the_same_key_at_once_charges_once(database: Database, clara: str) -> None:
    order = Charge("k", clara, "balance", 10_00, "EUR")
    waiting = [database.writer.submit(lambda s: charge(s, order, START).id) for _ in range(8)]
    assert len({done.result() for done in waiting}) == 1
    assert balance(database) == 40_00


def test_an_unknown_method_and_an_unknown_customer_are_refused(
    database: Database, clara: str
) -> None:
    with pytest.raises(NotFound, match=r"billing\.no_method"):
        pay(database, "shells", 1)
    with pytest.raises(NotFound, match=r"billing\.no_account"):
        pay(database, "balance", 1, customer_id="nobody")


class Till:
    """A provider outside our tables: what it took, by key."""

    def __init__(self) -> None:
        self.taken: dict[str, int] = {}

    def charge(self, session: Session, payment: Payment, at: datetime) -> Outcome:
        self.taken[payment.key] = payment.amount_minor
        return Outcome(PaymentStatus.CAPTURED, f"till-{len(self.taken)}")

    def refund(self, session: Session, payment: Payment, at: datetime) -> None:
        del self.taken[payment.key]


def test_another_company_adds_its_own_method(
    database: Database, clara: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    till: payments.PaymentMethod = (own := Till())
    monkeypatch.setitem(payments.METHODS, "till", till)
    payment = pay(database, "till", 7_00)
    assert (payment.status, payment.provider_reference) == (PaymentStatus.CAPTURED, "till-1")
    assert own.taken == {"k": 7_00}
    database.write_now(refund, payment.id, START)
    assert own.taken == {}


def test_a_provider_outside_is_called_between_two_transactions(
    database: Database, clara: str
) -> None:
    order = Charge("k", clara, "balance", 7_00, "EUR")
    started = database.write_now(start_charge, order, START)
    assert started.status == PaymentStatus.STARTED
    with pytest.raises(Conflict, match=r"billing\.charge_under_way"):
        database.write_now(refund, started.id, START)
    outcomes = [Outcome(PaymentStatus.CAPTURED, "first"), payments.failed("billing.credit_limit")]
    for outcome in outcomes:
        ended = database.write_now(finish_charge, started.id, outcome)
        assert (ended.status, ended.provider_reference) == (PaymentStatus.CAPTURED, "first")
