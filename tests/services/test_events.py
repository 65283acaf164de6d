"""Events: published once, told to whoever waits, in order, whatever happens meanwhile."""

from typing import Any

import pytest
from sqlmodel import Session, col, select

from ground import clock
from ground.errors import Invalid, TooLarge
from services import events, identity, notifications, requests, schedules, timeline
from services.access import Viewer
from store.database import Database
from store.events import Event, EventSubscription
from store.identity import Role
from store.notifications import MailOut, Notification
from store.requests import Delivery, Status
from tests.people import People, demo_people
from tests.probe import publish_probe, submit_probe

EVENT: dict[str, Any] = {
    "specversion": "1.0",
    "id": "1",
    "source": "https://core.example.org/cards",
    "type": "org.example.card.made",
    "subject": "card-7",
    "time": "2026-05-04T09:30:00Z",
    "data": {"card": "card-7"},
}


@pytest.fixture
def people(database: Database) -> People:
    publish_probe(database)
    return demo_people(database)


@pytest.fixture
def request_id(database: Database, people: People) -> str:
    return submit_probe(database, people["customer"]).id


def publish(database: Database, **changes: Any) -> bool:
    event = {key: value for key, value in (EVENT | changes).items() if value is not ...}
    return database.write_now(events.publish, event, clock.now())


def spread(database: Database) -> int:
    """Tell of everything that has been published; how many events that was."""
    count = 0
    while database.read_now(events.any_to_spread):
        database.write_now(schedules.spread_oldest, clock.now())
        count += 1
    return count


def told(database: Database, request_id: str) -> list[str]:
    """The ids of the events that a request's workflow is owed, in their order."""
    query = (
        select(Delivery)
        .where(Delivery.request_id == request_id, Delivery.kind == "event")
        .order_by(col(Delivery.number))
    )
    return [row.body["id"] for row in database.read_now(lambda s: s.exec(query).all())]


def subscribe(database: Database, request_id: str, key: str, *filters: dict[str, Any]) -> None:
    database.write_now(events.subscribe, request_id, key, list(filters))


class TestPublishing:
    """What is kept as an event."""

    def test_an_event_is_kept_whole(self, database: Database) -> None:
        assert publish(database)
        (row,) = database.read_now(lambda s: s.exec(select(Event)).all())
        assert row.event == EVENT
        assert (row.source, row.event_id, row.type) == (EVENT["source"], "1", EVENT["type"])

    def test_source_and_id_name_it_for_ever(self, database: Database) -> None:
        assert publish(database)
        assert not publish(database, data={"another": True})
        assert publish(database, id="2")
        assert publish(database, source="https://elsewhere.example.org")
        rows = database.read_now(lambda s: s.exec(select(Event).order_by(col(Event.key))).all())
        assert [row.event["data"] for row in rows] == [EVENT["data"]] * 3

    def test_only_three_attributes_are_needed(self, database: Database) -> None:
        assert publish(database, subject=..., time=..., data=...)

    def test_extensions_are_simple_values(self, database: Database) -> None:
        assert publish(database, partition="7", attempt=3, final=True)

    @pytest.mark.parametrize(
        ("changes", "pointer", "key"),
        [
            ({"id": ...}, "/id", "events.missing"),
            ({"source": ""}, "/source", "events.missing"),
            ({"type": None}, "/type", "events.missing"),
            ({"specversion": "0.3"}, "/specversion", "events.other_version"),
            ({"type": 7}, "/type", "events.no_attribute"),
            ({"subject": {"a": 1}}, "/subject", "events.no_attribute"),
            ({"Big_Name": "x"}, "/Big_Name", "events.no_attribute"),
            ({"extra": [1]}, "/extra", "events.no_attribute"),
            ({"extra": "x" * 401}, "/extra", "events.no_attribute"),
            ({"time": "yesterday"}, "/time", "events.no_moment"),
            ({"time": "2026-05-04T09:30:00"}, "/time", "events.no_moment"),
        ],
    )
    def test_what_is_no_event_is_refused_attribute_by_attribute(
        self, database: Database, changes: Any, pointer: str, key: str
    ) -> None:
        with pytest.raises(Invalid) as caught:
            publish(database, **changes)
        assert (pointer, key) in [(wrong.pointer, wrong.key) for wrong in caught.value.fields]
        assert not database.read_now(events.any_to_spread)

    def test_no_event_is_larger_than_what_a_workflow_takes(self, database: Database) -> None:
        with pytest.raises(TooLarge):
            publish(database, data="x" * events.LARGEST_EVENT)


class TestTelling:
    """Who is told of what."""

    @pytest.mark.parametrize(
        ("wanted", "is_told"),
        [
            ({}, True),
            ({"type": EVENT["type"]}, True),
            ({"type": EVENT["type"], "source": EVENT["source"], "subject": "card-7"}, True),
            ({"source": EVENT["source"]}, True),
            ({"type": "org.example.card.lost"}, False),
            ({"type": EVENT["type"], "source": "https://elsewhere.example.org"}, False),
            ({"type": EVENT["type"], "subject": "card-8"}, False),
            ({"partition": "7"}, False),
        ],
    )
    def test_whoever_waits_for_these_attributes(
        self, database: Database, request_id: str, wanted: dict[str, Any], is_told: bool
    ) -> None:
        subscribe(database, request_id, "a", wanted)
        publish(database)
        assert spread(database) == 1
        assert told(database, request_id) == (["1"] if is_told else [])

    def test_once_however_many_filters_fit(self, database: Database, request_id: str) -> None:
        subscribe(database, request_id, "a", {}, {"type": EVENT["type"]}, {"type": "other"})
        subscribe(database, request_id, "b", {"source": EVENT["source"]})
        publish(database)
        spread(database)
        assert spread(database) == 0
        assert told(database, request_id) == ["1"]

    def test_everyone_and_in_order(self, database: Database, people: People) -> None:
        waiting = [submit_probe(database, people["customer"]).id for _ in range(3)]
        for request_id in waiting:
            subscribe(database, request_id, request_id, {})
        for number in range(4):
            publish(database, id=str(number))
        assert spread(database) == 4
        assert [told(database, one) for one in waiting] == [["0", "1", "2", "3"]] * 3

    def test_nobody_after_they_have_ceased_to_wait(
        self, database: Database, request_id: str
    ) -> None:
        subscribe(database, request_id, "a", {})
        subscribe(database, request_id, "b", {"type": "other"})
        database.write_now(events.unsubscribe, "a")
        publish(database)
        publish(database, id="2", type="other")
        spread(database)
        assert told(database, request_id) == ["2"]

    def test_the_same_key_again_replaces_the_filters(
        self, database: Database, request_id: str
    ) -> None:
        subscribe(database, request_id, "a", {}, {"type": "x"})
        subscribe(database, request_id, "a", {"type": "other"})
        publish(database)
        spread(database)
        assert told(database, request_id) == []

    def test_no_request_that_has_ended(self, database: Database, request_id: str) -> None:
        subscribe(database, request_id, "a", {})

        def close(session: Session) -> None:
            request = timeline.locked(session, request_id)
            requests.close(session, request, Status.COMPLETED, clock.now())

        database.write_now(close)
        publish(database)
        spread(database)
        assert told(database, request_id) == []
        database.write_now(events.sweep)
        assert not database.read_now(lambda s: s.exec(select(EventSubscription)).all())

    def test_the_sweep_leaves_what_still_waits(self, database: Database, request_id: str) -> None:
        subscribe(database, request_id, "a", {})
        database.write_now(events.sweep)
        publish(database)
        spread(database)
        assert told(database, request_id) == ["1"]

    def test_an_event_that_came_after_the_end_is_no_line_of_the_timeline(
        self, database: Database, people: People, request_id: str
    ) -> None:
        before = entries(database, request_id)
        database.write_now(requests.too_late, request_id, 2, "event")
        assert entries(database, request_id) == before


def entries(database: Database, request_id: str) -> list[str]:
    found = database.read_now(timeline.entries_after, request_id, 0, True)
    return [entry.text for entry in found]


def test_a_system_is_an_account_of_its_own_that_gets_no_mail(database: Database) -> None:
    def made(session: Session) -> Viewer:
        return identity.system_account(session, "core", clock.now())

    viewer = database.write_now(made)
    assert database.write_now(made) == viewer
    assert (viewer.email, viewer.role, viewer.is_staff) == ("core@system", Role.SYSTEM, False)
    database.write_now(
        notifications.notify, viewer.account_id, "requests.submitted", {}, None, clock.now()
    )
    assert len(database.read_now(lambda s: s.exec(select(Notification)).all())) == 1
    assert database.read_now(lambda s: s.exec(select(MailOut)).all()) == []
