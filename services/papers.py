"""Papers that we write for customers: from a template, in their language, as HTML to print.

What stands in them is read from the profile and the books as they are now; a workflow only names
the template and small facts.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlmodel import Session, col, select

from ground.brand import Brand
from ground.messages import day, money, render, translate
from services import balance, identity, profiles
from services.access import Viewer
from services.addresses import address_lines
from store.billing import BalanceEntry
from store.profiles import AddressUse
from store.requests import Request

Template = Literal["statement", "certificate", "confirmation"]
HTML = "text/html"
STATEMENT_DAYS = 365
"""How far back a statement goes."""


def written(
    session: Session,
    request: Request,
    template: Template,
    title: dict[str, Any],
    values: Mapping[str, Any],
    at: datetime,
) -> tuple[str, str]:
    """The title and the text of a paper for a request's customer, in their language.

    Its head and foot are those of the brand in `session.info`.
    """
    brand: Brand = session.info["brand"]
    reader = identity.viewer_of(session, request.customer_id)
    shown: dict[str, Any] = {
        "language": reader.language,
        "brand": brand,
        "hours": brand.support.hours_in(reader.language),
        "title": said(reader, title),
        "receiver": "\n".join(receiver(session, reader)),
        "dated": said(reader, day(at.astimezone(ZoneInfo(reader.zone)).date())),
        "intro": translate(
            reader.language,
            f"documents.paper_{template}",
            {"name": reader.name, "reference": request.reference},
        ),
        "rows": [row(reader, name, value) for name, value in values.items()],
        "made_by": translate(
            reader.language, "documents.paper_made_by", {"reference": request.reference}
        ),
    }
    if template == "statement":
        shown |= movements(session, reader, at)
    page = environment().get_template(f"{template}.html").render(shown)
    return shown["title"], page


@cache
def environment() -> Environment:
    """The templates: each value is escaped, and a missing one is an error."""
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )


def said(reader: Viewer, value: Any) -> str:
    """A parameter of a message as the reader reads it."""
    return render(reader.language, value, ZoneInfo(reader.zone))


def row(reader: Viewer, name: str, value: Any) -> tuple[str, str]:
    """A value with its label: the one given with it, else its name."""
    if isinstance(value, dict) and "label" in value:
        return said(reader, value["label"]), said(reader, value["value"])
    return name.replace("_", " ").capitalize(), said(reader, value)


def receiver(session: Session, reader: Viewer) -> Sequence[str]:
    """Name and address, as they stand on a letter."""
    home = profiles.current_address(session, reader.account_id, AddressUse.HOME)
    lines = address_lines(profiles.as_normalised(home), reader.language) if home else []
    return [reader.name, *lines]


def movements(session: Session, reader: Viewer, at: datetime) -> dict[str, Any]:
    """What a statement lists: how the balance moved, and what it is. Raises `NotFound`."""
    currency = balance.billing_account(session, reader.account_id).currency
    since = at - timedelta(days=STATEMENT_DAYS)
    entries = session.exec(
        select(BalanceEntry)
        .where(BalanceEntry.customer_id == reader.account_id, BalanceEntry.booked_at >= since)
        .order_by(col(BalanceEntry.booked_at), col(BalanceEntry.id))
    ).all()
    zone = ZoneInfo(reader.zone)
    held = balance.balance_minor(session, reader.account_id)
    before = held - sum(entry.amount_minor for entry in entries)

    def amount(minor: int) -> str:
        return said(reader, money(minor, currency))

    return {
        "movements": [
            (
                said(reader, day(entry.booked_at.astimezone(zone).date())),
                translate(reader.language, f"documents.movement_{entry.kind}"),
                amount(entry.amount_minor),
            )
            for entry in entries
        ],
        "before_words": translate(reader.language, "documents.balance_before"),
        "before": amount(before),
        "balance_words": translate(reader.language, "documents.balance"),
        "balance": amount(held),
    }
