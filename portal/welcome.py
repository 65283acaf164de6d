"""The first sign-in: how one is spoken to, and what this place can do. Once, and not a must."""

from dataclasses import replace
from zoneinfo import available_timezones

from fastapi import APIRouter, Response

from api.languages import LANGUAGE_COOKIE, accepted_language
from ground import clock
from ground.messages import languages
from portal.identity import speaking, zones
from portal.visits import HOME, PostedForm, SignedIn, see_other
from services import identity

router = APIRouter(include_in_schema=False)


@router.get("/welcome")
async def show(visit: SignedIn) -> Response:
    """What a newcomer is asked and told; their browser's language is the first guess."""
    header = visit.request.headers.get("accept-language", "")
    chosen = visit.request.cookies.get(LANGUAGE_COOKIE)
    guess = chosen if chosen in languages() else accepted_language(header)
    spoken = replace(visit, spoken=guess)
    return await spoken.page("welcome.html", zones=zones(), guess=spoken.language)


@router.post("/welcome")
async def go_on(visit: SignedIn, posted: PostedForm) -> Response:
    """Keep what was chosen, unless it was skipped, and begin."""
    await visit.database.write(identity.note_welcomed, visit.viewer, clock.now())
    language, zone = posted.get("language"), posted.get("zone")
    verb, _ = posted.action
    if verb == "skip" or language not in languages():
        return see_other(HOME)
    if zone in available_timezones():
        await visit.database.write(identity.set_preferences, visit.viewer, zone=zone)
    return await speaking(visit, language, HOME)
