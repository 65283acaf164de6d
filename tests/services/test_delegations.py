"""Standing in for others: given, taken away, and what it allows meanwhile."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session, select

from ground import clock
from ground.errors import Conflict, Forbidden, Invalid, NotFound, Refusal, TooManyTries
from ground.messages import translate
from services import (
    access,
    delegations,
    identity,
    notifications,
    request_lists,
    requests,
    tasks,
    timeline,
    tracking,
)
from services.access import Viewer
from services.request_lists import Wanted
from services.requests import Submission
from services.tasks import OpenTask
from store.database import Database
from store.delegations import Delegation, Scope
from store.identity import Role
from store.notifications import Notification
from store.requests import Request, TimelineEntry
from store.tasks import Audience
from tests.people import People, demo_people
from tests.probe import publish_probe, submit_probe

DELEGATE = "customer2"
EMAIL = "customer2@example.com"


@pytest.fixture
def people(database: Database) -> People:
    publish_probe(database)
    return demo_people(database)


def give(
    database: Database,
    people: People,
    scope: Scope = Scope.ACT,
    email: str = EMAIL,
    until: date | None = None,
) -> Delegation:
    return database.write_now(delegations.give, people["customer"], email, scope, until)


def change(database: Database, row: Delegation, **values: Any) -> None:
    def work(session: Session) -> None:
        found = session.get_one(Delegation, row.id)
        for name, value in values.items():
            setattr(found, name, value)

    database.write_now(work)


def told(database: Database, viewer: Viewer) -> list[str]:
    """The keys of what somebody was notified of."""
    query = select(Notification.key).where(Notification.account_id == viewer.account_id)
    return database.read_now(lambda session: list(session.exec(query)))


# What a delegate may do: every state of a delegation × everything there is to do


def viewing(database: Database, people: People) -> None:
    give(database, people, Scope.VIEW)


def acting(database: Database, people: People) -> None:
    give(database, people)


def revoked(database: Database, people: People) -> None:
    row = give(database, people)
    database.write_now(delegations.take_back, people["customer"], row.id)


def laid_down(database: Database, people: People) -> None:
    row = give(database, people)
    database.write_now(delegations.take_back, people[DELEGATE], row.id)


def expired(database: Database, people: People) -> None:
    change(database, give(database, people), until=clock.now())


def not_yet(database: Database, people: People) -> None:
    change(database, give(database, people), since=clock.now() + timedelta(hours=1))


def given_to_another(database: Database, people: People) -> None:
    give(database, people, email="somebody@example.com")


def the_other_way_round(database: Database, people: People) -> None:
    give_back = "customer@example.com"
    database.write_now(delegations.give, people[DELEGATE], give_back, Scope.ACT)


def never_given(database: Database, people: People) -> None:
    pass


STATES: dict[Callable[[Database, People], None], str] = {
    acting: "yes yes",
    viewing: "yes no",
    **dict.fromkeys(
        (
            revoked,
            laid_down,
            expired,
            not_yet,
            given_to_another,
            the_other_way_round,
            never_given,
        ),
        "no no",
    ),
}
"""Whether a delegate may see, and whether they may act, in each state of the delegation."""


def listing(session: Session, viewer: Viewer, request: Request, task: str) -> None:
    if request.id not in [one.id for one in request_lists.page(session, viewer, Wanted())]:
        raise NotFound("not in the list")


def reading(session: Session, viewer: Viewer, request: Request, task: str) -> None:
    tracking.show(session, viewer, request.id, "en")


def following(session: Session, viewer: Viewer, request: Request, task: str) -> None:
    tracking.entries(session, viewer, request.id, "en", 0, 10)


def writing(session: Session, viewer: Viewer, request: Request, task: str) -> None:
    requests.write_message(session, viewer, request.id, "Hello")


def withdrawing(session: Session, viewer: Viewer, request: Request, task: str) -> None:
    requests.withdraw(session, viewer, request.id)


def amending(session: Session, viewer: Viewer, request: Request, task: str) -> None:
    requests.amend(session, viewer, request.id, {"wish": "coffee"}, "en")


def reading_the_task(session: Session, viewer: Viewer, request: Request, task: str) -> None:
    tasks.readable(session, viewer, task)


def answering(session: Session, viewer: Viewer, request: Request, task: str) -> None:
    tasks.complete(session, viewer, task, {"decision": "approve"}, "en")


def submitting(session: Session, viewer: Viewer, request: Request, task: str) -> None:
    wanted = Submission(item="probe", answers={"wish": "tea"}, customer=request.customer_id)
    requests.submit(session, viewer, wanted)


SEEING = (listing, reading, following)
ACTING = (writing, withdrawing, amending, reading_the_task, answering, submitting)


def ask(session: Session, request_id: str) -> str:
    """Something is asked of the customer."""
    wants = OpenTask(
        kind="approval",
        title="tasks.asked_of_you",
        form="probe-decision",
        audience=Audience.CUSTOMER,
    )
    return tasks.open_task(session, timeline.locked(session, request_id), wants, clock.now()).id


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_what_a_delegate_may_do(
    database: Database, people: People, state: Callable[[Database, People], None]
) -> None:
    request = submit_probe(database, people["customer"])
    task = database.write_now(ask, request.id)
    state(database, people)
    sees, acts = STATES[state].split()
    allowed = {
        deed.__name__: "yes" if allows(database, deed, people[DELEGATE], request, task) else "no"
        for deed in SEEING + ACTING
    }
    expected = {deed.__name__: sees for deed in SEEING} | {deed.__name__: acts for deed in ACTING}
    assert allowed == expected


def allows(
    database: Database, deed: Callable[..., None], viewer: Viewer, request: Request, task: str
) -> bool:
    """Whether the deed is possible; it is not done."""

    class Undone(Exception):
        pass

    def work(session: Session) -> None:
        deed(session, viewer, request, task)
        raise Undone

    try:
        database.write_now(work)
    except Undone:
        return True
    except (NotFound, Forbidden):
        return False
    raise AssertionError("neither done nor refused")


def test_staff_never_stand_in_for_customers(database: Database, people: People) -> None:
    row = give(database, people, email="agent2@example.com")
    assert row.delegate_id is None
    change(database, row, delegate_id=people["agent2"].account_id)
    request = submit_probe(database, people["customer"])
    database.write_now(in_group, request.id)
    with pytest.raises(NotFound):
        database.read_now(tracking.show, people["agent2"], request.id, "en")


# Who did it


def test_what_a_delegate_does_carries_their_name(database: Database, people: People) -> None:
    give(database, people)
    delegate, customer = people[DELEGATE], people["customer"]
    wanted = Submission(
        item="probe", answers={"wish": "tea"}, customer=customer.account_id, idempotency_key="k"
    )
    request = database.write_now(requests.submit, delegate, wanted)
    assert request.customer_id == customer.account_id
    assert database.write_now(requests.submit, delegate, wanted).id == request.id
    task = database.write_now(ask, request.id)
    database.write_now(tasks.complete, delegate, task, {"decision": "approve"}, "en")
    database.write_now(requests.write_message, delegate, request.id, "From both of us")
    database.write_now(requests.withdraw, delegate, request.id)
    query = select(TimelineEntry.actor, TimelineEntry.actor_id).where(
        TimelineEntry.request_id == request.id
    )
    written = database.read_now(lambda session: session.exec(query).all())
    assert written == [("delegate", delegate.account_id)] * 4
    for name in ("customer", DELEGATE, "agent"):
        if name == "agent":
            database.write_now(in_group, request.id)
        view = database.read_now(tracking.show, people[name], request.id, "en")
        assert {(one.actor, one.by) for one in view.timeline} == {("delegate", "Marcos Silva")}
    assert told(database, customer).count("delegations.acted_for_you") == 2


def in_group(session: Session, request_id: str) -> None:
    session.get_one(Request, request_id).group = "back-office"


def test_what_the_customer_does_is_theirs(database: Database, people: People) -> None:
    give(database, people)
    request = submit_probe(database, people["customer"])
    view = database.read_now(tracking.show, people[DELEGATE], request.id, "en")
    assert [(one.actor, one.by) for one in view.timeline] == [("customer", None)]


def test_whoever_acts_for_a_customer_is_told_what_the_customer_is_told(
    database: Database, people: People
) -> None:
    give(database, people)
    request = submit_probe(database, people["customer"])
    database.write_now(in_group, request.id)
    database.write_now(requests.write_message, people["agent"], request.id, "We are at it")
    assert told(database, people[DELEGATE]) == ["delegations.received_act", "delegations.told"]
    rows, _ = database.read_now(notifications.page, people[DELEGATE], None, 1)
    text = translate("en", rows[0].key, rows[0].params)
    assert text.startswith(f"For {people['customer'].name}: ")
    assert translate("en", "requests.message_from_staff") in text
    assert rows[0].request_id == request.id


@pytest.mark.parametrize("given", [viewing, revoked, expired, not_yet, never_given])
def test_nobody_else_is_told(
    database: Database, people: People, given: Callable[[Database, People], None]
) -> None:
    given(database, people)
    request = submit_probe(database, people["customer"])
    database.write_now(in_group, request.id)
    before = told(database, people[DELEGATE])
    database.write_now(requests.write_message, people["agent"], request.id, "We are at it")
    assert told(database, people[DELEGATE]) == before


def test_a_delegate_finds_what_they_could_not_request_themselves(
    database: Database, people: People
) -> None:
    """The customer's catalog and data count, not the delegate's."""
    give(database, people)
    found = database.read_now(
        delegations.beneficiary, people[DELEGATE], people["customer"].account_id
    )
    assert found == people["customer"]


# Giving and taking away


def test_both_are_told(database: Database, people: People) -> None:
    give(database, people)
    assert told(database, people["customer"]) == ["delegations.given"]
    assert told(database, people[DELEGATE]) == ["delegations.received_act"]


def test_naming_a_person_again_replaces_what_they_may_do(
    database: Database, people: People
) -> None:
    give(database, people, Scope.ACT)
    give(database, people, Scope.VIEW, " Customer2@Example.com ")
    (one,) = database.read_now(delegations.given, people["customer"])
    assert (one.email, one.scope) == (EMAIL, Scope.VIEW)
    customer_id = people["customer"].account_id
    assert not database.read_now(access.acts_for, people[DELEGATE], customer_id)


def test_the_last_day_counts_to_its_end_where_the_customer_lives(
    database: Database, people: People
) -> None:
    today = datetime.now(identity.zone_of(people["customer"].zone)).date()
    row = give(database, people, until=today)
    assert row.until is not None
    assert timedelta() < row.until - clock.now() <= timedelta(days=1)
    (one,) = database.read_now(delegations.given, people["customer"])
    assert (one.until, one.live) == (today, True)
    (other,) = database.read_now(delegations.held, people[DELEGATE])
    assert (other.name, other.scope) == ("Clara Romero", Scope.ACT)


@pytest.mark.parametrize(
    ("email", "until", "pointer"),
    [
        ("nobody", None, "/email"),
        ("CUSTOMER@example.com", None, "/email"),
        (EMAIL, date(2020, 1, 1), "/until"),
        (EMAIL, date.max, "/until"),
    ],
)
def test_what_makes_no_sense_is_refused(
    database: Database, people: People, email: str, until: date | None, pointer: str
) -> None:
    with pytest.raises(Invalid) as caught:
        give(database, people, email=email, until=until)
    assert [one.pointer for one in caught.value.fields] == [pointer]


def test_only_customers_name_people(database: Database, people: People) -> None:
    for name in ("agent", "operator", "designer"):
        with pytest.raises(Forbidden):
            database.write_now(delegations.give, people[name], EMAIL, Scope.VIEW, None)


def test_nobody_learns_who_has_an_account(database: Database, people: People) -> None:
    give(database, people, email="new@example.com")
    (one,) = database.read_now(delegations.given, people["customer"])
    assert one.live
    account = database.write_now(
        lambda session: identity.create_account(
            session, email="New@example.com", name="New", role=Role.CUSTOMER, at=clock.now()
        )
    )
    viewer = database.read_now(identity.viewer_of, account.id)
    assert [one.scope for one in database.read_now(delegations.held, viewer)] == [Scope.ACT]


def test_a_customer_cannot_name_too_many(
    database: Database, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delegations, "MOST_A_DAY", 3)
    for number in range(3):
        give(database, people, email=f"p{number}@example.com")
    with pytest.raises(TooManyTries):
        give(database, people, email="p3@example.com")
    monkeypatch.setattr(delegations, "MOST_PEOPLE", 3)
    with pytest.raises(Conflict):
        give(database, people, email="p3@example.com")


@pytest.mark.parametrize("name", ["agent", "operator", "designer"])
def test_only_the_two_of_them_end_it(database: Database, people: People, name: str) -> None:
    row = give(database, people)
    with pytest.raises(Refusal) as caught:
        database.write_now(delegations.take_back, people[name], row.id)
    assert isinstance(caught.value, NotFound)
    for both in (DELEGATE, "customer"):
        database.write_now(delegations.take_back, people[both], row.id)
    assert told(database, people["customer"]) == ["delegations.given", "delegations.laid_down"]
    ended = database.read_now(lambda session: session.get_one(Delegation, row.id))
    assert ended.revoked_by == people[DELEGATE].account_id
