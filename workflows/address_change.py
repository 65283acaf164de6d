"""A change of address: checked, waited for, made everywhere at once, and told to old and new."""

from functools import partial
from typing import Any

from pydantic import BaseModel, ConfigDict
from temporalio import workflow

from activities.profiles import ChangeFacts
from catalog.durations import Duration
from ground.messages import day, ref
from workflows.messages import Start
from workflows.request import Failed, Refused, RequestWorkflow
from workflows.steps.approval import Deciders
from workflows.steps.ask_customer import AskCustomer, ask_customer
from workflows.steps.check_address_change import CheckAddressChange, check_address_change
from workflows.steps.pass_point_of_no_return import PassPoint, pass_point_of_no_return
from workflows.steps.task import GiveTask, task
from workflows.steps.tell_address_change import TellAddressChange, tell_address_change
from workflows.steps.update_profile import Fields, UpdateProfile, update_profile
from workflows.steps.wait_until import WaitUntil, wait_until

FOLLOWERS = {
    "billing": Fields(billing_address="address"),
    "delivery": Fields(delivery_address="address"),
}
"""What else can go to the new address."""


class AddressChangeSettings(BaseModel):
    """What the definition decides: when staff look, who they are, how long to wait for people."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    second_change_days: int
    identity_check: Deciders
    correction_wait: Duration
    correction_reminders: tuple[Duration, ...] = ()


@workflow.defn(name="address-change")
class AddressChange(RequestWorkflow):
    """The way of a change of address; the customer may change or withdraw it until its day."""

    Settings = AddressChangeSettings
    Stages = frozenset({"received", "identity-check", "scheduled", "update", "done"})

    @workflow.init
    def __init__(self, start: Start) -> None:
        super().__init__(start)
        self.rules = self.settings(AddressChangeSettings)

    @workflow.run
    async def run(self, start: Start) -> str:
        return await self.carry()

    async def story(self) -> None:
        await self.stage("received")
        facts = await self.agree()
        await self.stage("update")
        contacts = await self.update(facts)
        await tell_address_change(
            self, TellAddressChange(effective_on=facts.effective_on, contacts=contacts)
        )
        self.say("address.told")
        await self.stage("done")

    async def agree(self) -> ChangeFacts:
        """Check and wait until the day has come and nothing stands against the change.

        Whatever the customer changes meanwhile is checked anew, and so is everything on the day
        itself, when another change may have come before this one.
        """
        confirmed: int | None = None
        check = CheckAddressChange(second_change_days=self.rules.second_change_days)
        while True:
            facts = await check_address_change(self, check)
            if facts.problem:
                await self.have_corrected(facts, facts.problem)
            elif not facts.changes:
                raise Refused("address.nothing_changes")
            elif facts.why_check and confirmed != facts.revision:
                confirmed = await self.confirmed(facts, facts.why_check)
            elif facts.later:
                await self.wait_for_day(facts)
            elif (await pass_point_of_no_return(self, PassPoint(revision=facts.revision))).passed:
                return facts

    async def have_corrected(self, facts: ChangeFacts, problem: dict[str, Any]) -> None:
        """Ask the customer for an address that is one; they may change the answers instead."""
        answer = await ask_customer(
            self,
            AskCustomer(
                kind="address-correction",
                title="address.correct",
                params={"problem": problem},
                form="address-correction",
                reminders=self.rules.correction_reminders,
                wait=self.rules.correction_wait,
                corrects=True,
                revision=facts.revision,
            ),
        )
        if answer.outcome == "expired":
            raise Refused("address.not_corrected", problem=problem)

    async def confirmed(self, facts: ChangeFacts, why: str) -> int | None:
        """Have staff check who asks; the revision of the answers that they looked at."""
        await self.stage("identity-check")
        answer = await task(
            self,
            GiveTask(
                kind="identity-check",
                title="address.check_identity",
                params={"why": ref(why)},
                form="identity-check",
                deciders=self.rules.identity_check,
                revision=facts.revision,
            ),
        )
        if answer.outcome == "overtaken":
            return None
        if answer.outcome == "expired":
            raise Refused("address.identity_not_checked")
        if answer.decision != "confirm":
            raise Refused("address.identity_not_confirmed")
        self.say("address.identity_confirmed")
        return facts.revision

    async def wait_for_day(self, facts: ChangeFacts) -> None:
        """Wait for the day, or for the customer to change the answers."""
        await self.stage("scheduled")
        self.say("address.scheduled", on=day(facts.effective_on))
        why = f"Waiting for the effective date {facts.effective_on}"
        await wait_until(
            self, WaitUntil(moment=facts.effective_at, why=why, revision=facts.revision)
        )

    async def update(self, facts: ChangeFacts) -> tuple[str, ...]:
        """Update everything side by side; what one refuses, none keeps. The contacts' changes."""
        follow = {use: partial(self.let_follow, use) for use in facts.follow}
        try:
            done = await self.together(profile=self.update_home, **follow)
        except Refused as why:
            raise Failed("address.not_updated", why=ref(why.key, **why.params)) from why
        contacts: tuple[str, ...] = done["profile"]
        return contacts

    async def update_home(self) -> tuple[str, ...]:
        """The customer's home and contact; the ids of the contacts' changes."""
        fields = Fields(address="address", email="email", phone="phone")
        done = await update_profile(self, UpdateProfile(fields=fields))
        self.say("address.updated_profile")
        return done.contacts

    async def let_follow(self, use: str) -> None:
        """One of the other uses of the address."""
        await update_profile(self, UpdateProfile(fields=FOLLOWERS[use]))
        self.say(f"address.updated_{use}")
