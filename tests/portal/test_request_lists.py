"""The lists of requests: tabs, words, filters and order in the address, and lists of others."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlmodel import Session

from ground import clock
from portal.visits import HOME
from services import delegations, drafts, requests, timeline
from store.database import Database
from store.delegations import Scope
from store.requests import Request, Status
from store.tasks import Audience
from tests.people import People
from tests.portal.scenes import asked, submitted
from tests.portal.visitor import Visitor

Visit = Callable[..., Visitor]


@pytest.fixture
def loan(database: Database, people: People) -> Request:
    """A loan request of the customer that has just been submitted."""
    return database.write_now(submitted, people["customer"])


def rows(visitor: Visitor) -> list[str]:
    """The references in the list."""
    lists = visitor.page.one("main").all("ul", class_="rows")
    return [one.get("href").rpartition("/")[2] for each in lists for one in each.all("a")]


def tabs(visitor: Visitor) -> dict[str, str]:
    """The counts of the tabs by their names; empty where none is shown."""
    links = visitor.page.one("nav", class_="chips").all("a")
    counts = ["".join(n.text for n in one.all("span", class_="number")) for one in links]
    return {one.text.removesuffix(n).strip(): n for one, n in zip(links, counts, strict=True)}


def finish(session: Session, request_id: str) -> None:
    request = timeline.locked(session, request_id)
    requests.close(session, request, Status.COMPLETED, clock.now())


def test_the_list_is_filtered_by_the_address(
    visitor: Visit, people: People, database: Database, loan: Request
) -> None:
    done = database.write_now(submitted, people["customer"], "address-change", 0)
    database.write_now(finish, done.id)
    asking = database.write_now(submitted, people["customer"])
    database.write_now(asked, asking.id, "loan-offer", Audience.CUSTOMER)
    customer = visitor("customer")
    assert rows(customer.go("/requests")) == [asking.reference, loan.reference]
    assert rows(customer.go("/requests?show=needs-you")) == [asking.reference]
    assert rows(customer.go("/requests?show=closed")) == [done.reference]
    assert len(rows(customer.go("/requests?show=all"))) == 3
    chips = customer.page.one("nav", class_="chips").all("a")
    assert [one.text for one in chips if one.get("aria-current")] == ["All"]
    assert rows(visitor("customer2").go("/requests?show=all")) == []
    assert tabs(customer) == {
        "Open": "2",
        "Needs you": "1",
        "Finished": "",
        "Drafts": "",
        "All": "",
    }


def test_an_empty_list_teaches_what_to_do(visitor: Visit) -> None:
    customer = visitor("customer").go("/requests")
    assert "No open requests" in customer.text
    assert customer.follow("See what you can request").address == "/catalog"
    assert "Nothing begun" in customer.go("/requests?show=drafts").text


def test_a_long_list_has_pages_that_keep_the_filter(
    visitor: Visit, people: People, database: Database
) -> None:
    made = [database.write_now(submitted, people["customer"]).reference for _ in range(27)]
    customer = visitor("customer").go("/requests?show=open&sort=updated")
    assert rows(customer) == made[:1:-1]
    customer.follow("Next page")
    assert "sort=updated" in customer.address
    assert rows(customer) == made[1::-1]


@pytest.mark.parametrize("query", ["show=strange", "sort=size", "year=abc", f"q={'x' * 101}"])
def test_an_unknown_filter_is_an_error_that_says_so(visitor: Visit, query: str) -> None:
    assert visitor("customer").go(f"/requests?{query}").status == 422


def test_words_and_filters_find_requests_and_stand_in_the_address(
    visitor: Visit, people: People, database: Database, loan: Request
) -> None:
    move = database.write_now(submitted, people["customer"], "address-change", 0)
    customer = visitor("customer").go("/requests")
    customer.shown(customer.client.get("/requests", params={"q": "address", "status": ""}))
    assert rows(customer) == [move.reference]
    assert rows(customer.go(f"/requests?q={loan.reference[:7].lower()}")) == [loan.reference]
    assert rows(customer.go("/requests?category=lending")) == [loan.reference]
    assert rows(customer.go("/requests?item=address-change")) == [move.reference]
    assert rows(customer.go(f"/requests?year={clock.now().year}&q=loan")) == [loan.reference]
    assert rows(customer.go("/requests?year=2001")) == []
    assert "No request fits these words and filters" in customer.text
    customer.follow("Remove all filters")
    assert customer.address == "/requests"


def test_drafts_are_a_list_of_their_own(
    visitor: Visit, people: People, database: Database, loan: Request
) -> None:
    subject, version = drafts.of_item("loan-request"), loan.version
    database.write_now(drafts.save, people["customer"], subject, version, {"amount": 900000})
    customer = visitor("customer").go("/requests?show=drafts")
    assert tabs(customer)["Drafts"] == "1"
    (one,) = customer.page.one("ul", class_="rows").all("a")
    assert one.get("href") == "/catalog/loan-request/form"
    assert "Drafts" not in tabs(visitor("agent").go("/requests"))


def test_staff_filter_by_group_item_and_customer_and_read_whose_it_is(
    visitor: Visit, people: People, database: Database, loan: Request
) -> None:
    other = database.write_now(submitted, people["customer2"], "address-change", 0)
    operator = visitor("operator")
    assert rows(operator.go("/requests")) == [other.reference, loan.reference]
    assert "Clara Romero" in operator.text
    assert rows(operator.go("/requests?group=loan-officers")) == [loan.reference]
    assert rows(operator.go("/requests?item=address-change")) == [other.reference]
    assert rows(operator.go("/requests?customer=customer@example.com")) == [loan.reference]
    options = operator.page.one("select", id="group").all("option")
    assert "Our loan team" in [one.text for one in options]
    assert rows(visitor("agent2").go("/requests?group=back-office")) == []


# Of people for whom one acts


def test_a_list_of_others_is_there_for_those_who_act_for_somebody(
    visitor: Visit, people: People, database: Database, loan: Request
) -> None:
    delegate = visitor("customer2").go("/requests")
    assert "For others" not in tabs(delegate)
    database.write_now(delegations.give, people["customer"], "customer2@example.com", Scope.VIEW)
    delegate.go("/requests")
    assert rows(delegate) == []
    assert tabs(delegate)["For others"] == "1"
    assert rows(delegate.go("/requests?show=others")) == [loan.reference]
    assert "Clara Romero" in delegate.page.one("a", class_="row").text
    page = delegate.go(f"/requests/{loan.reference}")
    assert "For Clara Romero" in page.text
    assert not page.page.all("textarea")
    assert "Withdraw" not in page.text


def test_people_are_named_and_removed_on_a_page_of_their_own(
    visitor: Visit, people: People, loan: Request
) -> None:
    customer = visitor("customer").go("/profile").follow("People who may act for me")
    customer.send({"email": "customer2@example.com"}, press="Let them act for me")
    assert customer.status == 422
    assert customer.errors == ["Choose what this person may do."]
    assert customer.page.one("input", id="email").get("value") == "customer2@example.com"
    customer.send({"scope": "act", "until": "tomorrow"}, press="Let them act for me")
    assert customer.errors[0].startswith("Enter a day")
    until = (clock.now() + timedelta(days=9)).date().isoformat()
    customer.send({"scope": "act", "until": until}, press="Let them act for me")
    assert customer.address == "/profile/people?done=named"
    delegate = visitor("customer2")
    assert delegate.go(f"/requests/{loan.reference}").status == 200
    customer.send(form=customer.page.one("ul", class_="rows").one("form"))
    assert customer.address == "/profile/people?done=ended"
    assert delegate.go(f"/requests/{loan.reference}").status == 404


def test_a_delegate_requests_something_in_a_customers_stead(
    visitor: Visit, people: People, database: Database
) -> None:
    account = people["customer"].account_id
    delegate = visitor("customer2")
    assert delegate.go(f"/for/{account}").status == 404
    database.write_now(delegations.give, people["customer"], "customer2@example.com", Scope.VIEW)
    assert delegate.go(f"/for/{account}").status == 403
    database.write_now(delegations.give, people["customer"], "customer2@example.com", Scope.ACT)
    delegate.go(f"/for/{account}?q=change of name").follow("Change")
    assert delegate.address.startswith(f"/for/{account}/change-name/form/")
    assert "for Clara Romero" in delegate.text
    assert "Marcos" not in "".join(one.get("value") for one in delegate.page.all("input"))
    assert delegate.go(f"/for/{people['agent'].account_id}").status == 404
    assert delegate.go(HOME).status == 200


def test_what_a_delegate_sends_is_the_customers_and_says_who_sent_it(
    visitor: Visit, people: People, database: Database
) -> None:
    account = people["customer"].account_id
    database.write_now(delegations.give, people["customer"], "customer2@example.com", Scope.ACT)
    delegate = visitor("customer2").go(f"/for/{account}/suggest-improvement/form")
    idea = "Put up a map of planned works."
    delegate.send({"area": "network", "idea": idea, "description": f"{idea} By district."})
    delegate.send({"reply": "no"})
    assert delegate.address == f"/for/{account}/suggest-improvement/review"
    delegate.send(press="Send the request")
    assert delegate.address.endswith("?done=sent"), delegate.text
    reference = delegate.address.rpartition("/")[2].partition("?")[0]
    customer = visitor("customer").go(f"/requests/{reference}")
    first = customer.page.one("ol", class_="story").all("li")[-1].text
    assert "Marcos Silva" in first
    assert "for you" in first
    assert rows(customer.go("/requests")) == [reference]
    assert rows(delegate.go("/requests")) == []


def test_what_only_the_customer_may_decide_stays_with_them(
    visitor: Visit, people: People, database: Database, loan: Request
) -> None:
    """A delegate who acts asks for no loan, and accepts none."""
    account = people["customer"].account_id
    database.write_now(delegations.give, people["customer"], "customer2@example.com", Scope.ACT)
    task = database.write_now(asked, loan.id, "loan-offer", Audience.CUSTOMER)
    delegate = visitor("customer2").go(f"/for/{account}?q=personal loan")
    assert "Only Clara can ask for this" in delegate.text
    assert delegate.go(f"/for/{account}/loan-request/form").status == 403
    delegate.go(f"/requests/{loan.reference}")
    assert "It waits for the customer" in delegate.text
    assert not delegate.page.all("form", method="post", class_="stack")
    move = database.write_now(submitted, people["customer"], "address-change", 0)
    delegate.go(f"/requests/{move.reference}").send({"text": "Hello"}, press="send")
    assert delegate.status == 200
    form = delegate.page.one("form", action=f"/requests/{move.reference}/messages")
    form.attributes["action"] = f"/requests/{loan.reference}/tasks/{task.id}"
    assert delegate.send({"decision": "accept", "agreement": "true"}, form=form).status == 403
