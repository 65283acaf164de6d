"""Signing in and out, the reader's language, and their own data."""

from typing import Annotated
from zoneinfo import available_timezones

from fastapi import APIRouter, Query, Response
from fastapi.responses import RedirectResponse

from api.languages import LANGUAGE_COOKIE
from api.security import form_token
from api.sessions import clear_session_cookie, client_address, set_session_cookie
from ground.errors import Invalid, TooManyTries, Unauthenticated
from ground.messages import languages, translate
from portal.carrying import unsealed
from portal.visits import (
    HOME,
    AnyForm,
    AnyVisit,
    Posted,
    PostedForm,
    SignedIn,
    Visit,
    check_posted,
    safe_next,
    see_other,
)
from services import identity
from services.identity import DEMO_ACCOUNTS, Opened

router = APIRouter(include_in_schema=False)

WELCOME = "/welcome"
LANGUAGE_SECONDS = 365 * 24 * 3600


@router.get("/sign-in")
async def sign_in_page(visit: AnyVisit, next: Annotated[str, Query()] = HOME) -> Response:
    """The form to sign in with; whoever is signed in goes on at once."""
    if visit.viewer:
        return see_other(safe_next(next))
    return await sign_in_form(visit, safe_next(next))


@router.post("/sign-in")
async def sign_in(visit: AnyVisit, posted: AnyForm) -> Response:
    """Open a session and go on where the person came from."""
    try:
        opened = await identity.log_in(
            visit.database,
            posted.get("email"),
            next((value for name, value in posted.pairs if name == "password"), ""),
            client_address(visit.request),
            visit.request.headers.get("user-agent", ""),
        )
    except (Unauthenticated, TooManyTries) as refusal:
        return await refused(visit, posted, refusal)
    new = await visit.database.read(identity.is_new, opened.viewer)
    return enter(visit, posted, opened, WELCOME if new else HOME)


async def refused(
    visit: Visit, posted: Posted, refusal: Unauthenticated | TooManyTries
) -> Response:
    """The form again, with what was wrong and what to do."""
    wait = refusal.retry_after if isinstance(refusal, TooManyTries) else 0
    response = await sign_in_form(
        visit,
        safe_next(posted.get("next")),
        status=refusal.status,
        error=translate(visit.language, refusal.key, refusal.params),
        retry_after=wait,
        email=posted.get("email"),
        carried=posted.get("carried"),
    )
    if wait:
        response.headers["Retry-After"] = str(wait)
    return response


async def sign_in_form(
    visit: Visit,
    next: str,
    status: int = 200,
    error: str = "",
    retry_after: int = 0,
    email: str = "",
    carried: str = "",
) -> Response:
    """The sign-in page; the demo accounts stand on it only where there are any."""
    demo = [account["email"] for account in DEMO_ACCOUNTS] if visit.settings.embedded else []
    return await visit.page(
        "sign_in.html",
        status,
        next=next,
        error=error,
        notice="",
        retry_after=retry_after,
        email=email,
        carried=carried,
        demo=demo,
    )


def enter(visit: Visit, posted: Posted, opened: Opened, start: str) -> Response:
    """On to where the person came from, with what they had typed when their session ended.

    Who comes for nothing in particular goes to `start`.
    """
    target = safe_next(posted.get("next"))
    target = start if target == HOME else target
    secret = visit.request.app.state.secret
    kept = unsealed(secret, posted.get("carried"))
    response: Response = see_other(target)
    if kept:
        account_id = opened.viewer.account_id
        signed = Visit(visit.request, visit.database, visit.settings, opened.viewer)
        response = signed.page_with(
            "resume.html",
            unread=0,
            target=target,
            kept=kept if kept.belongs_to(secret, account_id) else None,
            fresh_token=form_token(secret, opened.token, account_id),
        )
    set_session_cookie(visit.request, response, opened)
    return response


@router.post("/sign-out")
async def sign_out(visit: SignedIn, posted: PostedForm) -> Response:
    """End the session on this device."""
    cookie = visit.request.cookies.get(visit.request.app.state.cookie_name)
    if cookie:
        await visit.database.write(identity.close_session, cookie)
    response = see_other("/sign-in")
    clear_session_cookie(visit.request, response)
    response.delete_cookie(LANGUAGE_COOKIE, samesite="lax")
    return response


@router.post("/language")
async def choose_language(visit: AnyVisit, posted: AnyForm) -> Response:
    """Read on in another language; for somebody signed in, from now on."""
    if visit.viewer:
        check_posted(visit, posted)
    chosen = posted.get("language")
    if chosen not in languages():
        raise Invalid([], "portal.unknown_language")
    return await speaking(visit, chosen, safe_next(posted.get("back")))


async def speaking(visit: Visit, chosen: str, back: str) -> RedirectResponse:
    """Go on at `back` in the chosen language."""
    if visit.viewer:
        await visit.database.write(identity.set_preferences, visit.viewer, language=chosen)
    response = see_other(back)
    response.set_cookie(
        LANGUAGE_COOKIE, chosen, max_age=LANGUAGE_SECONDS, httponly=True, samesite="lax"
    )
    return response


@router.get("/profile")
async def profile(visit: SignedIn, done: bool = False) -> Response:
    """Who one is here, and how one is spoken to."""
    return await visit.page("profile.html", zones=zones(), done=done)


@router.post("/profile")
async def change_profile(visit: SignedIn, posted: PostedForm) -> Response:
    """Keep language and time zone."""
    chosen, zone = posted.get("language"), posted.get("zone")
    if chosen not in languages():
        raise Invalid([], "portal.unknown_language")
    if zone not in available_timezones():
        raise Invalid([], "portal.unknown_zone")
    await visit.database.write(identity.set_preferences, visit.viewer, zone=zone)
    return await speaking(visit, chosen, "/profile?done=1")


def zones() -> list[str]:
    """The time zones to choose from, without the old names that others replace."""
    return sorted(name for name in available_timezones() if "/" in name and "Etc/" not in name)
