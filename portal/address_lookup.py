"""The buttons that look an address up: one finds, and one takes what was found into the form."""

import asyncio
from dataclasses import dataclass, replace

from ground.errors import Unavailable
from portal.visits import Posted, SignedVisit
from services.address_lookup import ADDRESS, MOST, PROVIDERS, FoundAddress

FIND, USE = "find", "use"


@dataclass(frozen=True)
class Looked:
    """What was found for a group of fields; `answered` is false where the provider was not."""

    group: str
    text: str
    found: tuple[FoundAddress, ...] = ()
    answered: bool = True


async def look_up(visit: SignedVisit, posted: Posted) -> Posted:
    """What was posted, with the address that was chosen in it; what was found goes to the page."""
    verb, about = posted.action
    if ADDRESS not in PROVIDERS or verb not in (FIND, USE):
        return posted
    if verb == FIND:
        visit.request.state.looked = await found(visit, posted, about)
        return posted
    group, _, key = about.partition(":")
    try:
        parts = await asyncio.to_thread(PROVIDERS[ADDRESS].parts, key, visit.language)
    except Unavailable:
        visit.request.state.looked = Looked(group, "", answered=False)
        return posted
    named = {f"{group}.{name}": value for name, value in parts.items()}
    kept = [pair for pair in posted.pairs if pair[0] not in named]
    return replace(posted, pairs=[*kept, *named.items()])


def looked(visit: SignedVisit) -> bool:
    """Whether the page has something to say of a look-up."""
    return getattr(visit.request.state, "looked", None) is not None


async def found(visit: SignedVisit, posted: Posted, group: str) -> Looked:
    """The addresses that what was typed may mean."""
    text = posted.controls.get(f"_find.{group}", "").strip()
    if not text:
        return Looked(group, text)
    provider, country = PROVIDERS[ADDRESS], posted.get(f"{group}.country")
    try:
        listed = await asyncio.to_thread(provider.find, text, country, visit.language)
    except Unavailable:
        return Looked(group, text, answered=False)
    return Looked(group, text, tuple(listed[:MOST]))
