"""Identifiers: time-ordered keys for rows, unguessable references for people."""

import secrets
from datetime import datetime

from ulid import ULID

# No 0/O, 1/I/L, U/V: what remains survives handwriting and the telephone.
REFERENCE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTWXYZ"
REFERENCE_LENGTH = 10
ID_LETTERS, TIME_LETTERS = 26, 10


def new_id() -> str:
    """A unique, time-ordered id of 26 characters, safe in addresses and as a workflow id."""
    return str(ULID())


def first_id(at: datetime) -> str:
    """An id before which no id of this moment, or a later one, comes."""
    return str(ULID.from_datetime(at))[:TIME_LETTERS].ljust(ID_LETTERS, "0")


def new_reference() -> str:
    """A public reference such as `7K3M9-Q9XTB`: about 48 random bits, never a counter."""
    letters = ""
    number = secrets.randbelow(len(REFERENCE_ALPHABET) ** REFERENCE_LENGTH)
    for _ in range(REFERENCE_LENGTH):
        number, place = divmod(number, len(REFERENCE_ALPHABET))
        letters += REFERENCE_ALPHABET[place]
    return f"{letters[:5]}-{letters[5:]}"


def tidy_reference(typed: str) -> str:
    """The reference a person meant: case, spaces and dashes do not matter."""
    letters = "".join(c for c in typed.upper() if c.isalnum())
    return f"{letters[:5]}-{letters[5:]}"
