"""What the reader has been told."""

from collections.abc import Callable

from ground import clock
from services import notifications
from store.database import Database
from tests.people import People
from tests.portal.scenes import submitted
from tests.portal.visitor import Visitor

Visit = Callable[..., Visitor]


def tell(database: Database, people: People, count: int = 1) -> str:
    """Tell the customer something about a request; returns its reference."""
    loan = database.write_now(submitted, people["customer"])
    for _ in range(count):
        database.write_now(
            notifications.notify,
            people["customer"].account_id,
            "requests.submitted",
            {"reference": loan.reference},
            loan.id,
            clock.now(),
        )
    return loan.reference


def test_news_are_counted_and_read_by_opening_them(
    visitor: Visit, database: Database, people: People
) -> None:
    reference = tell(database, people, 2)
    customer = visitor("customer").go("/catalog")
    assert "2 unread" in customer.page.one("nav", class_="tabs").text
    customer.go("/notifications")
    assert customer.text.count(f"We have received your request {reference}.") == 2
    first = customer.page.one("ul", class_="rows").all("form")[0]
    customer.send(form=first)
    assert reference in customer.text
    assert "1 unread" in customer.page.one("nav", class_="tabs").text


def test_reading_the_list_changes_nothing(
    visitor: Visit, database: Database, people: People
) -> None:
    tell(database, people)
    customer = visitor("customer").go("/notifications").go("/notifications")
    assert "1 unread" in customer.page.one("nav", class_="tabs").text


def test_all_are_marked_as_read_at_once(visitor: Visit, database: Database, people: People) -> None:
    tell(database, people, 3)
    customer = visitor("customer").go("/notifications").send(press="Mark all as read")
    assert "unread" not in customer.page.one("nav", class_="tabs").text
    assert "Mark all as read" not in customer.text


def test_an_empty_list_says_what_it_is_for(visitor: Visit) -> None:
    assert "we tell you here" in visitor("customer").go("/notifications").text


def test_a_long_list_has_pages(visitor: Visit, database: Database, people: People) -> None:
    tell(database, people, 30)
    customer = visitor("customer").go("/notifications")
    assert len(customer.page.one("ul", class_="rows").all("li")) == 25
    customer.follow("Next page")
    assert len(customer.page.one("ul", class_="rows").all("li")) == 5
