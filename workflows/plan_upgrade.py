"""An upgrade: priced, paid, switched now or with the next month, invoiced; or all taken back."""

from collections.abc import Awaitable
from typing import Any

from pydantic import BaseModel, ConfigDict
from temporalio import workflow

from activities import billing
from activities.billing import Confirm, InvoiceMonth, InvoiceOrder, Order
from activities.effects import Nothing
from catalog.durations import Duration
from ground.messages import day, money, ref
from services.proration import When
from workflows.messages import Start
from workflows.request import Failed, R, Refused, RequestWorkflow
from workflows.steps.ask_customer import AskCustomer, ask_customer
from workflows.steps.change_subscription import (
    ChangeSubscription,
    SubscriptionChanged,
    change_subscription,
)
from workflows.steps.charge import Charge, charge
from workflows.steps.wait_until import WaitUntil, wait_until


class PlanUpgradeSettings(BaseModel):
    """What the definition decides: how long to wait for a payment, when an invoice falls due."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    payment_wait: Duration
    payment_reminders: tuple[Duration, ...] = ()
    invoice_due_days: int


@workflow.defn(name="plan-upgrade")
class PlanUpgrade(RequestWorkflow):
    """The way of an upgrade; the customer may withdraw it until the new plan begins."""

    Settings = PlanUpgradeSettings
    Stages = frozenset({"received", "payment", "scheduled", "switch", "invoice", "done"})

    @workflow.init
    def __init__(self, start: Start) -> None:
        super().__init__(start)
        self.rules = self.settings(PlanUpgradeSettings)

    @workflow.run
    async def run(self, start: Start) -> str:
        return await self.carry()

    async def story(self) -> None:
        await self.stage("received")
        order = await self.act(billing.quote_upgrade, Nothing())
        if order.quote.when == When.NOW:
            await self.upgrade_now(order)
        else:
            await self.upgrade_with_next_month(order)
        await self.stage("done")

    async def upgrade_now(self, order: Order) -> None:
        """Pay the rest of the month, then switch."""
        await self.stage("payment")
        order, payment = await self.paid(order)
        await self.stage("switch")
        await self.switch(order)
        self.say("upgrade.switched")
        await self.stage("invoice")
        issued = await self.act(
            billing.invoice_change,
            InvoiceOrder(order=order, payment=payment, due_days=self.rules.invoice_due_days),
        )
        self.say("upgrade.invoiced", number=issued.number)

    async def upgrade_with_next_month(self, order: Order) -> None:
        """Agree on the switch, wait for it, and invoice the month that it begins.

        The subscription knows of the switch from now on, so that no other change comes between and
        the month is not invoiced at the old price. Until then nothing is due.
        """
        self.skip("payment")
        await self.stage("scheduled")
        switched = await self.switch(order)
        assert switched.effective_on
        assert switched.term
        starts_on = switched.effective_on
        self.say("upgrade.scheduled", on=day(starts_on))
        why = f"Waiting for the billing month from {starts_on}"
        await wait_until(self, WaitUntil(moment=switched.starts_at, why=why))
        await self.stage("switch")
        await self.must(self.act(billing.confirm_switch, Confirm(term=switched.term)))
        self.say("upgrade.switched")
        await self.stage("invoice")
        month = InvoiceMonth(
            subscription=order.subscription, on=starts_on, due_days=self.rules.invoice_due_days
        )
        if issued := await self.act(billing.invoice_month, month):
            self.say("upgrade.invoiced", number=issued.number)

    async def paid(self, order: Order) -> tuple[Order, str | None]:
        """Charge, and while that fails ask for another way to pay; the order at its last price.

        Each attempt quotes anew, so that nobody pays for days that passed while we waited.
        """
        method = order.method
        while order.due_minor:
            amount = money(order.due_minor, order.quote.currency)
            wants = Charge(amount=order.due_minor, currency=order.quote.currency, method=method)
            charged = await charge(self, wants)
            if charged.why is None:
                text = "upgrade.promised" if charged.status == "invoiced" else "upgrade.paid"
                self.say(text, amount=amount)
                return order, charged.payment
            method = await self.other_method(amount, charged.why)
            order = await self.act(billing.quote_upgrade, Nothing())
        return order, None

    async def other_method(self, amount: dict[str, Any], failure: dict[str, Any]) -> str:
        """Ask the customer how they want to pay instead."""
        answer = await ask_customer(
            self,
            AskCustomer(
                kind="payment-method",
                title="upgrade.choose_payment",
                params={"amount": amount, "why": failure},
                form="payment-method",
                reminders=self.rules.payment_reminders,
                wait=self.rules.payment_wait,
            ),
        )
        if answer.decision is None:
            raise Refused("upgrade.not_paid", why=failure)
        return answer.decision

    async def switch(self, order: Order) -> SubscriptionChanged:
        """Give the subscription the higher plan, at once or with the next month."""
        wants = ChangeSubscription(
            subscription=order.subscription,
            plan=order.quote.new_plan_id,
            on="next-month" if order.quote.when == When.NEXT_CYCLE else None,
            upgrade=True,
        )
        return await self.must(change_subscription(self, wants))

    async def must(self, work: Awaitable[R]) -> R:
        """Have an effect; a rule that stands against it now is no fault of the customer's."""
        try:
            return await work
        except Refused as why:
            raise Failed("upgrade.not_switched", why=ref(why.key, **why.params)) from why
