"""Forms under way: kept as they are typed, sent once, forgotten in the end."""

from datetime import timedelta

import pytest

from ground import clock
from ground.errors import Conflict
from services import drafts
from services.requests import Submission
from store.catalog import PublishedItem
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


def saved(
    database: Database, people: People, name: str = "customer", draft: str = "", **answers: str
) -> Draft:
    subject = drafts.of_item("probe", draft)
    return database.write_now(drafts.save, people[name], subject, published(database), answers)


def published(database: Database) -> str:
    """The hash of the item's version."""
    return database.read_now(lambda session: session.get_one(PublishedItem, "probe").hash)


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
    (begun,) = database.read_now(drafts.begun, people["customer"])
    assert (begun.item, begun.id, begun.address) == ("probe", "", "/catalog/probe/form")


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


# Several of one item


def test_drafts_of_one_item_lie_beside_each_other(database: Database, people: People) -> None:
    new = database.read_now(drafts.beginning, people["customer"], "probe")
    saved(database, people, wish="tea")
    saved(database, people, draft=new, wish="coffee")
    begun = database.read_now(drafts.begun, people["customer"])
    assert [(one.id, one.about, one.address, one.discard) for one in begun] == [
        (
            new,
            "coffee",
            f"/catalog/probe/drafts/{new}/form",
            f"/catalog/probe/drafts/{new}/discard",
        ),
        ("", "tea", "/catalog/probe/form", "/catalog/probe/discard"),
    ]
    database.write_now(drafts.drop, people["customer"], drafts.of_item("probe", new))
    (left,) = database.read_now(drafts.begun, people["customer"], "en", "probe")
    assert (left.id, left.about) == ("", "")


def test_drafts_with_the_same_answers_are_told_apart_by_nothing_else(
    database: Database, people: People
) -> None:
    for draft in ("", "01JD3Z8W4K2T5N7Q9R1S3V5X7Z"):
        saved(database, people, draft=draft, wish="tea")
    assert [one.about for one in database.read_now(drafts.begun, people["customer"])] == ["", ""]


def test_items_are_not_taken_for_others_that_begin_alike(
    database: Database, people: People
) -> None:
    saved(database, people, wish="tea")
    assert database.read_now(drafts.begun, people["customer"], "en", "pro") == []
    assert drafts.item_of(drafts.of_item("probe", "01J")) == ("probe", "01J")
    assert drafts.item_of(SUBJECT) == ("probe", "")


def test_there_is_an_end_to_drafts_of_one_item(
    database: Database, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drafts, "MOST_OF_ITEM", 2)
    saved(database, people, wish="tea")
    new = database.read_now(drafts.beginning, people["customer"], "probe")
    saved(database, people, draft=new, wish="coffee")
    with pytest.raises(Conflict, match=r"drafts\.too_many"):
        database.read_now(drafts.beginning, people["customer"], "probe")
    with pytest.raises(Conflict, match=r"drafts\.too_many"):
        saved(database, people, draft="another", wish="milk")
    assert saved(database, people, draft=new, wish="more coffee").answers["wish"] == "more coffee"
    assert saved(database, people, "customer2", draft="another", wish="milk").key


# Definitions that change


def test_a_draft_stays_with_its_version_until_its_writer_has_read_what_is_new(
    database: Database, people: People
) -> None:
    first = saved(database, people, wish="tea").version
    customer = people["customer"]
    later = database.write_now(drafts.save, customer, SUBJECT, "later", {"wish": "te"}, {"a": 1})
    assert (later.version, later.origin, later.before) == (first, {}, {"wish": "tea"})
    later = database.write_now(drafts.save, customer, SUBJECT, "later", {"wish": "t"})
    assert later.before == {"wish": "tea"}
    database.write_now(drafts.take_note, customer, SUBJECT, "later")
    found = database.read_now(drafts.find, customer, SUBJECT)
    assert found is not None
    assert (found.version, found.before) == ("later", None)
    with pytest.raises(Conflict, match=r"drafts\.gone"):
        database.write_now(drafts.take_note, people["customer2"], SUBJECT, "later")


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
