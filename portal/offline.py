"""The portal without a connection: the script that keeps it on a device, and its pages."""

import json
from functools import cache
from pathlib import Path

from fastapi import APIRouter, Request, Response

from ground.brand import Brand
from portal.brand import address, brand_of
from portal.rendering import STATIC, asset
from portal.styles import SHEET, fingerprint
from portal.visits import AnyVisit

router = APIRouter(include_in_schema=False)

FOLDER = Path(__file__).parent / "worker"
PARTS = ("store", "pages", "forms", "queue", "worker")
"""The script of the service worker, put together in this order."""


@cache
def service_worker(brand: Brand) -> bytes:
    """The script, which changes with every file that pages need."""
    files = [asset(SHEET, brand), *(asset(path.name) for path in sorted(STATIC.iterdir()))]
    pictures = ["icon", *(["logo"] if brand.logo else [])]
    assets = json.dumps([*files, *(address(brand, name) for name in pictures)])
    parts = [(FOLDER / f"{part}.js").read_bytes() for part in PARTS]
    version = fingerprint(assets.encode() + b"".join(parts))
    head = f'"use strict";\nconst VERSION = "{version}";\nconst ASSETS = {assets};\n'
    return b"\n".join([head.encode(), *parts])


@router.get("/service-worker.js")
async def worker(request: Request) -> Response:
    """The service worker; browsers ask for it anew, so that an old one is never stuck."""
    script = service_worker(brand_of(request))
    return Response(script, media_type="text/javascript", headers={"Cache-Control": "no-cache"})


@router.get("/offline")
async def offline(visit: AnyVisit) -> Response:
    """What waits on this device; also the page for what cannot be had without a connection."""
    return await visit.page("offline.html")


@router.get("/offline/review")
async def review(visit: AnyVisit) -> Response:
    """The frame of a review that the device fills in."""
    return await visit.page("offline_review.html")
