"""The wall clock, in one place so that tests can hold it still and simulations run ahead of it.

Workflows and what they call use workflow time instead, which travels in the call.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

_told_by: Callable[[], datetime] | None = None


def now() -> datetime:
    """The present moment, aware and in UTC."""
    return _told_by() if _told_by else datetime.now(UTC)


@contextmanager
def told_by(moment: Callable[[], datetime]) -> Iterator[None]:
    """Let another clock tell the time of this process meanwhile: a simulation's."""
    global _told_by
    before, _told_by = _told_by, moment
    try:
        yield
    finally:
        _told_by = before
