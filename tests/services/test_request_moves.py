"""Requests under way move to another version where they can, and are told why where they cannot."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, select

from ground import clock, ids
from ground.errors import Conflict, Forbidden
from services import request_moves, timeline
from services.request_moves import Move
from services.version_life import rollback
from store.database import Database
from store.identity import Role
from store.requests import Delivery, Effect, Request, Status, TimelineEntry
from tests.services.definitions_shop import ANA, Shop, person
from workflows.registry import step_types

PROCESS = """\
process:
  do:
    - warm: {call: notify, with: {message: {en: Warm, es: Tibio, pt: Morno}}}
    - steep: {wait: {minutes: 4}}
"""


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Shop:
    """A shop whose tea is brewed by a process in its file, in a first and a second version."""
    shop = Shop(database, tmp_path)
    shop.registry = replace(shop.registry, steps=step_types())
    shop.workshop.change("workflow: brew\n", "")
    shop.workshop.change("settings:\n  minutes: 4\n  cups: [1, 2]\n", PROCESS)
    assert not shop.refresh().problems
    return shop


def second(shop: Shop, old: str, new: str) -> str:
    """The version after a change of the file."""
    shop.workshop.change(old, new)
    assert not shop.refresh().problems
    return shop.file


def begin(shop: Shop, version: str, *done: str, **fields: Any) -> str:
    """A request under way that has done something; its id."""
    at, id = clock.now() - timedelta(days=3), ids.new_id()
    values: dict[str, Any] = {
        "item_id": "tea",
        "version": version,
        "customer_id": "clara",
        "channel": "web",
        "language": "en",
        "status": Status.IN_PROGRESS,
        "stage": "brewing",
        "answers": {"sort": "green", "day": (at.date() + timedelta(days=1)).isoformat()},
        "created_at": at,
        "updated_at": at,
    }

    def work(session: Session) -> None:
        session.add(Request(id=id, reference=id, **(values | fields)))
        session.flush()
        for path in done:
            session.add(Effect(key=f"{id}/{path}", request_id=id, name=path, at=at))

    shop.database.write_now(work)
    return id


def looked_at(shop: Shop, current: str, target: str) -> list[Move]:
    def look(session: Session) -> list[Move]:
        way = request_moves.route(session, ANA, "tea", current[:8], target[:8])
        return request_moves.page(session, way, "en")

    return shop.read(look)


def moved(shop: Shop, current: str, target: str, request: str) -> Move:
    def work(session: Session) -> Move:
        way = request_moves.route(session, ANA, "tea", current[:8], target[:8])
        return request_moves.move(session, ANA, way, request, "en")

    return shop.database.write_now(work)


def test_each_request_under_way_is_judged_with_its_reasons(shop: Shop) -> None:
    first = shop.file
    fine = begin(shop, first, "read_answers", stage="received")
    warm = begin(shop, first, "read_answers", "warm/notify")
    begin(shop, first, status=Status.COMPLETED, closed_at=clock.now())
    target = second(shop, "- warm:", "- heat:")
    begin(shop, target)

    found = looked_at(shop, first, target)

    assert [(one.request, one.can_move) for one in found] == [(fine, True), (warm, False)]
    assert found[1].why_not == ["It has done warm, which the other version does not have there."]
    assert found[1].stage == "brewing"


def test_answers_are_judged_as_of_the_day_they_were_given(shop: Shop) -> None:
    first = shop.file
    day = (clock.now() - timedelta(days=2)).date().isoformat()
    begin(shop, first, answers={"sort": "jasmine", "day": day})
    target = second(shop, "minutes: 4", "minutes: 5")
    assert looked_at(shop, first, target)[0].can_move, "the day was still to come then"

    form = (shop.workshop.forms / "tea.json").read_text()
    shop.workshop.form("tea", form.replace('"minLength": 1', '"maxLength": 5'))
    stricter = second(shop, "minutes: 5", "minutes: 6")

    [found] = looked_at(shop, first, stricter)
    assert found.why_not == ["Its answer at /sort is not valid in the form of the other version."]


def test_what_its_own_version_would_not_accept_either_is_no_obstacle(shop: Shop) -> None:
    first = shop.file
    begin(shop, first, answers={"sort": "", "day": "yesterday"})
    target = second(shop, "minutes: 4", "minutes: 5")

    assert looked_at(shop, first, target)[0].can_move


def test_the_list_goes_on_after_a_request(shop: Shop) -> None:
    first = shop.file
    made = sorted(begin(shop, first) for _ in range(3))
    target = second(shop, "minutes: 4", "minutes: 5")

    def look(session: Session) -> list[str]:
        way = request_moves.route(session, ANA, "tea", first, target)
        pages = [request_moves.page(session, way, "en", after, 2) for after in ("", made[1])]
        return [one.request for page in pages for one in page]

    assert shop.read(look) == made


def test_a_request_that_can_move_is_told_to(shop: Shop) -> None:
    first = shop.file
    request = begin(shop, first, "warm/notify")
    target = second(shop, "minutes: 4", "minutes: 5")

    assert moved(shop, first, target, request).can_move

    def told(session: Session) -> tuple[Delivery, TimelineEntry]:
        return session.exec(select(Delivery)).one(), session.exec(select(TimelineEntry)).one()

    delivery, entry = shop.read(told)
    assert (delivery.kind, delivery.body["version"]) == ("move", target)
    assert delivery.body["plan"]["process"]["do"][1] == {"steep": {"wait": {"minutes": 5}}}
    assert (entry.visible, entry.actor_id) == ("staff", "ana")


def test_a_request_that_cannot_move_is_told_nothing(shop: Shop) -> None:
    first = shop.file
    request = begin(shop, first, "warm/notify")
    target = second(shop, "- warm:", "- heat:")

    assert not moved(shop, first, target, request).can_move

    assert shop.read(lambda session: session.exec(select(Delivery)).all()) == []


def test_nobody_is_told_twice(shop: Shop) -> None:
    first = shop.file
    request = begin(shop, first)
    target = second(shop, "minutes: 4", "minutes: 5")
    moved(shop, first, target, request)

    again = moved(shop, first, target, request)

    assert again.why_not == ["It is on its way to the other version already."]
    assert [one.can_move for one in looked_at(shop, first, target)] == [False]


def test_what_has_ended_meanwhile_stays(shop: Shop) -> None:
    first = shop.file
    request = begin(shop, first)
    target = second(shop, "minutes: 4", "minutes: 5")

    def end(session: Session) -> None:
        timeline.locked(session, request).closed_at = clock.now()

    shop.database.write_now(end)

    assert moved(shop, first, target, request).why_not == ["It has ended or has moved meanwhile."]


def test_requests_of_python_workflows_stay(database: Database, tmp_path: Path) -> None:
    shop = Shop(database, tmp_path)
    shop.refresh()
    first = shop.file
    begin(shop, first)
    target = shop.steep(5)

    with pytest.raises(Conflict) as refused:
        looked_at(shop, first, target)
    assert refused.value.key == "definitions.move_python"


def test_a_route_leads_from_one_version_to_another(shop: Shop) -> None:
    with pytest.raises(Conflict) as refused:
        looked_at(shop, shop.file, shop.file)
    assert refused.value.key == "definitions.move_nowhere"


def test_customers_move_nothing(shop: Shop) -> None:
    def look(session: Session) -> object:
        eve = person("eve", Role.AGENT)
        return request_moves.route(session, eve, "tea", shop.file, shop.file)

    with pytest.raises(Forbidden):
        shop.read(look)


def test_a_version_whose_steps_are_gone_cannot_be_published_again(shop: Shop) -> None:
    first = shop.file
    second(shop, "minutes: 4", "minutes: 5")

    with pytest.raises(Conflict) as refused:
        shop.do(rollback, ANA, first, replace(shop.registry, steps={}))

    assert refused.value.params["why"] == "there is no step `notify`"
