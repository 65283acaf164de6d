"""What a process takes in of an answer: all of it while it is small, else what its task picks."""

import orjson
import pytest

from catalog.expressions.limits import LARGEST_STATE
from services.faults import CallFailed
from services.picking import PICKED_FROM, Pick, taken_in

STOCK = {"teas": [{"name": f"tea {n}", "price": n} for n in range(20_000)]}
FIRST = Pick(source="${ .teas[0].name }")


def test_a_small_answer_is_taken_in_whole_and_picked_later() -> None:
    assert taken_in({"price": 250}, Pick(source="${ .price }")) == ({"price": 250}, False)


def test_a_large_answer_is_picked_at_once() -> None:
    assert len(orjson.dumps(STOCK)) > 30 * LARGEST_STATE
    assert taken_in(STOCK, FIRST) == ("tea 0", True)


def test_what_is_picked_may_read_variables_the_whole_output_and_make_an_object() -> None:
    source = {"wanted": "${ .teas[$input.number].price }", "same": "${ $output.teas[1].name }"}
    pick = Pick(source=source, variables={"input": {"number": 7}})
    assert taken_in(STOCK, pick) == ({"wanted": 7, "same": "tea 1"}, True)


def test_an_answer_without_a_pick_may_be_as_large_as_an_expression_reads() -> None:
    text = "x" * (LARGEST_STATE - 2)
    assert taken_in(text, None) == (text, False)
    with pytest.raises(CallFailed) as why:
        taken_in(text + "x", None)
    assert why.value.title == "answer too large"
    assert "has 17 kB, and a process takes at most 16 kB" in why.value.detail
    assert "`output: {as: ...}`" in why.value.detail


def test_what_is_picked_may_not_be_too_large_either() -> None:
    with pytest.raises(CallFailed, match="too large"):
        taken_in(STOCK, Pick(source="${ .teas }"))


def test_an_expression_that_fails_is_an_error_of_the_process() -> None:
    with pytest.raises(CallFailed) as why:
        taken_in("x" * (PICKED_FROM + 1), FIRST)
    assert (why.value.kind, why.value.passing) == ("expression", False)
