"""Receipts to save and to print."""

import asyncio

from fastapi import APIRouter, Response

from api.documents import attachment
from api.receipts import AppSigner, issue, receipt_file
from api.requests import RequestKey
from portal.visits import SignedIn
from services.receipt_files import signed
from services.receipt_paper import file_name, pdf

router = APIRouter(include_in_schema=False, prefix="/requests")


@router.get("/{key}/receipt.json")
async def save(visit: SignedIn, key: RequestKey, signer: AppSigner) -> Response:
    """The receipt as a signed file."""
    receipt = await issue(visit.database, visit.viewer, key, visit.language, visit.settings, signer)
    return receipt_file(receipt, signer)


@router.get("/{key}/receipt.pdf")
async def print_out(visit: SignedIn, key: RequestKey, signer: AppSigner) -> Response:
    """The receipt on paper, with the signed file attached."""
    receipt = await issue(visit.database, visit.viewer, key, visit.language, visit.settings, signer)
    file = signed(receipt, signer)
    made = await asyncio.to_thread(pdf, receipt, file, signer.public, visit.settings.brand)
    headers = {"Content-Disposition": attachment(file_name(receipt, "pdf"))}
    return Response(made, media_type="application/pdf", headers=headers)
