"""A version is named by its content, rebuilt without YAML, and gives a workflow its plan."""

import json

import orjson
import pytest

from catalog.plan import Plan
from catalog.versions import Version
from tests.catalog.workshop import FORM, Workshop, titled


def version_of(workshop: Workshop) -> Version:
    loaded = workshop.load()
    assert loaded.version, loaded.problems
    return loaded.version


def test_the_same_content_has_the_same_hash_however_it_is_written(workshop: Workshop) -> None:
    before = version_of(workshop)
    workshop.change("id: tea\n", "# A comment\nid:   'tea'\n\n")

    after = version_of(workshop)

    assert after.hash == before.hash
    assert after == before
    assert len({before, after}) == 1


def test_any_change_of_item_form_or_shared_part_makes_another_version(workshop: Workshop) -> None:
    workshop.form("parts/sorts", {"$defs": {"sort": titled("Sort", type="string")}})
    properties = {**FORM["properties"], "sort": {"$ref": "parts/sorts.json#/$defs/sort"}}
    workshop.form("tea", {**FORM, "properties": properties})
    hashes = {version_of(workshop).hash}

    workshop.change("minutes: 4", "minutes: 5")
    hashes.add(version_of(workshop).hash)
    workshop.form("parts/sorts", {"$defs": {"sort": titled("Kind", type="string")}})
    hashes.add(version_of(workshop).hash)
    workshop.form("tea", {**FORM, "properties": dict(reversed(properties.items()))})
    hashes.add(version_of(workshop).hash)

    assert len(hashes) == 4, "the order of the fields counts as well"


def test_a_version_is_rebuilt_from_what_is_stored(workshop: Workshop) -> None:
    version = version_of(workshop)
    stored = orjson.dumps(version.source())

    rebuilt = Version.from_source(orjson.loads(stored))

    assert rebuilt.hash == version.hash
    assert rebuilt.item == version.item
    assert rebuilt.forms == version.forms
    assert list(rebuilt.forms["tea"]["properties"]) == ["sort", "day"]


def test_a_version_has_the_forms_of_its_tasks_too(workshop: Workshop) -> None:
    workshop.form("pour", FORM)
    workshop.change("group:", "task_forms: [pour]\ngroup:")

    version = version_of(workshop)

    assert set(version.forms) == {"tea", "pour"}
    assert version.form().name == "tea"
    assert version.form("pour").evaluate({"sort": "green"}).valid
    with pytest.raises(KeyError):
        version.form("unknown")


def test_the_plan_is_what_a_workflow_needs_and_no_text(workshop: Workshop) -> None:
    workshop.change("id: brewing", "shown: when-reached\n    id: brewing")
    version = version_of(workshop)

    plan = version.plan()

    assert plan.item == "tea"
    assert plan.version == version.hash
    assert plan.settings == {"minutes": 4, "cups": [1, 2], "sugar": False}
    assert [(stage.id, stage.shown) for stage in plan.stages] == [
        ("received", "always"),
        ("brewing", "when-reached"),
    ]
    assert plan.customer_can.withdraw_until == "received"
    written = plan.model_dump_json()
    assert "Tea for you" not in written
    assert json.loads(written)["stages"][1]["usual"] == "PT4M"
    assert Plan.model_validate_json(written) == plan
    assert Plan.model_validate(json.loads(written)) == plan
