"""Writing a document for the customer; undone by taking it away."""

from typing import Any

from pydantic import Field

from activities import papers
from activities.papers import Paper
from services.papers import Template
from workflows.request import RequestWorkflow
from workflows.steps import step
from workflows.steps.inputs import Facts, Wants, Words, example, in_words


class CreateDocument(Wants):
    """Which document to write."""

    model_config = example(
        template="certificate",
        title={
            "en": "Certificate of your contract",
            "es": "Certificado de su contrato",
            "pt": "Certificado do seu contrato",
        },
        values={
            "since": {
                "label": {"en": "Customer since", "es": "Cliente desde", "pt": "Cliente desde"},
                "value": {"$day": "2021-03-15"},
            }
        },
    )

    template: Template
    """A `statement` of the balance, a `certificate` or a `confirmation`."""
    title: Words
    """What stands above it; it may contain `%(name)s` for each of the values."""
    values: dict[str, Any] = Field(default={})
    """What stands in it, by name: a word, a number, `{$money: [1250, EUR]}`, `{$day: 2026-12-01}`.

    With words of its own: `{label: {en: …, es: …, pt: …}, value: …}`.
    """


class Created(Facts):
    """The document that was written."""

    document: str
    """The id of the document, one of the request's, which its customer may read."""


@step(effects=(papers.write,))
async def create_document(request: RequestWorkflow, wants: CreateDocument) -> Created:
    """Write a document as a page to print, in the customer's language."""
    values = {name: labelled(value) for name, value in wants.values.items()}
    plain = {name: value for name, value in values.items() if not is_labelled(value)}
    title = in_words(wants.title, plain)
    paper = Paper(template=wants.template, title=title, values=values)
    document = await request.act(papers.write, paper)
    request.say("steps.document_written", title=title)
    return Created(document=document)


def is_labelled(value: Any) -> bool:
    """Whether a value has a label of its own."""
    return isinstance(value, dict) and "label" in value


def labelled(value: Any) -> Any:
    """A value, its label as the parameter of a message."""
    return value | {"label": in_words(value["label"])} if is_labelled(value) else value
