"""Changing a subscription: another plan, a pause, an end; undone by what was before."""

from datetime import date, datetime
from typing import Literal, Self

from pydantic import model_validator

from activities import subscriptions
from activities.subscriptions import Change
from workflows.request import RequestWorkflow
from workflows.steps import step
from workflows.steps.inputs import Facts, Wants, example
from workflows.steps.wait_until import WaitUntil, wait_until

Status = Literal["active", "suspended", "cancelled"]


class ChangeSubscription(Wants):
    """Which subscription of the customer to change, and how."""

    model_config = example(
        subscription="${ $answers.subscription }",
        plan="${ $answers.plan }",
        on="next-month",
    )

    subscription: str
    """The id of the subscription, such as the answer to a form with `my-subscriptions`."""
    plan: str | None = None
    """The id of the plan that it gets."""
    status: Status | None = None
    """Whether it is served; what is cancelled cannot be taken up again."""
    on: date | Literal["next-month"] | None = None
    """From when on; now if left out, `next-month` for the next paid month (plans only).

    A plan is agreed at once and takes effect by itself; for a status the step waits for the day.
    """
    upgrade: bool = False
    """Whether only a higher plan will do."""

    @model_validator(mode="after")
    def says_one_change(self) -> Self:
        if (self.plan is None) == (self.status is None):
            raise ValueError("give either `plan` or `status`")
        if self.status and self.on == "next-month":
            raise ValueError("`next-month` goes with a `plan`")
        return self


class SubscriptionChanged(Facts):
    """How the subscription stands."""

    subscription: str
    """The id of the subscription."""
    status: Status
    """Whether it is served now."""
    effective_on: date | None = None
    """From which day on it has the new plan."""
    starts_at: datetime | None = None
    """When that day begins where the customer is."""
    term: str | None = None
    """The id of the change of plan."""


@step(effects=(subscriptions.change,), told="steps.change_subscription")
async def change_subscription(
    request: RequestWorkflow, wants: ChangeSubscription
) -> SubscriptionChanged:
    """Give a subscription of the customer another plan, or suspend, resume or cancel it."""
    if wants.status and isinstance(wants.on, date):
        await wait_until(request, WaitUntil(date=wants.on, why="Waiting to change a subscription"))
        wants = wants.model_copy(update={"on": None})
    done = await request.act(subscriptions.change, Change.model_validate(wants.model_dump()))
    switch = done.switch
    return SubscriptionChanged(
        subscription=wants.subscription,
        status=done.status,
        effective_on=switch.effective_on if switch else None,
        starts_at=done.starts_at,
        term=switch.term_id if switch else None,
    )
