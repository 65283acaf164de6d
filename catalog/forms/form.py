"""A compiled form: everything dear is done once, everything asked of it later is quick."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import jsonschema_rs

from catalog.forms import decode, evaluation, lookups, view
from catalog.forms.annotations import Context, Page, pages_of
from catalog.forms.evaluation import Evaluation
from catalog.forms.formats import validator
from catalog.forms.inline import inline
from catalog.forms.nodes import Answers, Shape, shape_of
from catalog.forms.plain import desugared, stripped
from catalog.forms.problems import FormInvalid, FormProblem
from catalog.forms.walk import Schema, pointer
from ground.errors import FieldError


@dataclass(frozen=True, eq=False)
class Form:
    """A form, immutable and safe to share between threads.

    `schema` is the author's, whole; `plain` is JSON Schema without annotations that says the same,
    page conditions included, for any other validator.
    """

    name: str
    schema: Schema
    plain: Schema
    pages: tuple[Page, ...]
    shape: Shape
    validator: jsonschema_rs.Draft202012Validator
    computed: Mapping[str, str]
    ranks: Mapping[str, int]
    ruled: bool
    spelt: bool
    asks_documents: bool

    @classmethod
    def compile(cls, schema: Schema, name: str) -> "Form":
        """The form of a bundled schema. Raises `FormInvalid` where it cannot be compiled at all."""
        _check(schema)
        tree = desugared(inline(schema))
        plain = stripped(tree)
        try:
            shape = shape_of(tree)
            checker = validator(plain)
        except ValueError as error:  # a pattern that is no regular expression
            raise FormInvalid(FormProblem("", str(error))) from error
        pages = pages_of(schema, shape.known)
        ordered = dict.fromkeys([*(n for page in pages for n in page.fields), *shape.known])
        return cls(
            name=name,
            schema=schema,
            plain=plain,
            pages=pages,
            shape=shape,
            validator=checker,
            computed={
                n: nodes[0].computed for n, nodes in shape.known.items() if nodes[0].computed
            },
            ranks={field: rank for rank, field in enumerate(ordered)},
            ruled=any(node.ruled for nodes in shape.known.values() for node in nodes),
            spelt=any(node.spelt for nodes in shape.known.values() for node in nodes),
            asks_documents="x-document" in json.dumps(tree),
        )

    def page(self, page_id: str) -> Page:
        """One page by its id. Raises `LookupError` for an unknown one."""
        for page in self.pages:
            if page.id == page_id:
                return page
        raise LookupError(f"the form {self.name} has no page {page_id}")

    def page_of(self, pointer: str) -> str:
        """The id of the page on which an answer is asked; the first one for the form as a whole."""
        name = pointer.split("/")[1] if pointer else ""
        return next((page.id for page in self.pages if name in page.fields), self.pages[0].id)

    def evaluate(
        self,
        answers: Answers,
        language: str = "en",
        page: str | None = None,
        context: Context | None = None,
        strict: bool = True,
    ) -> Evaluation:
        """The active answers and what is wrong with them.

        Hidden answers are gone from the result and never judged. With `page`, only that page's
        fields are judged and the rest is kept; keep a draft as it was typed, since what is hidden
        now may be shown again. Telephone numbers, IBANs, regions and moments come back in the one
        way in which they are kept. Without a `context` nothing outside the answers is judged: no
        options of a data source, no dates relative to today, no computed values. `strict` refuses
        answers to questions that the form does not have; else they are dropped. An answer to a
        computed field is always dropped. Raises `LookupError` for an unknown page.
        """
        return evaluation.evaluate(self, answers, _short(language), page, context, strict)

    def from_fields(self, pairs: Iterable[tuple[str, str]], language: str = "en") -> Answers:
        """Answers from the names and values of an HTML form, typed by the schema.

        Names are flat: `address.postal_code`, `items.0.name`. What is left empty is absent, what
        cannot be read stays as it was typed, and names that the form does not know are ignored.
        """
        return decode.answers_from(self.shape, pairs, _short(language))

    def view(
        self,
        answers: Answers,
        language: str = "en",
        errors: Iterable[FieldError] = (),
        page: str | None = None,
        context: Context | None = None,
    ) -> view.FormView:
        """What a renderer needs, of one page or all. Raises `LookupError` for an unknown page."""
        return view.view(self, answers, _short(language), errors, page, context)

    def prefill(self, profile: Mapping[str, Any]) -> Answers:
        """First answers from a profile, as `x-prefill` says."""
        return lookups.prefilled(self.shape, profile)

    def prefill_from(self, pairs: Iterable[tuple[str, str]], language: str = "en") -> Answers:
        """First answers from a link, read like typed ones and as yet unjudged.

        Left out is what only the person may answer or should see come in: consents, signatures,
        masked and hidden fields, documents, and what nobody answers.
        """
        return lookups.open_to_links(self.shape, self.from_fields(pairs, language))

    def documents(self, answers: Answers) -> list[lookups.DocumentAnswer]:
        """Each document that the active answers refer to, with what the form accepts there."""
        return lookups.documents(self.shape, answers) if self.asks_documents else []


def _short(language: str) -> str:
    return language.replace("_", "-").split("-")[0].lower()


def _check(schema: Any) -> None:
    if not isinstance(schema, dict):
        raise FormInvalid(
            FormProblem("", "a form is a JSON object", 'Begin with {"type": "object"')
        )
    standard = {k: v for k, v in schema.items() if k != "$schema"}
    try:
        jsonschema_rs.meta.validate(standard)
    except jsonschema_rs.ValidationError as error:
        raise FormInvalid(
            FormProblem(pointer(tuple(error.instance_path)), error.message)
        ) from error
