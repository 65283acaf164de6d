"""Demo data for the embedded default: people who can sign in, and what they have.

Loading again adds only what is missing.
"""

from datetime import UTC, date, datetime
from typing import Any

from sqlmodel import Session

from ground import clock
from services import assignment, balance, billing, identity, ledger, lending, profiles
from services.addresses import normalise_address
from services.invoices import Line, issue_invoice, settle_invoice
from store.billing import Plan
from store.cases import AgentProfile
from store.profiles import Customer

PLANS: tuple[dict[str, Any], ...] = (
    {
        "id": "fibre-100",
        "family": "fibre",
        "level": 1,
        "name": {"en": "Fibre 100", "es": "Fibra 100", "pt": "Fibra 100"},
        "price_minor": 2490,
        "sold": False,
    },
    {
        "id": "fibre-300",
        "family": "fibre",
        "level": 2,
        "name": {"en": "Fibre 300", "es": "Fibra 300", "pt": "Fibra 300"},
        "price_minor": 2990,
    },
    {
        "id": "fibre-600",
        "family": "fibre",
        "level": 3,
        "name": {"en": "Fibre 600", "es": "Fibra 600", "pt": "Fibra 600"},
        "price_minor": 3990,
    },
    {
        "id": "fibre-1000",
        "family": "fibre",
        "level": 4,
        "name": {"en": "Fibre 1000", "es": "Fibra 1000", "pt": "Fibra 1000"},
        "price_minor": 4990,
    },
    {
        "id": "mobile-10",
        "family": "mobile",
        "level": 1,
        "name": {"en": "Mobile 10 GB", "es": "Móvil 10 GB", "pt": "Móvel 10 GB"},
        "price_minor": 990,
    },
    {
        "id": "mobile-50",
        "family": "mobile",
        "level": 2,
        "name": {"en": "Mobile 50 GB", "es": "Móvil 50 GB", "pt": "Móvel 50 GB"},
        "price_minor": 1590,
    },
)

CUSTOMERS: tuple[dict[str, Any], ...] = (
    {
        "email": "customer@example.com",
        "name": "Clara Romero",
        "phone": "+34600111222",
        "language": "es",
        "zone": "Europe/Madrid",
        "born_on": date(1988, 4, 17),
        "customer_since": date(2021, 3, 15),
        "country": "ES",
    },
    {
        "email": "customer2@example.com",
        "name": "Marcos Silva",
        "phone": "+351910111222",
        "language": "pt",
        "zone": "Europe/Lisbon",
        "born_on": date(1979, 11, 2),
        "customer_since": date(2022, 1, 31),
        "country": "PT",
    },
)

ADDRESSES: dict[str, dict[str, str]] = {
    "customer@example.com": {
        "lines": "Calle de Atocha 27\n3.º B",
        "postal_code": "28012",
        "city": "Madrid",
        "region": "Madrid",
    },
    "customer2@example.com": {
        "lines": "Rua Augusta 100",
        "postal_code": "1100-053",
        "city": "Lisboa",
    },
}

SUBSCRIPTIONS: dict[str, tuple[tuple[str, date], ...]] = {
    "customer@example.com": (
        ("fibre-300", date(2021, 3, 15)),
        ("mobile-10", date(2023, 6, 1)),
    ),
    "customer2@example.com": (("fibre-100", date(2022, 1, 31)),),
}

# The first covers an upgrade; the second does not, so that there is a payment that fails.
BALANCES = {"customer@example.com": 25_00, "customer2@example.com": 10}
CREDIT_LIMIT_MINOR = 100_00
INSTALLATION_MINOR = 19_90
FUNDS_MINOR = 1_000_000_00

LEVELS: dict[str, dict[str, int]] = {
    "agent@example.com": {"billing": 3, "account": 2},
    "agent2@example.com": {"network": 3, "technical": 2},
}


def load(session: Session, password_hash: str) -> None:
    """Load all demo data: the accounts, with this password, and what their holders have."""
    identity.load_demo_accounts(session, password_hash)
    load_customers(session)
    load_agents(session)
    load_funds(session)


def load_agents(session: Session) -> None:
    """Let the agents whose accounts exist take cases, until they have signed in and out again."""
    for email, levels in LEVELS.items():
        account = identity.account_by_email(session, email)
        if account and session.get(AgentProfile, account.id) is None:
            assignment.set_levels(session, account.id, levels)
            assignment.set_presence(session, account.id, True)


def load_funds(session: Session) -> None:
    """Bring in money that may be lent."""
    if ledger.find_account(session, lending.CAPITAL, "EUR") is None:
        lending.provide_funds(session, FUNDS_MINOR, "EUR", "demo/capital", clock.now())


def load_customers(session: Session) -> None:
    """Load the plans, and the customers whose accounts exist."""
    for values in PLANS:
        if session.get(Plan, values["id"]) is None:
            session.add(Plan(currency="EUR", **values))
    session.flush()
    for values in CUSTOMERS:
        account = identity.account_by_email(session, values["email"])
        if account and session.get(Customer, account.id) is None:
            load_customer(session, account.id, values)


def load_customer(session: Session, account_id: str, values: dict[str, Any]) -> None:
    """Load one customer with addresses, balance, subscriptions and an invoice that is paid."""
    email = values["email"]
    since = datetime.combine(values["customer_since"], datetime.min.time(), UTC)
    session.add(Customer(account_id=account_id, **values))
    session.flush()
    home = normalise_address(values["country"], ADDRESSES[email])
    for update in (
        profiles.update_home_address,
        profiles.update_billing_address,
        profiles.update_delivery_address,
    ):
        update(session, account_id, home, since)
    balance.open_account(session, account_id, "EUR", CREDIT_LIMIT_MINOR)
    balance.credit(session, account_id, BALANCES[email], since)
    for plan_id, started_on in SUBSCRIPTIONS[email]:
        billing.subscribe(session, account_id, plan_id, started_on, since)
    line = Line("billing.line_installation", INSTALLATION_MINOR)
    installation = issue_invoice(session, account_id, [line], since, due_days=30)
    settle_invoice(session, installation.invoice_id, "demo/installation", since)
