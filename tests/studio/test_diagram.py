"""The diagram: every task, who acts, where things go on, in the reader's language and light."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from catalog.processes.parsing import parse
from studio.commands import item_version
from studio.diagram import diagram
from tests.studio.workshop import workshop

SET_X = {"a": {"set": {"x": 1}}}
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def drawn(tmp_path: Path) -> str:
    version = item_version(workshop(tmp_path))
    process, _ = parse(version.item_source["process"])
    return diagram(process, "es", version.item.settings)


def test_titles_are_in_the_language_asked_for_and_groups_are_named(drawn: str) -> None:
    texts = {(text.text or "").strip() for text in ET.fromstring(drawn).iter(f"{SVG}text")}
    assert {"Inicio", "Fin", "Una tarjeta", "operations", "La cuota", "large", "yes"} <= texts


def test_colours_follow_the_readers_light_or_dark_screen(drawn: str) -> None:
    root = ET.fromstring(drawn)
    style = root.find(f"{SVG}style")
    assert style is not None
    assert style.text
    assert "prefers-color-scheme: dark" in style.text
    assert not [node for node in root.iter() if "fill" in node.attrib]


def test_people_waits_and_refusals_have_looks_of_their_own(drawn: str) -> None:
    classes = {node.get("class") for node in ET.fromstring(drawn).iter(f"{SVG}g")}
    assert {"node people", "node wait", "node fault", "node decision"} <= classes


def test_a_decision_leads_where_its_cases_say(drawn: str) -> None:
    edges = {title.text for title in ET.fromstring(drawn).iter(f"{SVG}title") if title.text}
    assert "/do/0/choose->/do/5/pay" in edges
    assert "/do/2/decided->/do/3/refuse" in edges
    assert not [edge for edge in edges if edge.startswith("/do/3/refuse->")]


def test_no_line_crosses_a_label_and_nothing_is_cut_off_at_the_edge(drawn: str) -> None:
    root = ET.fromstring(drawn)
    whole = root.find(f"{SVG}g")
    assert whole is not None
    *_, labels = whole
    assert labels.get("class") == "labels"
    words = {(text.text or "").strip() for text in labels}
    assert words >= {"large", "small", "yes", "no"}
    edges = [node for node in whole if (node.get("class") or "").startswith("edge")]
    assert edges
    assert not [text for edge in edges for text in edge.iter(f"{SVG}text")]
    width, height = (float(root.get(side, "0")) for side in ("width", "height"))
    corners = [
        tuple(map(float, point.split(",")))
        for node in whole.iter(f"{SVG}polygon")
        for point in (node.get("points") or "").split()
    ]
    shift = [float(part) for part in (whole.get("transform") or "").split("(")[-1][:-1].split(" ")]
    assert all(0 < x + shift[0] < width and 0 < y + shift[1] < height for x, y in corners)


def test_undo_paths_branches_and_loops_are_drawn() -> None:
    process, findings = parse(
        {
            "do": [
                {
                    "both": {
                        "fork": {"branches": [{"a": {"set": {"x": 1}}}, {"b": {"wait": "P1D"}}]}
                    }
                },
                {"each": {"for": {"in": ".x"}, "do": [{"one": {"set": {"y": 1}}}]}},
                {
                    "risky": {
                        "try": [{"act": {"call": "charge", "with": {}}}],
                        "catch": {"do": [{"back": {"call": "undo"}}]},
                    }
                },
            ]
        }
    )
    assert not findings
    svg = diagram(process, "en")
    classes = {node.get("class") for node in ET.fromstring(svg).iter(f"{SVG}g")}
    assert "edge undo" in classes
    assert "on error" in svg
    assert "for each" in svg
