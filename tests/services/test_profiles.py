"""Customers' profiles: changes, their checks, their undoing."""

import random
from datetime import UTC, date, datetime

import pytest
from sqlmodel import Session, select

from ground.errors import Invalid, NotFound
from services import profiles
from services.addresses import normalise_address
from services.profiles import AddressUpdate
from store.database import Database
from store.profiles import Address, AddressUse
from tests.services.customers import ABROAD, HOME, NEW_HOME, START, add_customer, days_later

OLD = normalise_address("ES", HOME)
NEW = normalise_address("ES", NEW_HOME)
LISBON = normalise_address("PT", ABROAD)


@pytest.fixture
def clara(database: Database) -> str:
    """A customer who has lived in Madrid for a long time."""
    account_id = database.write_now(add_customer)
    for update in (profiles.update_home_address, profiles.update_billing_address):
        database.write_now(update, account_id, OLD, days_later(-900))
    return account_id


def city(database: Database, use: AddressUse = AddressUse.HOME) -> str | None:
    """The city of the current address."""
    found = database.read_now(profiles.current_address, "clara", use)
    return found.city if found else None


def test_the_profile_fills_forms(database: Database, clara: str) -> None:
    values = database.read_now(profiles.profile, clara)
    assert values["email"] == "clara@example.com"
    assert values["customer_since"] == "2021-03-15"
    assert values["address"] == {
        "country": "ES",
        "lines": ["Calle Mayor 5"],
        "district": "",
        "city": "Madrid",
        "region": "M",
        "postal_code": "28013",
    }
    assert values["billing_address"] == values["address"]
    assert "delivery_address" not in values


def test_an_account_without_a_customer_has_no_profile(database: Database) -> None:
    assert database.read_now(profiles.profile, "nobody") == {}
    with pytest.raises(NotFound, match=r"profiles\.no_customer"):
        database.read_now(profiles.customer, "nobody")


def test_a_customers_day_is_that_of_their_zone(database: Database, clara: str) -> None:
    late = datetime(2025, 3, 10, 23, 30, tzinfo=UTC)
    assert database.read_now(profiles.local_day, clara, late) == date(2025, 3, 11)


@pytest.mark.parametrize(
    ("country", "parts", "abroad", "unchanged"),
    [("ES", NEW_HOME, False, False), ("PT", ABROAD, True, False), ("ES", HOME, False, True)],
)
def test_a_move_abroad_asks_for_an_identity_check(
    database: Database,
    clara: str,
    country: str,
    parts: dict[str, str],
    abroad: bool,
    unchanged: bool,
) -> None:
    check = database.read_now(profiles.assess_address_change, clara, country, parts, START, 30)
    assert (check.abroad, check.identity_check_needed) == (abroad, abroad)
    assert check.unchanged == unchanged


def test_abroad_means_not_where_the_customer_lives_now(database: Database, clara: str) -> None:
    database.write_now(profiles.update_home_address, clara, LISBON, days_later(-100))
    back = database.read_now(profiles.assess_address_change, clara, "ES", HOME, START, 30)
    within = database.read_now(
        profiles.assess_address_change, clara, "PT", ABROAD | {"lines": "Rua 2"}, START, 30
    )
    assert (back.abroad, within.abroad) == (True, False)


@pytest.mark.parametrize(("days_ago", "second"), [(29.9, True), (30, False), (31, False)])
def test_a_second_change_within_the_days_asks_for_an_identity_check(
    database: Database, clara: str, days_ago: float, second: bool
) -> None:
    database.write_now(profiles.update_home_address, clara, NEW, days_later(-days_ago))
    check = database.read_now(profiles.assess_address_change, clara, "ES", HOME, START, 30)
    assert check.second_change == check.identity_check_needed == second


def test_neither_a_first_address_nor_another_use_nor_an_undone_change_counts_as_a_change(
    database: Database, clara: str
) -> None:
    newcomer = database.write_now(add_customer, "newcomer")
    database.write_now(profiles.update_home_address, newcomer, OLD, days_later(-1))
    database.write_now(profiles.update_billing_address, clara, NEW, days_later(-1))
    undone = database.write_now(profiles.update_home_address, clara, NEW, days_later(-1))
    database.write_now(profiles.restore_address, undone, START)
    for customer_id in (newcomer, clara):
        check = database.read_now(
            profiles.assess_address_change, customer_id, "ES", NEW_HOME, START, 30
        )
        assert not check.second_change


def test_a_wrong_address_is_refused_field_by_field(database: Database, clara: str) -> None:
    wrong = HOME | {"postal_code": "08001"}
    with pytest.raises(Invalid) as caught:
        database.read_now(profiles.assess_address_change, clara, "ES", wrong, START, 30)
    assert [field.pointer for field in caught.value.fields] == ["/postal_code"]


def test_each_use_has_its_own_address_and_the_old_one_is_kept(
    database: Database, clara: str
) -> None:
    database.write_now(profiles.update_home_address, clara, NEW, START)
    assert city(database) == "Bilbao"
    assert city(database, AddressUse.BILLING) == "Madrid"
    assert city(database, AddressUse.DELIVERY) is None

    history = database.read_now(home_history)
    assert [(row.city, row.valid_until) for row in history] == [("Madrid", START), ("Bilbao", None)]


def home_history(session: Session) -> list[Address]:
    """Every home address the customer ever had, in order."""
    rows = session.exec(select(Address).where(Address.use == AddressUse.HOME))
    return sorted(rows, key=lambda row: row.valid_from)


def test_an_update_to_the_present_address_changes_nothing_and_neither_does_its_undo(
    database: Database, clara: str
) -> None:
    update = database.write_now(profiles.update_home_address, clara, OLD, START)
    assert not update.changed
    database.write_now(profiles.restore_address, update, START)
    assert city(database) == "Madrid"
    assert len(database.read_now(home_history)) == 1


def test_an_undone_change_restores_what_was_before_and_twice_is_once(
    database: Database, clara: str
) -> None:
    update = database.write_now(profiles.update_home_address, clara, NEW, START)
    for hours in (1, 2):
        database.write_now(profiles.restore_address, update, days_later(hours / 24))
    assert city(database) == "Madrid"
    [_, undone] = database.read_now(home_history)
    assert undone.undone_at == undone.valid_until == days_later(1 / 24)


def test_undoing_a_first_address_leaves_none(database: Database, clara: str) -> None:
    update = database.write_now(profiles.update_delivery_address, clara, NEW, START)
    database.write_now(profiles.restore_address, update, START)
    assert city(database, AddressUse.DELIVERY) is None


@pytest.mark.parametrize("seed", range(6))
def test_undoing_in_any_order_leaves_the_last_change_that_stands(
    database: Database, clara: str, seed: int
) -> None:
    chance = random.Random(seed)
    made: list[AddressUpdate] = []
    standing: list[tuple[AddressUpdate | None, str]] = [(None, "Madrid")]
    for step in range(14):
        at = days_later(step)
        if made and chance.random() < 0.45:
            update = chance.choice(made)
            database.write_now(profiles.restore_address, update, at)
            standing = [(of, name) for of, name in standing if of is None or of != update]
        else:
            address = normalise_address("ES", NEW_HOME | {"city": f"Bilbao {step}"})
            update = database.write_now(profiles.update_home_address, clara, address, at)
            made.append(update)
            standing.append((update, address.city))
        assert city(database) == standing[-1][1]


def test_the_contact_changes_and_both_sides_can_be_told(database: Database, clara: str) -> None:
    changes = database.write_now(
        profiles.update_contact, clara, " New@Example.com ", "+34 (611) 222-333", START
    )
    old, new = database.read_now(profiles.contacts_around, clara, changes)
    assert old == {"email": "clara@example.com", "phone": "+34600111222"}
    assert new == {"email": "New@example.com", "phone": "+34611222333"}


def test_a_contact_that_stays_the_same_is_no_change(database: Database, clara: str) -> None:
    changes = database.write_now(profiles.update_contact, clara, "clara@example.com", None, START)
    old, new = database.read_now(profiles.contacts_around, clara, changes)
    assert changes == ()
    assert old == new


@pytest.mark.parametrize("seed", range(4))
def test_contact_changes_are_undone_in_any_order(database: Database, clara: str, seed: int) -> None:
    chance = random.Random(seed)
    standing: list[tuple[tuple[str, ...], dict[str, str]]] = [
        ((), database.read_now(profiles.contact, clara))
    ]
    for step in range(12):
        if len(standing) > 1 and chance.random() < 0.45:
            undone = standing.pop(chance.randrange(1, len(standing)))
            for _ in range(2):
                database.write_now(profiles.restore_contact, undone[0], days_later(step))
        else:
            kind = chance.choice(["email", "phone"])
            value = f"c{step}@example.com" if kind == "email" else f"+3460000{step:04}"
            both = {"email": None, "phone": None, kind: value}
            changes = database.write_now(
                profiles.update_contact, clara, both["email"], both["phone"], days_later(step)
            )
            standing.append((changes, {kind: value}))
        expected: dict[str, str] = {}
        for _, values in standing:
            expected |= values
        assert database.read_now(profiles.contact, clara) == expected


@pytest.mark.parametrize("email", ["", "clara", "clara@", "a b@example.com", "clara@example"])
def test_an_incomplete_email_address_is_refused(database: Database, clara: str, email: str) -> None:
    with pytest.raises(Invalid) as caught:
        database.write_now(profiles.update_contact, clara, email, "12", START)
    assert [field.key for field in caught.value.fields] == [
        "profiles.email_invalid",
        "profiles.phone_invalid",
    ]
    assert database.read_now(profiles.contact, clara)["email"] == "clara@example.com"
