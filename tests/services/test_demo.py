"""The demo data is complete, true to the rules, and loaded once."""

import pytest
from sqlmodel import Session, SQLModel, func, select

from ground import clock
from ground.errors import Refusal
from ground.messages import languages
from services import balance, billing, demo, identity, profiles
from store.billing import Plan
from store.database import Database


@pytest.fixture
def loaded(database: Database) -> Database:
    """A database with the demo data."""
    database.write_now(demo.load, "a hash")
    return database


def rows(session: Session) -> dict[str, int]:
    """How many rows each table has."""
    return {
        name: session.exec(select(func.count()).select_from(table)).one()
        for name, table in SQLModel.metadata.tables.items()
    }


def account_id(database: Database, email: str) -> str:
    """The id of a demo account."""
    account = database.read_now(identity.account_by_email, email)
    assert account
    return account.id


def test_loading_again_adds_nothing(loaded: Database) -> None:
    before = loaded.read_now(rows)
    loaded.write_now(demo.load, "a hash")
    assert loaded.read_now(rows) == before
    assert before["customer"] == len(demo.CUSTOMERS)


def test_customers_without_an_account_are_left_out(database: Database) -> None:
    database.write_now(demo.load_customers)
    assert database.read_now(rows)["customer"] == 0
    assert database.read_now(rows)["plan"] == len(demo.PLANS)


def test_profiles_agree_with_accounts_and_are_complete(loaded: Database) -> None:
    for values in demo.CUSTOMERS:
        account = loaded.read_now(identity.account_by_email, values["email"])
        assert account
        profile = loaded.read_now(profiles.profile, account.id)
        assert (profile["name"], profile["country"]) == (account.name, account.country)
        assert profile["zone"] == account.zone
        assert profile["address"] == profile["billing_address"] == profile["delivery_address"]
        assert loaded.read_now(balance.balance_minor, account.id) > 0


def test_plans_have_a_name_in_every_language(loaded: Database) -> None:
    for plan in loaded.read_now(lambda session: session.exec(select(Plan)).all()):
        assert set(plan.name) == set(languages())


def test_the_first_customer_can_upgrade_and_the_second_shows_why_not(loaded: Database) -> None:
    first, second = (account_id(loaded, values["email"]) for values in demo.CUSTOMERS)
    for customer_id in (first, second):
        on = loaded.read_now(profiles.local_day, customer_id, clock.now())
        of = loaded.read_now(billing.subscriptions, customer_id)[0]
        wanted = loaded.read_now(billing.plans_for, of.id, on)[0]
        arguments = (customer_id, of.id, wanted.id, on)
        if customer_id == first:
            loaded.read_now(billing.check_upgrade, *arguments)
        else:
            with pytest.raises(Refusal, match=r"billing\.invoice_overdue"):
                loaded.read_now(billing.check_upgrade, *arguments)
