"""The wall clock, in one place so that tests can hold it still.

Workflows and what they call use workflow time instead, which travels in the call.
"""

from datetime import UTC, datetime


def now() -> datetime:
    """The present moment, aware and in UTC."""
    return datetime.now(UTC)
