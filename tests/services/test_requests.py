"""Submitting, and what may be said to a request under way, on both databases."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlmodel import Session, func, select

from ground import clock
from ground.errors import Conflict, Forbidden, Invalid, NotFound, Refusal
from services import outbox, requests, timeline
from services.requests import Sealing, Submission
from services.timeline import Entry
from store.database import Database
from store.requests import Delivery, Request, StageState, Status, TimelineEntry
from tests.people import People, demo_people
from tests.probe import publish_probe, submit_probe


@pytest.fixture
def people(database: Database) -> People:
    publish_probe(database)
    return demo_people(database)


def count(database: Database, table: type) -> int:
    return database.read_now(lambda s: s.exec(select(func.count()).select_from(table)).one())


def deliveries(database: Database, request: Request) -> list[tuple[int, str]]:
    query = select(Delivery.number, Delivery.kind).where(Delivery.request_id == request.id)
    return sorted(database.read_now(lambda s: s.exec(query).all()))


class TestSubmit:
    def test_writes_request_entry_and_delivery_together(
        self, database: Database, people: People
    ) -> None:
        request = submit_probe(database, people["customer"])
        stored = database.read_now(lambda s: s.get_one(Request, request.id))
        assert (stored.status, stored.stage, stored.group) == ("submitted", "received", "support")
        assert stored.answers == {"wish": "tea"}
        entries = database.read_now(lambda s: timeline.entries_after(s, request.id, 0, False))
        assert [(e.number, e.text, e.actor) for e in entries] == [
            (1, "requests.submitted", "customer")
        ]
        assert deliveries(database, request) == [(1, "start")]

    def test_the_reference_is_short_and_unguessable(
        self, database: Database, people: People
    ) -> None:
        references = {submit_probe(database, people["customer"]).reference for _ in range(50)}
        assert len(references) == 50
        assert all(
            re.fullmatch(r"[2-9A-HJKMNP-TW-Z]{5}-[2-9A-HJKMNP-TW-Z]{5}", r) for r in references
        )

    def test_wrong_answers_leave_nothing_behind(self, database: Database, people: People) -> None:
        wrong = Submission(item="probe", answers={"wish": 3})
        with pytest.raises(Invalid) as refused:
            database.write_now(requests.submit, people["customer"], wrong)
        assert [error.pointer for error in refused.value.fields] == ["/wish"]
        assert (count(database, Request), count(database, Delivery)) == (0, 0)

    def test_an_unknown_item_does_not_exist(self, database: Database, people: People) -> None:
        with pytest.raises(NotFound):
            database.write_now(
                requests.submit, people["customer"], Submission(item="moon", answers={})
            )


class TestIdempotency:
    def test_the_same_key_and_body_answer_the_first_result(
        self, database: Database, people: People
    ) -> None:
        first = submit_probe(database, people["customer"], idempotency_key="k1")
        again = submit_probe(database, people["customer"], idempotency_key="k1")
        assert again.id == first.id
        assert count(database, Request) == 1

    def test_another_body_under_the_same_key_is_refused(
        self, database: Database, people: People
    ) -> None:
        submit_probe(database, people["customer"], idempotency_key="k1")
        other = Submission(item="probe", answers={"wish": "coffee"}, idempotency_key="k1")
        with pytest.raises(Invalid, match="idempotency_key_reused"):
            database.write_now(requests.submit, people["customer"], other)

    def test_a_key_is_its_owners_alone(self, database: Database, people: People) -> None:
        first = submit_probe(database, people["customer"], idempotency_key="k1")
        second = submit_probe(database, people["customer2"], idempotency_key="k1")
        assert first.id != second.id

    def test_twins_at_the_same_moment_make_one_request(
        self, database: Database, people: People
    ) -> None:
        def one(_: int) -> str | None:
            try:
                return submit_probe(database, people["customer"], idempotency_key="k1").id
            except Conflict:
                return None

        with ThreadPoolExecutor(8) as threads:
            made = set(threads.map(one, range(24))) - {None}
        assert len(made) == 1
        assert count(database, Request) == 1


class TestReading:
    def test_by_id_and_by_reference_however_typed(self, database: Database, people: People) -> None:
        request = submit_probe(database, people["customer"])
        typed = request.reference.lower().replace("-", " ")
        for key in (request.id, request.reference, typed):
            found = database.read_now(requests.readable, people["customer"], key)
            assert found.id == request.id

    def test_another_customers_request_does_not_exist(
        self, database: Database, people: People
    ) -> None:
        request = submit_probe(database, people["customer"])
        with pytest.raises(NotFound):
            database.read_now(requests.readable, people["customer2"], request.id)


class TestWithdraw:
    def test_owes_the_workflow_a_signal_once(self, database: Database, people: People) -> None:
        request = submit_probe(database, people["customer"])
        for _ in range(2):
            database.write_now(requests.withdraw, people["customer"], request.id)
        assert deliveries(database, request) == [(1, "start"), (2, "withdraw")]
        stored = database.read_now(lambda s: s.get_one(Request, request.id))
        assert stored.status == Status.WITHDRAWING

    def test_one_row_decides_between_withdrawal_and_point_of_no_return(
        self, database: Database, people: People
    ) -> None:
        sealed, withdrawn = (submit_probe(database, people["customer"]) for _ in range(2))
        seal = lambda s, r: requests.seal(s, timeline.locked(s, r.id))  # noqa: E731
        assert database.write_now(seal, sealed) == Sealing.SEALED
        with pytest.raises(Conflict, match="too_late_to_withdraw"):
            database.write_now(requests.withdraw, people["customer"], sealed.id)
        database.write_now(requests.withdraw, people["customer"], withdrawn.id)
        assert database.write_now(seal, withdrawn) == Sealing.WITHDRAWN

    def test_staff_may_read_but_not_withdraw(self, database: Database, people: People) -> None:
        request = submit_probe(database, people["customer"])
        with pytest.raises(Forbidden):
            database.write_now(requests.withdraw, people["operator"], request.id)


class TestMessages:
    def test_a_message_is_told_and_delivered(self, database: Database, people: People) -> None:
        request = submit_probe(database, people["customer"])
        database.write_now(requests.write_message, people["customer"], request.id, "  hello ")
        assert deliveries(database, request)[-1] == (2, "message")

    def test_an_internal_note_stays_inside(self, database: Database, people: People) -> None:
        request = submit_probe(database, people["customer"])
        database.write_now(
            requests.write_message, people["operator"], request.id, "a bit odd", True
        )
        assert deliveries(database, request) == [(1, "start")]
        entries = database.read_now(lambda s: timeline.entries_after(s, request.id, 0, False))
        assert len(entries) == 1

    @pytest.mark.parametrize("text", ["", "   ", "x" * 4001])
    def test_nothing_and_too_much_are_refused(
        self, database: Database, people: People, text: str
    ) -> None:
        request = submit_probe(database, people["customer"])
        with pytest.raises(Refusal):
            database.write_now(requests.write_message, people["customer"], request.id, text)

    def test_an_ended_request_takes_no_more(self, database: Database, people: People) -> None:
        request = submit_probe(database, people["customer"])
        database.write_now(requests.ended_outside, request.id, "terminated")
        with pytest.raises(Conflict, match="already_ended"):
            database.write_now(requests.write_message, people["customer"], request.id, "hello?")


class TestAmend:
    def test_replaces_the_answers_and_tells_the_workflow(
        self, database: Database, people: People
    ) -> None:
        request = submit_probe(database, people["customer"])
        database.write_now(requests.amend, people["customer"], request.id, {"wish": "cake"}, "en")
        stored = database.read_now(lambda s: s.get_one(Request, request.id))
        assert (stored.answers, stored.revision) == ({"wish": "cake"}, 1)
        assert deliveries(database, request)[-1] == (2, "amend")

    def test_after_the_last_stage_that_allows_it_nothing_changes(
        self, database: Database, people: People
    ) -> None:
        request = submit_probe(database, people["customer"])

        def reach_done(session: Session) -> None:
            entry = Entry(key="x", at=clock.now(), stage="done", state=StageState.IN_PROGRESS)
            timeline.record(session, timeline.locked(session, request.id), [entry])

        database.write_now(reach_done)
        with pytest.raises(Conflict, match="too_late_to_amend"):
            database.write_now(
                requests.amend, people["customer"], request.id, {"wish": "cake"}, "en"
            )

    def test_one_row_decides_between_a_change_and_the_point_of_no_return(
        self, database: Database, people: People
    ) -> None:
        request = submit_probe(database, people["customer"])

        def amend(wish: str) -> Request:
            return database.write_now(
                requests.amend, people["customer"], request.id, {"wish": wish}, "en"
            )

        seal = lambda s, revision: requests.seal(  # noqa: E731
            s, timeline.locked(s, request.id), revision
        )
        amend("cake")
        assert database.write_now(seal, 0) == Sealing.AMENDED
        assert database.write_now(seal, 1) == Sealing.SEALED
        with pytest.raises(Conflict, match="too_late_to_amend"):
            amend("tart")

    def test_a_correction_replaces_one_answer(self, database: Database, people: People) -> None:
        request = submit_probe(database, people["customer"])
        more = {"sugar": 2}
        database.write_now(lambda s: requests.correct(s, timeline.locked(s, request.id), more))
        stored = database.read_now(lambda s: s.get_one(Request, request.id))
        assert (stored.answers, stored.revision) == ({"wish": "tea", "sugar": 2}, 1)


class TestTimeline:
    def test_what_was_written_is_not_written_again(
        self, database: Database, people: People
    ) -> None:
        request = submit_probe(database, people["customer"])

        def tell(*keys: str) -> None:
            entries = [Entry(key=key, at=clock.now(), text="requests.amended") for key in keys]
            database.write_now(
                lambda s: timeline.record(s, timeline.locked(s, request.id), entries)
            )

        tell("one", "two")
        tell("two", "three")
        rows = database.read_now(timeline.entries_after, request.id, 0, staff=True)
        assert [(row.number, row.key) for row in rows] == [
            *((1, "submitted"), (2, "one"), (3, "two"), (4, "three"))
        ]

    def test_numbers_have_no_gaps_whoever_writes(self, database: Database, people: People) -> None:
        request = submit_probe(database, people["customer"])

        def tell(number: int) -> None:
            entry = Entry(key=f"n{number}", at=clock.now(), text="requests.amended")
            database.write_now(
                lambda s: timeline.record(s, timeline.locked(s, request.id), [entry])
            )

        with ThreadPoolExecutor(8) as threads:
            list(threads.map(tell, range(60)))
        numbers = select(TimelineEntry.number).where(TimelineEntry.request_id == request.id)
        found = database.read_now(lambda s: sorted(s.exec(numbers).all()))
        assert found == list(range(1, 62))


class TestOutbox:
    def test_only_the_oldest_unsent_row_of_a_request_is_claimed(
        self, database: Database, people: People
    ) -> None:
        request = submit_probe(database, people["customer"])
        database.write_now(requests.withdraw, people["customer"], request.id)
        now = clock.now()
        first = database.write_now(outbox.claim, now, 10)
        assert [c.number for c in first] == [1]
        assert database.write_now(outbox.claim, now, 10) == []
        database.write_now(outbox.mark_sent, first, now)
        assert [c.number for c in database.write_now(outbox.claim, now, 10)] == [2]

    def test_a_lease_that_ran_out_is_claimed_anew(self, database: Database, people: People) -> None:
        submit_probe(database, people["customer"])
        now = clock.now()
        database.write_now(outbox.claim, now, 10)
        later = now + outbox.LEASE + timedelta(seconds=1)
        assert len(database.write_now(outbox.claim, later, 10)) == 1

    def test_a_failure_waits_longer_each_time_and_is_told(
        self, database: Database, people: People
    ) -> None:
        request = submit_probe(database, people["customer"])
        now, waits = clock.now(), []
        for _ in range(3):
            (claimed,) = database.write_now(outbox.claim, now, 1)
            database.write_now(outbox.mark_failed, claimed, "UNAVAILABLE: no engine", now)
            row = database.read_now(lambda s: s.get_one(Delivery, (request.id, 1)))
            waits.append(row.not_before - now)
            now = row.not_before
        assert waits == sorted(waits)
        assert waits[0] < waits[-1]
        assert row.error == "UNAVAILABLE: no engine"
        assert database.read_now(outbox.lag, now) > timedelta()

    def test_many_relays_keep_the_order_of_each_request(
        self, database: Database, people: People
    ) -> None:
        made = [submit_probe(database, people["customer"]) for _ in range(12)]
        for request in made:
            for text in ("one", "two", "three"):
                database.write_now(requests.write_message, people["customer"], request.id, text)
        delivered: list[tuple[str, int]] = []

        def relay(_: int) -> None:
            while batch := database.write_now(outbox.claim, clock.now(), 3):
                delivered.extend((c.request.id, c.number) for c in batch)
                database.write_now(outbox.mark_sent, batch, clock.now())

        with ThreadPoolExecutor(6) as threads:
            list(threads.map(relay, range(6)))
        while batch := database.write_now(outbox.claim, clock.now(), 50):
            delivered.extend((c.request.id, c.number) for c in batch)
            database.write_now(outbox.mark_sent, batch, clock.now())
        assert len(delivered) == 48
        for request in made:
            assert [n for r, n in delivered if r == request.id] == [1, 2, 3, 4]
