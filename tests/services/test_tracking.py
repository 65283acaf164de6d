"""A request as its reader sees it."""

import pytest
from sqlmodel import Session

from ground import clock
from services import requests, timeline, tracking
from services.timeline import Entry
from services.tracking import RequestView
from store.database import Database
from store.requests import Request, StageState
from tests.people import People, demo_people
from tests.probe import publish_probe, submit_probe


@pytest.fixture
def people(database: Database) -> People:
    publish_probe(database)
    return demo_people(database)


@pytest.fixture
def request_(database: Database, people: People) -> Request:
    return submit_probe(database, people["customer"])


def show(database: Database, people: People, name: str, request: Request) -> RequestView:
    return database.read_now(tracking.show, people[name], request.id, "en")


def reach(database: Database, request: Request, stage: str, state: StageState) -> None:
    def move(session: Session) -> None:
        entry = Entry(key=f"{stage}/{state}", at=clock.now(), stage=stage, state=state)
        timeline.record(session, timeline.locked(session, request.id), [entry])

    database.write_now(move)


def test_the_track_shows_what_was_and_what_is_to_come(
    database: Database, people: People, request_: Request
) -> None:
    reach(database, request_, "received", StageState.DONE)
    reach(database, request_, "check", StageState.WAITING_STAFF)
    view = show(database, people, "customer", request_)
    assert [(s.id, s.state) for s in view.stages] == [
        ("received", "done"),
        ("check", "waiting-staff"),
        ("done", "pending"),
    ]
    assert (view.status, view.stage_title) == ("waiting-staff", "Check")


def test_an_ended_request_has_nothing_to_come(
    database: Database, people: People, request_: Request
) -> None:
    database.write_now(requests.ended_outside, request_.id, "terminated")
    view = show(database, people, "customer", request_)
    assert [(s.id, s.state) for s in view.stages] == [("received", "failed")]
    assert view.outcome == "An operator ended this request. Please write to us or make it again."
    assert view.can == tracking.Possible(withdraw=False, amend=False, message=False)


def test_what_is_for_staff_is_for_staff(
    database: Database, people: People, request_: Request
) -> None:
    database.write_now(requests.write_message, people["operator"], request_.id, "odd", True)

    def trouble(session: Session) -> None:
        request = timeline.locked(session, request_.id)
        request.trouble = "billing.charge: OSError: no route"
        session.add(request)

    database.write_now(trouble)
    inside, outside = (show(database, people, name, request_) for name in ("agent", "customer"))
    assert [entry.message for entry in inside.timeline] == [None, "odd"]
    assert inside.trouble == "billing.charge: OSError: no route"
    assert [entry.message for entry in outside.timeline] == [None]
    assert outside.trouble is None


def test_only_its_customer_can_withdraw_or_amend(
    database: Database, people: People, request_: Request
) -> None:
    own, staff = (show(database, people, name, request_).can for name in ("customer", "agent"))
    assert own == tracking.Possible(withdraw=True, amend=True, message=True)
    assert staff == tracking.Possible(withdraw=False, amend=False, message=True)
