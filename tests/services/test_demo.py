"""The demo data is complete, true to the rules, and loaded once."""

from datetime import timedelta

import pytest
from sqlmodel import Session, SQLModel, func, select

from ground import clock
from ground.messages import languages
from services import balance, billing, demo, identity, lending, profiles
from services.proration import When
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


def test_there_is_money_to_lend(loaded: Database) -> None:
    assert loaded.read_now(lending.available_minor, "EUR") == demo.FUNDS_MINOR


def test_plans_have_a_name_in_every_language(loaded: Database) -> None:
    for plan in loaded.read_now(lambda session: session.exec(select(Plan)).all()):
        assert set(plan.name) == set(languages())


def test_both_may_upgrade_but_only_the_first_can_pay_it_from_the_balance(loaded: Database) -> None:
    for values in demo.CUSTOMERS:
        customer_id = account_id(loaded, values["email"])
        today = loaded.read_now(profiles.local_day, customer_id, clock.now())
        has = loaded.read_now(billing.subscriptions, customer_id, today)[0]
        of, plans = has.of, loaded.read_now(billing.plans_above, has.present)
        nearest, *_ = plans
        loaded.read_now(billing.check_upgrade, customer_id, of.id, nearest.id, today)
        held = loaded.read_now(balance.balance_minor, customer_id)
        prices = [
            loaded.read_now(billing.quote, of.id, plan.id, When.NOW, today + timedelta(day))
            for day in range(31)
            for plan in plans
        ]
        covered = {price.total_minor <= held for price in prices}
        assert covered == {values["email"] == "customer@example.com"}
