"""What a definition promises: by when a request should be done, in business time."""

from datetime import datetime

from catalog.definitions import CatalogItem


def due_at(item: CatalogItem, start: datetime) -> datetime | None:
    """The moment the item's resolution target falls due; None where it promises none."""
    level = item.service_level
    return level.due("resolution", start) if level else None
