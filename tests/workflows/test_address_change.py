"""A change of address: checked, waited for, made everywhere at once, told to old and new."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import col, select

from ground import clock
from ground.errors import Conflict, Refusal
from services import profiles, relay, requests
from store.notifications import MailOut, Notification
from store.profiles import Address, AddressUse
from store.requests import Request
from store.tasks import Task, TaskStatus
from tests.workflows.counter import AGENT, AGENT2, CUSTOMER, Counter

ITEM = "address-change"
MADRID = ZoneInfo("Europe/Madrid")
HERE = {
    "country": "ES",
    "lines": "Calle de Alcalá 50",
    "postal_code": "28014",
    "city": "Madrid",
    "region": "M",
}
BILBAO = HERE | {"lines": "Gran Vía 1", "postal_code": "48001", "city": "Bilbao", "region": "BI"}
ABROAD = {"country": "PT", "lines": "Rua do Ouro 88", "postal_code": "1100-063", "city": "Lisboa"}
WRONG = HERE | {"postal_code": "48001"}
OLD = "Calle de Atocha 27"


def today(days: int = 0) -> date:
    """The day it is, or so many days later, in Madrid."""
    return clock.now().astimezone(MADRID).date() + timedelta(days=days)


def midnight(day: date) -> datetime:
    """When a day begins in Madrid."""
    return datetime(day.year, day.month, day.day, tzinfo=MADRID).astimezone(UTC)


def answers(**changes: Any) -> dict[str, Any]:
    """A filled form: a move within Madrid today, with everything."""
    plain = {
        "address": HERE,
        "effective_date": today().isoformat(),
        "follow": ["billing", "delivery"],
        "email": CUSTOMER,
        "phone": "+34600111222",
        "reason": "moved",
        "consent": True,
    }
    return plain | changes


async def begun(counter: Counter, **changes: Any) -> Request:
    """A request that has come as far as it does by itself."""
    request = await counter.submit(ITEM, answers(**changes))
    await counter.sleep(minutes=1)
    return request


async def soon(counter: Counter, **changes: Any) -> Request:
    """A move in ten days, which waits for its day."""
    return await begun(counter, effective_date=today(10).isoformat(), **changes)


async def confirm(counter: Counter, request: Request) -> None:
    """Staff confirm the identity."""
    await counter.answer(request, "identity-check", AGENT, decision="confirm", method="call")
    await counter.sleep(minutes=1)


def where(counter: Counter, use: AddressUse = AddressUse.HOME) -> str:
    """The first line of the customer's present address."""
    customer = counter.viewer(CUSTOMER).account_id
    address = counter.look(lambda s: profiles.current_address(s, customer, use))
    assert address
    return address.lines[0]


def everywhere(counter: Counter) -> list[str]:
    """Where the customer lives, is invoiced and has goods sent."""
    return [where(counter, use) for use in AddressUse]


def moves(counter: Counter) -> list[Address]:
    """Every change of an address, undone ones too."""
    query = select(Address).where(col(Address.replaces_id).is_not(None))
    return counter.look(lambda s: list(s.exec(query)))


def mails(counter: Counter, text: str) -> list[str]:
    """To which addresses this text has been written."""
    query = select(MailOut.address).where(col(MailOut.text).startswith(text))
    return counter.look(lambda s: sorted(s.exec(query)))


def reason(counter: Counter, request: Request) -> str:
    """Why the request ended."""
    outcome = counter.request(request).outcome
    assert outcome
    return str(outcome["$ref"])


# The way it usually goes


async def test_it_waits_for_the_day_and_then_changes_everything(counter: Counter) -> None:
    request = await soon(counter)
    assert counter.request(request).stage == "scheduled"
    assert "address.scheduled" in counter.told(request, "customer")
    await counter.sleep(days=8)
    assert everywhere(counter) == [OLD] * 3
    await counter.sleep(days=3)
    assert await counter.result(request) == "completed"
    assert everywhere(counter) == ["Calle de Alcalá 50"] * 3
    for move in moves(counter):
        assert timedelta() <= move.valid_from - midnight(today(10)) < timedelta(minutes=5)
    assert counter.stages(request) == dict.fromkeys(
        ["received", "scheduled", "update", "done"], "done"
    )
    assert counter.tasks(request) == []
    assert counter.effects(request) == sorted(
        [
            *("profiles.check-change", "profiles.check-change", "requests.tell", "requests.seal"),
            *["profiles.update-profile"] * 3,
            *("profiles.tell-contacts", "requests.close"),
        ]
    )


async def test_today_means_at_once(counter: Counter) -> None:
    request = await begun(counter)
    assert await counter.result(request) == "completed"
    assert "scheduled" not in counter.stages(request)
    assert everywhere(counter) == ["Calle de Alcalá 50"] * 3


async def test_only_what_the_customer_asked_for_follows(counter: Counter) -> None:
    request = await begun(counter, follow=["billing"])
    assert await counter.result(request) == "completed"
    assert everywhere(counter) == ["Calle de Alcalá 50", "Calle de Alcalá 50", OLD]
    assert "address.updated_delivery" not in counter.told(request)


async def test_the_address_is_kept_as_its_country_writes_it(counter: Counter) -> None:
    untidy = HERE | {"lines": "  Gran   Vía 1 ", "postal_code": " 28013 ", "region": "M"}
    request = await begun(counter, address=untidy)
    assert await counter.result(request) == "completed"
    assert where(counter) == "Gran Vía 1"


async def test_nothing_to_change_is_refused(counter: Counter) -> None:
    same = HERE | {"lines": "Calle de Atocha 27\n3.º B", "postal_code": "28012"}
    request = await begun(counter, address=same)
    assert await counter.result(request) == "refused"
    assert reason(counter, request) == "address.nothing_changes"
    again = await begun(counter, address=same, phone="+34 600 999 888", follow=[])
    assert await counter.result(again) == "completed"
    customer = counter.viewer(CUSTOMER).account_id
    contact = counter.look(lambda s: profiles.contact(s, customer))
    assert contact["phone"] == "+34600999888"
    assert moves(counter) == []


# Who is told


async def test_old_and_new_contact_are_told_by_mail_and_the_account_in_the_portal(
    counter: Counter,
) -> None:
    customer = counter.viewer(CUSTOMER).account_id
    counter.change(
        lambda s: profiles.update_contact(s, customer, "clara@old.example", None, clock.now())
    )
    request = await begun(counter, email="clara@new.example")
    assert await counter.result(request) == "completed"
    assert mails(counter, "address.changed_old_contact") == ["clara@old.example"]
    assert mails(counter, "address.changed") == [
        "clara@new.example",
        "clara@old.example",
        CUSTOMER,
    ]
    query = select(Notification.key).where(Notification.account_id == customer)
    assert "address.changed" in counter.look(lambda s: list(s.exec(query)))


async def test_who_keeps_their_contact_is_told_once(counter: Counter) -> None:
    request = await begun(counter)
    assert await counter.result(request) == "completed"
    assert mails(counter, "address.changed") == [CUSTOMER]


# The identity check


async def test_a_move_abroad_is_checked_first(counter: Counter) -> None:
    request = await begun(counter, address=ABROAD)
    task = counter.task(request, "identity-check")
    assert (task.group, task.params["why"]["$ref"]) == ("back-office", "address.because_abroad")
    assert counter.request(request).status == "waiting-staff"
    assert everywhere(counter) == [OLD] * 3
    await confirm(counter, request)
    assert await counter.result(request) == "completed"
    assert everywhere(counter) == ["Rua do Ouro 88"] * 3
    assert "address.identity_confirmed" in counter.told(request, "customer")
    assert counter.stages(request)["identity-check"] == "done"


async def test_a_second_change_within_thirty_days_is_checked_first(counter: Counter) -> None:
    first = await begun(counter)
    assert await counter.result(first) == "completed"
    second = await begun(counter, address=BILBAO)
    params = counter.task(second, "identity-check").params
    assert params["why"]["$ref"] == "address.because_second_change"
    third = await begun(counter, address=ABROAD)
    params = counter.task(third, "identity-check").params
    assert params["why"]["$ref"] == "address.because_both"


async def test_after_thirty_days_a_change_is_the_first_again(counter: Counter) -> None:
    long_ago = clock.now() - timedelta(days=31)
    customer = counter.viewer(CUSTOMER).account_id
    request = await begun(counter)
    assert await counter.result(request) == "completed"

    def age(session: Any) -> None:
        query = select(Address).where(
            Address.customer_id == customer, col(Address.replaces_id).is_not(None)
        )
        for address in session.exec(query):
            address.valid_from = long_ago

    counter.change(age)
    second = await begun(counter, address=BILBAO)
    assert await counter.result(second) == "completed"


async def test_who_is_not_confirmed_is_refused(counter: Counter) -> None:
    request = await begun(counter, address=ABROAD)
    await counter.answer(
        request, "identity-check", AGENT, decision="reject", finding="Another voice."
    )
    assert await counter.result(request) == "refused"
    assert reason(counter, request) == "address.identity_not_confirmed"
    assert everywhere(counter) == [OLD] * 3
    assert moves(counter) == []


async def test_only_the_group_may_check(counter: Counter) -> None:
    request = await begun(counter, address=ABROAD)
    for stranger in (AGENT2, CUSTOMER):
        with pytest.raises(Refusal):
            await counter.answer(request, "identity-check", stranger, decision="confirm")


async def test_nobody_checks_so_it_reminds_escalates_and_expires(counter: Counter) -> None:
    request = await begun(counter, address=ABROAD)
    task = counter.task(request, "identity-check")
    assert task.due_at
    # Three business days and what weekends and holidays lie between.
    assert timedelta(days=3) <= task.due_at - task.created_at <= timedelta(days=9)
    assert task.due_at.astimezone(MADRID).weekday() < 5
    until_due = task.due_at - task.created_at
    await counter.sleep(seconds=until_due.total_seconds() - 3600)
    assert "tasks.reminded_identity_check" in counter.told(request, "staff")
    assert counter.task(request, "identity-check").escalated_to == "operations"
    await counter.sleep(hours=2)
    assert await counter.result(request) == "refused"
    assert reason(counter, request) == "address.identity_not_checked"
    assert [task.kind for task in counter.tasks(request, TaskStatus.EXPIRED)] == ["identity-check"]
    assert moves(counter) == []


async def test_a_change_that_another_has_overtaken_is_checked_on_its_day(counter: Counter) -> None:
    waiting = await soon(counter, address=BILBAO)
    first = await begun(counter)
    assert await counter.result(first) == "completed"
    await counter.sleep(days=11)
    assert counter.task(waiting, "identity-check").group == "back-office"
    assert where(counter) == "Calle de Alcalá 50"
    await confirm(counter, waiting)
    assert await counter.result(waiting) == "completed"
    assert where(counter) == "Gran Vía 1"


# Changing the answers on the way


async def test_an_amended_date_is_waited_for_instead(counter: Counter) -> None:
    request = await soon(counter)
    await counter.amend(request, answers(effective_date=today(20).isoformat()))
    await counter.sleep(days=12)
    assert everywhere(counter) == [OLD] * 3
    await counter.amend(request, answers(effective_date=today(14).isoformat()))
    await counter.sleep(days=3)
    assert await counter.result(request) == "completed"
    assert counter.told(request).count("address.scheduled") == 3
    assert {move.valid_from.astimezone(MADRID).date() for move in moves(counter)} == {today(14)}


async def test_an_amended_address_is_checked_and_used(counter: Counter) -> None:
    request = await soon(counter)
    await counter.amend(request, answers(address=ABROAD, effective_date=today(10).isoformat()))
    await counter.sleep(minutes=1)
    await confirm(counter, request)
    assert counter.request(request).stage == "scheduled"
    await counter.sleep(days=11)
    assert await counter.result(request) == "completed"
    assert where(counter) == "Rua do Ouro 88"


async def test_what_was_confirmed_does_not_hold_for_other_answers(counter: Counter) -> None:
    later = today(10).isoformat()
    request = await begun(counter, address=ABROAD, effective_date=later)
    await confirm(counter, request)
    elsewhere = ABROAD | {"lines": "Rua Augusta 1"}
    await counter.amend(request, answers(address=elsewhere, effective_date=later))
    await counter.sleep(minutes=1)
    await confirm(counter, request)
    await counter.sleep(days=11)
    assert await counter.result(request) == "completed"
    assert where(counter) == "Rua Augusta 1"
    assert len(counter.tasks(request, TaskStatus.DONE)) == 2


async def test_a_check_falls_away_with_the_address_that_asked_for_it(counter: Counter) -> None:
    request = await begun(counter, address=ABROAD)
    await counter.amend(request, answers())
    assert await counter.result(request) == "completed"
    assert where(counter) == "Calle de Alcalá 50"
    assert [task.kind for task in counter.tasks(request, TaskStatus.CANCELLED)] == [
        "identity-check"
    ]


async def test_a_change_that_comes_with_the_day_is_not_carried_out_unchecked(
    counter: Counter,
) -> None:
    request = await soon(counter)
    viewer = counter.viewer(CUSTOMER)
    abroad = answers(address=ABROAD, effective_date=today(10).isoformat())

    def check_then_amend(session: Any, *seen: Any) -> Any:
        """The customer is faster than the seal, and the relay slower than both."""
        found = assessed(session, *seen)
        requests.amend(session, viewer, request.id, abroad, "en")
        patch.undo()
        return found

    assessed = profiles.assess_address_change
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(profiles, "assess_address_change", check_then_amend)
        await counter.sleep(days=11)
    assert counter.task(request, "identity-check").params["why"]["$ref"] == "address.because_abroad"
    await counter.relay.drain()
    await confirm(counter, request)
    assert await counter.result(request) == "completed"
    assert where(counter) == "Rua do Ouro 88"


async def test_once_it_takes_effect_nobody_changes_or_withdraws(counter: Counter) -> None:
    request = await soon(counter)
    errors: list[str] = []
    viewer = counter.viewer(CUSTOMER)

    def try_both(session: Any, *_: Any) -> Any:
        attempts: list[Callable[[], object]] = [
            lambda: requests.withdraw(session, viewer, request.id),
            lambda: requests.amend(session, viewer, request.id, answers(), "en"),
        ]
        for attempt in attempts:
            with pytest.raises(Conflict) as error:
                attempt()
            errors.append(error.value.key)
        return update(session, *_)

    update = profiles.update_home_address
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(profiles, "update_home_address", try_both)
        await counter.sleep(days=11)
    assert errors == ["requests.too_late_to_withdraw", "requests.too_late_to_amend"]
    assert await counter.result(request) == "completed"


# An address that is none


async def test_an_address_that_is_none_is_corrected_by_the_customer(counter: Counter) -> None:
    request = await begun(counter, address=WRONG)
    task = counter.task(request, "address-correction")
    assert task.params["problem"]["$ref"] == "profiles.postal_code_other_region"
    assert counter.request(request).status == "waiting-customer"
    await counter.sleep(days=3)
    assert "tasks.reminded_address_correction" in counter.told(request, "customer")
    await counter.answer(request, "address-correction", CUSTOMER, address=BILBAO)
    assert await counter.result(request) == "completed"
    assert where(counter) == "Gran Vía 1"
    assert counter.request(request).answers["address"]["city"] == "Bilbao"


async def test_the_customer_may_change_the_answers_instead(counter: Counter) -> None:
    request = await begun(counter, address=WRONG)
    await counter.amend(request, answers())
    assert await counter.result(request) == "completed"
    assert where(counter) == "Calle de Alcalá 50"


async def test_an_address_that_stays_wrong_is_refused(counter: Counter) -> None:
    request = await begun(counter, address=WRONG)
    await counter.sleep(days=8)
    assert await counter.result(request) == "refused"
    assert reason(counter, request) == "address.not_corrected"
    assert moves(counter) == []


# Withdrawal


@pytest.mark.parametrize(
    ("changes", "stage"),
    [
        ({"address": WRONG}, "received"),
        ({"address": ABROAD}, "identity-check"),
        ({"effective_date": today(10).isoformat()}, "scheduled"),
    ],
)
async def test_it_can_be_withdrawn_until_its_day(
    counter: Counter, changes: dict[str, Any], stage: str
) -> None:
    request = await begun(counter, **changes)
    assert counter.request(request).stage == stage
    await counter.withdraw(request)
    assert await counter.result(request) == "withdrawn"
    assert counter.stages(request)[stage] == "withdrawn"
    assert counter.tasks(request) == []
    assert moves(counter) == []


# When an update fails


def refuse(*_: Any) -> None:
    """A billing system that says no."""
    raise Refusal("billing.no_account")


@pytest.mark.parametrize("record", ["billing", "delivery"])
async def test_what_one_record_refuses_none_keeps(
    counter: Counter, monkeypatch: pytest.MonkeyPatch, record: str
) -> None:
    monkeypatch.setattr(profiles, f"update_{record}_address", refuse)
    request = await begun(counter, email="clara@new.example")
    assert await counter.result(request) == "failed"
    assert reason(counter, request) == "address.not_updated"
    assert everywhere(counter) == [OLD] * 3
    customer = counter.viewer(CUSTOMER).account_id
    assert counter.look(lambda s: profiles.contact(s, customer))["email"] == CUSTOMER
    assert [move.undone_at is not None for move in moves(counter)] == [True, True]
    assert mails(counter, "address.changed") == []
    later = await begun(counter, follow=[])
    assert await counter.result(later) == "completed", "what was undone is no earlier change"


async def test_each_update_has_its_own_retries(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = 0
    update = profiles.update_delivery_address

    def out_of_order(*arguments: Any) -> Any:
        nonlocal tries
        tries += 1
        if tries < 12:
            raise OSError("the delivery system is down")
        return update(*arguments)

    monkeypatch.setattr(profiles, "update_delivery_address", out_of_order)
    request = await begun(counter)
    assert everywhere(counter)[:2] == ["Calle de Alcalá 50"] * 2
    assert where(counter, AddressUse.DELIVERY) == OLD
    assert "requests.looking_into_it" in counter.told(request, "customer")
    await counter.sleep(minutes=10)
    assert await counter.result(request) == "completed"
    assert everywhere(counter) == ["Calle de Alcalá 50"] * 3
    assert len(moves(counter)) == 3


# A long way


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workflows that continue as new at nearly every wait."""
    start: Callable[..., dict[str, Any]] = relay.start_input
    monkeypatch.setattr(relay, "start_input", lambda *a: start(*a) | {"history_limit": 8})


@pytest.mark.usefixtures("short")
async def test_it_goes_on_in_new_runs_without_doing_anything_twice(counter: Counter) -> None:
    later = today(10).isoformat()
    request = await begun(counter, address=WRONG, effective_date=later)
    first_run = (await counter.handle(request).describe()).run_id
    await counter.answer(request, "address-correction", CUSTOMER, address=ABROAD)
    await counter.sleep(days=1, hours=1)
    await confirm(counter, request)
    amended = ABROAD | {"lines": "Rua Augusta 1"}
    await counter.amend(request, answers(address=amended, effective_date=later))
    await counter.sleep(days=1)
    await confirm(counter, request)
    await counter.sleep(days=9)
    assert await counter.result(request) == "completed"
    assert (await counter.handle(request).describe()).run_id != first_run
    assert everywhere(counter) == ["Rua Augusta 1"] * 3
    assert len(moves(counter)) == 3
    assert counter.told(request).count("tasks.asked_identity_check") == 2
    assert mails(counter, "address.changed") == [CUSTOMER]


@pytest.mark.usefixtures("short")
async def test_a_withdrawal_in_a_later_run_takes_the_task_back(counter: Counter) -> None:
    request = await begun(counter, address=ABROAD)
    await counter.sleep(days=1)
    await counter.withdraw(request)
    assert await counter.result(request) == "withdrawn"
    query = select(Task.status).where(Task.request_id == request.id)
    assert counter.look(lambda s: list(s.exec(query))) == [TaskStatus.CANCELLED]
