"""A loan: eligible, proved by documents, affordable, approved, offered, accepted and paid out."""

from collections.abc import Awaitable
from decimal import Decimal
from enum import StrEnum
from functools import partial
from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator
from temporalio import workflow

from activities.lending import Missing
from catalog.durations import Duration
from services.credit import Limits
from workflows.messages import Start
from workflows.request import Failed, R, Refused, RequestWorkflow
from workflows.steps.approval import Approval, Deciders, approval
from workflows.steps.assess_loan import AssessLoan, assess_loan
from workflows.steps.check_eligibility import CheckEligibility, check_eligibility
from workflows.steps.collect_document import CollectDocument, Collected, collect_document
from workflows.steps.disburse_loan import DisburseLoan, disburse_loan
from workflows.steps.missing_documents import MissingDocuments, missing_documents
from workflows.steps.offer_loan import OfferLoan, OfferOutcome, offer_loan, terms_in_words
from workflows.steps.reserve_funds import ReserveFunds, reserve_funds


class Proof(StrEnum):
    """The documents that may be asked for; texts name them as `loan.document_payslips`."""

    PAYSLIPS = "payslips"
    TAX_RETURN = "tax_return"
    BUSINESS_REGISTRATION = "business_registration"
    PENSION_STATEMENT = "pension_statement"
    INCOME_PROOF = "income_proof"


class Employment(StrEnum):
    """What the form knows people to live on."""

    EMPLOYED = "employed"
    SELF_EMPLOYED = "self-employed"
    RETIRED = "retired"
    OTHER = "other"


class LoanSettings(BaseModel):
    """What the definition decides; amounts in minor units.

    Up to `automatic_limit` nobody need approve, up to `one_officer_limit` one officer, beyond two.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    limits: Limits
    annual_rate: Decimal
    automatic_limit: int
    one_officer_limit: int
    required_documents: dict[Employment, tuple[Proof, ...]]
    documents_expiry: Duration
    documents_reminders: tuple[Duration, ...] = ()
    approval: Deciders
    offer_validity: Duration
    offer_reminders: tuple[Duration, ...] = ()

    @model_validator(mode="after")
    def amounts_rise(self) -> Self:
        if not 0 <= self.automatic_limit <= self.one_officer_limit <= self.limits.maximum_amount:
            raise ValueError("automatic_limit, one_officer_limit, maximum_amount must not fall")
        return self

    @property
    def rules(self) -> AssessLoan:
        """What an assessment goes by."""
        return AssessLoan.model_validate(self.model_dump(include=set(AssessLoan.model_fields)))


@workflow.defn(name="loan-request")
class LoanRequest(RequestWorkflow):
    """The way of a loan request; its funds are reserved before it is offered."""

    Settings = LoanSettings
    Stages = frozenset({"documents", "assessment", "approval", "offer", "disbursement", "done"})

    @workflow.init
    def __init__(self, start: Start) -> None:
        super().__init__(start)
        self.lends = self.settings(LoanSettings)
        self.given: list[str] = []

    @workflow.run
    async def run(self, start: Start) -> str:
        return await self.carry()

    async def story(self) -> None:
        await check_eligibility(self, CheckEligibility(limits=self.lends.limits))
        await self.collect_documents("documents")
        await self.stage("assessment")
        # An amendment may have come at the last moment; from this stage on there is none.
        await self.collect_documents("assessment")
        await self.approve((await assess_loan(self, self.lends.rules)).officers)
        await self.stage("offer")
        reserve = ReserveFunds(currency=self.lends.limits.currency)
        reservation = (await self.ours(reserve_funds(self, reserve))).reservation
        accepted = await self.offer()
        await self.stage("disbursement")
        disburse = DisburseLoan(offer=accepted.offer.id, reservation=reservation)
        await self.ours(disburse_loan(self, disburse))
        await self.stage("done")
        self.say("loan.disbursed", **terms_in_words(accepted.offer))

    async def collect_documents(self, stage: str) -> None:
        """Ask for every document that is missing, anew when an amendment asks for others."""
        while (missing := await self.missing()).documents:
            await self.stage(stage)
            collected = await self.together(
                **{
                    document: partial(self.collect, document, missing.revision)
                    for document in missing.documents
                }
            )
            outcomes = {document: each.outcome for document, each in collected.items()}
            if "expired" in outcomes.values():
                raise Refused("loan.documents_expired")
            self.given += [document for document in outcomes if outcomes[document] == "given"]
        if self.carried.stage is None:
            self.skip(stage)

    async def missing(self) -> Missing:
        """The documents that the present answers require and nobody has given."""
        required = {str(each): proofs for each, proofs in self.lends.required_documents.items()}
        wants = MissingDocuments(required=required, given=tuple(self.given))
        return await missing_documents(self, wants)

    async def collect(self, document: str, revision: int) -> Collected:
        """Ask the customer for one document, as long as the answers stay as they are."""
        return await collect_document(
            self,
            CollectDocument(
                document=f"loan.document_{document}",
                form="loan-documents",
                wait=self.lends.documents_expiry,
                reminders=self.lends.documents_reminders,
                revision=revision,
            ),
        )

    async def approve(self, officers: int) -> None:
        """Ask so many officers, each a different one, and nobody for a small amount."""
        if officers:
            await self.stage("approval")
            wants = Approval(deciders=self.lends.approval, levels=officers, title="loan.approval")
            decision = (await approval(self, wants)).decision
            if decision == "rejected":
                raise Refused("loan.rejected")
            if decision == "expired":
                raise Failed("loan.not_decided")
        else:
            self.skip("approval")
        self.say("loan.approved")

    async def offer(self) -> OfferOutcome:
        """Offer the loan and wait for the customer, who has to accept it."""
        outcome = await offer_loan(
            self,
            OfferLoan(
                annual_rate=self.lends.annual_rate,
                currency=self.lends.limits.currency,
                valid_for=self.lends.offer_validity,
                reminders=self.lends.offer_reminders,
            ),
        )
        if outcome.decision != "accepted":
            raise Refused(f"loan.offer_{outcome.decision}")
        return outcome

    async def ours(self, step: Awaitable[R]) -> R:
        """The step's result; when a rule stands against it by now, that is not the customer's."""
        try:
            return await step
        except Refused as why:
            raise Failed(why.key, **why.params) from why
