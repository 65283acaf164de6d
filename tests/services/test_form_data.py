"""What forms are told: choices and prices, for the customer who asks and nobody else."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from ground import clock
from services import billing, publishing
from services.form_data import COMPUTED, OPTION_SOURCES
from services.proration import When
from store.database import Database
from tests.catalog.workshop import ITEM, Workshop
from tests.services.customers import START, TODAY, add_customer, add_subscriber


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    def still() -> datetime:
        return START

    monkeypatch.setattr(clock, "now", still)


@pytest.fixture
def subscription(database: Database) -> str:
    """Clara's small plan."""
    return database.write_now(add_subscriber)


def options(
    database: Database, name: str, language: str = "en", who: str = "clara", **answers: Any
) -> list[tuple[str, str]]:
    """The choices of an option source."""
    return database.read_now(OPTION_SOURCES[name], who, answers, language)


def price(database: Database, who: str = "clara", **answers: Any) -> Any:
    """The computed price of an upgrade."""
    return database.read_now(COMPUTED["plan-upgrade-price"], who, answers)


def test_my_subscriptions_are_mine_with_plan_and_price_in_my_language(
    database: Database, subscription: str
) -> None:
    database.write_now(add_subscriber, "marcos")
    listed = {lang: options(database, "my-subscriptions", lang) for lang in ("en", "es")}
    assert listed["en"] == [(subscription, "Small, €20.00 a month")]
    assert listed["es"] == [(subscription, "small (es), 20,00\xa0€ al mes")]


def test_somebody_who_is_no_customer_has_nothing_to_choose(
    database: Database, subscription: str
) -> None:
    assert options(database, "my-subscriptions", who="agent") == []
    assert options(database, "plans-for-subscription", who="agent", subscription=subscription) == []
    assert price(database, "agent", subscription=subscription, plan="medium") is None


def test_the_plans_are_those_of_the_answered_subscription(
    database: Database, subscription: str
) -> None:
    offered = options(database, "plans-for-subscription", subscription=subscription)
    assert offered == [
        ("medium", "Medium, €30.00 a month"),
        ("large", "Large, €45.00 a month"),
    ]


@pytest.mark.parametrize("answer", [None, "", "unknown", 7, ["x"], {}])
def test_without_a_subscription_of_ones_own_there_is_no_plan_and_no_price(
    database: Database, subscription: str, answer: Any
) -> None:
    assert options(database, "plans-for-subscription", subscription=answer) == []
    assert price(database, subscription=answer, plan="medium") is None


def test_another_customers_subscription_offers_nothing(
    database: Database, subscription: str
) -> None:
    database.write_now(add_customer, "marcos")
    answers = {"subscription": subscription, "plan": "medium"}
    assert options(database, "plans-for-subscription", who="marcos", **answers) == []
    assert price(database, "marcos", **answers) is None


def test_the_price_is_that_of_the_quote(database: Database, subscription: str) -> None:
    assert price(database, subscription=subscription, plan="medium") == {
        "total_minor": 6_77,
        "monthly_minor": 30_00,
        "charge_minor": 20_32,
        "credit_minor": 13_55,
        "currency": "EUR",
        "days_remaining": 21,
        "effective_on": "2025-03-10",
    }


def test_at_the_next_cycle_nothing_is_due_now(database: Database, subscription: str) -> None:
    answered = price(database, subscription=subscription, plan="medium", when="next-cycle")
    assert (answered["total_minor"], answered["effective_on"]) == (0, "2025-03-31")


@pytest.mark.parametrize(
    "answers", [{}, {"plan": "small"}, {"plan": "unknown"}, {"plan": "medium", "when": "never"}]
)
def test_what_cannot_be_bought_has_no_price(
    database: Database, subscription: str, answers: dict[str, str]
) -> None:
    assert price(database, subscription=subscription, **answers) is None


def test_nothing_is_priced_while_a_change_is_agreed(database: Database, subscription: str) -> None:
    database.write_now(billing.switch_plan, subscription, "medium", When.NEXT_CYCLE, TODAY, START)
    assert price(database, subscription=subscription, plan="large") is None


@pytest.mark.parametrize("answers", [{"country": "ES"}, {"address": {"country": "ES"}}])
def test_regions_are_those_of_the_answered_country_sorted_without_accents(
    database: Database, answers: dict[str, Any]
) -> None:
    names = [name for _, name in options(database, "regions", **answers)]
    assert len(names) == 52
    assert names.index("Ávila") == names.index("Badajoz") - 1
    assert ("M", "Madrid") in options(database, "regions", **answers)


@pytest.mark.parametrize("answers", [{}, {"country": "PT"}, {"country": "XX"}, {"country": 3}])
def test_a_country_without_regions_offers_none(database: Database, answers: dict[str, Any]) -> None:
    assert options(database, "regions", **answers) == []


def test_a_loan_shows_its_instalment_at_the_published_rate(
    database: Database, tmp_path: Path
) -> None:
    amount = {"amount": 10_000_00, "term_months": 12}
    compute = COMPUTED["loan-instalment"]
    assert database.read_now(compute, "clara", amount) is None
    for rate, instalment in (("0.06", 860_66), ("0", 833_33)):
        publish_loan(database, tmp_path / rate, rate)
        assert database.read_now(compute, "clara", amount) == instalment
    for unclear in ({}, {"amount": 10_000_00}, {"term_months": 12}, amount | {"amount": 0}):
        assert database.read_now(compute, "clara", unclear) is None


def publish_loan(database: Database, folder: Path, rate: str) -> None:
    """An item for loans at this rate, brought into the catalog."""
    workshop = Workshop(folder)
    settings = f'settings:\n  annual_rate: "{rate}"\n'
    loan = ITEM.replace("id: tea", "id: loan-request").replace("brew\n", "anything\n")
    workshop.write("loan-request.yaml", loan.replace("settings:\n", settings))
    database.write_now(publishing.refresh, workshop.defs, workshop.forms, workshop.registry)
