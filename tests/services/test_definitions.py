"""Definitions as designers read them: states, versions, what may be done, and who did what."""

from pathlib import Path

import pytest
from sqlmodel import Session

from ground import clock, ids
from ground.errors import Forbidden, NotFound
from services import definitions, version_history
from services.access import Viewer
from services.definitions import Ability, DefinitionLine, DefinitionView
from services.version_life import approve, publish, reject, retire, rollback, submit
from store.database import Database
from store.identity import Account, Role
from store.requests import Request, Status
from tests.services.definitions_shop import ANA, BEA, OPS, SOON, Shop, person


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Shop:
    """A shop whose tea steeps for 4 minutes and is published, and its people."""
    shop = Shop(database, tmp_path)
    shop.refresh()
    database.write_now(add_people)
    return shop


def add_people(session: Session) -> None:
    for viewer in (ANA, BEA, OPS):
        session.add(
            Account(
                id=viewer.account_id,
                role=viewer.role,
                email=viewer.email,
                name=viewer.name,
                language="en",
                zone="UTC",
                password_hash="",
                created_at=clock.now(),
            )
        )


@pytest.fixture
def careful(shop: Shop) -> Shop:
    """The same, and a change to 5 minutes waits for a review."""
    shop.ask_for_reviews()
    shop.steep(5)
    return shop


def view(shop: Shop, viewer: Viewer | None = ANA, language: str = "en") -> DefinitionView:
    return shop.read(definitions.show, viewer, "tea", language)


def line(shop: Shop, item: str = "tea") -> DefinitionLine:
    lines = shop.read(definitions.page, ANA, "en")
    return next(line for line in lines if line.item == item)


def test_every_item_is_listed_with_its_state(shop: Shop) -> None:
    shop.workshop.item("cocoa", **{"form: tea": "publish: review\nform: tea"})
    shop.workshop.item("coffee", **{"icon: cup-soda": "icon: nonsense"})
    shop.workshop.item("milk")
    shop.refresh()
    (shop.workshop.defs / "milk.yaml").unlink()
    shop.refresh()

    lines = shop.read(definitions.page, ANA, "es")

    assert [(one.item, one.state, one.state_text) for one in lines] == [
        ("cocoa", "draft", "Borrador"),
        ("coffee", "wrong", "Con errores"),
        ("milk", "removed", "Sin archivo"),
        ("tea", "published", "Publicada"),
    ]
    assert [one.problems for one in lines] == [0, 1, 0, 0]
    assert lines[3].title == "Té para usted"
    assert lines[3].changed_at is not None


def test_the_list_goes_on_after_an_item(shop: Shop) -> None:
    shop.workshop.item("cocoa")
    shop.refresh()

    first = shop.read(definitions.page, ANA, "en", None, 1)
    rest = shop.read(definitions.page, ANA, "en", first[0].item)

    assert [one.item for one in (*first, *rest)] == ["cocoa", "tea"]


def test_a_change_that_waits_shows_beside_what_is_published(careful: Shop) -> None:
    assert (line(careful).state, line(careful).news, line(careful).reviewed) == (
        "published",
        "draft",
        True,
    )
    careful.do(submit, ANA, at=SOON)
    assert line(careful).news == "in-review"
    careful.do(approve, BEA, careful.registry)
    assert line(careful).news == "scheduled"


def test_a_file_that_became_wrong_shows_its_mistakes(shop: Shop) -> None:
    shop.workshop.change("minutes: 4", "minutes: 400")
    shop.refresh()

    found = view(shop)

    assert (found.state, found.problems) == ("published", 1)
    assert (found.mistakes[0].file, found.mistakes[0].line) == ("defs/tea.yaml", 16)


def test_versions_show_where_they_stand(careful: Shop) -> None:
    first = careful.pointer
    careful.do(submit, ANA)
    careful.do(approve, BEA, careful.registry)
    careful.steep(6)
    careful.do(submit, ANA)

    versions = view(careful).versions

    assert [(one.state, one.in_file) for one in versions] == [
        ("in-review", True),
        ("published", False),
        ("superseded", False),
    ]
    assert versions[1].published_by == "Bea"
    assert (versions[2].version, versions[2].published_by) == (first, "The portal")
    assert versions[2].short == versions[2].version[:8]


def test_a_retired_item_shows_what_it_was(shop: Shop) -> None:
    shop.do(retire, ANA)

    found = view(shop)

    assert (found.state, found.version, found.news) == ("retired", None, None)
    assert found.versions[0].state == "retired"
    assert found.title == "Tea for you"


def test_requests_under_way_are_counted_by_version(shop: Shop) -> None:
    first = shop.file
    shop.steep(5)

    def begin(session: Session) -> None:
        for status in (Status.IN_PROGRESS, Status.WITHDRAWING, Status.COMPLETED):
            session.add(request(first, status))

    shop.database.write_now(begin)

    assert [one.open for one in view(shop).versions] == [0, 2]


def request(version: str, status: Status) -> Request:
    at, id = clock.now(), ids.new_id()
    return Request(
        id=id,
        reference=id,
        item_id="tea",
        version=version,
        customer_id="clara",
        channel="web",
        language="en",
        status=status,
        stage="brewing",
        created_at=at,
        updated_at=at,
    )


def test_history_says_who_did_what_the_latest_first(careful: Shop) -> None:
    hash = careful.do(submit, ANA, note="Stronger", at=SOON)
    careful.do(approve, BEA, careful.registry)

    history = careful.read(version_history.history, OPS, "tea", "en")

    assert [event.text for event in history[1:3]] == [
        f"Bea approved version {hash[:8]}.",
        f"Ana submitted version {hash[:8]} for review.",
    ]
    assert history[0].text.startswith(f"Bea scheduled version {hash[:8]} for ")
    assert history[-1].text.startswith("The portal read version ")
    assert (history[2].note, history[2].effective_at) == ("Stronger", SOON)
    assert view(careful).submitted_by is None


def test_history_speaks_the_readers_language(shop: Shop) -> None:
    shop.do(retire, None)

    assert view(shop, language="pt").history[0].text == (
        "Alguém no servidor retirou o serviço do catálogo."
    )


def test_a_version_in_full_has_its_source_and_its_own_history(careful: Shop) -> None:
    hash = careful.do(submit, ANA)

    found = careful.read(definitions.show_version, ANA, "tea", hash[:8], "en")

    assert (found.version, found.state, found.in_file) == (hash, "in-review", True)
    assert found.definition["settings"]["minutes"] == 5
    assert list(found.forms) == ["tea"]
    assert [event.action for event in found.history] == ["submitted", "loaded"]
    assert found.figures.submitted == 0


@pytest.mark.parametrize("role", [Role.CUSTOMER, Role.AGENT])
def test_definitions_are_for_designers_and_operators(shop: Shop, role: Role) -> None:
    eve = person("eve", role)
    for read in (definitions.show, version_history.history):
        with pytest.raises(Forbidden):
            shop.read(read, eve, "tea", "en")
    with pytest.raises(Forbidden):
        shop.read(definitions.page, eve, "en")
    with pytest.raises(Forbidden):
        shop.read(definitions.show_version, eve, "tea", shop.file, "en")


def test_an_unknown_item_is_not_found(shop: Shop) -> None:
    with pytest.raises(NotFound):
        shop.read(definitions.show, ANA, "coffee", "en")


# What one may do


def can(shop: Shop, viewer: Viewer | None) -> list[Ability]:
    return view(shop, viewer).can


def test_a_draft_is_submitted_by_somebody_and_judged_by_another(careful: Shop) -> None:
    assert can(careful, ANA) == ["submit", "retire"]
    careful.do(submit, ANA)
    assert can(careful, ANA) == ["retire"]
    assert can(careful, BEA) == ["approve", "reject", "retire"]
    assert can(careful, None) == ["retire"]


def test_what_is_scheduled_may_be_called_off_or_published_at_once(careful: Shop) -> None:
    careful.do(submit, ANA, at=SOON)
    careful.do(approve, BEA, careful.registry)
    assert can(careful, ANA) == ["reject", "publish", "retire"]

    careful.do(publish, ANA, careful.registry)
    assert careful.minutes == 5


def test_there_is_something_to_go_back_to_after_a_second_publication(shop: Shop) -> None:
    assert can(shop, OPS) == ["retire"]
    first = shop.file
    shop.steep(5)
    assert can(shop, OPS) == ["rollback", "retire"]

    shop.do(rollback, OPS, first, shop.registry)
    assert can(shop, OPS) == ["publish", "rollback", "retire"]


def test_a_rejected_version_may_be_submitted_again(careful: Shop) -> None:
    careful.do(submit, ANA)
    careful.do(reject, BEA, note="No")
    assert can(careful, BEA) == ["submit", "retire"]


def test_a_retired_item_may_be_restored_and_one_without_a_file_nothing(shop: Shop) -> None:
    shop.do(retire, ANA)
    assert can(shop, ANA) == ["restore"]
    (shop.workshop.defs / "tea.yaml").unlink()
    shop.refresh()
    assert can(shop, ANA) == []
