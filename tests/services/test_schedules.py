"""Requests that begin by themselves: after the last, on an event, and whenever the engine says."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, col, select

from ground import clock
from ground.errors import Invalid, NotFound
from services import events, forms, publishing, requests, schedules, timeline
from store.catalog import PublishedItem
from store.database import Database
from store.events import ItemSchedule
from store.requests import Request, Status
from tests.services.test_events import EVENT
from tests.workflows.declared_item import PROBE, write_items
from workflows.registry import definition_registry

NOTHING = [{"rest": {"wait": {"seconds": 1}}}]
"""What the processes here do."""


def publish(database: Database, folder: Path, **schedule_of: Any) -> None:
    """Publish items with these schedules, and write down what is to be kept."""
    processes = {
        name: {"do": NOTHING} | ({"schedule": one} if one else {})
        for name, one in schedule_of.items()
    }
    write_items(folder, **processes)
    refreshed = database.write_now(
        publishing.refresh, folder, PROBE / "forms", definition_registry()
    )
    assert not refreshed.problems, refreshed.problems
    keep(database)


def keep(database: Database) -> None:
    while found := database.read_now(schedules.changed):
        database.write_now(schedules.keep, found)


def row(database: Database, item: str) -> ItemSchedule:
    return database.read_now(lambda s: s.get_one(ItemSchedule, item))


def begun(database: Database, item: str) -> list[Request]:
    query = select(Request).where(Request.item_id == item).order_by(col(Request.id))
    return list(database.read_now(lambda s: s.exec(query).all()))


def close(database: Database, request: Request, status: Status = Status.COMPLETED) -> None:
    def end(session: Session) -> None:
        requests.close(session, timeline.locked(session, request.id), status, clock.now())

    database.write_now(end)


def start(database: Database, item: str, key: str, answers: Any = None) -> Request:
    return database.write_now(schedules.start, item, key, answers or {}, clock.now())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "catalog"


class TestBeginning:
    """One request, for the system account."""

    def test_it_is_submitted_as_any_other(self, database: Database, folder: Path) -> None:
        publish(database, folder, item={"every": "PT1H"})
        request = start(database, "item", "a", {"wish": "tea", "personal": "not asked for"})
        assert (request.channel, request.answers) == ("schedule", {"wish": "tea"})
        told = database.read_now(timeline.entries_after, request.id, 0, False)
        assert [entry.text for entry in told] == ["requests.submitted"]

    def test_the_same_key_begins_nothing_twice(self, database: Database, folder: Path) -> None:
        publish(database, folder, item={"every": "PT1H"}, other={"every": "PT1H"})
        first = start(database, "item", "a", {"wish": "tea"})
        assert start(database, "item", "a", {"wish": "tea"}).id == first.id
        assert start(database, "item", "b", {"wish": "tea"}).id != first.id
        assert len(begun(database, "item")) == 2

    def test_a_form_that_wants_answers_refuses(self, database: Database, folder: Path) -> None:
        publish(database, folder, item={"every": "PT1H"})
        with pytest.raises(Invalid):
            start(database, "item", "a")
        assert begun(database, "item") == []

    def test_an_item_that_is_not_published_is_not_found(self, database: Database) -> None:
        with pytest.raises(NotFound):
            start(database, "item", "a")


class TestInLine:
    """What is written down of the published versions."""

    def test_every_kind_is_known(self, database: Database, folder: Path) -> None:
        on = {"one": {"with": {"type": "made"}}}
        publish(
            database,
            folder,
            often={"every": {"minutes": 5}},
            daily={"cron": "0 6 * * *"},
            again={"after": "P1D"},
            heard={"on": on},
            plain=None,
        )
        kinds = {name: row(database, name).kind for name in ("often", "daily", "again", "heard")}
        assert kinds == {"often": "every", "daily": "cron", "again": "after", "heard": "on"}
        assert row(database, "plain").kind == ""
        assert row(database, "heard").schedule == {"on": on}
        to_apply = database.read_now(schedules.to_apply, False)
        assert sorted(one.item_id for one in to_apply) == ["daily", "often"]

    def test_a_new_version_changes_it(self, database: Database, folder: Path) -> None:
        publish(database, folder, item={"every": "PT1H"})
        applied(database, "item")
        publish(database, folder, item={"every": "PT2H"})
        assert row(database, "item").schedule == {"every": "PT2H"}
        assert not row(database, "item").applied
        applied(database, "item")
        publish(database, folder, item=None)
        assert row(database, "item").kind == ""
        assert not row(database, "item").applied

    def test_so_does_taking_the_item_away(self, database: Database, folder: Path) -> None:
        publish(database, folder, item={"every": "PT1H"})
        applied(database, "item")
        database.write_now(lambda s: s.delete(s.get_one(PublishedItem, "item")))
        keep(database)
        assert (row(database, "item").kind, row(database, "item").applied) == ("", False)
        assert database.read_now(schedules.changed) == []

    def test_what_has_become_of_an_older_version_says_nothing(
        self, database: Database, folder: Path
    ) -> None:
        publish(database, folder, item={"every": "PT1H"})
        database.write_now(schedules.applied, "item", "another-hash", None)
        assert not row(database, "item").applied

    def test_after_a_restart_all_that_the_engine_should_know_is_said_again(
        self, database: Database, folder: Path
    ) -> None:
        publish(database, folder, item={"every": "PT1H"}, again={"after": "P1D"})
        applied(database, "item")
        assert database.read_now(schedules.to_apply, False) == []
        assert [one.item_id for one in database.read_now(schedules.to_apply, True)] == ["item"]

    @pytest.mark.parametrize(
        ("schedule", "problem"),
        [
            ({"on": {"all": [{"with": {"type": "made"}}]}}, "`all` would have to gather"),
            ({"on": {"any": [{"with": {"type": "a"}}], "until": ". > 3"}}, "leave out `until`"),
            (
                {"on": {"one": {"with": {"type": "a"}, "correlate": {"x": {"from": ".y"}}}}},
                "leave out `until` and `correlate`",
            ),
        ],
    )
    def test_what_cannot_be_kept_says_why(
        self, database: Database, folder: Path, schedule: Any, problem: str
    ) -> None:
        publish(database, folder, item=schedule)
        assert problem in (row(database, "item").problem or "")
        assert row(database, "item").kind == ""

    def test_a_length_that_is_none_says_so_too(self) -> None:
        assert "no duration" in (schedules.Found("item", "hash", {"every": "soon"}).problem or "")


def applied(database: Database, item: str) -> None:
    database.write_now(schedules.applied, item, row(database, item).hash, None)


class TestAfter:
    """The next one, so long after the last."""

    def begin(self, database: Database, after: timedelta = timedelta()) -> list[str]:
        return database.write_now(schedules.start_after, clock.now() + after)

    @pytest.fixture
    def first(self, database: Database, folder: Path) -> Request:
        publish(database, folder, again={"after": "P1D"})
        return start(database, "again", "first", {"wish": "tea"})

    @pytest.fixture(autouse=True)
    def _tea_for_all(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """What a schedule says nothing of is the form's default."""
        accept = forms.accept

        def with_tea(
            session: Session, version: str, name: str, who: str, given: Any, how: str
        ) -> Any:
            return accept(session, version, name, who, {"wish": "tea"} | given, how)

        monkeypatch.setattr(forms, "accept", with_tea)

    def test_nothing_begins_while_it_is_under_way_or_too_early(
        self, database: Database, first: Request
    ) -> None:
        assert self.begin(database, timedelta(days=9)) == []
        close(database, first)
        assert self.begin(database, timedelta(hours=23)) == []

    def test_one_begins_when_it_is_time_and_only_one(
        self, database: Database, first: Request
    ) -> None:
        close(database, first)
        later = timedelta(hours=25)
        assert len(database.read_now(schedules.due_after, clock.now() + later)) == 1
        (second,) = self.begin(database, later)
        assert self.begin(database, later) == []
        assert [one.id for one in begun(database, "again")] == [first.id, second]

    @pytest.mark.parametrize(
        ("status", "goes_on"),
        [("refused", True), ("failed", True), ("withdrawn", False), ("terminated", False)],
    )
    def test_whoever_stops_one_stops_them_all(
        self, database: Database, first: Request, status: str, goes_on: bool
    ) -> None:
        close(database, first, Status(status))
        assert bool(self.begin(database, timedelta(days=2))) is goes_on

    def test_one_that_cannot_begin_is_not_tried_for_ever(
        self, database: Database, first: Request, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*_: Any) -> Any:
            raise Invalid([])

        close(database, first)
        monkeypatch.setattr(forms, "accept", refuse)
        assert self.begin(database, timedelta(days=2)) == []
        assert "forms.invalid" in (row(database, "again").problem or "")
        assert not database.read_now(schedules.due_after, clock.now() + timedelta(days=2))


class TestOn:
    """One for every event that is meant."""

    def spread(self, database: Database, **changes: Any) -> None:
        database.write_now(events.publish, EVENT | changes, clock.now())
        while database.read_now(events.any_to_spread):
            database.write_now(schedules.spread_oldest, clock.now())

    def test_its_data_are_the_answers_as_far_as_the_form_asks(
        self, database: Database, folder: Path
    ) -> None:
        publish(database, folder, heard={"on": {"one": {"with": {"type": EVENT["type"]}}}})
        self.spread(database, data={"wish": "tea", "more": 1})
        self.spread(database, id="2", type="other", data={"wish": "tea"})
        (request,) = begun(database, "heard")
        assert request.answers == {"wish": "tea"}

    def test_an_event_that_the_form_does_not_accept_holds_up_no_other(
        self, database: Database, folder: Path
    ) -> None:
        publish(database, folder, heard={"on": {"any": []}})
        self.spread(database, data=["no", "object"])
        assert begun(database, "heard") == []
        assert "forms.invalid" in (row(database, "heard").problem or "")
        self.spread(database, id="2", data={"wish": "tea"})
        assert len(begun(database, "heard")) == 1
        assert row(database, "heard").problem is None

    @pytest.mark.parametrize(
        ("on", "is_meant"),
        [
            ({"any": []}, True),
            ({"any": [{"with": {"type": "other"}}, {"with": {"subject": "card-7"}}]}, True),
            ({"one": {"with": {"type": EVENT["type"], "source": "elsewhere"}}}, False),
            ({"one": {"with": {"data": '${ .card == "card-7" }'}}}, True),
            ({"one": {"with": {"data": '${ .card == "card-8" }'}}}, False),
            ({"one": {"with": {"subject": "${ .data.card }"}}}, True),
            ({"one": {"with": {"subject": "${ .data.owner }"}}}, False),
            ({"one": {"with": {"data": "${ .card.number.deep > 1 }"}}}, False),
        ],
    )
    def test_which_events_are_meant(self, on: Any, is_meant: bool) -> None:
        assert schedules.means(on, EVENT) is is_meant
