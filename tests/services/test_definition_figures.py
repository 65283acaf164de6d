"""Figures of a version: who waits where, how long stages last, and where people give up."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import Session, select

from ground import clock
from ground.errors import NotFound
from services import definition_figures, drafts, requests, timeline
from services.definition_figures import StageFigures, VersionFigures
from services.timeline import Entry
from store.database import Database
from store.drafts import Draft
from store.expectations import ItemExpectation
from store.requests import Request, StageState, Status
from tests.people import People, demo_people
from tests.probe import publish_probe, submit_probe


@pytest.fixture
def people(database: Database) -> People:
    publish_probe(database)
    return demo_people(database)


def version(database: Database) -> str:
    """The probe's published version."""
    hash = database.read_now(lambda s: s.execute(text("SELECT hash FROM published_item")).scalar())
    return str(hash)


def figures(database: Database) -> VersionFigures:
    return database.read_now(
        definition_figures.figures, version(database), "en", clock.now() + timedelta(hours=1)
    )


def stages(database: Database) -> dict[str, StageFigures]:
    return {stage.stage: stage for stage in figures(database).stages}


def move(database: Database, request: Request, *moves: tuple[str, StageState, float]) -> None:
    """Take a request through stages, each so many hours after it was made."""

    def through(session: Session) -> None:
        row = timeline.locked(session, request.id)
        for number, (stage, state, hours) in enumerate(moves):
            at = request.created_at + timedelta(hours=hours)
            timeline.record(session, row, [Entry(key=str(number), at=at, stage=stage, state=state)])

    database.write_now(through)


def end(database: Database, request: Request, status: Status) -> None:
    def close(session: Session) -> None:
        requests.close(session, timeline.locked(session, request.id), status, clock.now())

    database.write_now(close)


def test_nothing_has_happened_yet(database: Database, people: People) -> None:
    found = figures(database)

    assert (found.submitted, found.open, found.begun, found.sample) == (0, 0, 0, 0)
    assert set(found.ended.values()) == {0}
    assert [stage.title for stage in found.stages] == ["Received", "Check", "Done"]
    assert found.stages[1].usual == "P1D"
    assert found.stages[1].median_seconds is None


def test_requests_are_counted_where_they_wait_and_for_whom(
    database: Database, people: People
) -> None:
    for state in (StageState.WAITING_STAFF, StageState.WAITING_STAFF, StageState.WAITING_CUSTOMER):
        request = submit_probe(database, people["customer"])
        move(database, request, ("received", StageState.DONE, 1), ("check", state, 1))
    submit_probe(database, people["customer2"])

    found = stages(database)

    assert (found["received"].waiting, found["check"].waiting, found["done"].waiting) == (1, 3, 0)
    assert (found["check"].waiting_for_staff, found["check"].waiting_for_customer) == (2, 1)
    assert figures(database).open == 4


def test_the_median_is_of_those_that_have_passed_the_stage(
    database: Database, people: People
) -> None:
    for hours in (1, 2, 30):
        request = submit_probe(database, people["customer"])
        passed = ("received", StageState.DONE, hours), ("check", StageState.IN_PROGRESS, hours)
        move(database, request, *passed)
    submit_probe(database, people["customer"])

    found = stages(database)

    assert found["received"].median_seconds == timedelta(hours=2).total_seconds()
    assert (found["received"].passed, found["check"].passed) == (3, 0)


def test_ends_are_told_apart_and_withdrawals_by_stage(database: Database, people: People) -> None:
    completed = submit_probe(database, people["customer"])
    end(database, completed, Status.COMPLETED)
    for where in ("received", "check", "check"):
        request = submit_probe(database, people["customer"])
        move(database, request, (where, StageState.IN_PROGRESS, 1))
        end(database, request, Status.WITHDRAWN)

    found = figures(database)

    assert (found.submitted, found.open) == (4, 0)
    assert found.ended == {
        "completed": 1,
        "refused": 0,
        "withdrawn": 3,
        "failed": 0,
        "terminated": 0,
    }
    assert {s: one.withdrawn for s, one in stages(database).items()} == {
        "received": 1,
        "check": 2,
        "done": 0,
    }
    assert stages(database)["check"].passed == 0, "a withdrawal is no passing"


def test_forms_begun_and_left_lying_are_counted(database: Database, people: People) -> None:
    hash = version(database)

    def begin(session: Session) -> None:
        for name in ("customer", "customer2", "agent"):
            drafts.save(session, people[name], drafts.of_item("probe"), hash, {"wish": "t"})
        drafts.save(session, people["operator"], drafts.of_task("some-task"), hash, {})
        row = session.get_one(Draft, (people["agent"].account_id, drafts.of_item("probe")))
        row.updated_at -= timedelta(days=8)

    database.write_now(begin)

    found = figures(database)

    assert (found.begun, found.abandoned) == (3, 1)


def test_other_versions_are_left_out(database: Database, people: People) -> None:
    request = submit_probe(database, people["customer"])
    move(database, request, ("received", StageState.DONE, 1))

    def repin(session: Session) -> None:
        session.get_one(Request, request.id).version = "0" * 64

    database.write_now(repin)

    assert (figures(database).submitted, figures(database).sample) == (0, 0)
    with pytest.raises(NotFound):
        database.read_now(definition_figures.figures, "0" * 64, "en", clock.now())


def test_a_sample_prefers_what_has_ended(
    database: Database, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(definition_figures, "SAMPLE", 2)
    made = [submit_probe(database, people["customer"]) for _ in range(4)]
    end(database, made[3], Status.COMPLETED)

    found = database.read_now(definition_figures.sampled, version(database))

    assert found == [made[3].id, min(one.id for one in made[:3])]


def test_open_requests_are_counted_by_version(database: Database, people: People) -> None:
    submit_probe(database, people["customer"])
    end(database, submit_probe(database, people["customer"]), Status.REFUSED)
    hash = version(database)

    assert database.read_now(definition_figures.open_requests, [hash, "0" * 64]) == {hash: 1}


def test_counting_reads_nothing_but_its_index(sqlite_url: str) -> None:
    """A hundred thousand requests are counted without reading one of them."""

    def plan(session: Session) -> str:
        counting: Any = select(Request.status, Request.stage).where(Request.version == "v")
        sql = str(counting.compile(compile_kwargs={"literal_binds": True}))
        return str(session.execute(text(f"EXPLAIN QUERY PLAN {sql}")).all())

    database = Database(sqlite_url)
    assert "COVERING INDEX ix_request_version" in database.read_now(plan)
    database.close()


def test_designers_read_what_those_who_wait_are_told_and_how_it_has_done(
    database: Database, people: People
) -> None:
    learned = ItemExpectation(
        item_id="probe",
        tried_at=clock.now(),
        basis="learned",
        ended=300,
        looks=420,
        coverage=0.91,
        error_seconds=3600.0,
        median_error_seconds=5400.0,
    )
    assert figures(database).forecast.basis == "usual"
    database.write_now(lambda session: session.add(learned))
    found = figures(database).forecast
    assert (found.basis, found.ended, found.looks, found.coverage) == ("learned", 300, 420, 0.91)
