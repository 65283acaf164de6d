"""Days, times and moments, in parts as people give them and whole as they are kept."""

from typing import Any

import pytest

from catalog.forms.moments import ZONES, joined, parted, read_time, zone_names
from tests.catalog.forms.samples import World, form, sentences, text


@pytest.mark.parametrize(
    ("typed", "clock"),
    [
        ("14:30", "14:30:00"),
        ("14.30", "14:30:00"),
        ("14h30", "14:30:00"),
        ("9", "09:00:00"),
        ("2:30 pm", "14:30:00"),
        ("12 a.m.", "00:00:00"),
        ("12 pm", "12:00:00"),
        ("14:30:05", "14:30:05"),
        ("24:00", None),
        ("14:60", None),
        ("13 pm", None),
        ("1430", None),
        ("noon", None),
        ("", None),
    ],
)
def test_a_time_is_read_as_people_write_it(typed: str, clock: str | None) -> None:
    read = read_time(typed)
    assert (read and read.isoformat()) == clock


@pytest.mark.parametrize(
    ("zone", "moment"),
    [
        ("Europe/Madrid", "2027-03-31T14:30:00+02:00"),
        ("America/Sao_Paulo", "2027-03-31T14:30:00-03:00"),
        ("UTC", "2027-03-31T14:30:00+00:00"),
        ("+05:45", "2027-03-31T14:30:00+05:45"),
    ],
)
def test_a_moment_has_the_offset_of_its_zone_on_that_day(zone: str, moment: str) -> None:
    parts = {"date": "2027-03-31", "time": "14:30", "zone": zone}
    assert joined("date-time", parts, "en") == moment
    assert parted("date-time", moment, zone) == parts


@pytest.mark.parametrize(
    "parts",
    [
        {"date": "2027-03-28", "time": "02:30", "zone": "Europe/Madrid"},
        {"date": "2027-03-31", "time": "", "zone": "Europe/Madrid"},
        {"date": "", "time": "14:30", "zone": "Europe/Madrid"},
        {"date": "31/31/2027", "time": "14:30", "zone": "Europe/Madrid"},
        {"date": "2027-03-31", "time": "14:30", "zone": "Europe/Atlantis"},
        {"date": "2027-03-31", "time": "14:30", "zone": "+99:00"},
        {"date": "9999-12-31", "time": "23:59", "zone": "America/New_York"},
    ],
)
def test_what_is_no_moment_is_kept_as_it_was_typed_and_refused(parts: dict[str, str]) -> None:
    typed = joined("date-time", parts, "en")
    assert parted("date-time", typed, "UTC") == parts
    sample = form({"x": text("Moment", format="date-time")})
    assert list(sentences(sample.evaluate({"x": typed}))) == ["/x"]
    assert "\x1f" not in sample.view({"x": typed}).pages[0].fields[0].display


def test_nothing_given_is_no_answer_though_a_zone_is_chosen() -> None:
    sample = form({"x": text("Moment", format="date-time")})
    assert sample.from_fields([("x", ""), ("x.date", ""), ("x.time", ""), ("x.zone", "UTC")]) == {}


def test_a_moment_of_elsewhere_is_asked_at_its_own_distance_from_utc() -> None:
    parts = parted("date-time", "2027-03-31T14:30:00+09:00", "Europe/Madrid")
    assert parts == {"date": "2027-03-31", "time": "14:30", "zone": "+09:00"}


@pytest.mark.parametrize(
    ("name", "given", "kept"),
    [
        ("time", "14:30:00Z", "14:30:00+00:00"),
        ("time-local", "14:30:00", "14:30:00"),
        ("date-time", "2027-03-31T14:30:00Z", "2027-03-31T14:30:00+00:00"),
        ("date-time-local", "2027-03-31T14:30:00", "2027-03-31T14:30:00"),
    ],
)
def test_one_moment_is_kept_in_one_way(name: str, given: str, kept: str) -> None:
    verdict = form({"x": text("Moment", format=name)}).evaluate({"x": given})
    assert (verdict.answers, verdict.errors) == ({"x": kept}, [])


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("time", "14:30:00"),
        ("time-local", "14:30:00Z"),
        ("time-local", "25:00:00"),
        ("date-time", "2027-03-31T14:30:00"),
        ("date-time-local", "2027-03-31T14:30:00Z"),
        ("date-time-local", "2027-03-31"),
    ],
)
def test_a_moment_with_or_without_a_zone_is_not_the_other(name: str, given: str) -> None:
    assert form({"x": text("Moment", format=name)}).evaluate({"x": given}).errors


def test_people_choose_a_zone_their_own_first_unless_the_form_names_one() -> None:
    def zones(**more: Any) -> tuple[tuple[str, str], ...]:
        sample = form({"x": text("Moment", format="date-time", **more)})
        view = sample.view({}, "es", context=World(zone="Asia/Tokyo"))
        return view.pages[0].fields[0].parts[2].choices

    assert zones()[0] == ("Asia/Tokyo", "Tokio")
    assert dict(zones())["Europe/London"] == "Londres"
    assert zones(**{"x-zone": "Europe/Lisbon"}) == (("Europe/Lisbon", "Lisboa"),)
    assert set(ZONES) <= zone_names()
