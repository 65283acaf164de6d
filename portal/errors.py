"""What goes wrong, as pages; what was typed is given back, never lost."""

import logging
from urllib.parse import urlencode

from fastapi import Request, Response
from starlette.exceptions import HTTPException

from api.problems import Problem
from api.security import session_cookie
from ground import clock
from ground.errors import Refusal
from portal.carrying import Carried, carried, sealed
from portal.visits import Posted, Visit, see_other, sorted_out
from services import identity
from services.access import Viewer

log = logging.getLogger(__name__)

TRY_AGAIN = frozenset({403, 500, 503})
"""Refusals after which sending the same once more may help."""
SHORT = 12
"""Codes and choices are shorter than what somebody would not like to write again."""
SECRET = frozenset({"password", "carried", "next", "back"})


async def error_page(request: Request, problem: Problem) -> Response:
    """The page for a problem; somebody who is not signed in is asked to be."""
    visit = await visit_of(request)
    posted = await typed(request, problem)
    if problem.status == 401:
        return await sign_in_first(visit, problem, posted)
    kept = carried(posted) if posted else None
    own = kept is not None and whose(visit, kept)
    again = kept.pairs if kept and own and problem.status in TRY_AGAIN else []
    return visit.page_with(
        "error.html",
        unread=0,
        status=problem.status,
        problem=problem,
        again=again,
        typed=readable(posted) if posted and own and not again else [],
        others=kept is not None and bool(kept.token) and not own,
    )


def whose(visit: Visit, kept: Carried) -> bool:
    """Whether the page that was sent was made for the person who is signed in now."""
    account_id = visit.viewer.account_id if visit.viewer else ""
    return kept.belongs_to(visit.request.app.state.secret, account_id)


def readable(posted: Posted) -> list[str]:
    """What a person had written, to be copied from the page; never a password."""
    return [value for name, value in posted.pairs if len(value) > SHORT and name not in SECRET]


async def sign_in_first(visit: Visit, problem: Problem, posted: Posted | None) -> Response:
    """The sign-in page; a form that was sent meanwhile goes with it."""
    if visit.request.method in ("GET", "HEAD"):
        return see_other("/sign-in?" + urlencode({"next": visit.here}))
    return visit.page_with(
        "sign_in.html",
        unread=0,
        status=401,
        next=visit.here,
        carried=sealed(visit.request.app.state.secret, posted) if posted else "",
        notice=problem.detail,
        error="",
        retry_after=0,
        email="",
        demo=(),
    )


async def visit_of(request: Request) -> Visit:
    """The visit, even where the call never came to a page; nobody is signed in if in doubt."""
    state = request.app.state
    viewer: Viewer | None = getattr(request.state, "viewer", None)
    token = session_cookie(request)
    if viewer is None and token:
        try:
            found = await identity.find_session(state.database, token, clock.now())
        except Refusal:
            found = None
        viewer = found.viewer if found else None
        request.state.viewer = viewer
    return Visit(request, state.database, state.settings, viewer)


async def typed(request: Request, problem: Problem) -> Posted | None:
    """What was posted, read now if the call was refused before anyone looked at it."""
    posted: Posted | None = getattr(request.state, "posted", None)
    if posted or request.method != "POST" or problem.status != 401:
        return posted
    try:
        async with request.form(max_files=20) as form:
            return sorted_out(form)
    except (HTTPException, Refusal):
        log.info("a form that came without a session could not be read")
        return None
