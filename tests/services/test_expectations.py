"""When a request should move on: by its definition at first, by experience later."""

from datetime import timedelta

import pytest
from sqlmodel import Session

from catalog.definitions import CatalogItem
from ground import clock
from services import catalog, expectations, requests, timeline
from services.timeline import Entry
from store.database import Database
from store.requests import Request, StageState, Status
from tests.people import People, demo_people
from tests.probe import publish_probe, submit_probe


@pytest.fixture
def people(database: Database) -> People:
    publish_probe(database)
    return demo_people(database)


@pytest.fixture(autouse=True)
def _no_experience() -> None:
    expectations._experience.clear()


def item(session: Session, request: Request) -> CatalogItem:
    return catalog.version(session, request.version).item


def expected(database: Database, request: Request, after: timedelta) -> expectations.Expectation:
    def look(session: Session) -> expectations.Expectation | None:
        row = session.get_one(Request, request.id)
        stages = timeline.stages_of(session, request.id)
        now = request.created_at + after
        return expectations.expect(session, item(session, row), row, stages, now)

    found = database.read_now(look)
    assert found is not None
    return found


def finish(database: Database, request: Request, hours: float) -> None:
    """The request spends `hours` in its stage `check` and ends."""

    def through(session: Session) -> None:
        row = timeline.locked(session, request.id)
        at = request.created_at
        steps = [
            ("received", StageState.DONE, timedelta(hours=1)),
            ("check", StageState.IN_PROGRESS, timedelta(hours=1)),
            ("check", StageState.DONE, timedelta(hours=1 + hours)),
        ]
        for number, (stage, state, after) in enumerate(steps):
            entry = Entry(key=str(number), at=at + after, stage=stage, state=state)
            timeline.record(session, row, [entry])
        requests.close(session, row, Status.COMPLETED, at + timedelta(hours=1 + hours))

    database.write_now(through)


def test_at_first_the_definition_speaks(database: Database, people: People) -> None:
    request = submit_probe(database, people["customer"])
    found = expected(database, request, timedelta())
    assert found.learned is False
    assert found.stage_ends_at - request.created_at == timedelta(hours=1)
    assert found.ends_at - request.created_at == timedelta(hours=25)


def test_nothing_is_expected_in_the_past(database: Database, people: People) -> None:
    request = submit_probe(database, people["customer"])
    found = expected(database, request, timedelta(days=3))
    assert found.stage_ends_at == request.created_at + timedelta(days=3)
    assert found.ends_at == found.stage_ends_at + timedelta(days=1)


def test_a_settled_end_beats_the_usual_one(database: Database, people: People) -> None:
    request = submit_probe(database, people["customer"])
    settled = request.created_at + timedelta(days=9)

    def wait_for_day(session: Session) -> None:
        entry = Entry(
            key="x",
            at=request.created_at,
            stage="check",
            state=StageState.IN_PROGRESS,
            known_end=settled,
        )
        timeline.record(session, timeline.locked(session, request.id), [entry])

    database.write_now(wait_for_day)
    found = expected(database, request, timedelta(hours=2))
    assert (found.stage_ends_at, found.ends_at) == (settled, settled)


def test_after_twenty_completed_requests_experience_speaks(
    database: Database, people: People
) -> None:
    made = [submit_probe(database, people["customer"]) for _ in range(21)]
    for number, request in enumerate(made[:19]):
        finish(database, request, hours=number + 1)
    assert expected(database, made[20], timedelta()).learned is False
    expectations._experience.clear()
    finish(database, made[19], hours=20)
    found = expected(database, made[20], timedelta())
    assert found.learned is True
    assert found.stage_ends_at - made[20].created_at == timedelta(hours=1)
    assert found.ends_at - made[20].created_at == timedelta(hours=1 + 10.5)


def test_an_ended_request_is_expected_to_do_nothing(database: Database, people: People) -> None:
    request = submit_probe(database, people["customer"])
    database.write_now(requests.ended_outside, request.id, "terminated")

    def look(session: Session) -> object:
        row = session.get_one(Request, request.id)
        return expectations.expect(session, item(session, row), row, [], clock.now())

    assert database.read_now(look) is None
