"""Exploring: each branch and each answer of people is taken, and what nobody comes to is named."""

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.service import RPCError, RPCStatusCode

from catalog.versions import Version
from studio.choices import Path as Run
from studio.choices import Paths, Way
from studio.commands import explored, item_version
from studio.explore import Exploration, explore
from studio.people import People
from studio.report import Report
from studio.simulate import Simulation, Wanted, simulate
from studio.wanderers import NOBODY, OFTEN, TIRED, ways
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


async def test_what_the_engine_fails_is_tried_again_with_another_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs, run = [], Simulation.report_on

    async def failing(self: Simulation, version: Version, wanted: Wanted) -> Report:
        runs.append(self)
        if len(runs) == 1:
            raise RPCError("Timeout expired", RPCStatusCode.CANCELLED, b"")
        return await run(self, version, wanted)

    monkeypatch.setattr(Simulation, "report_on", failing)
    found = await explore(item_version(workshop(tmp_path)), most_runs=1)
    assert [len(found.runs), len(found.impossible)] == [1, 0]
    assert len(set(map(id, runs))) == 2


def test_of_a_workflow_in_python_it_is_said_that_its_branches_are_not_seen() -> None:
    assert "its branches are not seen" in explored(Exploration(sees_branches=False))
    assert "its branches are not seen" not in explored(Exploration())


def test_a_way_goes_on_by_itself_where_its_plan_no_longer_fits() -> None:
    way = Run(planned=(("colour", "green"), ("size", "small")))
    assert way.choose("colour", ("red", "blue")) == "red"
    assert way.choose("pattern", ("none", "dots")) == "none"
    assert way.choose("size", ("big", "small")) == "small"


def test_a_way_that_came_near_is_gone_again_with_one_other_choice_each_time() -> None:
    paths, near = Paths(), Run()
    near.choose("colour", ("red", "blue"))
    near.choose("size", ("big", "small"))
    paths.learn(near)
    found = []
    while way := paths.nearer("branch", [Way(near, len(near.taken))]):
        found.append(way.planned)
    assert found == [
        (("colour", "red"), ("size", "small")),
        (("colour", "blue"), ("size", "big")),
    ]


def test_what_was_chosen_last_is_changed_first() -> None:
    paths, near = Paths(), Run()
    for question in ("first", "second", "third", "fourth", "fifth"):
        near.choose(question, ("yes", "no"))
    paths.learn(near)
    changed = []
    while way := paths.nearer("branch", [Way(near, len(near.taken))]):
        changed += [question for question, chosen in way.planned if chosen == "no"]
    assert changed == ["fifth", "first", "fourth", "third", "second"]


def test_what_a_branch_has_not_been_tried_with_comes_first() -> None:
    paths, ways = Paths(), []
    for colour in ("red", "blue"):
        run = Run((("colour", colour),))
        run.choose("colour", ("red", "blue"))
        run.choose("first", ("yes", "no"))
        run.choose("second", ("yes", "no"))
        paths.learn(run)
        ways.append(Way(run, len(run.taken)))
    changed = []
    while way := paths.nearer("branch", ways):
        changed += [question for question, chosen in way.planned if chosen == "no"]
    assert changed == ["second", "first", "second", "first"]


def test_a_question_that_comes_again_is_another_one() -> None:
    paths, once, twice = Paths(), Run(), Run((("come", "no"),))
    once.choose("come", ("yes", "no"))
    twice.choose("come", ("yes", "no"))
    twice.choose("card", ("old", "new"))
    twice.choose("come", ("yes", "no"))
    for run in (once, twice):
        paths.learn(run)
    paths.tried["branch"] = Counter({(("come", "no"), 0): 1, (("card", "new"), 0): 1})
    way = paths.nearer("branch", [Way(twice, 3)])
    assert way
    assert way.planned == (("come", "no"), ("card", "old"), ("come", "no"))


def test_what_was_chosen_after_a_branch_is_left_as_it_was() -> None:
    paths, near = Paths(), Run()
    near.choose("amount", ("little", "much"))
    near.asked.append(len(near.taken))
    near.choose("answer", ("yes", "no"))
    paths.learn(near)
    way = paths.nearer("branch", [Way(near, near.before(0))])
    assert way
    assert way.planned == (("amount", "much"), ("answer", "yes"))
    assert paths.nearer("branch", [Way(near, near.before(0))]) is None
    assert near.before(1) == 2


PAID = """\
    - paid:
        switch:
          - declined: {when: .status == "declined", then: rest}
          - paid: {then: end}
    - rest:
"""


async def test_what_needs_two_choices_at_once_is_found(tmp_path: Path) -> None:
    # Only a large card is paid for, and only an empty balance declines it.
    item = ITEM.replace("then: pay}", "then: end}").replace(
        'approved", then: rest}', 'approved", then: pay}'
    )
    begin, _, end = item.partition("    - rest:\n        wait: P90D\n        then: pay\n")
    item = f"{begin}{end}{PAID}        wait: P90D\n"
    found = await explore(item_version(workshop(tmp_path, item)))
    assert not found.never_run
    assert not found.never_taken
    assert found.longest
    assert found.longest >= timedelta(days=90)


async def test_documents_that_need_not_be_given_are_given_too(tmp_path: Path) -> None:
    item = ITEM.replace("$answers.amount > $settings.limit", "$answers.letter != null")
    path = workshop(tmp_path, item)
    letter = """"letter": {
      "type": "string", "title": "Letter",
      "x-document": {"types": ["application/pdf"], "max_bytes": 100000},
      "x-i18n": {"es": {"title": "Carta"}, "pt": {"title": "Carta"}}
    },
    "amount": {"""
    form = tmp_path / "forms" / "gold-card.json"
    form.write_text(form.read_text("utf-8").replace('"amount": {', letter, 1), "utf-8")
    found = await explore(item_version(path))
    assert not found.never_taken


def test_nobody_goes_in_circles_for_ever() -> None:
    answers = ("pay", "wait")
    asked = [ways(answers, again) for again in range(TIRED + 1)]
    assert asked[0] == asked[OFTEN - 1] == ("pay", "wait", NOBODY)
    assert {one for given in asked[OFTEN:TIRED] for one in given} == set(answers)
    assert asked[TIRED] == (NOBODY,)


ROUTED = """\
    - open:
        call: open-case
        with: {topic: card, priority: high, group: goldsmiths, skills: {gold: 3}}
    - route:
        call: route-case
        with: {wait: true, ways: {network: {group: goldsmiths, skills: {gold: 3}}}}
    - choose:
"""
LEVEL = """\
service_level:
  calendar: {zone: Europe/Madrid, country: ES, hours: {monday: ["09:00-17:00"]}}
  targets: {first_response: {default: PT4H}, resolution: {default: P2D}}
group: operations
"""


async def test_there_is_always_a_colleague_to_whom_a_case_can_be_passed(tmp_path: Path) -> None:
    item = ITEM.replace("    - choose:\n", ROUTED).replace("group: operations\n", LEVEL, 1)
    item = item.replace("[approval]", "[approval, case-resolution, case-question]")
    passes_on = {"decision": "reassign", "topic": "network", "note": "Not mine."}
    agents = [
        {"form": "case-resolution", "times": 1, "answers": passes_on},
        {"form": "case-resolution", "answers": {"decision": "resolve"}, "complete": True},
    ]
    wanted = Wanted(answers={"amount": 1}, people=People.model_validate({"people": agents}))
    report = await simulate(item_version(workshop(tmp_path, item)), wanted)
    assert report.outcome == "completed"
    assert "Another colleague takes over your case." in [one.text for one in report.timeline]
