"""Simulating: months pass in seconds, people answer when they are said to, nothing is called."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from catalog.versions import Version
from studio.commands import in_lines, item_version
from studio.documents import read_document, version_of
from studio.people import People
from studio.population import Impossible
from studio.simulate import Wanted, simulate
from tests.studio.workshop import ITEM, workshop

APPROVES = {"kind": "approval", "answers": {"decision": "approve"}, "after": "P2D"}
REFUSES = {"kind": "approval", "answers": {"decision": "reject", "note": "Too much."}}


@pytest.fixture
def version(tmp_path: Path) -> Version:
    return item_version(workshop(tmp_path))


def document(*tasks: dict[str, Any], **more: Any) -> Version:
    """A document of its own with these tasks."""
    header = {"dsl": "1.0.3", "namespace": "test", "name": "test", "version": "1.0.0"}
    process, findings = read_document({"document": header, "do": list(tasks)} | more, Path())
    assert not findings
    return version_of(process)


async def test_months_pass_between_an_approval_and_the_charge(version: Version) -> None:
    people = People.model_validate({"people": [APPROVES]})
    report = await simulate(version, Wanted(answers={"amount": 500}, people=people))
    assert (report.status, report.outcome) == ("completed", "completed")
    began, ended = report.timeline[0].at, report.timeline[-1].at
    assert timedelta(days=92) <= ended - began < timedelta(days=92, minutes=5)
    names = [step.name for step in report.steps]
    assert names == ["choose", "approve", "decided", "rest", "pay"]
    assert [step.took for step in report.steps if step.took] == ["large", "yes"]
    assert any(one.text == "Paid: Gold card, €15.00." for one in report.timeline)


@pytest.mark.parametrize(("step", "outcome"), [("approve", "completed"), ("rest", "refused")])
async def test_a_person_of_a_step_answers_no_other(
    version: Version, step: str, outcome: str
) -> None:
    people = People.model_validate({"people": [APPROVES | {"step": step}]})
    report = await simulate(version, Wanted(answers={"amount": 500}, people=people))
    assert report.outcome == outcome


async def test_nobody_answers_unless_people_are_given(version: Version) -> None:
    report = await simulate(version, Wanted(answers={"amount": 500}))
    assert (report.status, report.outcome) == ("faulted", "refused")
    assert report.error
    assert report.error["type"] == "https://ventanilla.dev/errors/refused"


async def test_the_timeline_is_told_in_the_language_asked_for(version: Version) -> None:
    people = People.model_validate({"people": [REFUSES]})
    wanted = Wanted(answers={"amount": 500}, people=people, language="es")
    report = await simulate(version, wanted)
    assert any("Esta vez no." in one.text for one in report.timeline)
    assert report.error
    assert report.error["title"] == "Esta vez no."


async def test_messages_are_told_once_to_the_customer_and_to_a_group(tmp_path: Path) -> None:
    tells = """\
    - tell: {call: notify, with: {message: {en: It is here., es: Aquí está., pt: Já cá está.}}}
    - tell-us: {call: notify, with: {to: operations, message: {en: Well., es: Bien., pt: Bem.}}}
"""
    report = await simulate(
        item_version(workshop(tmp_path, ITEM + tells)), Wanted(answers={"amount": 100})
    )
    said = [(one.to, one.text) for one in report.notices]
    assert said == [("customer", "It is here."), ("staff", "Well.")]
    for line in ("Message to the customer: It is here.", "Message to staff: Well."):
        assert line in in_lines(report)


async def test_a_simulation_stops_at_the_day_it_is_told(version: Version) -> None:
    people = People.model_validate({"people": [APPROVES]})
    began = await simulate(version, Wanted(answers={"amount": 100}))
    until = began.timeline[0].at + timedelta(days=30)
    report = await simulate(version, Wanted(answers={"amount": 500}, people=people, until=until))
    assert report.status == "waiting"
    assert report.steps[-1].name == "rest"


async def test_customers_withdraw_when_they_are_said_to(version: Version) -> None:
    people = People.model_validate({"happenings": [{"after": "P1D", "do": "withdraw"}]})
    report = await simulate(version, Wanted(answers={"amount": 500}, people=people))
    assert report.status == "withdrawn"


async def test_an_answer_that_the_form_refuses_is_said_to_its_writer(version: Version) -> None:
    wrong = {"kind": "approval", "answers": {"decision": "perhaps"}}
    people = People.model_validate({"people": [wrong]})
    with pytest.raises(Impossible, match="nobody can answer `approval` so: /decision"):
        await simulate(version, Wanted(answers={"amount": 500}, people=people))


async def test_a_document_of_its_own_gives_its_output_or_its_error() -> None:
    doubled = document({"double": {"set": {"twice": "${ .n * 2 }"}}})
    report = await simulate(doubled, Wanted(given={"n": 21}))
    assert (report.status, report.output) == ("completed", {"twice": 42})
    broken = document({"break": {"raise": {"error": {"type": "https://a/b", "status": 500}}}})
    report = await simulate(broken, Wanted(given={}))
    assert report.status == "faulted"
    assert report.error == {"type": "https://a/b", "status": 500, "instance": "/do/0/break"}


async def test_no_host_is_called_but_those_that_are_mapped() -> None:
    call = {"call": "http", "with": {"method": "get", "endpoint": "https://example.com/"}}
    report = await simulate(document({"fetch": call}), Wanted(given={}))
    assert report.status == "faulted"
    assert report.error
    assert "example.com" in report.error["detail"]
