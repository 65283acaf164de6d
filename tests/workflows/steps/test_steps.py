"""What a step tells of itself, and how the vocabulary is put together."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from temporalio.exceptions import ApplicationError

from ground.messages import catalogue
from workflows.request import RequestWorkflow
from workflows.steps import Step, all_steps, step
from workflows.steps.inputs import Facts, Wants, in_words
from workflows.steps.set_stage import SetStage, set_stage

WANTED = {
    *("approval", "task", "ask-customer", "collect-document", "read-answers", "notify"),
    *("wait-until", "set-stage", "open-case", "route-case", "quote", "charge", "refund"),
    *("post-ledger", "update-profile", "change-subscription", "offer", "create-document"),
    *("decide", "undo", "http", "openapi", "add-delegate"),
}
STEPS = list(all_steps().values())


def test_every_step_of_the_vocabulary_is_found_by_itself() -> None:
    assert all_steps().keys() >= WANTED
    assert "ask" not in all_steps(), "a part of other steps is none that processes call"


@pytest.mark.parametrize("one", STEPS, ids=lambda one: one.name)
def test_a_step_says_what_it_takes_answers_and_who_acts(one: Step[Any, Any, Any]) -> None:
    assert one.summary.endswith(".")
    assert one.permission
    assert one.input_schema["type"] == "object"
    assert one.input_schema.get("additionalProperties") is False
    assert isinstance(one.output_schema, dict)
    assert one.told is None or one.told in catalogue("en")


@pytest.mark.parametrize(
    ("name", "effect", "undoable"),
    [
        ("charge", True, True),
        ("post-ledger", True, True),
        ("update-profile", True, True),
        ("add-delegate", True, True),
        ("change-subscription", True, True),
        ("create-document", True, True),
        ("open-case", True, True),
        ("notify", True, False),
        ("refund", True, False),
        ("decide", False, True),
        ("ask-customer", False, True),
    ],
)
def test_a_step_tells_whether_it_lasts_and_can_be_taken_back(
    name: str, effect: bool, undoable: bool
) -> None:
    one = all_steps()[name]
    assert (one.has_effect, one.undoable) == (effect, undoable)


def test_two_modules_may_not_have_a_step_of_one_name() -> None:
    async def charge(request: RequestWorkflow, wants: Wants) -> Facts:
        """Not the one."""
        raise NotImplementedError

    with pytest.raises(ValueError, match="have one name"):
        step(charge)


def test_words_are_a_message_or_texts_or_a_place_in_the_definition() -> None:
    assert in_words("a.b", {"x": 1}) == {"$ref": "a.b", "params": {"x": 1}}
    assert in_words({"en": "A"}, {"x": 1}) == {"$local": {"en": "A"}, "params": {"x": 1}}
    assert in_words({"$defined": "/do/0"}) == {"$defined": "/do/0"}
    assert in_words({"$defined": "/do/0"}, {"x": 1}) == {"$defined": "/do/0", "params": {"x": 1}}


async def test_a_stage_that_the_item_lacks_is_a_fault_of_the_definition() -> None:
    request = cast(RequestWorkflow, SimpleNamespace(stages=["received"]))
    with pytest.raises(ApplicationError, match="no stage `elsewhere`"):
        await set_stage.work(request, SetStage(skip="elsewhere"))
