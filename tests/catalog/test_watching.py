"""Changed files are heard of, once for a burst; other files are nobody's business."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from catalog import watching
from tests.catalog.workshop import Workshop


async def heard(ticks: AsyncIterator[None], seconds: float) -> int:
    """How many ticks come within the time."""
    count = 0
    try:
        async with asyncio.timeout(seconds):
            async for _ in ticks:
                count += 1
    except TimeoutError:
        pass
    return count


async def test_a_burst_of_changes_is_one_tick(workshop: Workshop) -> None:
    async def write_soon() -> None:
        await asyncio.sleep(0.3)
        for number in range(20):
            workshop.item(f"tea-{number}")
        workshop.form("other", {})

    writing = asyncio.create_task(write_soon())
    assert await heard(watching.changes(workshop.defs, workshop.forms), 1.5) == 1
    await writing


async def test_what_editors_leave_about_is_no_change(workshop: Workshop) -> None:
    async def write_soon() -> None:
        await asyncio.sleep(0.3)
        workshop.write("tea.yaml.swp", "x")
        workshop.write("notes.txt", "x")

    writing = asyncio.create_task(write_soon())
    assert await heard(watching.changes(workshop.defs, workshop.forms), 1.2) == 0
    await writing


async def test_there_is_a_look_now_and_then_without_any_notice(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "LOOK_EVERY_MS", 200)

    assert await heard(watching.changes(workshop.defs, workshop.forms), 1.1) >= 2


async def test_folders_are_polled_where_watching_fails(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    watched = watching.watched

    def out_of_notices(folder: Path, forms: Path, polling: bool) -> AsyncIterator[None]:
        if not polling:
            raise OSError("no space left on device")
        return watched(folder, forms, polling)

    async def write_soon() -> None:
        await asyncio.sleep(0.5)
        workshop.item("coffee")

    monkeypatch.setattr(watching, "watched", out_of_notices)
    writing = asyncio.create_task(write_soon())

    assert await heard(watching.changes(workshop.defs, workshop.forms), 2) >= 1
    assert "polled" in caplog.text
    await writing
