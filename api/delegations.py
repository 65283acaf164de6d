"""Standing in for others over HTTP: whom a customer lets see their requests, or act for them."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session

from api.deps import CurrentViewer, Db
from api.problems import problems
from services import delegations
from services.access import Viewer
from services.delegations import Given, Held
from store.delegations import Scope

router = APIRouter(prefix="/api/delegations", tags=["delegations"])


class Delegations(BaseModel):
    """Who may stand in for the caller, and for whom the caller may."""

    given: list[Given]
    held: list[Held]


class DelegationCreate(BaseModel):
    """Somebody to stand in for the caller, to the end of the day `until` or without an end."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"email": "marta@example.com", "scope": "view"}]},
    )

    email: Annotated[str, Field(max_length=200)]
    scope: Scope
    until: date | None = None


@router.get("", responses=problems(401))
async def show(viewer: CurrentViewer, database: Db) -> Delegations:
    """Who may stand in for whom."""
    return await database.read(of, viewer)


@router.post("", status_code=201, responses=problems(401, 403, 409, 422, 429))
async def give(body: DelegationCreate, viewer: CurrentViewer, database: Db) -> Delegations:
    """Let somebody stand in for the caller; naming them again replaces what they may do."""
    await database.write(delegations.give, viewer, body.email, body.scope, body.until)
    return await database.read(of, viewer)


@router.delete("/{key}", status_code=204, responses=problems(401, 404))
async def take_back(
    key: Annotated[str, Path(max_length=40)], viewer: CurrentViewer, database: Db
) -> None:
    """End a delegation, by either of the two."""
    await database.write(delegations.take_back, viewer, key)


def of(session: Session, viewer: Viewer) -> Delegations:
    """Both sides of the caller."""
    return Delegations(
        given=delegations.given(session, viewer), held=delegations.held(session, viewer)
    )
