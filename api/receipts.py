"""Receipts over HTTP, and the public keys by which anybody checks them."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel

from api.deps import AppSettings, CurrentViewer, Db, Language
from api.documents import attachment
from api.problems import problems
from api.requests import RequestKey
from services import receipts, signing
from services.access import Viewer
from services.receipt_files import Receipt, Signed, signed
from services.receipt_paper import file_name
from services.signing import PublicKey, Signer
from settings import Settings
from store.database import Database

router = APIRouter(tags=["receipts"])

WELL_KNOWN = "/.well-known/receipt-keys.json"


def the_signer(request: Request) -> Signer:
    signer: Signer = request.app.state.signer
    return signer


AppSigner = Annotated[Signer, Depends(the_signer)]


class Keys(BaseModel):
    """Every key that has signed receipts here, the latest first: a JWK Set (RFC 7517)."""

    keys: list[PublicKey]


@router.get(
    "/api/requests/{key}/receipt",
    responses={200: {"model": Signed}, **problems(401, 404)},
    response_class=Response,
)
async def show(
    key: RequestKey,
    viewer: CurrentViewer,
    language: Language,
    database: Db,
    settings: AppSettings,
    signer: AppSigner,
) -> Response:
    """The receipt of a request as a signed file, which `ventanilla verify-receipt` checks."""
    receipt = await issue(database, viewer, key, language, settings, signer)
    return receipt_file(receipt, signer)


async def issue(
    database: Database,
    viewer: Viewer,
    key: str,
    language: str,
    settings: Settings,
    signer: Signer,
) -> Receipt:
    """A receipt of now, whose key is published. Raises `NotFound`."""
    await signer.make_known(database)
    return await database.read(receipts.receipt, viewer, key, language, settings, signer)


def receipt_file(receipt: Receipt, signer: Signer) -> Response:
    """The signed file, to be saved."""
    name = attachment(file_name(receipt, "json"))
    headers = {"Content-Disposition": name}
    return Response(signed(receipt, signer), media_type="application/json", headers=headers)


@router.get("/api/receipt-key")
async def show_keys(database: Db, signer: AppSigner) -> Keys:
    """The public keys by which receipts are checked; `kid` is the name that a receipt gives."""
    await signer.make_known(database)
    return Keys(keys=list(await database.read(signing.published)))


@router.get(WELL_KNOWN, include_in_schema=False)
async def show_well_known(database: Db, signer: AppSigner) -> Keys:
    """The same where programs look for it."""
    return await show_keys(database, signer)
