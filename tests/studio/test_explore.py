"""Exploring: each branch and each answer of people is taken, and what nobody comes to is named."""

from datetime import timedelta
from pathlib import Path

from studio.choices import Path as Way
from studio.choices import Paths
from studio.commands import item_version
from studio.explore import explore
from tests.studio.workshop import ITEM, workshop


async def test_every_branch_is_taken_by_examples_numbers_near_limits_and_answers(
    tmp_path: Path,
) -> None:
    found = await explore(item_version(workshop(tmp_path)))
    assert found.complete
    assert not found.never_run
    assert not found.never_taken
    assert not found.impossible
    assert set(found.outcomes) == {"completed", "refused"}
    assert found.longest
    assert found.longest >= timedelta(days=90)


async def test_a_branch_that_nobody_comes_to_is_named(tmp_path: Path) -> None:
    never = ITEM.replace("then: refuse}", "then: rest}")
    found = await explore(item_version(workshop(tmp_path, never)))
    assert found.never_run == ["/do/3/refuse"]


async def test_a_bound_is_kept_and_said(tmp_path: Path) -> None:
    found = await explore(item_version(workshop(tmp_path)), most_runs=1)
    assert len(found.runs) == 1
    assert not found.complete


def test_each_alternative_of_each_question_is_planned_once() -> None:
    paths, ways = Paths(), []
    while way := paths.next():
        colour = way.choose("colour", ("red", "blue"))
        size = way.choose("size", ("big", "small")) if colour == "red" else ""
        ways.append((colour, size))
        paths.learn(way)
    assert ways == [("red", "big"), ("blue", ""), ("red", "small")]


def test_a_way_goes_on_by_itself_where_its_plan_no_longer_fits() -> None:
    way = Way(planned=("green",))
    assert way.choose("colour", ("red", "blue")) == "red"
