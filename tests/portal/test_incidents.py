"""Requests whose process is stuck: designers and operators see where and why, and try again."""

from collections.abc import Callable

import pytest
from sqlmodel import Session

from ground import clock
from services import incidents, timeline
from store.database import Database
from store.requests import Request
from tests.people import People
from tests.portal.scenes import submitted
from tests.portal.visitor import Visitor

Visit = Callable[..., Visitor]
PROBLEM = {"instance": "/do/3/pay", "title": "Something went wrong", "detail": "No such account."}


@pytest.fixture
def stuck(database: Database, people: People) -> Request:
    """A request to cancel a contract whose process has come to an error."""

    def begin(session: Session) -> Request:
        request = submitted(session, people["customer"], "cancel-contract", 0)
        request = timeline.locked(session, request.id)
        incidents.open_incident(session, request, PROBLEM, 1, "incident", clock.now())
        return request

    return database.write_now(begin)


def test_definitions_count_the_requests_that_are_stuck(visitor: Visit, stuck: Request) -> None:
    designer = visitor("designer").go("/definitions")
    rows = designer.page.all("a", class_="row")
    row = next(row for row in rows if row.get("href") == "/definitions/cancel-contract")
    assert "1 stuck" in row.text
    assert sum("stuck" in row.text for row in rows) == 1
    designer.go("/definitions/cancel-contract")
    link = designer.page.one("a", href="/incidents?item=cancel-contract")
    assert link.text == "Stuck requests of this item: 1"


def test_each_is_listed_with_the_task_and_the_error(visitor: Visit, stuck: Request) -> None:
    operator = visitor("operator").go("/incidents")
    for words in (stuck.reference, "/do/3/pay", "Something went wrong: No such account."):
        assert words in operator.text
    assert "<time" not in operator.text
    assert stuck.reference not in operator.go("/incidents?item=replace-card").text
    assert "Nothing is stuck" in operator.text


def test_what_failed_is_tried_again_at_the_press_of_a_button(
    visitor: Visit, stuck: Request
) -> None:
    designer = visitor("designer").go("/incidents?item=cancel-contract")
    designer.send(press="Try again")
    assert designer.address == "/incidents?item=cancel-contract"
    assert "Being tried again" in designer.text
    assert not designer.page.all("button", name="_action")


def test_only_designers_and_operators_see_what_is_stuck(visitor: Visit, stuck: Request) -> None:
    assert visitor("customer").go("/incidents").status == 403
    assert visitor("agent").go("/incidents").status == 403
