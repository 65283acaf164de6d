"""Who may see and decide what."""

from typing import Any

import pytest
from sqlalchemy import ColumnElement
from sqlmodel import Session, SQLModel, select

from ground import clock, ids
from services import access
from services.access import Viewer
from store.database import Database
from store.documents import Attachment, Document
from store.requests import Request
from store.tasks import Audience, Task
from tests.people import NAMES, People, demo_people


@pytest.fixture
def people(database: Database) -> People:
    return demo_people(database)


def add(database: Database, *rows: SQLModel) -> None:
    """Write rows, each before those that refer to it."""

    def work(session: Session) -> None:
        for row in rows:
            session.add(row)
            session.flush()

    database.write_now(work)


def request_of(customer: Viewer, group: str | None = None) -> Request:
    return Request(
        id=ids.new_id(),
        reference=ids.new_reference(),
        item_id="item",
        version="version",
        customer_id=customer.account_id,
        channel="test",
        language="en",
        group=group,
        created_at=clock.now(),
        updated_at=clock.now(),
    )


def task_of(request: Request, audience: Audience = Audience.STAFF, **values: Any) -> Task:
    return Task(
        id=ids.new_id(),
        request_id=request.id,
        kind="approval",
        audience=audience,
        title="title",
        form="form",
        created_at=clock.now(),
        **values,
    )


def document_of(owner: Viewer) -> Document:
    return Document(
        id=ids.new_id(),
        owner_id=owner.account_id,
        name="a.pdf",
        media_type="application/pdf",
        size=1,
        sha256="",
        created_at=clock.now(),
    )


def attached(document: Document, request: Request, visible: Audience) -> Attachment:
    return Attachment(
        document_id=document.id, request_id=request.id, visible=visible, attached_at=clock.now()
    )


def who_sees(database: Database, people: People, row: SQLModel) -> set[str]:
    """The names of those whose rule lets them read the row."""
    rules = {
        Request: access.readable_requests,
        Task: access.readable_tasks,
        Document: access.readable_documents,
    }
    table = type(row)

    def sees(session: Session, rule: ColumnElement[bool]) -> bool:
        found = session.exec(select(table.id).where(table.id == row.id, rule))  # type: ignore[attr-defined]
        return found.first() is not None

    return {name for name in NAMES if database.read_now(sees, rules[table](people[name]))}


class TestRequests:
    def test_are_read_by_their_customer_their_group_and_operators(
        self, database: Database, people: People
    ) -> None:
        request = request_of(people["customer"], group="support-technical")
        add(database, request)
        assert who_sees(database, people, request) == {"customer", "agent2", "operator"}

    @pytest.mark.parametrize("field", ["group", "escalated_to"])
    def test_are_read_by_the_group_of_one_of_their_tasks(
        self, database: Database, people: People, field: str
    ) -> None:
        request = request_of(people["customer"], group="nobody")
        values: dict[str, Any] = {field: "back-office"}
        add(database, request, task_of(request, **values))
        assert who_sees(database, people, request) == {"customer", "agent", "operator"}

    def test_are_not_opened_to_a_group_by_a_task_of_another_request(
        self, database: Database, people: People
    ) -> None:
        request, other = (request_of(people["customer"]) for _ in range(2))
        add(database, request, other, task_of(other, group="back-office"))
        assert who_sees(database, people, request) == {"customer", "operator"}

    def test_show_their_internal_side_to_other_staff_only(self, people: People) -> None:
        customer = people["customer"].account_id
        seeing = {name for name in NAMES if access.sees_staff_side(people[name], customer)}
        assert seeing == {"agent", "agent2", "operator"}
        assert not access.sees_staff_side(people["agent"], people["agent"].account_id)


class TestTasks:
    def test_of_a_group_are_seen_by_its_agents_and_operators(
        self, database: Database, people: People
    ) -> None:
        request = request_of(people["customer"])
        task = task_of(request, group="support-technical")
        add(database, request, task)
        assert who_sees(database, people, task) == {"agent2", "operator"}

    def test_of_a_customer_are_seen_by_that_customer(
        self, database: Database, people: People
    ) -> None:
        request = request_of(people["customer"])
        task = task_of(request, Audience.CUSTOMER, assignee_id=people["customer"].account_id)
        add(database, request, task)
        assert who_sees(database, people, task) == {"customer"}

    def test_on_ones_own_request_are_hidden_even_from_staff(
        self, database: Database, people: People
    ) -> None:
        request = request_of(people["agent"])
        task = task_of(request, group="loan-officers")
        add(database, request, task)
        assert who_sees(database, people, task) == {"agent2", "operator"}

    def test_are_decided_by_the_group_and_by_whom_they_were_given_to(
        self, database: Database, people: People
    ) -> None:
        request = request_of(people["customer"])

        def deciders(task: Task) -> set[str]:
            decides = access.may_decide
            return {name for name in NAMES if database.read_now(decides, people[name], task)}

        assert deciders(task_of(request, group="loan-officers")) == {"agent", "agent2"}
        assert deciders(task_of(request, escalated_to="operations")) == {"operator"}
        assert deciders(task_of(request, assignee_id=people["agent2"].account_id)) == {"agent2"}
        excluding = task_of(request, group="loan-officers", excluded=[people["agent"].account_id])
        assert deciders(excluding) == {"agent2"}
        asked = task_of(request, Audience.CUSTOMER, assignee_id=people["customer"].account_id)
        assert deciders(asked) == {"customer"}
        assert deciders(task_of(request)) == set()


class TestDocuments:
    def test_are_their_owners_alone_until_they_belong_to_a_request(
        self, database: Database, people: People
    ) -> None:
        document = document_of(people["customer"])
        add(database, document)
        assert who_sees(database, people, document) == {"customer"}

    def test_are_read_by_whoever_reads_the_request(
        self, database: Database, people: People
    ) -> None:
        request = request_of(people["customer"], group="back-office")
        document = document_of(people["customer"])
        add(database, request, document, attached(document, request, Audience.CUSTOMER))
        assert who_sees(database, people, document) == {"customer", "agent", "operator"}

    def test_from_staff_reach_the_customer_if_they_are_meant_to(
        self, database: Database, people: People
    ) -> None:
        request = request_of(people["customer"], group="loan-officers")
        contract, note = document_of(people["agent"]), document_of(people["agent"])
        add(
            database,
            *(request, contract, note),
            attached(contract, request, Audience.CUSTOMER),
            attached(note, request, Audience.STAFF),
        )
        staff = {"agent", "agent2", "operator"}
        assert who_sees(database, people, contract) == staff | {"customer"}
        assert who_sees(database, people, note) == staff
