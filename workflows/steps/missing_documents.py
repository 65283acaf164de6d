"""Finding which proofs of a loan request are missing."""

from activities import lending
from activities.lending import Missing, Wanted
from workflows.request import RequestWorkflow
from workflows.steps import step
from workflows.steps.inputs import FieldName, Wants, example


class MissingDocuments(Wants):
    """What is required, and what has been given."""

    model_config = example(required={"employed": ["payslips"]}, given=["tax_return"])

    required: dict[str, tuple[FieldName, ...]]
    """For each answer to `employment`, the documents that prove it, as the form names them."""
    given: tuple[str, ...] = ()
    """The documents that have been given beside the form."""


@step
async def missing_documents(request: RequestWorkflow, wants: MissingDocuments) -> Missing:
    """Say which documents the present answers require and nobody has given."""
    return await request.act(lending.missing_documents, Wanted.model_validate(wants.model_dump()))
