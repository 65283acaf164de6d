"""Whose portal this is, as browsers see it: logo, icons, and the app that one may install."""

import json
import struct
import xml.etree.ElementTree as ET
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import typst
from fastapi import APIRouter, Query, Request, Response
from markupsafe import escape

from ground.brand import Brand
from ground.errors import NotFound
from ground.messages import DEFAULT_LANGUAGE, languages, translate
from ground.pictures import Picture
from portal.rendering import FOR_EVER, direction
from portal.styles import fingerprint

router = APIRouter(include_in_schema=False)

PICTURES = "/brand"
MANIFEST = "/manifest.webmanifest"
OWN_ICON = Path(__file__).parent / "icon.svg"
ICONS = {"icon-192": (192, False), "icon-512": (512, False), "icon-maskable": (512, True)}
"""The icons of an installed app: their width in pixels, and whether devices may cut them."""
SAFE_SHARE = 0.72
"""How much of an icon that may be cut is sure to be seen, with some air."""
LOGO_HEIGHT = 32
"""How high a logo stands on a page, in CSS pixels."""
PICTURE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "Cache-Control": FOR_EVER,
}
ON_A_PAGE = """
#set page(width: {side}pt, height: {side}pt, margin: 0pt, fill: {fill})
#set align(center + horizon)
#image(bytes(sys.inputs.picture), width: {inner}pt, height: {inner}pt, fit: "contain")
"""


def icon_of(brand: Brand) -> Picture:
    """The square icon: the brand's own, else its first letter on its colour."""
    if brand.icon:
        return brand.icon
    if brand.name == Brand.name:
        return Picture(OWN_ICON.read_bytes(), "image/svg+xml")
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
        f'<rect width="32" height="32" rx="8" fill="{brand.light.accent}"/>'
        f'<text x="16" y="22.5" text-anchor="middle" font-family="sans-serif" font-size="19" '
        f'font-weight="700" fill="{brand.light.on_accent}">{escape(brand.name[0].upper())}</text>'
        "</svg>"
    )
    return Picture(svg.encode(), "image/svg+xml")


@cache
def drawn(brand: Brand, name: str) -> Picture:
    """An icon of the installed app, as PNG."""
    side, cut = ICONS[name]
    icon = icon_of(brand)
    ground = brand.light.surface if brand.icon else brand.light.accent
    page = ON_A_PAGE.format(
        side=side,
        fill=f'rgb("{ground}")' if cut else "none",
        inner=round(side * SAFE_SHARE) if cut else side,
    )
    if icon.media_type == "image/png":
        page = page.replace("bytes(sys.inputs.picture)", "bytes(json.decode(sys.inputs.picture))")
        given = json.dumps(list(icon.content))
    else:
        given = icon.content.decode()
    png = typst.compile(page.encode(), format="png", ppi=72, sys_inputs={"picture": given})
    assert isinstance(png, bytes)
    return Picture(png, "image/png")


PLACES: dict[str, Callable[[Brand], Picture | None]] = {
    "logo": lambda brand: brand.logo,
    "icon": icon_of,
    **{name: lambda brand, name=name: drawn(brand, name) for name in ICONS},  # type: ignore[misc]
}


@cache
def address(brand: Brand, name: str) -> str:
    """Where a picture of the brand is; it changes with its content and may be kept for ever."""
    if name in ICONS:
        # By what it is drawn from: no page waits for the drawing.
        source = fingerprint(icon_of(brand).content + brand.light.accent.encode())
        return f"{PICTURES}/{name}.png?v={source}"
    picture = PLACES[name](brand)
    assert picture
    return f"{PICTURES}/{name}.{picture.ending}?v={picture.fingerprint}"


@cache
def logo_size(brand: Brand) -> tuple[int, int]:
    """Width and height of the logo on a page, so that nothing moves when it arrives."""
    assert brand.logo
    width, height = shape(brand.logo)
    return max(1, round(width / height * LOGO_HEIGHT)), LOGO_HEIGHT


def shape(picture: Picture) -> tuple[float, float]:
    """Width and height of a picture in units of its own; square where it tells none."""
    if picture.media_type == "image/png":
        width, height = struct.unpack(">II", picture.content[16:24])
        return width or 1, height or 1
    root = ET.fromstring(picture.content)
    box = root.get("viewBox", "").replace(",", " ").split()
    told = box[2:] if len(box) == 4 else [root.get("width", ""), root.get("height", "")]
    try:
        width, height = (float(one.removesuffix("px")) for one in told)
    except ValueError:
        return 1, 1
    return (width, height) if width > 0 and height > 0 else (1, 1)


@router.get(f"{PICTURES}/{{file}}")
async def picture(request: Request, file: str) -> Response:
    """A picture of the brand. As a page of its own it may do nothing at all."""
    name, _, ending = file.partition(".")
    found = PLACES[name](brand_of(request)) if name in PLACES else None
    if found is None or found.ending != ending:
        raise NotFound("common.not_found")
    return Response(found.content, media_type=found.media_type, headers=PICTURE_HEADERS)


@router.get(MANIFEST)
async def manifest(
    request: Request, lang: Annotated[str, Query(max_length=10)] = DEFAULT_LANGUAGE
) -> Response:
    """What a device needs to know to install the portal as an app."""
    language = lang if lang in languages() else DEFAULT_LANGUAGE
    body = json.dumps(described(brand_of(request), language), ensure_ascii=False)
    kept = {"Cache-Control": FOR_EVER} if "v" in request.query_params else {}
    return Response(body, media_type="application/manifest+json", headers=kept)


@cache
def manifest_address(brand: Brand, language: str) -> str:
    """Where the description of the app is, in a language."""
    version = fingerprint(json.dumps(described(brand, language)).encode())
    return f"{MANIFEST}?lang={language}&v={version}"


def described(brand: Brand, language: str) -> dict[str, Any]:
    """The app manifest."""
    shortcuts = {"/catalog": "portal.nav_catalog", "/requests": "portal.nav_requests"}
    return {
        "id": "/",
        "name": brand.name,
        "short_name": brand.short_name,
        "description": translate(language, "portal.app_text"),
        "lang": language,
        "dir": direction(language),
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": brand.light.background,
        "theme_color": brand.light.surface,
        "icons": [icon_entry(brand, name) for name in ("icon", *ICONS)],
        "shortcuts": [
            {"name": translate(language, key), "url": url} for url, key in shortcuts.items()
        ],
    }


def icon_entry(brand: Brand, name: str) -> dict[str, str]:
    """One icon of the app."""
    side, cut = ICONS.get(name, (0, False))
    return {
        "src": address(brand, name),
        "sizes": f"{side}x{side}" if side else "any",
        "type": "image/png" if side else icon_of(brand).media_type,
        "purpose": "maskable" if cut else "any",
    }


def brand_of(request: Request) -> Brand:
    """The brand of this installation."""
    brand: Brand = request.app.state.settings.brand
    return brand
