"""Versions are reviewed by two, published at their moment, rolled back, retired and restored."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, update

from ground import clock
from ground.errors import Conflict, Forbidden, NotFound, Refusal
from services import publications, version_life
from services.version_life import approve, publish, reject, restore, retire, rollback, submit
from store.catalog import DefinitionFile
from store.database import Database
from store.identity import Role
from tests.services.definitions_shop import ANA, BEA, OPS, SOON, Shop, person


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Shop:
    """A shop whose tea steeps for 4 minutes and has just been published."""
    shop = Shop(database, tmp_path)
    shop.refresh()
    return shop


@pytest.fixture
def careful(shop: Shop) -> Shop:
    """The same, and a change to 5 minutes waits for a review."""
    shop.ask_for_reviews()
    shop.steep(5)
    return shop


def refused(kind: type[Refusal], key: str, act: Callable[[], object]) -> Refusal:
    """The refusal of what somebody tries."""
    with pytest.raises(kind) as error:
        act()
    assert error.value.key == f"definitions.{key}"
    return error.value


# Review


def test_a_second_person_approves_and_the_version_is_published(careful: Shop) -> None:
    hash = careful.do(submit, ANA, note="Stronger")
    assert (careful.minutes, careful.life.in_review) == (4, hash)

    assert careful.do(approve, BEA, careful.registry) == hash

    assert (careful.minutes, careful.pointer) == (5, hash)
    assert careful.told()[-3:] == [
        ("submitted", "ana"),
        ("approved", "bea"),
        ("published", "bea"),
    ]
    assert careful.life.in_review is None


def test_nobody_approves_what_they_have_submitted(careful: Shop) -> None:
    careful.do(submit, OPS)

    refused(Forbidden, "second_person", lambda: careful.do(approve, OPS, careful.registry))
    refused(Forbidden, "second_person", lambda: careful.do(reject, OPS, note="No"))
    assert careful.minutes == 4


def test_a_rejection_says_why_and_publishes_nothing(careful: Shop) -> None:
    careful.do(submit, ANA)
    refused(Refusal, "say_why", lambda: careful.do(reject, BEA, note=" "))

    careful.do(reject, BEA, note="Too bitter")

    assert careful.minutes == 4
    assert careful.read(publications.events, "tea")[-1].note == "Too bitter"
    refused(Conflict, "nothing_in_review", lambda: careful.do(approve, BEA, careful.registry))


def test_a_rejected_version_may_be_submitted_again(careful: Shop) -> None:
    careful.do(submit, ANA)
    careful.do(reject, BEA, note="Not today")
    careful.do(submit, ANA)

    careful.do(approve, BEA, careful.registry)

    assert careful.minutes == 5


def test_a_later_submission_takes_the_place_of_the_earlier(careful: Shop) -> None:
    first = careful.do(submit, ANA)
    second = careful.steep(6)
    careful.do(submit, BEA)

    refused(
        Conflict,
        "not_in_review",
        lambda: careful.do(approve, ANA, careful.registry, version=first[:8]),
    )
    careful.do(approve, ANA, careful.registry, version=second[:8])

    assert careful.minutes == 6


def test_submitting_twice_is_submitting_once(careful: Shop) -> None:
    careful.do(submit, ANA)
    careful.do(submit, ANA)

    assert careful.told()[-2:] == [("loaded", "system"), ("submitted", "ana")]
    refused(Conflict, "already_in_review", lambda: careful.do(submit, BEA))


def test_what_publishes_itself_needs_no_review(shop: Shop) -> None:
    shop.steep(5)
    shop.do(rollback, ANA, shop.read(publications.events, "tea")[0].hash, shop.registry)

    refused(Conflict, "publishes_itself", lambda: shop.do(submit, ANA))


def test_what_is_published_needs_no_review_again(careful: Shop) -> None:
    careful.do(submit, ANA)
    careful.do(approve, BEA, careful.registry)

    refused(Conflict, "already_published", lambda: careful.do(submit, ANA))


def test_the_console_does_not_review(careful: Shop) -> None:
    refused(Forbidden, "say_who", lambda: careful.do(submit, None))
    careful.do(submit, ANA)
    refused(Forbidden, "say_who", lambda: careful.do(approve, None, careful.registry))


def test_not_asking_for_reviews_any_more_is_reviewed_too(careful: Shop) -> None:
    careful.do(submit, ANA)
    careful.do(approve, BEA, careful.registry)
    careful.workshop.change("publish: review\nform: tea", "form: tea")
    careful.steep(6)
    assert careful.minutes == 5

    careful.do(submit, ANA)
    careful.do(approve, BEA, careful.registry)
    careful.steep(7)

    assert careful.minutes == 7


@pytest.mark.parametrize("role", [Role.CUSTOMER, Role.AGENT])
def test_customers_and_agents_publish_nothing(careful: Shop, role: Role) -> None:
    registry: Any = careful.registry
    tries: list[Callable[[], object]] = [
        lambda: careful.do(submit, person("eve", role)),
        lambda: careful.do(approve, person("eve", role), registry),
        lambda: careful.do(reject, person("eve", role), note="No"),
        lambda: careful.do(publish, person("eve", role), registry),
        lambda: careful.do(rollback, person("eve", role), careful.file, registry),
        lambda: careful.do(retire, person("eve", role)),
        lambda: careful.do(restore, person("eve", role), registry),
    ]
    for act in tries:
        refused(Forbidden, "not_your_role", act)


# Publishing


def test_what_asks_for_reviews_is_published_only_after_one(careful: Shop) -> None:
    refused(Conflict, "needs_approval", lambda: careful.do(publish, ANA, careful.registry))
    careful.do(submit, ANA)
    refused(Conflict, "needs_approval", lambda: careful.do(publish, BEA, careful.registry))
    careful.do(reject, BEA, note="No")
    refused(Conflict, "needs_approval", lambda: careful.do(publish, BEA, careful.registry))

    assert careful.minutes == 4


def test_what_is_published_already_stays_so(shop: Shop) -> None:
    before = shop.told()

    assert shop.do(publish, None, shop.registry) == shop.pointer
    assert shop.told() == before


def test_a_version_is_named_by_the_beginning_of_its_hash(shop: Shop) -> None:
    first = shop.file
    shop.steep(5)

    assert shop.do(publish, ANA, shop.registry, version=first[:8]) == first
    assert shop.minutes == 4
    act = shop.do
    refused(Refusal, "no_hash", lambda: act(publish, ANA, shop.registry, version=first[:7]))
    refused(Refusal, "no_hash", lambda: act(publish, ANA, shop.registry, version="ABCDEFGH"))
    refused(NotFound, "no_version", lambda: act(publish, ANA, shop.registry, version="0" * 8))


def test_a_wrong_file_is_not_published(shop: Shop) -> None:
    shop.workshop.change("minutes: 4", "minutes: 400")
    shop.refresh()

    no = refused(Conflict, "file_is_wrong", lambda: shop.do(publish, ANA, shop.registry))

    assert "defs/tea.yaml:16:3" in no.params["first"]


def test_a_version_that_the_portal_can_no_longer_offer_is_not_published(shop: Shop) -> None:
    first = shop.file
    shop.steep(5)
    later = replace(shop.registry, groups=frozenset({"cellar"}))

    no = refused(Conflict, "no_longer_fits", lambda: shop.do(rollback, ANA, first, later))

    assert "no group `kitchen`" in no.params["why"]
    assert shop.minutes == 5


def test_an_item_that_does_not_exist_is_not_found(shop: Shop) -> None:
    def work() -> object:
        return shop.database.write_now(lambda s: publish(s, ANA, "coffee", shop.registry))

    refused(NotFound, "no_item", work)


# Scheduling


def test_an_approved_version_waits_for_its_moment(careful: Shop) -> None:
    hash = careful.do(submit, ANA, at=SOON)
    careful.do(approve, BEA, careful.registry)
    assert (careful.minutes, careful.life.scheduled) == (4, hash)
    assert careful.read(version_life.due, SOON - timedelta(seconds=1)) == []

    assert careful.read(version_life.due, SOON) == ["tea"]
    publish_due(careful, SOON)

    assert (careful.minutes, careful.life.scheduled) == (5, None)
    assert careful.told()[-3:] == [
        ("approved", "bea"),
        ("scheduled", "bea"),
        ("published", "system"),
    ]
    assert careful.read(publications.events, "tea")[-1].effective_at == SOON


def publish_due(shop: Shop, at: Any) -> str | None:
    return shop.database.write_now(version_life.publish_due, "tea", shop.registry, at)


def test_it_is_published_once_and_not_before(careful: Shop) -> None:
    careful.do(submit, ANA, at=SOON)
    careful.do(approve, BEA, careful.registry)

    assert publish_due(careful, SOON - timedelta(seconds=1)) is None
    assert publish_due(careful, SOON) == careful.pointer
    assert publish_due(careful, SOON) is None


def test_a_moment_that_has_passed_is_now(careful: Shop) -> None:
    careful.do(submit, ANA, at=clock.now() - timedelta(hours=1))

    careful.do(approve, BEA, careful.registry)

    assert careful.minutes == 5


def test_a_scheduled_publication_can_be_called_off(careful: Shop) -> None:
    careful.do(submit, ANA, at=SOON)
    careful.do(approve, BEA, careful.registry)

    careful.do(reject, BEA, note="Not before the holidays")

    assert careful.read(version_life.due, SOON) == []
    refused(Conflict, "needs_approval", lambda: careful.do(publish, ANA, careful.registry))


def test_publishing_anything_drops_what_was_scheduled(shop: Shop) -> None:
    first = shop.file
    shop.steep(5)
    shop.do(publish, ANA, shop.registry, version=first, at=SOON)

    shop.steep(6)

    assert shop.read(version_life.due, SOON) == []


@pytest.mark.parametrize("end", ["retire", "remove"])
def test_an_item_that_leaves_the_catalog_does_not_come_back_by_schedule(
    careful: Shop, end: str
) -> None:
    careful.do(submit, ANA, at=SOON)
    careful.do(approve, BEA, careful.registry)

    if end == "retire":
        careful.do(retire, ANA)
    else:
        (careful.workshop.defs / "tea.yaml").unlink()
        careful.refresh()

    assert publish_due(careful, SOON) is None
    assert careful.pointer is None


def test_what_no_longer_fits_at_its_moment_is_rejected_with_the_reason(careful: Shop) -> None:
    careful.do(submit, ANA, at=SOON)
    careful.do(approve, BEA, careful.registry)
    careful.registry = replace(careful.registry, groups=frozenset())

    assert publish_due(careful, SOON) is None

    last = careful.read(publications.events, "tea")[-1]
    assert (last.action, last.actor) == ("rejected", "system")
    assert "no group `kitchen`" in last.note
    assert careful.read(version_life.due, SOON) == []


async def test_the_server_publishes_when_the_moment_comes(careful: Shop) -> None:
    careful.do(submit, ANA, at=clock.now() + timedelta(milliseconds=300))
    careful.do(approve, BEA, careful.registry)
    keeping = asyncio.create_task(
        version_life.keep_schedule(careful.database, careful.registry, every=0.05)
    )
    assert careful.minutes == 4

    async with asyncio.timeout(8):
        while careful.minutes == 4:  # noqa: ASYNC110 (the database tells nobody)
            await asyncio.sleep(0.05)

    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
    assert careful.told()[-1] == ("published", "system")


# Rollback


def test_a_rollback_holds_until_the_file_changes(shop: Shop) -> None:
    first = shop.file
    shop.steep(5)

    shop.do(rollback, OPS, first[:8], shop.registry, note="Complaints")
    assert shop.minutes == 4
    assert shop.told()[-1] == ("rolled-back", "ops")
    read_again(shop)
    assert shop.minutes == 4

    shop.steep(6)
    assert shop.minutes == 6


def read_again(shop: Shop) -> None:
    """Read every file anew, as a new release does."""

    def forget_fingerprints(session: Session) -> None:
        session.execute(update(DefinitionFile).values(fingerprint=""))

    shop.database.write_now(forget_fingerprints)
    assert shop.refresh().unchanged == 0


def test_what_is_rolled_back_can_be_published_again(shop: Shop) -> None:
    first = shop.file
    shop.steep(5)
    shop.do(rollback, OPS, first, shop.registry)

    shop.do(publish, ANA, shop.registry)

    assert (shop.minutes, shop.life.held) == (5, None)


def test_a_file_that_goes_back_and_forth_is_published_again(shop: Shop) -> None:
    first = shop.file
    shop.steep(5)
    shop.do(rollback, OPS, first, shop.registry)

    shop.steep(4)
    shop.steep(5)

    assert shop.minutes == 5


def test_only_what_was_published_can_be_rolled_back_to(careful: Shop) -> None:
    act = careful.do
    registry = careful.registry
    refused(Conflict, "never_published", lambda: act(rollback, OPS, careful.file, registry))
    assert careful.pointer
    refused(Conflict, "already_published", lambda: act(rollback, OPS, careful.pointer, registry))


# Retiring


def test_a_retired_item_is_not_in_the_catalog_whatever_its_file_does(shop: Shop) -> None:
    shop.do(retire, ANA, note="Nobody drinks tea")
    assert shop.pointer is None

    shop.steep(5)

    assert shop.pointer is None
    assert shop.told()[-2:] == [("retired", "ana"), ("loaded", "system")]


def test_restoring_brings_back_what_the_file_has_published_itself_since(shop: Shop) -> None:
    shop.do(retire, ANA)
    shop.steep(5)

    shop.do(restore, OPS, shop.registry)

    assert shop.minutes == 5
    assert shop.told()[-1] == ("restored", "ops")


def test_restoring_does_not_go_round_a_review(careful: Shop) -> None:
    careful.do(retire, ANA)

    careful.do(restore, ANA, careful.registry)

    assert careful.minutes == 4


def test_restoring_keeps_to_a_rollback(shop: Shop) -> None:
    first = shop.file
    shop.steep(5)
    shop.do(rollback, OPS, first, shop.registry)
    shop.do(retire, OPS)

    shop.do(restore, OPS, shop.registry)

    assert shop.minutes == 4
    read_again(shop)
    assert shop.minutes == 4


def test_retiring_and_restoring_happen_once(shop: Shop) -> None:
    shop.do(retire, ANA)
    shop.do(retire, ANA)
    assert [action for action, _ in shop.told()].count("retired") == 1
    shop.do(restore, ANA, shop.registry)

    refused(Conflict, "not_retired", lambda: shop.do(restore, ANA, shop.registry))


def test_a_retired_item_is_restored_before_anything_is_published(shop: Shop) -> None:
    shop.do(retire, ANA)

    refused(Conflict, "is_retired", lambda: shop.do(publish, ANA, shop.registry))


def test_nothing_is_published_of_a_file_that_is_gone(shop: Shop) -> None:
    first = shop.file
    (shop.workshop.defs / "tea.yaml").unlink()
    shop.refresh()

    refused(Conflict, "file_gone", lambda: shop.do(publish, ANA, shop.registry, version=first))


def test_what_was_never_published_cannot_be_retired(shop: Shop) -> None:
    shop.workshop.item("coffee", **{"form: tea": "publish: review\nform: tea"})
    shop.refresh()

    def work() -> object:
        return shop.database.write_now(lambda s: retire(s, ANA, "coffee"))

    refused(Conflict, "not_published", work)


# At the same time


def test_of_two_who_judge_at_once_one_is_too_late(careful: Shop) -> None:
    careful.do(submit, ANA)
    start = threading.Barrier(2)

    def judge(work: Callable[[], object]) -> str:
        start.wait()
        try:
            work()
        except Conflict as late:
            return late.key
        return "done"

    with ThreadPoolExecutor(2) as both:
        answers = both.map(
            judge,
            [
                lambda: careful.do(approve, BEA, careful.registry),
                lambda: careful.do(reject, OPS, note="No"),
            ],
        )
        assert sorted(answers) == ["definitions.nothing_in_review", "done"]

    words = [action for action, _ in careful.told() if action in ("approved", "rejected")]
    assert len(words) == 1
    assert (careful.minutes == 5) == (words == ["approved"])
