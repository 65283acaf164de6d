"""Two requests as they are found in a portal, one under way and one at its end."""

from dataclasses import dataclass
from datetime import timedelta

from sqlmodel import Session

from bench.portal import customer
from ground import clock
from ground.messages import day
from services import outbox, requests, timeline
from store.requests import StageState, Status
from tests.portal.scenes import moved, submitted, told

ITEM = "address-change"


@dataclass
class Sample:
    """The ids of the two."""

    open: str
    ended: str


def sample(session: Session) -> Sample:
    """Write both, as the services that people and workflows use would."""
    under_way, ended = waiting(session), waiting(session)
    finish(session, ended)
    return Sample(under_way, ended)


def waiting(session: Session) -> str:
    """A request that waits for its day; its start has been delivered."""
    request_id = submitted(session, customer(session), ITEM, example=0).id
    moved(session, request_id, "received", StageState.DONE)
    moved(session, request_id, "scheduled", StageState.IN_PROGRESS)
    on = day((clock.now() + timedelta(days=14)).date())
    told(session, request_id, "address.scheduled", params={"on": on})
    session.flush()
    outbox.mark_sent(session, outbox.claim(session, clock.now(), 1), clock.now())
    return request_id


def finish(session: Session, request_id: str) -> None:
    """Bring a request to its end."""
    moved(session, request_id, "scheduled", StageState.DONE)
    moved(session, request_id, "update", StageState.IN_PROGRESS)
    for record in ("profile", "billing"):
        told(session, request_id, f"address.updated_{record}")
    moved(session, request_id, "update", StageState.DONE)
    request = timeline.locked(session, request_id)
    requests.close(session, request, Status.COMPLETED, clock.now())
