"""A request can move where all that it has done is found again, and only there."""

from pathlib import Path

import pytest

from catalog.versions import Version
from ground.errors import FieldError
from services.move_rules import Obstacle, Progress, obstacles, process_of, task_at, task_path
from tests.catalog.workshop import Workshop

PROCESS = """\
process:
  use:
    functions:
      ask-twice: {do: [{first: {call: notify}}, {second: {call: notify}}]}
  do:
    - check: {call: decide}
    - check it: {call: notify}
    - each:
        for: {each: leaf, in: '${ .leaves }'}
        do:
          - pick: {call: task}
    - both:
        fork:
          branches:
            - left: {do: [{taste: {call: approval}}]}
            - right: {call: notify}
    - careful:
        try:
          - pay: {call: charge}
        catch:
          do:
            - undo: {call: undo}
    - ask: {call: ask-twice}
    - last: {set: {done: true}}
"""


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    """A shop whose tea is carried by a process."""
    workshop = Workshop(tmp_path)
    workshop.change("workflow: brew\n", "")
    workshop.change("settings:\n  minutes: 4\n  cups: [1, 2]\n", PROCESS)
    return workshop


def version(workshop: Workshop) -> Version:
    """The version in the file, whatever is wrong with what its steps are given."""
    source = workshop.sources
    document = source._read("tea.yaml")[0]
    assert document
    forms = {"tea": source.forms.get("tea").schema}
    return Version.from_source({"item": document.value, "forms": forms})


def changed(workshop: Workshop, old: str, new: str) -> Version:
    workshop.change(old, new)
    return version(workshop)


@pytest.mark.parametrize(
    ("journal_path", "names"),
    [
        ("check", ("check",)),
        ("check/decide", ("check",)),
        ("check.2/decide", ("check",)),
        ("check it/notify", ("check it",)),
        ("each/0/pick/ask/open_task", ("each", "pick")),
        ("each/11/pick.3/ask", ("each", "pick")),
        ("both/left/taste/level.1/open_task", ("both", "left", "taste")),
        ("both/right/notify", ("both", "right")),
        ("careful/try#2/pay/charge", ("careful", "pay")),
        ("careful/try/pay/charge", ("careful", "pay")),
        ("careful/undo/undo/check", ("careful", "undo")),
        ("ask/ask-twice/second/notify", ("ask", "ask-twice", "second")),
        ("read_answers", ()),
        ("seal/check", ()),
        ("checked", ()),
        ("", ()),
    ],
)
def test_a_journal_path_leads_to_its_task(
    workshop: Workshop, journal_path: str, names: tuple[str, ...]
) -> None:
    process = process_of(version(workshop))

    assert task_path(journal_path, process) == names
    assert (task_at(names, process) is None) == (names == ())


def judged(current: Version, target: Version, *done: str, stage: str = "brewing") -> list[Obstacle]:
    return obstacles(Progress(stage, frozenset(done)), current, target)


def test_a_request_that_has_done_nothing_else_can_move(workshop: Workshop) -> None:
    before = version(workshop)
    after = changed(workshop, "    - last: {set: {done: true}}\n", "")

    assert judged(before, after, "check/decide", "each/0/pick/ask") == []


def test_what_was_done_has_to_be_there(workshop: Workshop) -> None:
    before = version(workshop)
    after = changed(workshop, "          - pick: {call: task}", "          - plucked: {call: task}")

    found = judged(before, after, "each/0/pick/a", "each/1/pick/b", "check/decide")

    assert found == [Obstacle("definitions.move_task_gone", {"task": "each/pick"})]
    assert judged(before, after, "check/decide") == []


def test_a_task_that_went_elsewhere_is_not_there(workshop: Workshop) -> None:
    before = version(workshop)
    after = changed(
        workshop, "    - check: {call: decide}", "    - first: {do: [{check: {call: decide}}]}"
    )

    [found] = judged(before, after, "check/decide")

    assert found.params == {"task": "check"}


@pytest.mark.parametrize(
    "other",
    [
        "    - check: {call: quote}",
        "    - check: {set: {a: 1}}",
        "    - check: {do: [{a: {call: decide}}]}",
    ],
)
def test_a_task_of_the_same_name_has_to_do_the_same(workshop: Workshop, other: str) -> None:
    before = version(workshop)
    after = changed(workshop, "    - check: {call: decide}", other)

    assert judged(before, after, "check/decide") == [
        Obstacle("definitions.move_task_other", {"task": "check"})
    ]


def test_what_a_task_is_given_may_change(workshop: Workshop) -> None:
    before = version(workshop)
    after = changed(
        workshop, "- check: {call: decide}", "- check: {call: decide, with: {table: {}}}"
    )

    assert judged(before, after, "check/decide") == []


def test_the_stage_it_is_in_has_to_be_there(workshop: Workshop) -> None:
    before = version(workshop)
    after = changed(workshop, "  - id: brewing", "  - id: steeping")

    assert judged(before, after, stage="brewing") == [
        Obstacle("definitions.move_stage_gone", {"stage": "brewing"})
    ]
    assert judged(before, after, stage="received") == []


def test_its_answers_have_to_be_valid_there(workshop: Workshop) -> None:
    both = version(workshop)
    wrong = [FieldError("/sort", "forms.error.required"), FieldError("/day", "forms.error.option")]

    found = obstacles(Progress("received", frozenset()), both, both, wrong)

    assert [one.params["field"] for one in found] == ["/sort", "/day"]
    assert {one.key for one in found} == {"definitions.move_answers"}


def test_a_python_workflow_has_no_process_to_compare(tmp_path: Path) -> None:
    python = Workshop(tmp_path).load().version
    assert python

    with pytest.raises(ValueError, match="declares no process"):
        judged(python, python)
