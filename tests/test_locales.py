"""Every text people read exists in every language, fits where it is used, and is used."""

import json
import re
from collections.abc import Iterable, Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any, get_args

import pytest
from babel.messages.pofile import read_po

from catalog import yaml12
from catalog.definitions import Role
from catalog.forms import messages as form_messages
from catalog.forms.moments import PARTS
from ground import errors
from ground.messages import LOCALES, catalogue, languages
from portal import delegations as people_pages
from portal.catalog import LISTS
from portal.request_lists import SHOWN
from portal.requests import DONE
from services.addresses import FIELDS
from services.cases import Clocks
from services.definitions import Ability, ItemState, VersionState
from services.expectations import PAUSED
from services.learning import Basis
from services.papers import Template
from services.request_lists import Sort
from services.tasks import Whose
from services.timeline import Actor
from store.billing import EntryKind
from store.cases import Priority
from store.catalog import Action
from store.delegations import Scope
from store.lending import OfferState
from store.requests import StageState, Status
from store.tasks import TaskStatus
from studio.diff import Side
from studio.report import Outcome
from tests.texts_in_code import HOLE, ROOT, mentions, values_of
from workflows.address_change import FOLLOWERS
from workflows.loan_request import Proof
from workflows.messages import Delivery
from workflows.steps.approval import LevelDecision
from workflows.steps.asking import SHARED_KINDS
from workflows.steps.charge import Payment
from workflows.steps.offer_loan import OfferOutcome

OTHERS = [language for language in languages() if language != "en"]
FORMS = sorted(p for p in (ROOT / "forms").rglob("*.json") if p.name != "form.schema.json")
PLACEHOLDER = re.compile(r"%\((\w+)\)s")
SAME_IN_ALL = re.compile(r"[\W\d_]*((PDF|PNG|JPEG|GB|Mobile|Fibre)[\W\d_]*)*")
"""Texts that need no translation."""


def words(model: Any, field: str) -> tuple[str, ...]:
    """The words that a field of a model may hold."""
    found: tuple[str, ...] = get_args(model.model_fields[field].annotation)
    return found


def refusals() -> list[type[errors.Refusal]]:
    found: list[type[errors.Refusal]] = [errors.Refusal]
    for one in found:
        found += one.__subclasses__()
    return found


def kinds() -> set[str]:
    """The kinds of questions that workflows ask of people."""
    return {
        kind.replace(HOLE, value)
        for kind in values_of("kind", "workflows")
        for value in (KINDS_WITH_HOLES[kind] if HOLE in kind else [""])
    } | SHARED_KINDS


def form_errors() -> set[str]:
    """The ends of the keys by which forms complain."""
    types = {f"type_{word}" for word in form_messages.EXPECTED}
    types |= {f"type_{name}" for name in ("array", "boolean", "integer", "number", "object")}
    types |= {"type_string", "enter", "agree", "option", "pattern", "not_accepted"}
    formats = {f"format_{name}" for name in form_messages.FORMATS.values()}
    return types | formats | {*form_messages.ASKED.values(), *form_messages.PLAIN.values()}


KINDS_WITH_HOLES = {"case-{}": ("question", "confirmation")}
STATUSES = {one.status for one in refusals()} | {
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.METHOD_NOT_ALLOWED,
    HTTPStatus.INTERNAL_SERVER_ERROR,
}
GROUPS = (
    "any",
    "back-office",
    "billing",
    "loan-officers",
    "operations",
    "support",
    "support-technical",
)
"""The groups of our own catalog; an operator's files name further ones."""
ENDS = [Status.COMPLETED, Status.REFUSED, Status.WITHDRAWN, Status.FAILED, Status.TERMINATED]

FAMILIES: dict[str, Iterable[str]] = {
    "address.updated_{}": FOLLOWERS,
    "api.title_{}": (str(int(status)) for status in STATUSES),
    "case.priority_{}": (priority.word for priority in Priority),
    "case.{}": {*Clocks.model_fields, *KINDS_WITH_HOLES["case-{}"]},
    "definitions.by_{}": ("system", "console", "somebody"),
    "definitions.did_{}": Action,
    "delegations.received_{}": Scope,
    "definitions.state_{}": {*get_args(ItemState), *get_args(VersionState)},
    "expectations.waits_for_{}": PAUSED,
    "expectations.{}_about": (f"{basis}_about" for basis in get_args(Basis)),
    "forms.error.{}": form_errors(),
    "lending.offer_{}": (state for state in OfferState if state != OfferState.OPEN),
    "loan.document_{}": Proof,
    "documents.movement_{}": EntryKind,
    "documents.paper_{}": get_args(Template),
    "loan.offer_{}": (w for w in words(OfferOutcome, "decision") if w != "accepted"),
    "profiles.{}_{}": {f"{part}_required" for part in FIELDS}
    | {f"{part}_invalid" for part in FIELDS if part != "lines"}
    | {"postal_code_other_region"},
    "receipts.actor_{}": get_args(Actor),
    "requests.ended_{}": [*ENDS, "refused_because", "failed_because"],
    "groups.{}": GROUPS,
    "requests.stands_{}": (*ENDS, "you", "customer"),
    "requests.kind_{}": words(Delivery, "kind"),
    "requests.stage_{}": StageState,
    "requests.status_{}": Status,
    "steps.charge_{}": words(Payment, "status"),
    "tasks.already_{}": (status for status in TaskStatus if status != TaskStatus.OPEN),
    "tasks.answered_{}": kinds(),
    "tasks.level_{}": words(LevelDecision, "decision"),
    "tasks.{}_{}": [f"{event}_{kind}" for event in ("asked", "reminded") for kind in kinds()],
    "portal.actor_{}": get_args(Actor),
    "portal.definition_do_{}": get_args(Ability),
    "portal.definition_for_{}": get_args(Side),
    "portal.expected_{}": get_args(Basis),
    "portal.done_{}": DONE - {"sent"},
    "portal.first_step_{}": ("find", "fill_in", "follow"),
    "portal.first_text_{}": ("find", "fill_in", "follow"),
    "portal.list_empty_text_{}": LISTS,
    "portal.list_empty_{}": LISTS,
    "portal.list_{}": LISTS,
    "portal.filter_{}": ("status", "category", "year", "item", "group"),
    "portal.gives_{}": Scope,
    "portal.forecast_{}": get_args(Basis),
    "portal.no_requests_{}": SHOWN,
    "portal.people_{}": people_pages.DONE,
    "portal.scope_{}": Scope,
    "portal.sort_{}": get_args(Sort),
    "portal.part_{}": {part for parts in PARTS.values() for part in parts},
    "portal.role_{}": get_args(Role),
    "portal.show_{}": (show for show in SHOWN if show != "all"),
    "portal.simulated_{}": get_args(Outcome),
    "portal.task_{}": TaskStatus,
    "portal.version_{}": get_args(VersionState),
    "portal.whose_{}": get_args(Whose),
}
"""Keys that are put together at run time, with what their holes can be."""

MEMBERS = {
    family: {
        family[: family.index(HOLE)] + (value if "error" in family else value.replace("-", "_"))
        for value in values
    }
    for family, values in FAMILIES.items()
}
GENERAL = {"portal.{}"}
"""Where pages take any key; theirs are read from the templates."""


def placeholders(text: str) -> set[str]:
    return set(PLACEHOLDER.findall(text))


def single_keys() -> set[str]:
    """The keys that the code names as a whole."""
    return {one.key for one in mentions() if HOLE not in one.key}


# The same in every language


@pytest.mark.parametrize("language", OTHERS)
def test_every_language_has_the_same_files_with_the_same_keys(language: str) -> None:
    assert keys_by_file(language) == keys_by_file("en")


def keys_by_file(language: str) -> dict[str, set[str]]:
    """The keys of each domain; a key stands in the file that it is named after."""
    found: dict[str, set[str]] = {}
    for path in (LOCALES / language).glob("*.po"):
        with path.open("rb") as file:
            found[path.stem] = {str(one.id) for one in read_po(file) if one.id}
        assert {key.partition(".")[0] for key in found[path.stem]} == {path.stem}, path
    return found


@pytest.mark.parametrize("language", languages())
def test_a_text_has_the_same_placeholders_in_every_language_and_can_be_filled(
    language: str,
) -> None:
    for key, text in catalogue(language).items():
        wanted = placeholders(catalogue("en")[key])
        assert placeholders(text) == wanted, f"{language}: {key}"
        assert text.strip(), f"{language}: {key} is empty"
        filled = text % dict.fromkeys(wanted, "x")
        assert "%(" not in filled, f"{language}: {key}"


@pytest.mark.parametrize("language", OTHERS)
def test_no_message_is_left_in_english(language: str) -> None:
    english = catalogue("en")
    left = [key for key, text in catalogue(language).items() if untouched(english[key], text)]
    assert left == []


def untouched(english: str, text: str) -> bool:
    """Whether a text of several words is the English one."""
    plain = PLACEHOLDER.sub("", text)
    return text == english and len(plain.split()) > 2 and not SAME_IN_ALL.fullmatch(plain)


@pytest.mark.parametrize(
    "path", sorted((ROOT / "catalog_defs").glob("*.yaml")), ids=lambda p: p.stem
)
def test_no_text_of_a_definition_is_left_in_english(path: Path) -> None:
    value = yaml12.read(path.read_bytes()).value
    assert [
        text for text in texts_of(value) for other in OTHERS if untouched(text["en"], text[other])
    ] == []


def texts_of(value: Any) -> Iterator[dict[str, str]]:
    """Every text in several languages."""
    if (
        isinstance(value, dict)
        and value.keys() == set(languages())
        and isinstance(value["en"], str)
    ):
        yield value
    elif isinstance(value, (dict, list)):
        for member in value.values() if isinstance(value, dict) else value:
            yield from texts_of(member)


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_no_text_of_a_form_is_left_in_english(path: Path) -> None:
    assert list(left_in_english(json.loads(path.read_text()))) == []


def left_in_english(value: Any) -> Iterator[tuple[str, str]]:
    """The texts of a form whose translation is the English text, with their language."""
    if isinstance(value, dict):
        for language, translated in value.get("x-i18n", {}).items():
            for keyword, text in translated.items():
                if isinstance(text, str) and untouched(str(value.get(keyword)), text):
                    yield language, text
    if isinstance(value, (dict, list)):
        for member in value.values() if isinstance(value, dict) else value:
            yield from left_in_english(member)


# The messages and the code


def test_every_message_that_is_asked_for_exists() -> None:
    known = catalogue("en")
    missing = [
        f"{one.place} {one.key}"
        for one in mentions()
        if HOLE not in one.key and one.key not in known
    ]
    assert missing == []


@pytest.mark.parametrize("family", FAMILIES)
def test_every_member_of_a_family_of_messages_exists(family: str) -> None:
    assert MEMBERS[family] - catalogue("en").keys() == set()


def test_the_families_are_those_of_the_code() -> None:
    assert {one.key for one in mentions() if HOLE in one.key} - GENERAL == FAMILIES.keys()


def test_every_message_is_asked_for() -> None:
    in_families = {key for keys in MEMBERS.values() for key in keys}
    assert sorted(catalogue("en").keys() - single_keys() - in_families) == []


def test_every_parameter_of_a_text_is_given_where_it_is_used() -> None:
    short = [
        f"{one.place} {one.key}"
        for one in mentions()
        if one.params is not None
        and one.key in catalogue("en")
        and not placeholders(catalogue("en")[one.key]) <= one.params
    ]
    assert short == []
