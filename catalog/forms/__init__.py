"""Forms: JSON Schema 2020-12 with a few annotations, judged by one function for every channel."""

from catalog.forms.annotations import Context, Page
from catalog.forms.bundle import bundle
from catalog.forms.evaluation import ActivePage, Evaluation
from catalog.forms.form import Form
from catalog.forms.lint import lint
from catalog.forms.lookups import DocumentAnswer
from catalog.forms.problems import FormInvalid, FormProblem
from catalog.forms.view import FieldView, FormView, OptionView, PageView, ReviewRow

__all__ = [
    "ActivePage",
    "Context",
    "DocumentAnswer",
    "Evaluation",
    "FieldView",
    "Form",
    "FormInvalid",
    "FormProblem",
    "FormView",
    "OptionView",
    "Page",
    "PageView",
    "ReviewRow",
    "bundle",
    "lint",
]
