"""The ledger: balanced postings, each under a key of its own, and the balances they come to."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlmodel import Session, col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from ground.errors import Conflict, NotFound
from ground.messages import money
from store.ledger import AccountKind, LedgerAccount, LedgerEntry, LedgerPosting

GROWS_BY_DEBIT = (AccountKind.ASSET, AccountKind.EXPENSE)


class NotEnough(Conflict):
    """An account would fall below zero."""


@dataclass(frozen=True)
class Transfer:
    """An amount in minor units from the credited to the debited account, of one currency."""

    debit: LedgerAccount
    credit: LedgerAccount
    amount_minor: int


def account(
    session: Session,
    code: str,
    currency: str,
    kind: AccountKind,
    *,
    owner_id: str = "",
    overdraft: bool = False,
) -> LedgerAccount:
    """The account of that code, owner and currency, opened if there is none."""
    known = find_account(session, code, currency, owner_id)
    if known:
        return known
    opened = LedgerAccount(
        code=code, owner_id=owner_id, currency=currency, kind=kind, overdraft=overdraft
    )
    columns = opened.model_dump()
    # Two may open the same account at once; both go on with the one that came first.
    session.execute(
        text(
            f"INSERT INTO ledger_account ({', '.join(columns)}) "
            f"VALUES ({', '.join(f':{name}' for name in columns)}) ON CONFLICT DO NOTHING"
        ),
        columns,
    )
    return session.exec(select_account(code, currency, owner_id)).one()


def find_account(
    session: Session, code: str, currency: str, owner_id: str = ""
) -> LedgerAccount | None:
    """The account of that code, owner and currency."""
    return session.exec(select_account(code, currency, owner_id)).one_or_none()


def select_account(code: str, currency: str, owner_id: str) -> SelectOfScalar[LedgerAccount]:
    """The query for one account."""
    return select(LedgerAccount).where(
        LedgerAccount.code == code,
        LedgerAccount.owner_id == owner_id,
        LedgerAccount.currency == currency,
    )


def balance_minor(session: Session, code: str, currency: str, owner_id: str = "") -> int:
    """What an account holds, in minor units; nothing when it was never opened."""
    found = find_account(session, code, currency, owner_id)
    return found.balance_minor if found else 0


def post(session: Session, key: str, transfers: Sequence[Transfer], at: datetime) -> LedgerPosting:
    """Write a posting, balanced by its form.

    Raises `Conflict` when the key was used before, `NotEnough` when an account would fall below
    zero, and `ValueError` unless each transfer is of a positive amount between two accounts of one
    currency.
    """
    return write(session, LedgerPosting(key=key, at=at), transfers)


def reverse(session: Session, posting_id: str, at: datetime) -> LedgerPosting:
    """Take a posting back by its mirror image; a second time returns the same one.

    Raises `NotFound`, `Conflict` for a posting that is itself a reversal, and `NotEnough` when what
    it moved has been spent.
    """
    original = session.get(LedgerPosting, posting_id)
    if original is None:
        raise NotFound("ledger.no_posting")
    if original.reverses_id:
        raise Conflict("ledger.reversal_final")
    known = session.exec(
        select(LedgerPosting).where(LedgerPosting.reverses_id == posting_id)
    ).one_or_none()
    if known:
        return known
    mirrored = [
        Transfer(
            debit=session.get_one(LedgerAccount, entry.credit_id),
            credit=session.get_one(LedgerAccount, entry.debit_id),
            amount_minor=entry.amount_minor,
        )
        for entry in entries_of(session, posting_id)
    ]
    reversal = LedgerPosting(key=f"{original.key}/reversed", at=at, reverses_id=posting_id)
    return write(session, reversal, mirrored)


def entries_of(session: Session, posting_id: str) -> list[LedgerEntry]:
    """The entries of a posting in their order."""
    return list(
        session.exec(
            select(LedgerEntry)
            .where(LedgerEntry.posting_id == posting_id)
            .order_by(col(LedgerEntry.number))
        )
    )


def entries_sum_minor(session: Session, account: LedgerAccount) -> int:
    """The balance of an account computed anew from all of its entries, for audits."""

    def total(side: str) -> int:
        query = select(func.coalesce(func.sum(LedgerEntry.amount_minor), 0))
        return int(session.exec(query.where(getattr(LedgerEntry, side) == account.id)).one())

    net = total("debit_id") - total("credit_id")
    return net if account.kind in GROWS_BY_DEBIT else -net


def write(session: Session, posting: LedgerPosting, transfers: Sequence[Transfer]) -> LedgerPosting:
    """Store a posting and move the balances it touches."""
    check(transfers)
    balances = moved(transfers)
    locked = lock_accounts(session, list(balances))
    if session.exec(select(LedgerPosting.id).where(LedgerPosting.key == posting.key)).first():
        raise Conflict("ledger.posted_before", posting=posting.key)
    for held in locked:
        change = balances[held.id] if held.kind in GROWS_BY_DEBIT else -balances[held.id]
        balance = held.balance_minor + change
        if balance < 0 and not held.overdraft:
            missing = money(-balance, held.currency)
            raise NotEnough("ledger.not_enough", account=held.code, missing=missing)
        held.balance_minor = balance
    session.add(posting)
    session.flush()
    session.add_all(
        LedgerEntry(
            posting_id=posting.id,
            number=number,
            debit_id=transfer.debit.id,
            credit_id=transfer.credit.id,
            amount_minor=transfer.amount_minor,
            currency=transfer.debit.currency,
        )
        for number, transfer in enumerate(transfers, start=1)
    )
    session.flush()
    return posting


def check(transfers: Sequence[Transfer]) -> None:
    """Raise `ValueError` for what is no posting."""
    if not transfers:
        raise ValueError("a posting needs at least one transfer")
    for transfer in transfers:
        if transfer.amount_minor <= 0:
            raise ValueError(f"a transfer of {transfer.amount_minor} is none")
        if transfer.debit.id == transfer.credit.id:
            raise ValueError(f"{transfer.debit.code} cannot be debited and credited at once")
        if transfer.debit.currency != transfer.credit.currency:
            raise ValueError(
                f"no transfer from {transfer.credit.currency} to {transfer.debit.currency}"
            )


def moved(transfers: Sequence[Transfer]) -> Counter[str]:
    """How far each account moves towards its debit side; together nothing."""
    change: Counter[str] = Counter()
    for transfer in transfers:
        change[transfer.debit.id] += transfer.amount_minor
        change[transfer.credit.id] -= transfer.amount_minor
    return change


def lock_accounts(session: Session, ids: list[str]) -> Sequence[LedgerAccount]:
    """The accounts as they are now, locked in the order of their ids against deadlock."""
    return session.exec(
        select(LedgerAccount)
        .where(col(LedgerAccount.id).in_(ids))
        .order_by(col(LedgerAccount.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
