"""The effects of the probe: notes kept in the notification table's neighbour, and taken back."""

from pydantic import BaseModel
from sqlmodel import Session

from activities.effects import Call, Undo, effect, undo
from ground.errors import Refusal

NOTES: list[str] = []
FAILING: list[str] = []
FINAL: list[str] = []
"""The notes that cannot be taken back."""


class Note(BaseModel):
    """A text to keep."""

    text: str


class Kept(BaseModel):
    """A kept text."""

    text: str


@effect
def keep_note(session: Session, call: Call[Note]) -> Kept:
    """Keep a note, unless the test has made it fail."""
    if call.body.text in FAILING:
        raise OSError("the note cabinet is locked")
    if call.body.text == "forbidden":
        raise Refusal("tasks.not_for_you")
    NOTES.append(f"+{call.key.split('/', 1)[1]}")
    return Kept(text=call.body.text)


@undo(of=keep_note)
def drop_note(session: Session, call: Call[Undo], did: Kept) -> None:
    """Take a note back, unless it is final."""
    if did.text in FINAL:
        raise Refusal("tasks.not_yours")
    NOTES.append(f"-{did.text}")
