"""Steps that change what we know and hold: profile, subscription, documents; each is undone."""

import re
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from pydantic import ValidationError

from ground import clock
from ground.brand import Brand
from services import billing, delegations, documents, profiles
from services.document_files import FolderFiles
from settings import Settings
from store.billing import Subscription, SubscriptionStatus
from store.delegations import Scope
from store.documents import Document
from store.identity import Account
from store.profiles import AddressUse
from tests.workflows.counter import AGENT, CUSTOMER
from tests.workflows.steps.conftest import Bench
from workflows.steps.change_subscription import ChangeSubscription
from workflows.steps.update_profile import UpdateProfile

HOME = {
    "country": "ES",
    "lines": "Calle de Alcalá 50",
    "postal_code": "28014",
    "city": "Madrid",
    "region": "M",
}


def me(bench: Bench) -> str:
    return bench.viewer(CUSTOMER).account_id


# update-profile


def update(**fields: str) -> tuple[str, dict[str, Any]]:
    return "update-profile", {"fields": fields}


def person(bench: Bench) -> dict[str, Any]:
    """Name, e-mail address and street of the customer, and the name they sign in under."""
    known = bench.look(lambda s: profiles.profile(s, me(bench)))
    account = bench.look(lambda s: s.get_one(Account, me(bench)).name)
    return {
        "name": known["name"],
        "email": known["email"],
        "lines": known["address"]["lines"],
        "account": account,
    }


async def test_the_profile_becomes_what_was_answered(bench: Bench) -> None:
    request = await bench.call(
        update(address="address", delivery_address="address", name="called", email="mail"),
        called="  Clara  Romero Gil ",
        mail="clara@new.example",
        address=HOME,
    )
    [answer] = await bench.answers(request)
    assert sorted(answer["changed"]) == ["address", "delivery_address", "email", "name"]
    assert person(bench) == {
        "name": "Clara Romero Gil",
        "email": "clara@new.example",
        "lines": ["Calle de Alcalá 50"],
        "account": "Clara Romero Gil",
    }
    billing_ = bench.look(lambda s: profiles.current_address(s, me(bench), AddressUse.BILLING))
    assert billing_
    assert billing_.lines != ["Calle de Alcalá 50"]


async def test_a_profile_is_as_before_after_the_undo(bench: Bench) -> None:
    before = person(bench)
    request = await bench.call(
        update(address="address", name="called", email="mail"),
        refuse=True,
        called="Another",
        mail="clara@new.example",
        address=HOME,
    )
    await bench.answers(request, "refused")
    assert person(bench) == before


async def test_what_was_not_answered_or_is_so_already_does_not_change(bench: Bench) -> None:
    before = person(bench)
    request = await bench.call(
        update(name="called", email="mail", phone="address.telephone"), called=before["name"]
    )
    [answer] = await bench.answers(request)
    assert answer["changed"] == []
    assert person(bench) == before


async def test_a_name_that_is_none_is_refused(bench: Bench) -> None:
    request = await bench.call(update(name="called"), called="x" * 201)
    assert await bench.result(request) == "refused"


def test_at_least_one_answer_is_named() -> None:
    with pytest.raises(ValidationError, match="at least one answer"):
        UpdateProfile.model_validate({"fields": {}})


# add-delegate


def delegates(bench: Bench) -> list[tuple[str, str, date | None]]:
    """Who may stand in for the customer, for what and until when."""
    given = bench.look(lambda s: delegations.given(s, bench.viewer(CUSTOMER)))
    return [(one.email, one.scope, one.until) for one in given]


def add_delegate(scope: str) -> tuple[str, dict[str, Any]]:
    return "add-delegate", {"email": "mail", "scope": scope, "until": "topic"}


async def test_the_person_in_the_answers_may_act_until_their_day(bench: Bench) -> None:
    last = clock.now().date() + timedelta(days=30)
    request = await bench.call(add_delegate("act"), mail="Ana@Example.com", topic=last.isoformat())
    await bench.answers(request)
    assert delegates(bench) == [("ana@example.com", "act", last)]


async def test_a_person_may_do_what_they_might_before_after_the_undo(bench: Bench) -> None:
    mail = "ana@example.com"
    bench.change(lambda s: delegations.give(s, bench.viewer(CUSTOMER), mail, Scope.VIEW))
    request = await bench.call(add_delegate("act"), refuse=True, mail=mail)
    await bench.answers(request, "refused")
    assert delegates(bench) == [(mail, "view", None)]


# change-subscription


def fibre(bench: Bench) -> Subscription:
    """The customer's first subscription, for Fibre 300."""
    on = clock.now().date()
    return bench.look(lambda s: billing.subscriptions(s, me(bench), on)[0]).of


def change(bench: Bench, **wants: Any) -> tuple[str, dict[str, Any]]:
    return "change-subscription", {"subscription": fibre(bench).id} | wants


def plan(bench: Bench, day: date) -> str:
    subscription_id = fibre(bench).id
    return bench.look(lambda s: billing.plan_on(s, subscription_id, day)).id


async def today(bench: Bench) -> date:
    at: datetime = await bench.environment.get_current_time()
    return bench.look(lambda s: profiles.local_day(s, me(bench), at))


async def test_a_plan_changes_at_once_up_or_down(bench: Bench) -> None:
    bench.change(sell_fibre_100)
    request = await bench.call(change(bench, plan="fibre-100"))
    [answer] = await bench.answers(request)
    now = await today(bench)
    assert plan(bench, now) == "fibre-100"
    assert (answer["status"], answer["effective_on"]) == ("active", now.isoformat())


def sell_fibre_100(session: Any) -> None:
    billing.plan(session, "fibre-100").sold = True


async def test_a_plan_is_agreed_for_a_later_day(bench: Bench) -> None:
    now = await today(bench)
    day = now + timedelta(days=5)
    request = await bench.call(change(bench, plan="fibre-600", on=day.isoformat()))
    [answer] = await bench.answers(request)
    assert answer["effective_on"] == day.isoformat()
    assert [plan(bench, at) for at in (now, day)] == ["fibre-300", "fibre-600"]


async def test_a_plan_changes_with_the_next_month_and_back_again(bench: Bench) -> None:
    now = await today(bench)
    request = await bench.call(change(bench, plan="fibre-600", on="next-month"), refuse=True)
    [answer] = await bench.answers(request, "refused")
    starts = date.fromisoformat(answer["effective_on"])
    assert starts.day == fibre(bench).anchor_day
    assert starts > now
    assert plan(bench, starts) == "fibre-300"


@pytest.mark.parametrize(
    ("wants", "why"),
    [
        ({"plan": "fibre-300"}, "billing.same_plan"),
        ({"plan": "fibre-100"}, "billing.plan_not_sold"),
        ({"plan": "mobile-50"}, "billing.not_an_upgrade"),
        ({"plan": "fibre-600", "on": "2020-01-01"}, "billing.day_over"),
        ({"subscription": "somebody-elses", "status": "suspended"}, "billing.no_subscription"),
    ],
)
async def test_a_change_that_may_not_be_is_refused(
    bench: Bench, wants: dict[str, Any], why: str
) -> None:
    request = await bench.call(change(bench, **wants))
    assert await bench.result(request) == "refused"
    outcome = bench.request(request).outcome
    assert outcome
    assert outcome["$ref"] == why


async def test_a_subscription_is_suspended_resumed_and_cancelled_for_good(bench: Bench) -> None:
    of = fibre(bench).id
    request = await bench.call(
        change(bench, status="suspended"),
        change(bench, status="active"),
        change(bench, status="cancelled"),
        change(bench, status="active"),
    )
    assert await bench.result(request) == "refused"
    statuses = [answer["status"] for answer in bench.so_far(request)]
    assert statuses == ["suspended", "active", "cancelled"]
    outcome = bench.request(request).outcome
    assert outcome
    assert outcome["$ref"] == "billing.subscription_ended"
    stands = bench.look(lambda s: billing.subscription(s, of).status)
    assert stands == SubscriptionStatus.ACTIVE, "each change has been undone, the latest first"


async def test_a_status_waits_for_its_day(bench: Bench) -> None:
    day = await today(bench) + timedelta(days=3)
    request = await bench.call(change(bench, status="suspended", on=day.isoformat()))
    assert fibre(bench).status == SubscriptionStatus.ACTIVE
    await bench.sleep(days=4)
    assert (await bench.answers(request))[0]["status"] == "suspended"
    assert fibre(bench).status == SubscriptionStatus.PAUSED


@pytest.mark.parametrize(
    "wants", [{}, {"plan": "a", "status": "active"}, {"status": "active", "on": "next-month"}]
)
def test_a_change_is_of_plan_or_status(wants: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        ChangeSubscription.model_validate({"subscription": "x"} | wants)


# create-document


TITLE = {"en": "About %(what)s", "es": "Sobre %(what)s", "pt": "Sobre %(what)s"}
LABEL = {"en": "Price", "es": "Precio", "pt": "Preço"}
PAPER: dict[str, Any] = {
    "title": TITLE,
    "values": {
        "what": "<tea>",
        "price": {"label": LABEL, "value": {"$money": [1250, "EUR"]}},
    },
}


def text_of(bench: Bench, settings: Settings, document_id: str) -> str:
    with FolderFiles(settings.data_dir / "documents").open(document_id) as file:
        return file.read().decode()


async def test_a_certificate_is_written_in_the_customers_language(
    bench: Bench, settings: Settings
) -> None:
    request = await bench.call(("create-document", PAPER | {"template": "certificate"}))
    [answer] = await bench.answers(request)
    page = text_of(bench, settings, answer["document"])
    language = bench.viewer(CUSTOMER).language
    said = {"en": "<h1>About &lt;tea&gt;</h1>", "es": "<h1>Sobre &lt;tea&gt;</h1>"}[language]
    assert said in page
    assert f"<header>{Brand().name}</header>" in page
    for part in ("Clara Romero", "Calle de Atocha 27", request.reference, "12"):
        assert part in page
    for who in (CUSTOMER, AGENT):
        viewer = bench.viewer(who)
        found = bench.look(partial(documents.of_request, viewer=viewer, request_id=request.id))
        assert [one.id for one in found] == [answer["document"]]
    [document] = found
    assert (document.media_type, document.size) == ("text/html", len(page.encode()))
    assert document.name.endswith(f"{request.reference}.html")
    assert "steps.document_written" in bench.told(request, "customer")


async def test_a_statement_shows_how_the_balance_moved(bench: Bench, settings: Settings) -> None:
    charge = {"amount": 500, "currency": "EUR", "method": "balance"}
    request = await bench.call(
        ("charge", charge), ("create-document", PAPER | {"template": "statement"})
    )
    answer = (await bench.answers(request))[1]
    page = text_of(bench, settings, answer["document"])
    amounts = re.findall(r'class="amount">([^<]*)<', page)
    assert amounts == ["€25.00", "-€5.00", "€20.00"]


async def test_a_document_is_gone_after_the_undo(bench: Bench) -> None:
    request = await bench.call(
        ("create-document", PAPER | {"template": "confirmation"}), refuse=True
    )
    [answer] = await bench.answers(request, "refused")
    assert bench.look(lambda s: documents.of_request(s, bench.viewer(AGENT), request.id)) == []
    assert bench.look(lambda s: s.get(Document, answer["document"])) is None
