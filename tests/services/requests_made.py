"""Requests to test with: rows only, whose workflows nobody starts."""

from datetime import UTC, datetime

from sqlmodel import Session

from store.requests import Request

START = datetime(2026, 3, 23, 9, tzinfo=UTC)
"""A Monday, ten o'clock in Madrid."""


def add_request(session: Session, request_id: str, customer_id: str = "clara") -> str:
    """A request under way."""
    session.add(
        Request(
            id=request_id,
            reference=f"REF-{request_id}",
            item_id="some-item",
            version="0" * 64,
            customer_id=customer_id,
            channel="web",
            language="es",
            created_at=START,
            updated_at=START,
        )
    )
    session.flush()
    return request_id
