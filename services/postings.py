"""Postings as a definition writes them: sides of accounts by name, which must balance."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session

from ground.errors import NotFound, Refusal
from ground.messages import money
from services import ledger
from services.ledger import Transfer
from store.ledger import AccountKind, LedgerAccount


@dataclass(frozen=True)
class Side:
    """An amount in minor units on one side of an account.

    `owner_id` is the customer whose account of that code it is, empty for the house's own. `kind`
    opens the account where there is none.
    """

    code: str
    debit: bool
    amount_minor: int
    owner_id: str = ""
    kind: AccountKind | None = None


def transfers(session: Session, sides: Sequence[Side], currency: str) -> list[Transfer]:
    """The sides as transfers between their accounts, in the order in which they stand.

    Raises `Refusal` unless debits and credits come to the same, and `NotFound` for an account.
    """
    debits = deque((account(session, s, currency), s.amount_minor) for s in sides if s.debit)
    credits = deque((account(session, s, currency), s.amount_minor) for s in sides if not s.debit)
    owed, had = (sum(amount for _, amount in each) for each in (debits, credits))
    if owed != had or not owed:
        raise Refusal(
            "ledger.not_balanced", debit=money(owed, currency), credit=money(had, currency)
        )
    made = []
    while debits:
        (debit, wanted), (credit, left) = debits.popleft(), credits.popleft()
        moved = min(wanted, left)
        if debit.id == credit.id:
            raise Refusal("ledger.same_account", account=debit.code)
        made.append(Transfer(debit=debit, credit=credit, amount_minor=moved))
        if wanted > moved:
            debits.appendleft((debit, wanted - moved))
        if left > moved:
            credits.appendleft((credit, left - moved))
    return made


def account(session: Session, side: Side, currency: str) -> LedgerAccount:
    """The account of a side. Raises `NotFound` where there is none and none is to be opened."""
    if side.kind:
        return ledger.account(session, side.code, currency, side.kind, owner_id=side.owner_id)
    found = ledger.find_account(session, side.code, currency, side.owner_id)
    if found is None:
        raise NotFound("ledger.no_account", account=side.code, currency=currency)
    return found
