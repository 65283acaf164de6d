"""Pages for designers: where each definition stands, what it does, and what to do with it next."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from io import BytesIO
from typing import Annotated, Any
from zipfile import ZIP_DEFLATED, ZipFile

from fastapi import APIRouter, Depends, Path, Query, Response
from sqlmodel import Session

from api.definitions import ItemKey
from api.deps import PageOf, cut, requires
from catalog.examples import answers_for
from catalog.forms.view import FormView
from catalog.processes.parsing import parse
from catalog.versions import Version
from catalog.written import files_of
from ground.errors import Refusal
from portal.simulations import Simulated, run_simulation, wanted
from portal.visits import PostedForm, SignedIn, SignedVisit, see_other
from services import catalog, definitions, forms, version_life, version_lookup
from services.access import Viewer
from services.definitions import DefinitionLine
from services.identity import zone_of
from services.publications import DESIGNERS
from store.identity import Role
from studio.diagram import diagram
from studio.diff import Change, difference
from studio.lint.reading import NotThere, Reported, lint

router = APIRouter(
    include_in_schema=False, prefix="/definitions", dependencies=[Depends(requires(*DESIGNERS))]
)

DRAWING = "default-src 'none'; style-src 'unsafe-inline'"
"""A picture has its style sheet inside; nothing else of it is ever loaded or run."""
PEOPLE = (Role.CUSTOMER, Role.AGENT, Role.DESIGNER, Role.OPERATOR)
Hash = Annotated[str, Query(max_length=64, pattern="^[0-9a-f]*$")]
Act = Callable[..., Any]


@dataclass(frozen=True)
class Chosen:
    """An item and the version of it that a page is about."""

    about: DefinitionLine
    version: Version


@router.get("")
async def list_definitions(visit: SignedIn, page: PageOf) -> Response:
    """Every item with its state."""
    rows = await visit.database.read(
        definitions.page, visit.viewer, visit.language, page.after_id, page.fetch
    )
    lines, cursor = cut(visit.request, Response(), rows, page, lambda row: [row.item])
    return await visit.page(
        "definitions.html",
        lines=lines,
        first=page.after is None,
        next_page=visit.further(cursor),
    )


@router.get("/{item}")
async def show(visit: SignedIn, item: ItemKey, version: Hash = "") -> Response:
    """One item: its state, what one may do, its process, its figures, its history."""
    return await item_page(visit, item, version)


async def item_page(
    visit: SignedVisit, item: str, version: str = "", status: int = 200, **more: Any
) -> Response:
    """The page of an item; `version` is the one that is looked at."""
    about = await visit.database.read(overlook, visit.viewer, visit.language, item, version)
    state = await visit.database.read(version_lookup.state_of, item)
    findings = await asyncio.to_thread(found_in, visit, item, (date.today(), state))
    return await visit.page(
        "definition.html",
        status,
        findings=findings,
        sides=("customers", "staff", "requests"),
        **about,
        **more,
    )


def found_in(visit: SignedVisit, item: str, state: object) -> list[Reported]:
    """What lint finds in the item's file as it is now; nothing where the file is gone.

    Lint takes its time, so it looks again only when the state of things is another.
    """
    settings, known = visit.settings, visit.request.app.state.findings
    if item not in known or known[item][0] != state:
        path = settings.catalog_dir / f"{item}.yaml"
        try:
            found = lint(path, visit.request.app.state.registry, settings).findings
        except NotThere:
            found = []
        known[item] = state, found
    findings: list[Reported] = known[item][1]
    return findings


def choose(session: Session, viewer: Viewer, language: str, item: str, version: str) -> Chosen:
    """The version meant, with what its pages need of the item."""
    about = definitions.line(session, viewer, item, language)
    return Chosen(about, definitions.version_of(session, about, version))


def overlook(
    session: Session, viewer: Viewer, language: str, item: str, typed: str
) -> dict[str, Any]:
    """Everything there is to say about an item, which may never have had a right version."""
    about = definitions.show(session, viewer, item, language)
    version = None
    if typed or about.versions:
        version = definitions.version_of(session, about, typed)
    changes = changes_of(session, about.version, version) if version else []
    return {"about": about, "version": version, "changes": changes}


def changes_of(session: Session, published: str | None, version: Version) -> list[Change]:
    """What publishing this version would change."""
    if published is None or published == version.hash:
        return []
    return difference(catalog.version(session, published), version)


@router.get("/{item}/diagram.svg")
async def draw(visit: SignedIn, item: ItemKey, version: Hash = "") -> Response:
    """The process of a version as a picture."""
    chosen = await visit.database.read(choose, visit.viewer, visit.language, item, version)
    source = chosen.version.item_source.get("process")
    process, _ = parse(source or {"do": []})
    svg = await asyncio.to_thread(diagram, process, visit.language, chosen.version.item.settings)
    return Response(svg, media_type="image/svg+xml", headers={"Content-Security-Policy": DRAWING})


@router.get("/{item}/file/{version}")
async def hand_back(
    visit: SignedIn, item: ItemKey, version: Annotated[str, Path(max_length=64)]
) -> Response:
    """The files of a version in an archive, to be put back into the folders of definitions."""
    chosen = await visit.database.read(choose, visit.viewer, visit.language, item, version)
    name = f'attachment; filename="{item}-{version[:8]}.zip"'
    return Response(
        zipped(files_of(chosen.version)),
        media_type="application/zip",
        headers={"Content-Disposition": name},
    )


def zipped(files: Mapping[str, bytes]) -> bytes:
    """An archive of some files."""
    made = BytesIO()
    with ZipFile(made, "w", ZIP_DEFLATED) as archive:
        for path, held in files.items():
            archive.writestr(path, held)
    return made.getvalue()


# What one does with a version


@router.post("/{item}")
async def act(visit: SignedIn, item: ItemKey, posted: PostedForm) -> Response:
    """Submit, approve, reject, publish, roll back, retire or restore, as the button says."""
    verb, _ = posted.action
    note, version = posted.get("note"), posted.get("version") or None
    at = moment_of(posted.get("at"), visit.viewer)
    registry = visit.request.app.state.registry
    calls: dict[str, tuple[Act, tuple[Any, ...]]] = {
        "submit": (version_life.submit, (version, note, at)),
        "approve": (version_life.approve, (registry, version, note)),
        "reject": (version_life.reject, (version, note)),
        "publish": (version_life.publish, (registry, version, note, at)),
        "rollback": (version_life.rollback, (version or "", registry, note)),
        "retire": (version_life.retire, (note,)),
        "restore": (version_life.restore, (registry, note)),
    }
    if verb in calls:
        work, rest = calls[verb]
        await visit.database.write(work, visit.viewer, item, *rest)
    return see_other(f"/definitions/{item}")


def moment_of(typed: str, viewer: Viewer) -> datetime | None:
    """The moment that a date field says, by the clock of whoever typed it; None for nothing."""
    if not typed:
        return None
    try:
        return datetime.fromisoformat(typed).replace(tzinfo=zone_of(viewer.zone)).astimezone(UTC)
    except ValueError:
        raise Refusal("definitions.no_moment", typed=typed) from None


# What customers and staff would see


@router.get("/{item}/preview")
async def preview(
    visit: SignedIn,
    item: ItemKey,
    version: Hash = "",
    form: Annotated[str, Query(max_length=60)] = "",
    language: Annotated[str, Query(pattern="^(en|es|pt)?$")] = "",
    example: Annotated[str, Query(max_length=60)] = "",
) -> Response:
    """A form of the item in each language, empty or with an example's answers, and who sees it."""
    chosen = await visit.database.read(choose, visit.viewer, visit.language, item, version)
    name = form if form in chosen.version.forms else chosen.version.item.form
    view = await visit.database.read(
        viewed, visit.viewer, chosen.version, name, language or visit.language, example
    )
    return await visit.page(
        "definition_preview.html",
        about=chosen.about,
        version=chosen.version,
        form=name,
        shown=view,
        chosen_language=language or visit.language,
        example=example,
        audience=chosen.version.item.audience,
        roles=PEOPLE,
    )


def viewed(
    session: Session, viewer: Viewer, version: Version, name: str, language: str, example: str
) -> FormView:
    """The form as it would be drawn for whoever looks at it."""
    examples = {one.name: one for one in version.item.examples}
    context = forms.context(session, viewer.account_id, language)
    answers = {}
    if example in examples and name == version.item.form:
        answers = answers_for(examples[example], context)
    return version.form(name).view(answers, language, context=context)


# What would come of a request


@router.get("/{item}/simulation")
async def simulation(visit: SignedIn, item: ItemKey) -> Response:
    """What to simulate: an example, and what each person answers after how long."""
    return await simulation_page(visit, item, None)


@router.post("/{item}/simulation")
async def simulate(visit: SignedIn, item: ItemKey, posted: PostedForm) -> Response:
    """Run the file's version in virtual time, and show its timeline."""
    chosen = await visit.database.read(choose, visit.viewer, visit.language, item, "")
    choice = wanted(chosen.version, posted, visit.language)
    path = visit.settings.catalog_dir / f"{item}.yaml"
    found = await run_simulation(path, choice, visit.language)
    return await simulation_page(visit, item, found)


async def simulation_page(visit: SignedVisit, item: str, found: Simulated | None) -> Response:
    """The page on which simulations are set up and read."""
    chosen = await visit.database.read(choose, visit.viewer, visit.language, item, "")
    choice = found.choice if found else wanted(chosen.version, None, visit.language)
    return await visit.page(
        "definition_simulation.html",
        about=chosen.about,
        version=chosen.version,
        choice=choice,
        found=found,
    )
