"""The lists of requests: one's own by what they need, of people one acts for, and those of staff.

All that a list shows stands in its address, so that it can be kept, shared and gone back to.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, get_args
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session

from api.deps import PageOf, cut
from ground.messages import translate
from portal.visits import SignedIn
from services import delegations, drafts, groups, involved, request_lists, tracking
from services.access import Viewer
from services.delegations import Held
from services.drafts import Begun
from services.request_lists import LAST_YEAR, MOST_COUNTED, Choices, Cursor, Sort, Wanted
from services.tracking import RequestLine
from store.requests import Status

router = APIRouter(include_in_schema=False, prefix="/requests")

Show = Literal["open", "needs-you", "closed", "drafts", "others", "all"]
SHOWN = get_args(Show)
OF_STAFF: tuple[Show, ...] = ("open", "closed", "all")


class Listed(BaseModel):
    """What an address says of a list; an empty form field is the same as none."""

    model_config = ConfigDict(extra="ignore")

    show: Show = "open"
    q: Annotated[str, Field(max_length=100)] = ""
    status: Annotated[str, Field(max_length=20)] = ""
    category: Annotated[str, Field(max_length=60)] = ""
    item: Annotated[str, Field(max_length=60)] = ""
    group: Annotated[str, Field(max_length=60)] = ""
    customer: Annotated[str, Field(max_length=200)] = ""
    year: Annotated[str, Field(pattern=r"^(|[0-9]{4})$")] = ""
    sort: Sort = "newest"

    def address(self, **changes: str) -> str:
        """The same list with changes, from its beginning."""
        said = {**self.model_dump(), **changes}
        usual = {"sort": "newest", "show": "open"}
        query = {name: said[name] for name in said if said[name] not in ("", usual.get(name))}
        return f"/requests?{urlencode(query)}" if query else "/requests"

    @property
    def filters(self) -> dict[str, str]:
        """What narrows the list down, but for words."""
        names = ("status", "category", "item", "group", "customer", "year")
        return {name: getattr(self, name) for name in names if getattr(self, name)}

    def sorted_for(self, viewer: Viewer) -> bool:
        """Whether this reader may choose the order of this list."""
        return not viewer.is_staff and self.show != "needs-you"

    def wanted(self, viewer: Viewer) -> Wanted:
        """The list as its service knows it."""
        shown: request_lists.Show = "all"
        if self.show in ("open", "needs-you", "closed"):
            shown = self.show
        return Wanted(
            show=shown,
            whose="others" if self.show == "others" else "all" if viewer.is_staff else "own",
            status=self.status,
            category=self.category,
            item=self.item,
            group=self.group,
            customer=self.customer,
            year=min(int(self.year or 0), LAST_YEAR),
            text=self.q.strip(),
            sort=self.sort if self.sorted_for(viewer) else "newest",
        )


@dataclass(frozen=True)
class Page:
    """A list as its page shows it; `counts` are exact below a hundred."""

    lines: Sequence[RequestLine]
    begun: list[Begun]
    counts: Mapping[str, int]
    choices: Choices
    trusting: list[Held]


@router.get("")
async def list_requests(
    visit: SignedIn, page: PageOf, listed: Annotated[Listed, Query()]
) -> Response:
    """The requests one may see."""
    found = await visit.database.read(
        read_page, visit.viewer, visit.language, listed, page.after, page.fetch
    )
    wanted = listed.wanted(visit.viewer)
    lines, cursor = cut(
        visit.request,
        Response(),
        found.lines,
        page,
        lambda row: request_lists.cursor_of(row, wanted),
    )
    return await visit.page(
        "requests.html",
        found=found,
        lines=lines,
        listed=listed,
        shows=shows(visit.viewer, found),
        options=options(found.choices, visit.language),
        sortable=listed.sorted_for(visit.viewer),
        most=MOST_COUNTED,
        first=page.after is None,
        next_page=visit.further(cursor),
    )


def options(choices: Choices, language: str) -> dict[str, list[tuple[str, str]]]:
    """What each filter has to choose from, with its text."""
    statuses = [(one, translate(language, tracking.status_key(one))) for one in Status]
    named = [(one, groups.title_for_staff(language, one)) for one in choices.groups]
    years = [(str(year), str(year)) for year in choices.years]
    return {
        "status": [(str(value), text) for value, text in statuses],
        "category": list(choices.categories.items()),
        "year": years if len(years) > 1 else [],
        "item": list(choices.items.items()),
        "group": [(one, involved.capitalised(title)) for one, title in named],
    }


def shows(viewer: Viewer, found: Page) -> list[Show]:
    """The lists there are for this reader; the one of others only with somebody to act for."""
    if viewer.is_staff:
        return list(OF_STAFF)
    return [one for one in SHOWN if one != "others" or found.trusting]


def read_page(
    session: Session,
    viewer: Viewer,
    language: str,
    listed: Listed,
    after: Cursor | None,
    limit: int,
) -> Page:
    """A page of a list, with what there is beside it."""
    begun = [] if viewer.is_staff else drafts.begun(session, viewer, language)
    lines: list[RequestLine] = []
    if listed.show != "drafts":
        wanted = listed.wanted(viewer)
        lines = tracking.lines(session, viewer, language, wanted, after, limit)
    trusting = delegations.held(session, viewer)
    return Page(
        lines=lines,
        begun=begun,
        counts=counts(session, viewer, begun, trusting),
        choices=request_lists.choices(session, viewer, language),
        trusting=trusting,
    )


def counts(
    session: Session, viewer: Viewer, begun: list[Begun], trusting: list[Held]
) -> dict[str, int]:
    """How many there are in each list; of what is over and done nobody asks."""
    names: tuple[Show, ...] = ("open",) if viewer.is_staff else ("open", "needs-you")
    if trusting:
        names = (*names, "others")
    found: dict[str, int] = {
        name: request_lists.count(session, viewer, Listed(show=name).wanted(viewer))
        for name in names
    }
    return found | ({"drafts": len(begun)} if not viewer.is_staff else {})
