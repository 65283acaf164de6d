"""What a device has kept without a connection, handed over when there is one again."""

from typing import Annotated

from fastapi import APIRouter, Header, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.deps import CurrentViewer, Db
from api.problems import answer, problem_of, problems
from api.requests import RequestCreated
from ground.errors import Invalid
from ground.messages import DEFAULT_LANGUAGE, languages
from services import drafts, queued
from services.queued import FormChanged, Queued

router = APIRouter(prefix="/api/offline", tags=["offline"])

MOST_FIELDS = 3000
LONGEST_NAME = 400

Key = Annotated[
    str, Header(alias="Idempotency-Key", min_length=8, max_length=200, description="The form's own")
]
FieldName = Annotated[str, Field(max_length=LONGEST_NAME)]


class Typed(BaseModel):
    """The fields of a form as they were typed, in `language`, by the account that is named."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "account": "01JD3Z8W4K2T5N7Q9R1S3V5X7Z",
                    "item": "plan-upgrade",
                    "draft": "",
                    "version": "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef",
                    "language": "en",
                    "fields": [["subscription", "sub-1"], ["plan", "plus"], ["when", "now"]],
                }
            ]
        },
    )

    account: Annotated[str, Field(max_length=40)]
    item: Annotated[str, Field(max_length=60)]
    draft: Annotated[str, Field(pattern=r"^([0-9A-HJKMNP-TV-Z]{26})?$")] = ""
    version: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    language: Annotated[str, Field(max_length=10)] = DEFAULT_LANGUAGE
    fields: Annotated[list[tuple[FieldName, str]], Field(max_length=MOST_FIELDS)]

    def queued(self) -> Queued:
        """The same for the services; a language that we do not speak is the default one."""
        known = self.language if self.language in languages() else DEFAULT_LANGUAGE
        return Queued(**self.model_dump() | {"language": known})


class Kept(BaseModel):
    """Where the form goes on."""

    address: str = Field(examples=["/catalog/plan-upgrade/form"])


@router.post("/drafts", responses=problems(400, 401, 403, 404, 409, 413, 422))
async def keep(body: Typed, viewer: CurrentViewer, key: Key, database: Db) -> Kept:
    """Put what was typed without a connection into the draft on the server."""
    await database.write(queued.keep, viewer, body.queued(), key)
    return Kept(address=f"{address_of(body)}/form")


@router.post(
    "/requests",
    status_code=201,
    response_model=RequestCreated,
    responses=problems(400, 401, 403, 404, 409, 413, 422, 503),
)
async def submit(
    http: Request, body: Typed, viewer: CurrentViewer, key: Key, response: Response, database: Db
) -> RequestCreated | Response:
    """Submit what was sent without a connection; the same key makes the same request.

    What its writer can correct is kept as a draft; `Location` of that refusal says where.
    """
    typed = body.queued()
    try:
        request = await database.write(queued.submit, viewer, typed, key)
    except (Invalid, FormChanged) as refusal:
        await database.write(queued.keep, viewer, typed, key)
        address = f"{address_of(body)}/form"
        return await answer(http, problem_of(http, refusal), {"Location": address})
    response.headers["Location"] = f"/api/requests/{request.id}"
    return RequestCreated(
        id=request.id,
        reference=request.reference,
        status=request.status,
        item=request.item_id,
        created_at=request.created_at,
    )


def address_of(body: Typed) -> str:
    """The address below which the pages of the form lie."""
    return drafts.address_of(body.item, body.draft)
