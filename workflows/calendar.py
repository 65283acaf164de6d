"""Deadlines in the business time of an item's calendar."""

from datetime import datetime, timedelta

from catalog.durations import BusinessTime
from catalog.plan import Plan
from ground.business_time import add, add_days


def after(plan: Plan, start: datetime, within: BusinessTime) -> datetime:
    """The moment by which so much business time has passed; by the clock without a calendar."""
    if plan.service_level is None:
        return start + timedelta(days=within.days) + within.time
    calendar = plan.service_level.calendar
    return add(calendar, add_days(calendar, start, within.days), within.time)
