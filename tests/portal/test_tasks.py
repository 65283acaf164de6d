"""The desk of staff: their tasks, one task, taking and answering it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlmodel import Session

from ground import clock
from store.database import Database
from store.requests import Request
from store.tasks import Audience, Task
from tests.people import People
from tests.portal.scenes import asked, submitted
from tests.portal.visitor import Visitor
from tests.queries import queries_of

Visit = Callable[..., Visitor]


@pytest.fixture
def loan(database: Database, people: People) -> Request:
    """A loan request of the customer."""
    return database.write_now(submitted, people["customer"])


@pytest.fixture
def task(database: Database, loan: Request) -> Task:
    """Loan officers are asked to approve it."""
    return database.write_now(asked, loan.id, "approval", Audience.STAFF, "loan-officers")


def rows(visitor: Visitor) -> list[str]:
    lists = visitor.page.one("main").all("ul", class_="rows")
    return [one.get("href").rpartition("/")[2] for each in lists for one in each.all("a")]


def test_tasks_are_those_of_my_groups_by_who_holds_them(
    visitor: Visit, task: Task, loan: Request, database: Database
) -> None:
    late = clock.now() - timedelta(hours=1)
    other = database.write_now(asked, loan.id, "approval", Audience.STAFF, "operations", late)
    agent, operator = visitor("agent"), visitor("operator")
    assert rows(agent.go("/tasks")) == [task.id]
    assert rows(agent.go("/tasks?whose=mine")) == []
    assert "Nothing to do here" in agent.text
    agent.go(f"/tasks/{task.id}").send(press="Take it")
    assert rows(agent.go("/tasks?whose=mine")) == [task.id]
    assert "You hold it" in agent.text
    assert rows(operator.go("/tasks?whose=unclaimed")) == [other.id]
    assert "overdue since" in operator.text


def test_a_longer_list_costs_no_more_questions_to_the_database(
    visitor: Visit, task: Task, database: Database, people: People
) -> None:
    agent = visitor("agent").go("/tasks")
    with queries_of(database) as few:
        agent.go("/tasks")
    for _ in range(4):
        other = database.write_now(submitted, people["customer"])
        database.write_now(asked, other.id, "approval", Audience.STAFF, "loan-officers")
    with queries_of(database) as many:
        assert len(rows(agent.go("/tasks"))) == 5
    assert len(many) == len(few), many


def test_groups_are_called_by_their_titles_and_those_that_have_none_by_their_ids(
    visitor: Visit, task: Task, loan: Request, database: Database
) -> None:
    database.write_now(asked, loan.id, "approval", Audience.STAFF, "night-watch")
    assert "our loan team" in visitor("agent").go("/tasks").text
    operator = visitor("operator").go("/tasks")
    assert "night-watch" in operator.text
    assert "loan-officers" not in operator.text


def test_customers_have_no_desk(visitor: Visit) -> None:
    assert visitor("customer").go("/tasks").address == "/requests?show=needs-you"


def test_a_task_shows_its_request_and_is_answered_with_its_form(
    visitor: Visit, task: Task, loan: Request
) -> None:
    agent = visitor("agent").go(f"/tasks/{task.id}")
    assert "€12,000.00" in agent.text
    assert loan.reference in agent.text
    agent.send(form=agent.form(id="form"))
    assert agent.status == 422
    assert agent.errors == ["Choose whether you approve or reject."]
    agent.send({"decision": "reject", "note": ""}, form=agent.form(id="form"))
    assert agent.errors == ["Tell the customer why you reject."]
    agent.send({"note": "Not enough income."}, form=agent.form(id="form"))
    assert agent.address == f"/tasks/{task.id}"
    assert "The answer given" in agent.text
    assert "Not enough income." in agent.text
    assert not [one for one in agent.page.all("form") if one.get("id") == "form"]


def test_a_task_is_handed_to_a_colleague_where_it_may_be(
    visitor: Visit, task: Task, database: Database, people: People
) -> None:
    agent = visitor("agent").go(f"/tasks/{task.id}")
    assert "Hand this task to a colleague" not in agent.text

    def allow(session: Session) -> None:
        session.get_one(Task, task.id).may_delegate = True

    database.write_now(allow)
    agent.go(f"/tasks/{task.id}")
    form = agent.form(action=f"/tasks/{task.id}/delegate")
    agent.send({"to": people["agent2"].account_id}, form=form)
    assert agent.address == f"/tasks/{task.id}"
    assert "Hand over" not in agent.text
    assert rows(visitor("agent2").go("/tasks?whose=mine")) == [task.id]


def test_a_task_is_taken_and_given_back(visitor: Visit, task: Task) -> None:
    agent, colleague = visitor("agent").go(f"/tasks/{task.id}"), visitor("agent2")
    assert "Nobody has taken this task yet." in agent.text
    agent.send(press="Take it")
    colleague.go(f"/tasks/{task.id}")
    assert "A colleague is working on this task." in colleague.text
    assert not colleague.page.one("main").all("form")
    agent.send(press="Give it back")
    assert "Nobody has taken this task yet." in agent.text


def test_two_who_take_it_at_once_are_told(visitor: Visit, task: Task) -> None:
    agent, colleague = (visitor(one).go(f"/tasks/{task.id}") for one in ("agent", "agent2"))
    agent.send(press="Take it")
    assert colleague.send(press="Take it").status == 409
    assert "Ask them to give it back first." in colleague.text


def test_whoever_may_not_decide_is_told_so(
    visitor: Visit, loan: Request, people: People, database: Database
) -> None:
    excluded = [people["agent"].account_id]
    task = database.write_now(
        asked, loan.id, "approval", Audience.STAFF, "loan-officers", None, excluded
    )
    agent = visitor("agent").go(f"/tasks/{task.id}")
    assert "not for you to decide" in agent.text
    assert not agent.page.one("main").all("form")


def test_a_draft_of_an_answer_is_kept(visitor: Visit, task: Task) -> None:
    agent = visitor("agent").go(f"/tasks/{task.id}")
    typed = {"decision": "reject", "note": "I have to ask", "_action": "refresh"}
    assert agent.send(typed, form=agent.form(id="form")).status == 200
    agent.go(f"/tasks/{task.id}")
    note = agent.form(id="form").one("textarea", name="note")
    assert note.text == "I have to ask"


def test_what_is_asked_of_a_customer_leads_to_the_request(
    visitor: Visit, loan: Request, database: Database
) -> None:
    task = database.write_now(asked, loan.id, "loan-offer", Audience.CUSTOMER)
    customer = visitor("customer").go(f"/tasks/{task.id}")
    assert customer.address == f"/requests/{loan.reference}"


def test_the_page_of_a_request_leads_staff_to_its_tasks(
    visitor: Visit, task: Task, loan: Request
) -> None:
    agent = visitor("agent").go(f"/requests/{loan.reference}").follow("Open the task")
    assert agent.address == f"/tasks/{task.id}"
