"""Steps that move a request along: stages, waits, undo, notices, answers read anew."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError
from sqlmodel import select

from ground.messages import render
from services import balance
from store.notifications import MailOut, Notification
from store.requests import RequestStage
from tests.workflows.counter import AGENT, AGENT2, CUSTOMER
from tests.workflows.steps.conftest import Bench
from workflows.steps.set_stage import SetStage
from workflows.steps.wait_until import WaitUntil

MADRID = ZoneInfo("Europe/Madrid")


async def now(bench: Bench) -> datetime:
    return (await bench.environment.get_current_time()).astimezone(MADRID)


def weekday(after: datetime, number: int) -> date:
    """The next such day (Monday is 0) that is not the day of `after`."""
    return after.date() + timedelta(days=(number - after.weekday() - 1) % 7 + 1)


# set-stage


async def test_stages_are_entered_and_left_out(bench: Bench) -> None:
    request = await bench.call(
        ("set-stage", {"stage": "check"}),
        ("set-stage", {"skip": "work"}),
        ("set-stage", {"stage": "done"}),
    )
    assert await bench.answers(request) == [{}, {}, {}]
    assert bench.stages(request) == {
        "received": "done",
        "check": "done",
        "work": "skipped",
        "done": "done",
    }


async def test_a_stage_holds_in_a_later_run(bench: Bench) -> None:
    wait = {"form": "work", "title": "case.question", "wait": "P3D", "reminders": ["P1D", "P2D"]}
    request = await bench.call(
        ("set-stage", {"stage": "check"}),
        ("ask-customer", wait),
        ("set-stage", {"stage": "work"}),
        ("ask-customer", wait),
        history_limit=8,
    )
    await bench.sleep(days=8)
    assert await bench.result(request) == "completed"
    assert len(await bench.runs(request)) > 2
    assert bench.stages(request)["work"] == "done"


@pytest.mark.parametrize("given", [{}, {"stage": "check", "skip": "work"}])
def test_a_stage_is_either_entered_or_left_out(given: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="either `stage` or `skip`"):
        SetStage.model_validate(given)


# wait-until


async def test_a_day_begins_where_the_customer_is(bench: Bench) -> None:
    day = (await now(bench)).date() + timedelta(days=3)
    request = await bench.call(("wait-until", {"date": day.isoformat(), "why": "Waiting for it"}))
    await bench.sleep(days=1)
    [row] = bench.look(
        lambda s: s.exec(select(RequestStage).where(RequestStage.request_id == request.id)).all()
    )
    assert row.known_end == datetime(day.year, day.month, day.day, tzinfo=MADRID)
    await bench.sleep(days=3)
    assert await bench.answers(request) == [{"reached": True}]


async def test_business_opens_on_the_day_or_after_it(bench: Bench) -> None:
    saturday = weekday(await now(bench), 5)
    request = await bench.call(("wait-until", {"date": saturday.isoformat(), "business": True}))
    await bench.sleep(days=1)
    [row] = bench.look(
        lambda s: s.exec(select(RequestStage).where(RequestStage.request_id == request.id)).all()
    )
    monday = saturday + timedelta(days=2)
    assert row.known_end == datetime(monday.year, monday.month, monday.day, 9, tzinfo=MADRID)


async def test_a_moment_that_is_over_is_not_waited_for(bench: Bench) -> None:
    request = await bench.call(("wait-until", {"moment": "2020-01-01T00:00:00Z"}))
    assert await bench.answers(request) == [{"reached": True}]


async def test_a_change_of_the_answers_ends_the_wait(bench: Bench) -> None:
    request = await bench.call(("wait-until", {"moment": "2100-01-01T00:00:00Z", "revision": 0}))
    await bench.amend(request, {"wish": "coffee"})
    assert await bench.answers(request) == [{"reached": False}]


@pytest.mark.parametrize("given", [{}, {"date": "2026-01-01", "moment": "2026-01-01T00:00:00Z"}])
def test_a_wait_is_for_a_day_or_a_moment(given: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="either `date` or `moment`"):
        WaitUntil.model_validate(given)


# notify


async def test_the_customer_is_told_with_values_by_portal_and_mail(bench: Bench) -> None:
    message = {"en": "You get %(amount)s.", "es": "Recibe %(amount)s.", "pt": "Recebe %(amount)s."}
    values = {"amount": {"$money": [1250, "EUR"]}}
    request = await bench.call(("notify", {"message": message, "values": values}))
    assert await bench.answers(request) == [{}]
    told = bench.look(
        lambda s: s.exec(select(Notification).where(Notification.key == "steps.notice")).all()
    )
    assert [one.account_id for one in told] == [bench.viewer(CUSTOMER).account_id]
    shown = {"$ref": told[0].key, "params": told[0].params}
    assert render("en", shown) == "You get €12.50."
    mails = bench.look(
        lambda s: s.exec(select(MailOut).where(MailOut.text == "steps.notice")).all()
    )
    assert [one.address for one in mails] == [CUSTOMER]


async def test_a_group_is_told(bench: Bench) -> None:
    message = {"en": "Look here", "es": "Mire aquí", "pt": "Veja aqui"}
    request = await bench.call(("notify", {"message": message, "to": "support"}))
    await bench.answers(request)
    told = bench.look(
        lambda s: s.exec(
            select(Notification.account_id).where(Notification.key == "steps.notice")
        ).all()
    )
    assert sorted(told) == sorted(bench.viewer(who).account_id for who in (AGENT, AGENT2))


# undo


async def test_undo_takes_back_what_was_done_and_only_once(bench: Bench) -> None:
    def held() -> int:
        of = bench.viewer(CUSTOMER).account_id
        return bench.look(lambda s: balance.balance_minor(s, of))

    before = held()
    charge: tuple[str, dict[str, Any]] = ("charge", {"amount": 100, "currency": "EUR"})
    request = await bench.call(charge, charge, ("undo", {}), charge, refuse=True)
    answers = await bench.answers(request, "refused")
    assert answers[2] == {"undone": 2}
    assert held() == before
    assert bench.effects(request).count("billing.refund") == 3
