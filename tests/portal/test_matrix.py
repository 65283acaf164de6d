"""What the table of who gets which answer (`tests/api/test_authorisation.py`) leaves open.

Somebody else's object answers like one that does not exist, by its words as by its status; people
who act for a customer get what they were given; no method leads round the table.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlmodel import Session, delete

from ground.ids import new_id
from services import delegations
from store.delegations import Delegation, Scope
from tests.api.test_authorisation import PEOPLE, RULES, Route, World, call, routes_of, world

__all__ = ["world"]

pytestmark = pytest.mark.xdist_group("matrix")

ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")
CHANGING = re.compile(r"\w+(\.[0-9a-f]{64})+|" + ULID.pattern)
"""Tokens of forms, and ids."""
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def answered(route: Route, person: str) -> str:
    """What the table says."""
    return dict(zip(PEOPLE, RULES[route].split(), strict=True))[person]


@dataclass
class Eavesdropper:
    """Hears what is answered; while `astray`, every id in an address is one that nothing has."""

    world: World
    astray: bool = False
    heard: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.send = self.world.client.request

    def request(self, method: str, address: str, **arguments: Any) -> Any:
        if self.astray:
            address = ULID.sub(lambda _: new_id(), address)
        self.heard.append(self.send(method, address, **arguments))
        return self.heard[-1]


@pytest.fixture
def eavesdropper(world: World, monkeypatch: pytest.MonkeyPatch) -> Eavesdropper:
    listening = Eavesdropper(world)
    monkeypatch.setattr(world.client, "request", listening.request)
    return listening


FOREIGN = [
    pytest.param(route, person, id=f"{' '.join(route)} {person}")
    for route in RULES
    for person, name in PEOPLE.items()
    if name and answered(route, person) == "404" and re.search(r"\{(key|\w+_id)\}", route[1])
]


@pytest.mark.parametrize(("route", "person"), FOREIGN)
def test_what_is_not_ones_own_looks_as_if_it_did_not_exist(
    eavesdropper: Eavesdropper, route: Route, person: str
) -> None:
    call(eavesdropper.world, route, PEOPLE[person])
    foreign = eavesdropper.heard[-1]
    eavesdropper.astray = True
    call(eavesdropper.world, route, PEOPLE[person])
    missing = eavesdropper.heard[-1]
    assert (foreign.status_code, missing.status_code) == (404, 404)
    assert unchanging(foreign.text) == unchanging(missing.text)
    assert set(foreign.headers) == set(missing.headers)


def unchanging(text: str) -> str:
    """A page without what is different on each."""
    return CHANGING.sub("…", text)


# Methods


def test_no_method_leads_round_the_table(world: World) -> None:
    known = routes_of(world.app)
    session = {"Cookie": f"{world.app.state.cookie_name}={world.sign_in('operator')}"}
    for path in sorted({path for _, path in known}):
        address = re.sub(r"\{[^}]*\}", new_id(), path.replace("{item}", "probe"))
        for method in METHODS:
            if (method, path) in known or any(
                (method, other) in known and shape(other) == shape(path) for _, other in known
            ):
                continue
            for headers in ({}, session):
                own = {"Sec-Fetch-Site": "same-origin"} | headers
                answer = world.client.request(method, address, headers=own)
                assert answer.status_code == 405, (method, path, answer.status_code)


def shape(path: str) -> str:
    """Addresses of one shape are told apart by their words alone."""
    return re.sub(r"\{[^}]*\}", "*", path)


# People who act for a customer

DELEGATES: dict[Route, str] = {
    # to look, to act
    ("GET", "/api/requests/{key}"): "200 200",
    ("GET", "/api/requests/{key}/timeline"): "200 200",
    ("GET", "/api/requests/{key}/events"): "200 200",
    ("GET", "/api/requests/{key}/receipt"): "200 200",
    ("POST", "/api/requests/{key}/withdraw"): "403 200",
    ("POST", "/api/requests/{key}/messages"): "403 201",
    ("POST", "/api/requests/{key}/amend"): "403 200",
    ("GET", "/api/documents/{document_id}"): "200 200",
    ("HEAD", "/api/uploads/{upload_id}"): "404 404",
    ("PATCH", "/api/uploads/{upload_id}"): "404 404",
    ("DELETE", "/api/uploads/{upload_id}"): "404 404",
    ("POST", "/api/notifications/{notification_id}/read"): "404 404",
    ("POST", "/notifications/{key}/open"): "404 404",
    # What the owner has given to somebody else.
    ("DELETE", "/api/delegations/{key}"): "404 404",
    ("POST", "/profile/people/{key}/end"): "404 404",
    ("GET", "/for/{customer}"): "403 200",
    ("GET", "/for/{customer}/{item}/form"): "403 303",
    ("GET", "/for/{customer}/{item}/form/{page}"): "403 200",
    ("POST", "/for/{customer}/{item}/form/{page}"): "403 303",
    ("GET", "/for/{customer}/{item}/review"): "403 200",
    # A delegate's draft is not the one that was reviewed here.
    ("POST", "/for/{customer}/{item}/review"): "403 409",
    ("GET", "/for/{customer}/{item}/discard"): "403 200",
    ("POST", "/for/{customer}/{item}/discard"): "403 303",
    ("GET", "/requests/{key}"): "200 200",
    ("GET", "/requests/{key}/amend"): "403 200",
    ("GET", "/requests/{key}/amend/form/{page}"): "403 200",
    ("POST", "/requests/{key}/amend/form/{page}"): "403 303",
    ("GET", "/requests/{key}/amend/review"): "403 200",
    ("POST", "/requests/{key}/amend/review"): "403 303",
    ("POST", "/requests/{key}/amend/discard"): "403 303",
    ("POST", "/requests/{key}/messages"): "403 303",
    ("POST", "/requests/{key}/tasks/{task}"): "404 303",
    ("GET", "/requests/{key}/receipt.json"): "200 200",
    ("GET", "/requests/{key}/receipt.pdf"): "200 200",
    ("GET", "/requests/{key}/withdraw"): "403 200",
    ("POST", "/requests/{key}/withdraw"): "403 303",
}
"""For every address of the owner's that is not there for others: who may look, and who may act."""


def of_the_owner() -> Iterator[Route]:
    """The addresses at which a delegate may get something else than others."""
    return (r for r in RULES if answered(r, "other") == "404" and answered(r, "owner") != "404")


def test_every_address_of_a_customer_says_what_delegates_get() -> None:
    assert set(DELEGATES) == set(of_the_owner())


@pytest.fixture(params=list(Scope))
def delegate(request: pytest.FixtureRequest, world: World) -> Iterator[Scope]:
    """The other customer stands in for the owner, as far as the scope goes."""
    owner, other = world.people["customer"], world.people["customer2"]
    world.database.write_now(forget)
    world.database.write_now(delegations.give, owner, other.email, request.param)
    yield request.param
    world.database.write_now(forget)


def forget(session: Session) -> None:
    session.execute(delete(Delegation))


@pytest.mark.parametrize("route", DELEGATES, ids=" ".join)
def test_delegates_get_what_they_were_given(world: World, delegate: Scope, route: Route) -> None:
    expected = dict(zip(Scope, DELEGATES[route].split(), strict=True))[delegate]
    assert str(call(world, route, "customer2")) == expected
