"""Forms under way: kept as they are typed, sent once, forgotten in the end."""

from datetime import timedelta

import pytest

from ground import clock
from ground.errors import Conflict
from services import drafts
from services.requests import Submission
from store.database import Database
from store.drafts import Draft
from tests.people import People, demo_people
from tests.probe import publish_probe

SUBJECT = drafts.of_item("probe")


@pytest.fixture
def people(database: Database) -> People:
    """The demo accounts, with something to request."""
    publish_probe(database)
    return demo_people(database)


def saved(database: Database, people: People, name: str = "customer", **answers: str) -> Draft:
    return database.write_now(drafts.save, people[name], SUBJECT, "v1", answers)


def submission(key: str) -> Submission:
    return Submission(item="probe", answers={"wish": "tea"}, idempotency_key=key)


def test_a_draft_is_kept_as_typed_under_one_key(database: Database, people: People) -> None:
    first = saved(database, people, wish="te")
    second = saved(database, people, wish="tea", other="unknown to the form")
    assert second.key == first.key
    found = database.read_now(drafts.find, people["customer"], SUBJECT)
    assert found is not None
    assert found.answers == {"wish": "tea", "other": "unknown to the form"}


def test_everybody_has_drafts_of_their_own(database: Database, people: People) -> None:
    saved(database, people, wish="tea")
    assert database.read_now(drafts.find, people["customer2"], SUBJECT) is None
    assert database.read_now(drafts.begun, people["customer2"]) == []
    assert [one.subject for one in database.read_now(drafts.begun, people["customer"])] == [SUBJECT]


def test_only_new_requests_count_as_begun(database: Database, people: People) -> None:
    for subject in (drafts.of_task("t"), drafts.of_amendment("r")):
        database.write_now(drafts.save, people["customer"], subject, "v1", {})
    assert database.read_now(drafts.begun, people["customer"]) == []


def test_a_sent_draft_is_gone_and_its_request_is_found_again(
    database: Database, people: People
) -> None:
    key = saved(database, people, wish="tea").key
    first = database.write_now(drafts.send, people["customer"], submission(key), SUBJECT)
    assert database.read_now(drafts.find, people["customer"], SUBJECT) is None
    again = database.write_now(drafts.send, people["customer"], submission(key), SUBJECT)
    assert again.id == first.id


def test_a_next_draft_is_not_sent_by_the_page_of_the_first(
    database: Database, people: People
) -> None:
    key = saved(database, people, wish="tea").key
    first = database.write_now(drafts.send, people["customer"], submission(key), SUBJECT)
    saved(database, people, wish="coffee")
    again = database.write_now(drafts.send, people["customer"], submission(key), SUBJECT)
    assert again.id == first.id
    assert database.read_now(drafts.find, people["customer"], SUBJECT) is not None


def test_what_was_never_kept_cannot_be_sent(database: Database, people: People) -> None:
    with pytest.raises(Conflict, match=r"drafts\.gone"):
        database.write_now(drafts.send, people["customer"], submission("no such key"), SUBJECT)


def test_a_draft_that_nobody_touches_is_forgotten(database: Database, people: People) -> None:
    saved(database, people, wish="tea")
    database.write_now(drafts.sweep, clock.now())
    assert database.read_now(drafts.find, people["customer"], SUBJECT) is not None
    database.write_now(drafts.sweep, clock.now() + drafts.KEPT_FOR + timedelta(days=1))
    assert database.read_now(drafts.find, people["customer"], SUBJECT) is None


# What was typed, put into what is kept


def test_what_was_asked_and_left_empty_is_gone() -> None:
    assert drafts.merged({"a": 1, "b": 2}, ["a"], {}) == {"b": 2}


def test_what_was_not_asked_stays() -> None:
    before = {"address": {"country": "ES", "region": "M"}, "name": "Clara"}
    after = drafts.merged(before, ["address.country"], {"address": {"country": "PT"}})
    assert after == {"address": {"country": "PT", "region": "M"}, "name": "Clara"}
    assert before["address"] == {"country": "ES", "region": "M"}


def test_a_list_is_one_answer() -> None:
    before = {"loans": [{"lender": "A"}, {"lender": "B"}]}
    names = ["loans", "loans.0.lender"]
    assert drafts.merged(before, names, {"loans": [{"lender": "B"}]}) == {
        "loans": [{"lender": "B"}]
    }
    assert drafts.merged(before, ["loans"], {}) == {}


def test_an_answer_may_become_a_group_or_stop_being_one() -> None:
    assert drafts.merged({"a": "x"}, ["a.b"], {"a": {"b": 1}}) == {"a": {"b": 1}}
    assert drafts.merged({"a": {"b": 1}}, ["a"], {"a": "x"}) == {"a": "x"}
