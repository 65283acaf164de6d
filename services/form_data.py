"""What forms ask of the running system by name: lists to choose from, and computed values.

An option source answers (value, title) pairs, a computed value None while the answers do not say
enough. Both are called on behalf of one account and show nobody else's data.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from sqlmodel import Session

from catalog.forms.regions import region_choices
from ground import clock
from ground.errors import NotFound, Refusal
from ground.messages import format_money, pick, translate
from services import billing, catalog, profiles
from services.amortisation import instalment_minor
from services.proration import When
from store.billing import Plan
from store.catalog import PublishedItem

LOAN = "loan-request"
"""The catalog item that says at which rate we lend."""

Answers = dict[str, Any]
Options = list[tuple[str, str]]
OptionSource = Callable[[Session, str, Answers, str], Options]
Computed = Callable[[Session, str, Answers], dict[str, Any] | int | None]


def chosen(answers: Answers, name: str) -> str:
    """An answer that is a text; pages also show answers that nobody has judged yet."""
    value = answers.get(name)
    return value if isinstance(value, str) else ""


def regions(session: Session, account_id: str, answers: Answers, language: str) -> Options:
    """The regions of the answered `country`, or `address.country`, where addresses name one."""
    address = answers.get("address")
    inner = address if isinstance(address, dict) else {}
    country = chosen(answers, "country") or chosen(inner, "country")
    return list(region_choices(country))


def my_subscriptions(session: Session, account_id: str, answers: Answers, language: str) -> Options:
    """The customer's subscriptions that have not ended, with their present plan and its price."""
    try:
        on = profiles.local_day(session, account_id, clock.now())
    except NotFound:
        return []
    owned = billing.subscriptions(session, account_id, on)
    return [(held.of.id, plan_title(held.present, language)) for held in owned]


def plans_for_subscription(
    session: Session, account_id: str, answers: Answers, language: str
) -> Options:
    """The plans that the answered `subscription` can be upgraded to."""
    try:
        on = profiles.local_day(session, account_id, clock.now())
        held = billing.holding(session, chosen(answers, "subscription"), on, account_id)
    except NotFound:
        # Nothing chosen yet, or not the customer's own, which the subscription's own field says.
        return []
    offered = billing.plans_above(session, held.present)
    return [(plan.id, plan_title(plan, language)) for plan in offered]


def plan_title(plan: Plan, language: str) -> str:
    """A plan with its monthly price."""
    name, price = pick(plan.name, language), format_money(language, plan.price_minor, plan.currency)
    return translate(language, "billing.plan_option", {"plan": name, "price": price})


def plan_upgrade_price(
    session: Session, account_id: str, answers: Answers
) -> dict[str, Any] | None:
    """The price of the answered `subscription`, `plan` and `when` (now, unless it says otherwise).

    An upgrade that is not allowed has no price; `billing.check_upgrade` says why.
    """
    subscription_id, plan_id = chosen(answers, "subscription"), chosen(answers, "plan")
    when = chosen(answers, "when") or When.NOW
    if not (subscription_id and plan_id and when in set(When)):
        return None
    try:
        on = profiles.local_day(session, account_id, clock.now())
        change = billing.check_upgrade(session, account_id, subscription_id, plan_id, on)
    except Refusal:
        return None
    quoted = change.quote(When(when), on)
    return {
        "total_minor": quoted.total_minor,
        "monthly_minor": quoted.monthly_minor,
        "charge_minor": quoted.charge_minor,
        "credit_minor": quoted.credit_minor,
        "currency": quoted.currency,
        "days_remaining": quoted.days_remaining,
        "effective_on": quoted.effective_on.isoformat(),
    }


def loan_instalment(session: Session, account_id: str, answers: Answers) -> int | None:
    """The monthly instalment of the answered `amount` and `term_months`, in minor units.

    At the rate of the published loan; the offer's own is that of the request's version.
    """
    amount, months = answers.get("amount"), answers.get("term_months")
    published = session.get(PublishedItem, LOAN)
    if published is None or not (isinstance(amount, int) and isinstance(months, int)):
        return None
    settings = catalog.version(session, published.hash).item.settings
    try:
        return instalment_minor(amount, Decimal(str(settings["annual_rate"])), months)
    except ValueError:
        return None


OPTION_SOURCES: dict[str, OptionSource] = {
    "my-subscriptions": my_subscriptions,
    "plans-for-subscription": plans_for_subscription,
    "regions": regions,
}
COMPUTED: dict[str, Computed] = {
    "loan-instalment": loan_instalment,
    "plan-upgrade-price": plan_upgrade_price,
}
