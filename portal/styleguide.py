"""Every part of the pages in every state, on pages for those who design and run the portal."""

import json
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Response

from api.deps import requires
from catalog.forms import Form
from portal.visits import SignedIn
from services.access import Viewer
from store.identity import Role

router = APIRouter(include_in_schema=False)

Part = Literal["parts", "empty", "filled", "wrong"]
PARTS: tuple[Part, ...] = ("parts", "empty", "filled", "wrong")
SAMPLE = Path(__file__).parent / "styleguide.json"
FILLED: dict[str, Any] = {
    "text": "Clara Romero",
    "long_text": "Two lines,\nof which this is the second.",
    "email": "clara@example.com",
    "phone": "+34600123456",
    "iban": "ES9121000418450200051332",
    "website": "https://example.com/",
    "number": 3,
    "money": 125050,
    "date": "2030-06-15",
    "time": "09:30",
    "moment": "2030-06-15T09:30:00+02:00",
    "scale": 7,
    "stars": 4,
    "choice": "a",
    "select": "b",
    "several": ["a", "b"],
    "tick": True,
    "consent": True,
    "country": "ES",
    "signature": "Clara Romero",
    "group": {"street": "Gran Vía 1", "city": "Madrid"},
    "people": [{"name": "Ana"}, {"name": "Bruno"}],
    "shown": "Nobody changes this",
}
WRONG: dict[str, Any] = {"text": "a", "number": 99, "money": 1, "people": [{}], "date": "soon"}


@cache
def sample() -> Form:
    """A form with a field of every kind."""
    return Form.compile(json.loads(SAMPLE.read_text("utf-8")), "styleguide")


@router.get("/styleguide")
async def show(
    visit: SignedIn,
    _viewer: Annotated[Viewer, Depends(requires(Role.DESIGNER, Role.OPERATOR))],
    show: Annotated[Part, Query()] = "parts",
) -> Response:
    """The parts, or the fields of forms in one state."""
    answers = {"filled": FILLED, "wrong": WRONG}.get(show, {})
    errors = sample().evaluate(answers, visit.language).errors if show == "wrong" else []
    drawn = sample().view(answers, visit.language, errors)
    fields = [field for page in drawn.pages for field in page.fields]
    return await visit.page(
        "styleguide.html", parts_of=PARTS, show=show, fields_shown=fields, errors=drawn.errors
    )
