"""Tasks: one row decides between answer, expiry and end, and only those who may do decide."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlmodel import Session, select

from ground import clock
from ground.errors import Conflict, Forbidden, Invalid, NotFound
from services import requests, tasks, timeline, worklist
from services.tasks import OpenTask
from store.database import Database
from store.requests import Delivery, Request
from store.tasks import Audience, Task, TaskStatus
from tests.people import People, demo_people
from tests.probe import publish_probe, submit_probe


@pytest.fixture
def people(database: Database) -> People:
    publish_probe(database)
    return demo_people(database)


@pytest.fixture
def request_(database: Database, people: People) -> Request:
    return submit_probe(database, people["customer"])


def ask(database: Database, request: Request, **more: object) -> Task:
    wants = {
        "kind": "approval",
        "audience": Audience.STAFF,
        "title": "tasks.asked_of_you",
        "form": "probe-decision",
        "group": "support",
    }

    def open_one(session: Session) -> Task:
        locked = timeline.locked(session, request.id)
        opens = OpenTask.model_validate(wants | more)
        return tasks.open_task(session, locked, opens, clock.now())

    return database.write_now(open_one)


def approve(
    database: Database, people: People, name: str, task: Task, word: str = "approve"
) -> Task:
    return database.write_now(tasks.complete, people[name], task.id, {"decision": word}, "en")


def answers_owed(database: Database, request: Request) -> list[dict[str, object]]:
    query = select(Delivery.body).where(
        Delivery.request_id == request.id, Delivery.kind == "answer"
    )
    return [dict(body) for body in database.read_now(lambda s: s.exec(query).all())]


def test_an_answer_closes_the_task_tells_and_owes_a_signal(
    database: Database, people: People, request_: Request
) -> None:
    task = ask(database, request_)
    done = approve(database, people, "agent", task)
    assert (done.status, done.decision, done.closed_by) == (
        "done",
        "approve",
        people["agent"].account_id,
    )
    (owed,) = answers_owed(database, request_)
    assert (owed["task"], owed["decision"]) == (task.id, "approve")
    entries = database.read_now(lambda s: timeline.entries_after(s, request_.id, 0, True))
    assert (entries[-1].text, entries[-1].visible) == ("tasks.answered_approval", "staff")


def test_an_answer_the_form_refuses_changes_nothing(
    database: Database, people: People, request_: Request
) -> None:
    task = ask(database, request_)
    with pytest.raises(Invalid) as refused:
        approve(database, people, "agent", task, "perhaps")
    assert [e.pointer for e in refused.value.fields] == ["/decision"]
    assert answers_owed(database, request_) == []


def test_two_answers_at_the_same_moment_one_wins(
    database: Database, people: People, request_: Request
) -> None:
    task = ask(database, request_)

    def answer(name: str) -> bool:
        try:
            approve(database, people, name, task)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(4) as threads:
        won = list(threads.map(answer, ["agent", "agent2", "agent", "agent2"]))
    owed = answers_owed(database, request_)
    assert len(owed) == 1
    assert 1 <= sum(won) <= 2  # the winner's repeat succeeds as well


def test_an_expiry_that_comes_second_returns_the_answer(
    database: Database, people: People, request_: Request
) -> None:
    task = ask(database, request_)
    approve(database, people, "agent", task)
    answer = database.write_now(tasks.end, task.id, TaskStatus.EXPIRED, clock.now())
    assert answer is not None
    assert answer.decision == "approve"


def test_an_answer_that_comes_after_the_expiry_conflicts(
    database: Database, people: People, request_: Request
) -> None:
    task = ask(database, request_)
    assert database.write_now(tasks.end, task.id, TaskStatus.EXPIRED, clock.now()) is None
    with pytest.raises(Conflict, match="already_expired"):
        approve(database, people, "agent", task)


def test_the_end_of_a_request_closes_its_tasks(
    database: Database, people: People, request_: Request
) -> None:
    task = ask(database, request_)
    database.write_now(requests.ended_outside, request_.id, "terminated")
    with pytest.raises(Conflict, match="already_cancelled"):
        approve(database, people, "agent", task)


class TestClaim:
    def test_two_agents_one_holder(
        self, database: Database, people: People, request_: Request
    ) -> None:
        task = ask(database, request_)

        def take(name: str) -> bool:
            try:
                database.write_now(tasks.claim, people[name], task.id)
            except Conflict:
                return False
            return True

        with ThreadPoolExecutor(2) as threads:
            assert sum(threads.map(take, ["agent", "agent2"])) == 1

    def test_only_the_holder_answers_or_gives_back(
        self, database: Database, people: People, request_: Request
    ) -> None:
        task = ask(database, request_)
        database.write_now(tasks.claim, people["agent"], task.id)
        with pytest.raises(Conflict, match="held_by_another"):
            approve(database, people, "agent2", task)
        with pytest.raises(Conflict, match="not_yours"):
            database.write_now(tasks.release, people["agent2"], task.id)
        database.write_now(tasks.release, people["agent"], task.id)
        approve(database, people, "agent2", task)


class TestWho:
    def test_an_excluded_agent_may_read_but_not_decide(
        self, database: Database, people: People, request_: Request
    ) -> None:
        task = ask(database, request_, excluded=[people["agent"].account_id])
        with pytest.raises(Forbidden, match="not_for_you"):
            approve(database, people, "agent", task)
        approve(database, people, "agent2", task)

    def test_a_requester_never_decides_on_their_own_request(
        self, database: Database, people: People
    ) -> None:
        own = submit_probe(database, people["customer"])
        task = ask(database, own)
        for name in ("customer", "customer2"):
            with pytest.raises(NotFound):
                approve(database, people, name, task)

    def test_a_customers_task_is_their_own(
        self, database: Database, people: People, request_: Request
    ) -> None:
        task = ask(database, request_, audience=Audience.CUSTOMER, group=None)
        for name in ("customer2", "agent", "operator"):
            with pytest.raises((NotFound, Forbidden)):
                approve(database, people, name, task)
        approve(database, people, "customer", task)

    def test_an_escalated_task_reaches_the_further_group(
        self, database: Database, people: People, request_: Request
    ) -> None:
        task = ask(database, request_, group="nobody-in-it")
        with pytest.raises(NotFound):
            approve(database, people, "agent", task)
        database.write_now(tasks.escalate, task.id, "support", clock.now())
        approve(database, people, "agent", task)


class TestWorklist:
    def test_pages_the_oldest_first_and_hides_other_groups(
        self, database: Database, people: People, request_: Request
    ) -> None:
        made = [ask(database, request_).id for _ in range(3)]
        ask(database, request_, group="nobody-in-it")
        first = database.read_now(worklist.lines, people["agent"], "en", None, 2)
        after = (first[-1].created_at, first[-1].id)
        second = database.read_now(worklist.lines, people["agent"], "en", after, 9)
        assert [line.id for line in (*first, *second)] == sorted(made)

    def test_a_task_shows_its_form_and_to_staff_the_requests_answers(
        self, database: Database, people: People, request_: Request
    ) -> None:
        task = ask(database, request_, due_at=clock.now() + timedelta(days=1))
        view = database.read_now(worklist.show, people["agent"], task.id, "es")
        assert view.request_answers == {"wish": "tea"}
        assert "decision" in view.form_schema["properties"]
        assert view.may_decide
        own = ask(database, request_, audience=Audience.CUSTOMER, group=None)
        view = database.read_now(worklist.show, people["customer"], own.id, "es")
        assert view.request_answers is None
