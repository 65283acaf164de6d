"""Forms in use: the definition's form, evaluated for one customer against the live data sources."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlmodel import Session

from catalog.forms import DocumentAnswer, Evaluation, Form
from ground import clock
from ground.errors import Invalid
from services import catalog, profiles
from services.form_data import COMPUTED, OPTION_SOURCES


@dataclass(frozen=True)
class LiveContext:
    """What a form may ask of the running system, on behalf of one customer."""

    session: Session
    account_id: str
    language: str
    today: date

    @property
    def zone(self) -> str:
        """The time zone in which the customer lives."""
        return profiles.zone_of(self.session, self.account_id)

    def options(self, name: str, answers: dict[str, Any]) -> list[tuple[Any, str]]:
        """The choices of a data source as (value, title)."""
        return OPTION_SOURCES[name](self.session, self.account_id, answers, self.language)

    def compute(self, name: str, answers: dict[str, Any]) -> Any:
        """A value that only the server can know, such as a price; None while it cannot."""
        return COMPUTED[name](self.session, self.account_id, answers)


def context(session: Session, account_id: str, language: str) -> LiveContext:
    """The live context of one customer today."""
    return LiveContext(session, account_id, language, clock.now().date())


def form(session: Session, version: str, name: str) -> Form:
    """A form of a stored definition version, compiled once per process."""
    return catalog.version(session, version).form(name)


def evaluate(
    session: Session,
    version: str,
    name: str,
    account_id: str,
    answers: dict[str, Any],
    language: str,
    page: str | None = None,
) -> Evaluation:
    """Judge answers: the active pages, the clean answers, and an error for each wrong one."""
    live = context(session, account_id, language)
    return form(session, version, name).evaluate(answers, language, page=page, context=live)


def accept(
    session: Session,
    version: str,
    name: str,
    account_id: str,
    answers: dict[str, Any],
    language: str,
) -> dict[str, Any]:
    """The clean answers: pruned, completed by defaults, valid. Raises `Invalid` with all errors."""
    judged = evaluate(session, version, name, account_id, answers, language)
    if judged.errors:
        raise Invalid(judged.errors)
    return judged.answers


def documents(
    session: Session, version: str, name: str, answers: dict[str, Any]
) -> list[DocumentAnswer]:
    """The documents that accepted answers refer to."""
    return form(session, version, name).documents(answers)
