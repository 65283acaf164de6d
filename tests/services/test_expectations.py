"""When a request should be done: by its definition, by medians, by a forecast that has held."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import Session, col, select

from catalog.definitions import CatalogItem
from ground import clock
from ground.messages import languages, translate
from services import (
    catalog,
    expectation_keeping,
    expectations,
    experience,
    requests,
    timeline,
    tracking,
)
from services.expectations import Expectation, Situation, reason
from services.learning import Basis
from services.tasks import OpenTask, open_task
from services.timeline import Entry
from store.database import Database
from store.expectations import ItemExpectation
from store.notifications import Notification
from store.requests import Request, StageState, TimelineEntry
from store.tasks import Audience
from tests.people import People, demo_people
from tests.probe import publish_probe, submit_probe
from tests.services.past_requests import checks, write

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
UTC_ZONE = ZoneInfo("UTC")


@pytest.fixture
def people(database: Database) -> People:
    publish_probe(database)
    return demo_people(database)


@pytest.fixture(autouse=True)
def _no_experience() -> Iterator[None]:
    expectations.forget()
    yield
    expectations.forget()


def item(session: Session, request: Request) -> CatalogItem:
    return catalog.version(session, request.version).item


def expected(database: Database, request: Request, after: timedelta) -> Expectation:
    def look(session: Session) -> Expectation | None:
        row = session.get_one(Request, request.id)
        stages = timeline.stages_of(session, request.id)
        now = request.created_at + after
        return expectations.expect(session, item(session, row), row, stages, now)

    found = database.read_now(look)
    assert found is not None
    return found


def move(
    database: Database, request: Request, stage: str, state: StageState, after: timedelta
) -> None:
    def step(session: Session) -> None:
        at = request.created_at + after
        entry = Entry(key=f"{stage}/{state}/{after}", at=at, stage=stage, state=state)
        timeline.record(session, timeline.locked(session, request.id), [entry])

    database.write_now(step)


async def learned_from(database: Database, people: People, count: int) -> ItemExpectation:
    """So many requests have ended, and a server has had its turn."""
    now = clock.now()
    database.write_now(write, people["customer"], checks(count, now))
    await expectation_keeping.turn(database, now)
    expectations.forget()
    return database.read_now(lambda s: s.get_one(ItemExpectation, "probe"))


# Before anything has ended


def test_at_first_the_definition_speaks(database: Database, people: People) -> None:
    request = submit_probe(database, people["customer"])
    found = expected(database, request, timedelta())
    assert found.basis == "usual"
    assert found.earliest == found.latest == request.created_at + 25 * HOUR


def test_nothing_is_expected_in_the_past(database: Database, people: People) -> None:
    request = submit_probe(database, people["customer"])
    assert expected(database, request, 3 * DAY).latest == request.created_at + 4 * DAY


def test_a_settled_end_beats_the_usual_one(database: Database, people: People) -> None:
    request = submit_probe(database, people["customer"])
    settled = request.created_at + 9 * DAY

    def wait_for_day(session: Session) -> None:
        at, state = request.created_at, StageState.IN_PROGRESS
        entry = Entry(key="x", at=at, stage="check", state=state, known_end=settled)
        timeline.record(session, timeline.locked(session, request.id), [entry])

    database.write_now(wait_for_day)
    assert expected(database, request, 2 * HOUR).latest == settled


def test_an_ended_request_is_expected_to_do_nothing(database: Database, people: People) -> None:
    request = submit_probe(database, people["customer"])
    database.write_now(requests.ended_outside, request.id, "terminated")

    def look(session: Session) -> object:
        row = session.get_one(Request, request.id)
        return expectations.expect(session, item(session, row), row, [], clock.now())

    assert database.read_now(look) is None


# After some have ended


async def test_fewer_than_thirty_ends_teach_nothing(database: Database, people: People) -> None:
    lesson = await learned_from(database, people, 29)
    assert (lesson.basis, lesson.ended, lesson.coverage) == ("usual", 29, None)
    request = submit_probe(database, people["customer"])
    assert expected(database, request, timedelta()).basis == "usual"


async def test_with_thirty_the_median_speaks(database: Database, people: People) -> None:
    lesson = await learned_from(database, people, 30)
    assert (lesson.basis, lesson.ended) == ("median", 30)
    request = submit_probe(database, people["customer"])
    move(database, request, "check", StageState.IN_PROGRESS, HOUR)
    found = expected(database, request, HOUR)
    assert found.basis == "median"
    assert found.earliest == found.latest
    assert 5 * HOUR < found.latest - request.created_at < 20 * HOUR


async def test_a_forecast_that_would_have_held_speaks(database: Database, people: People) -> None:
    lesson = await learned_from(database, people, 300)
    assert lesson.basis == "learned"
    assert lesson.coverage is not None
    assert 0.85 <= lesson.coverage <= 0.95
    assert lesson.error_seconds is not None
    assert lesson.median_error_seconds is not None
    assert lesson.error_seconds < lesson.median_error_seconds
    request = submit_probe(database, people["customer"])
    move(database, request, "check", StageState.IN_PROGRESS, HOUR)
    found = expected(database, request, HOUR)
    begun = request.created_at + HOUR
    assert found.basis == "learned"
    # Ten hours in the middle; nine in ten of that lognormal take at most 24.5 hours.
    assert 8 * HOUR < found.earliest - begun < 13 * HOUR
    assert 19 * HOUR < found.latest - begun < 33 * HOUR


async def test_who_has_waited_longer_than_most_waits_longer_still(
    database: Database, people: People
) -> None:
    await learned_from(database, people, 300)
    request = submit_probe(database, people["customer"])
    move(database, request, "check", StageState.IN_PROGRESS, HOUR)
    remaining = []
    for hours in (0, 20, 60):
        now = request.created_at + (1 + hours) * HOUR
        remaining.append(expected(database, request, (1 + hours) * HOUR).latest - now)
    assert remaining[1] < remaining[0] + 20 * HOUR
    assert remaining[2] > remaining[1]


async def test_the_date_changes_with_the_step_itself(database: Database, people: People) -> None:
    """TT5: it is computed when it is read, so there is nothing to wait for."""
    await learned_from(database, people, 300)
    request = submit_probe(database, people["customer"])

    def shown() -> datetime:
        view = database.read_now(tracking.show, people["customer"], request.id, "en")
        assert view.expected is not None
        return view.expected.latest

    before = shown()
    move(database, request, "check", StageState.IN_PROGRESS, timedelta())
    move(database, request, "done", StageState.IN_PROGRESS, timedelta(seconds=1))
    assert shown() < before - 10 * HOUR


# While we wait for the customer


async def test_what_the_customer_takes_is_not_ours(database: Database, people: People) -> None:
    """TT7: two weeks of waiting for an answer change nothing but the day we start from."""
    await learned_from(database, people, 300)
    request = submit_probe(database, people["customer"])
    move(database, request, "check", StageState.IN_PROGRESS, HOUR)
    at_first = expected(database, request, 2 * HOUR)
    move(database, request, "check", StageState.WAITING_CUSTOMER, 2 * HOUR)
    paused = expected(database, request, 14 * DAY)
    assert paused.situation == "paused"
    assert paused.latest - at_first.latest == 14 * DAY - 2 * HOUR
    move(database, request, "check", StageState.IN_PROGRESS, 14 * DAY)
    after = expected(database, request, 14 * DAY)
    assert (after.situation, after.latest) == ("moving", paused.latest)


# When it is late


def told_of(database: Database, request: Request) -> list[str]:
    """The notices and the entries that say that a request is late."""

    def look(session: Session) -> list[str]:
        late = col(Notification.key).startswith("expectations.")
        told = select(Notification.key).where(Notification.request_id == request.id, late)
        entries = select(TimelineEntry.text).where(
            TimelineEntry.request_id == request.id,
            TimelineEntry.key == expectation_keeping.LATE,
        )
        return [*session.exec(told), *session.exec(entries)]

    return database.read_now(look)


async def test_who_waits_longer_than_promised_is_told_why_and_once(
    database: Database, people: People
) -> None:
    """TT6."""
    await learned_from(database, people, 300)
    request = submit_probe(database, people["customer"])
    move(database, request, "check", StageState.WAITING_STAFF, HOUR)

    def ask(session: Session) -> None:
        opens = OpenTask(
            kind="approval",
            title="tasks.asked_of_you",
            form="probe-decision",
            audience=Audience.STAFF,
            group="support",
        )
        open_task(session, timeline.locked(session, request.id), opens, request.created_at + HOUR)

    database.write_now(ask)
    await expectation_keeping.turn(database, request.created_at + 10 * HOUR)
    assert told_of(database, request) == []
    for hours in (72, 73, 300):
        await expectation_keeping.turn(database, request.created_at + hours * HOUR)
        assert told_of(database, request) == ["expectations.notice_group"] * 2
    found = expected(database, request, 72 * HOUR)
    assert (found.situation, found.group) == ("late", "support")
    assert found.since == request.created_at + HOUR
    key, params = reason(found, True, UTC_ZONE, request.created_at + 72 * HOUR)
    assert "support" in translate("en", key, params)


async def test_nobody_is_told_who_keeps_us_waiting(database: Database, people: People) -> None:
    await learned_from(database, people, 300)
    request = submit_probe(database, people["customer"])
    move(database, request, "check", StageState.WAITING_CUSTOMER, HOUR)
    await expectation_keeping.turn(database, request.created_at + 300 * HOUR)
    move(database, request, "check", StageState.IN_PROGRESS, 300 * HOUR)
    await expectation_keeping.turn(database, request.created_at + 301 * HOUR)
    assert told_of(database, request) == []


async def test_without_a_forecast_nothing_is_promised(database: Database, people: People) -> None:
    await learned_from(database, people, 40)
    request = submit_probe(database, people["customer"])
    move(database, request, "check", StageState.IN_PROGRESS, HOUR)
    await expectation_keeping.turn(database, request.created_at + 300 * HOUR)
    assert told_of(database, request) == []
    assert expected(database, request, 300 * HOUR).situation == "moving"


# Learning beside the answers


async def test_an_item_is_learned_by_one_server_and_not_again_at_once(
    database: Database, people: People
) -> None:
    now = clock.now()
    database.write_now(write, people["customer"], checks(30, now))
    (found,) = database.read_now(expectation_keeping.due, now)
    assert database.write_now(expectation_keeping.taken, *found, now)
    assert not database.write_now(expectation_keeping.taken, *found, now)
    database.write_now(write, people["customer"], checks(1, now + DAY))
    soon = now + timedelta(minutes=9)
    assert database.read_now(expectation_keeping.due, soon) == []
    assert len(database.read_now(expectation_keeping.due, now + timedelta(minutes=10))) == 1


async def test_nothing_new_is_nothing_to_learn(database: Database, people: People) -> None:
    await learned_from(database, people, 30)
    assert database.read_now(expectation_keeping.due, clock.now() + DAY) == []


# In words


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("situation", ["moving", "paused", "late"])
@pytest.mark.parametrize("basis", ["learned", "median", "usual"])
def test_every_reason_is_a_sentence_with_its_dates(
    language: str, situation: Situation, basis: Basis
) -> None:
    now = datetime(2026, 3, 2, 9, tzinfo=UTC_ZONE)
    found = Expectation(now + 3 * DAY, now + 6 * DAY, basis, situation)
    for own in (True, False):
        key, params = reason(found, own, UTC_ZONE, now)
        text = translate(language, key, params, UTC_ZONE)
        assert "8" in text
        assert "%" not in text
        assert "[" not in text
        assert not text.startswith("expectations.")


def test_one_day_is_told_once() -> None:
    now = datetime(2026, 3, 2, 9, tzinfo=UTC_ZONE)
    found = Expectation(now + 3 * DAY, now + 3 * DAY + HOUR, "learned")
    assert reason(found, True, UTC_ZONE, now)[0] == "expectations.learned_about"


def test_of_an_item_that_is_asked_for_all_the_time_every_so_many_th_is_asked(
    database: Database, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The latest ends alone would span less time than one request takes."""
    monkeypatch.setattr(experience, "SAMPLE", 50)
    now = clock.now()
    database.write_now(write, people["customer"], checks(400, now, every_hours=0.5))
    ended, under_way = database.read_now(experience.gather, "probe", now)
    assert 40 <= len(ended) <= 50
    assert [one.until for one in ended] == sorted(one.until for one in ended)
    # Nine in ten take a day at most: twenty such days are more than all that is there.
    assert ended[-1].until - ended[0].until > 6 * DAY
    assert under_way == []
