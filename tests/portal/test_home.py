"""The first page: what waits comes first, then what moves, then what one may want."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from ground import clock
from services import (
    access,
    catalog,
    delegations,
    drafts,
    favourites,
    popularity,
    requests,
    timeline,
)
from store.database import Database
from store.delegations import Scope
from store.identity import Account
from store.requests import Request, StageState, Status
from store.tasks import Audience
from tests.people import People
from tests.portal.scenes import asked, moved, submitted
from tests.portal.visitor import Element, Visitor
from tests.queries import queries_of

Visit = Callable[..., Visitor]
MOST_QUERIES = 16
"""However much there is to show."""


def headings(visitor: Visitor) -> list[str]:
    return [one.text for one in visitor.page.one("main").all("h2")]


def section(visitor: Visitor, id: str) -> Element:
    found = visitor.page.one("h2", id=id).within("section")
    assert found
    return found


def begin(session: Any, viewer: access.Viewer, item: str) -> None:
    """Keep a draft."""
    version = catalog.published(session, item, viewer)
    drafts.save(session, viewer, drafts.of_item(item), version.hash, {})


@pytest.fixture
def loan(database: Database, people: People) -> Request:
    """A loan request that asks its customer for documents."""
    loan = database.write_now(submitted, people["customer"])
    database.write_now(moved, loan.id, "received", StageState.DONE)
    database.write_now(moved, loan.id, "documents", StageState.WAITING_CUSTOMER)
    database.write_now(asked, loan.id, "loan-documents", Audience.CUSTOMER)
    return loan


# Customers


def test_what_waits_comes_first_then_what_moves_then_what_one_may_want(
    visitor: Visit, database: Database, people: People, loan: Request
) -> None:
    me = people["customer"]
    database.write_now(submitted, me, "address-change", 0)
    database.write_now(begin, me, "plan-upgrade")
    database.write_now(favourites.add, me, "replace-card")
    home = visitor("customer").go("/")
    assert headings(home) == [
        "Waiting for you",
        "Under way",
        "You have begun",
        "Favourites",
        "Used lately",
    ]
    ask = section(home, "asks").one("a")
    assert ask.get("href").startswith(f"/requests/{loan.reference}#task-")
    assert home.go(ask.get("href").partition("#")[0]).status == 200
    assert home.page.all(id=ask.get("href").partition("#")[2])


def test_what_is_due_first_stands_first_and_lateness_is_said(
    visitor: Visit, database: Database, people: People, loan: Request
) -> None:
    late = database.write_now(submitted, people["customer"], "case-routing", 0)
    yesterday = clock.now() - timedelta(days=1)
    database.write_now(asked, late.id, "case-answer", Audience.CUSTOMER, due_at=yesterday)
    lines = section(visitor("customer").go("/"), "asks").all("li")
    assert [late.reference in lines[0].text, loan.reference in lines[1].text] == [True, True]
    assert "overdue since" in lines[0].text
    assert "overdue" not in lines[1].text


def test_what_waits_for_those_one_acts_for_says_whose_it_is(
    visitor: Visit, database: Database, people: People, loan: Request
) -> None:
    """A loan has to be asked for in person, so whoever acts for its customer is not sent there."""
    trusting = people["customer"]
    made = database.write_now(submitted, trusting, "case-routing", 0)
    database.write_now(asked, made.id, "case-answer", Audience.CUSTOMER)
    assert made.reference not in visitor("customer2").go("/").text
    database.write_now(delegations.give, trusting, "customer2@example.com", Scope.ACT)
    (line,) = section(visitor("customer2").go("/"), "asks").all("li")
    assert f"For {trusting.name}" in line.text
    assert line.one("a").get("href").startswith(f"/requests/{made.reference}#task-")
    (whose,) = section(visitor("customer2").go("/"), "trusting").all("a")
    assert whose.get("href") == f"/for/{trusting.account_id}"
    needs = visitor("customer2").go("/requests?show=needs-you").text
    assert [made.reference in needs, loan.reference in needs] == [True, False]
    database.write_now(requests.write_message, people["agent"], loan.id, "We are at it")
    assert "We wrote you" not in visitor("customer2").go("/notifications").text
    own = section(visitor("customer").go("/"), "asks")
    assert len(own.all("li")) == 2
    assert f"For {trusting.name}" not in own.text


def test_a_request_that_moves_says_how_far_it_is_and_when_it_will_be_done(
    visitor: Visit, database: Database, people: People
) -> None:
    made = database.write_now(submitted, people["customer"], "address-change", 0)
    database.write_now(moved, made.id, "received", StageState.IN_PROGRESS)
    text = section(visitor("customer").go("/"), "moving").text
    assert "Change of address" in text
    assert "Received" in text
    assert "Step 1 of " in text
    assert "This usually takes until" in text


def test_what_has_ended_is_not_under_way(
    visitor: Visit, database: Database, people: People
) -> None:
    made = database.write_now(submitted, people["customer"], "address-change", 0)

    def finish(session: Any) -> None:
        request = timeline.locked(session, made.id)
        requests.close(session, request, Status.COMPLETED, clock.now())

    database.write_now(finish)
    home = visitor("customer").go("/")
    assert "Nothing waits for you, and nothing is under way." in home.text
    assert headings(home) == ["Used lately"]


def test_what_others_have_is_not_on_ones_home(visitor: Visit, loan: Request) -> None:
    assert loan.reference not in visitor("customer2").go("/").text


def test_whoever_has_never_asked_is_shown_how(visitor: Visit) -> None:
    newcomer = visitor("customer").go("/")
    steps = section(newcomer, "first").one("ol").all("h3")
    assert [step.text for step in steps] == ["Find it", "Fill it in", "Follow it"]
    items = [one.text for one in section(newcomer, "first").all("a")]
    assert "Change of address" in items
    newcomer.follow("Change of address")
    assert newcomer.address == "/catalog/address-change"


def test_a_draft_is_enough_not_to_be_new(
    visitor: Visit, database: Database, people: People
) -> None:
    database.write_now(begin, people["customer"], "plan-upgrade")
    home = visitor("customer").go("/")
    assert headings(home) == ["You have begun"]
    home.follow("Upgrade of your plan")
    assert home.address == "/catalog/plan-upgrade/form/plan"


@pytest.mark.parametrize(
    ("language", "words"), [("es", "¿Qué necesita?"), ("pt", "De que precisa?")]
)
def test_it_speaks_the_readers_language(visitor: Visit, language: str, words: str) -> None:
    home = visitor("customer", language).go("/")
    home.send(form=home.page.one("form", action="/language"), press=language)
    assert words in home.go("/").text


def test_the_search_on_it_leads_to_the_catalog(visitor: Visit) -> None:
    form = visitor("customer").go("/").form(role="search")
    assert (form.get("action"), form.get("method")) == ("/catalog", "get")
    assert form.one("input", name="q").get("type") == "search"


# Staff


def test_staff_begin_with_their_tasks(
    visitor: Visit, database: Database, people: People, loan: Request
) -> None:
    mine = database.write_now(asked, loan.id, "approval", Audience.STAFF, "loan-officers")
    free = database.write_now(asked, loan.id, "approval", Audience.STAFF, "loan-officers")

    def claim(session: Any) -> None:
        session.get(type(mine), mine.id).assignee_id = people["agent"].account_id

    database.write_now(claim)
    home = visitor("agent").go("/")
    assert headings(home)[:2] == ["Your tasks", "Nobody has taken these yet"]
    assert [a.get("href") for a in section(home, "own").all("a")] == [f"/tasks/{mine.id}"]
    assert [a.get("href") for a in section(home, "shared").all("a")] == [f"/tasks/{free.id}"]
    assert "Your first request" not in home.text


def test_staff_without_work_are_told_so(visitor: Visit) -> None:
    home = visitor("agent").go("/")
    assert "No task waits for you or your groups." in home.text


def test_work_of_other_groups_is_not_on_ones_home(
    visitor: Visit, database: Database, loan: Request
) -> None:
    database.write_now(asked, loan.id, "approval", Audience.STAFF, "somebody-else")
    assert "No task waits for you or your groups." in visitor("agent").go("/").text


# What costs


def test_a_full_home_asks_the_database_little(
    visitor: Visit, database: Database, people: People, loan: Request
) -> None:
    me = people["customer"]
    few = counted(visitor, database)
    for item in ("address-change", "replace-card", "complain", "close-account", "raise-limit"):
        database.write_now(submitted, me, item, 0)
        database.write_now(favourites.add, me, item)
        database.write_now(begin, me, item)
    many = counted(visitor, database)
    assert few <= many <= MOST_QUERIES


def counted(visitor: Visit, database: Database) -> int:
    """How many questions the page puts to the database."""
    customer = visitor("customer").go("/")
    with queries_of(database) as found:
        assert customer.go("/").status == 200
    return len(found)


# Popular


def test_what_many_request_is_popular_and_nobody_can_be_guessed_from_it(
    visitor: Visit, database: Database, people: People
) -> None:
    def crowd(session: Any, item: str, size: int) -> None:
        for number in range(size):
            id = f"{item}-{number}"
            account = Account(
                id=id,
                email=f"{id}@example.com",
                name="One of many",
                role="customer",
                country="ES",
                created_at=clock.now(),
            )
            session.add(account)
            session.flush()
            viewer = people["customer"].__class__(
                **{**vars(people["customer"]), "account_id": id, "email": account.email}
            )
            submitted(session, viewer, item, 0)

    database.write_now(crowd, "complain", popularity.ENOUGH_PEOPLE)
    database.write_now(crowd, "suggest-improvement", popularity.ENOUGH_PEOPLE - 1)
    listed = visitor("customer").go("/catalog?only=popular")
    assert [one.text for one in listed.page.one("ul", class_="items").all("b")] == ["Complaint"]
    assert "Complaint" in section(visitor("customer").go("/"), "first").text
    assert "Nothing stands out yet" in visitor("agent").go("/catalog?only=popular").text
