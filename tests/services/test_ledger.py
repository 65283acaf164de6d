"""The ledger balances by its form, posts once, never forgets, and overdraws nothing."""

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel import Session, select

from ground.errors import Conflict, NotFound
from ground.messages import money
from services import ledger
from services.ledger import NotEnough, Transfer
from store.database import Database
from store.ledger import AccountKind, LedgerAccount, LedgerEntry, LedgerPosting

AT = datetime(2026, 3, 23, 9, tzinfo=UTC)


def bank(session: Session, currency: str = "EUR") -> LedgerAccount:
    return ledger.account(session, "bank", currency, AccountKind.ASSET)


def capital(session: Session, currency: str = "EUR") -> LedgerAccount:
    return ledger.account(session, "capital", currency, AccountKind.EQUITY)


def customer(session: Session, owner: str = "clara") -> LedgerAccount:
    return ledger.account(session, "customer", "EUR", AccountKind.LIABILITY, owner_id=owner)


def pay_in(session: Session, key: str, minor: int) -> str:
    return ledger.post(session, key, [Transfer(bank(session), capital(session), minor)], AT).id


def give(session: Session, key: str, minor: int, owner: str = "clara") -> str:
    transfer = Transfer(debit=capital(session), credit=customer(session, owner), amount_minor=minor)
    return ledger.post(session, key, [transfer], AT).id


def balances(session: Session) -> dict[str, int]:
    return {
        f"{each.code}/{each.owner_id}/{each.currency}": each.balance_minor
        for each in session.exec(select(LedgerAccount))
    }


def check_books(session: Session) -> None:
    """What is kept as balances is what the entries come to, and debits equal credits."""
    sides = {"EUR": 0, "GBP": 0}
    for account in session.exec(select(LedgerAccount)):
        assert account.balance_minor == ledger.entries_sum_minor(session, account)
        debits = account.kind in ledger.GROWS_BY_DEBIT
        sides[account.currency] += account.balance_minor if debits else -account.balance_minor
    assert set(sides.values()) == {0}


def test_a_balance_is_positive_where_its_kind_of_account_grows(database: Database) -> None:
    database.write_now(pay_in, "first", 500_00)
    database.write_now(give, "second", 20_00)
    assert database.read_now(balances) == {
        "bank//EUR": 500_00,
        "capital//EUR": 480_00,
        "customer/clara/EUR": 20_00,
    }
    assert database.read_now(ledger.balance_minor, "customer", "EUR", "clara") == 20_00
    assert database.read_now(ledger.balance_minor, "customer", "EUR", "nobody") == 0
    database.read_now(check_books)


def test_currencies_and_owners_have_accounts_of_their_own(database: Database) -> None:
    def open_twice(session: Session) -> list[str]:
        return [bank(session).id, bank(session).id, bank(session, "GBP").id]

    first, second, pounds = database.write_now(open_twice)
    assert first == second != pounds


def test_a_key_posts_once(database: Database) -> None:
    database.write_now(pay_in, "first", 500_00)
    with pytest.raises(Conflict) as refusal:
        database.write_now(pay_in, "first", 500_00)
    assert (refusal.value.key, refusal.value.params) == (
        "ledger.posted_before",
        {"posting": "first"},
    )
    assert database.read_now(ledger.balance_minor, "bank", "EUR") == 500_00


def test_no_account_falls_below_zero_and_the_refusal_changes_nothing(database: Database) -> None:
    def two_steps(session: Session) -> None:
        transfers = [
            Transfer(bank(session), capital(session), 10),
            Transfer(customer(session), bank(session), 11),
        ]
        ledger.post(session, "second", transfers, AT)

    with pytest.raises(NotEnough) as refusal:
        database.write_now(two_steps)
    assert refusal.value.params["missing"] == money(1, "EUR")
    assert database.read_now(balances) == {}

    def allowed(session: Session) -> None:
        suspense = ledger.account(session, "suspense", "EUR", AccountKind.ASSET, overdraft=True)
        ledger.post(session, "third", [Transfer(bank(session), suspense, 5)], AT)

    database.write_now(allowed)
    assert database.read_now(ledger.balance_minor, "suspense", "EUR") == -5


@pytest.mark.parametrize("minor", [0, -1])
def test_a_transfer_moves_a_positive_amount(database: Database, minor: int) -> None:
    with pytest.raises(ValueError, match="is none"):
        database.write_now(pay_in, "first", minor)


def test_a_transfer_is_between_two_accounts_of_one_currency(database: Database) -> None:
    def post(session: Session, *transfers: Transfer) -> None:
        ledger.post(session, "first", transfers, AT)

    def accounts(session: Session) -> tuple[LedgerAccount, LedgerAccount]:
        return bank(session), capital(session, "GBP")

    euros, pounds = database.write_now(accounts)
    with pytest.raises(ValueError, match="at once"):
        database.write_now(post, Transfer(euros, euros, 1))
    with pytest.raises(ValueError, match="no transfer from GBP to EUR"):
        database.write_now(post, Transfer(euros, pounds, 1))
    with pytest.raises(ValueError, match="at least one"):
        database.write_now(post)


def test_a_reversal_mirrors_its_posting_once(database: Database) -> None:
    database.write_now(pay_in, "first", 500_00)
    gift = database.write_now(give, "second", 20_00)
    reversal = database.write_now(ledger.reverse, gift, AT)
    assert (reversal.key, reversal.reverses_id) == ("second/reversed", gift)
    assert database.write_now(ledger.reverse, gift, AT).id == reversal.id
    assert database.read_now(ledger.balance_minor, "customer", "EUR", "clara") == 0
    assert database.read_now(ledger.balance_minor, "capital", "EUR") == 500_00
    database.read_now(check_books)
    with pytest.raises(Conflict, match="reversal_final"):
        database.write_now(ledger.reverse, reversal.id, AT)
    with pytest.raises(NotFound):
        database.write_now(ledger.reverse, "nothing", AT)


def test_what_has_been_spent_cannot_be_reversed(database: Database) -> None:
    database.write_now(pay_in, "first", 500_00)
    gift = database.write_now(give, "second", 20_00)

    def spend(session: Session) -> None:
        ledger.post(session, "third", [Transfer(customer(session), bank(session), 1)], AT)

    database.write_now(spend)
    with pytest.raises(NotEnough):
        database.write_now(ledger.reverse, gift, AT)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE ledger_entry SET amount_minor = 1",
        "DELETE FROM ledger_entry",
        "UPDATE ledger_posting SET at = at",
        "DELETE FROM ledger_posting",
    ],
)
def test_the_database_itself_refuses_to_change_what_was_posted(
    database: Database, change: str
) -> None:
    database.write_now(pay_in, "first", 500_00)
    with pytest.raises(DBAPIError, match="append-only"):
        database.write_now(lambda session: session.execute(text(change)))
    database.read_now(check_books)


@pytest.mark.parametrize("wrong", ["no amount", "one account", "another currency"])
def test_the_database_itself_refuses_an_entry_that_does_not_balance(
    database: Database, wrong: str
) -> None:
    posting = database.write_now(pay_in, "first", 500_00)

    def write(session: Session) -> None:
        debit, credit = bank(session), capital(session)
        entry = LedgerEntry(
            posting_id=posting,
            number=2,
            debit_id=debit.id,
            credit_id=debit.id if wrong == "one account" else credit.id,
            amount_minor=0 if wrong == "no amount" else 1,
            currency="GBP" if wrong == "another currency" else "EUR",
        )
        session.add(entry)
        session.flush()

    with pytest.raises(IntegrityError):
        database.write_now(write)


def test_writers_at_once_neither_overdraw_nor_lose_a_posting(database: Database) -> None:
    database.write_now(pay_in, "first", 1_00)

    def give_ten(number: int) -> bool:
        try:
            database.write_now(give, f"gift/{number}", 10, f"owner{number % 3}")
        except NotEnough:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        given = list(threads.map(give_ten, range(24)))
    assert given.count(True) == 10
    assert database.read_now(ledger.balance_minor, "capital", "EUR") == 0
    database.read_now(check_books)


@pytest.mark.parametrize("seed", range(3))
def test_the_books_balance_after_any_course_of_events(database: Database, seed: int) -> None:
    chance = random.Random(seed)
    postings: list[str] = []
    for number in range(60):
        try:
            if postings and chance.random() < 0.3:
                database.write_now(ledger.reverse, chance.choice(postings), AT)
            elif chance.random() < 0.5:
                postings.append(database.write_now(pay_in, f"in/{number}", chance.randint(1, 50)))
            else:
                owner = chance.choice(["clara", "marcos"])
                minor = chance.randint(1, 60)
                postings.append(database.write_now(give, f"out/{number}", minor, owner))
        except NotEnough:
            continue
    database.read_now(check_books)
    assert len(database.read_now(lambda s: s.exec(select(LedgerPosting)).all())) > 30
