"""Accounts, sessions and signing in."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import Session, select

from ground import clock
from ground.errors import Conflict, TooManyTries, Unauthenticated
from services import identity, passwords
from store.database import Database
from store.identity import Account, LoginSession, Role

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
PASSWORD = "a good pass phrase"
HASH = passwords.hash_password(PASSWORD)


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """A clock that stands still until it is moved on."""
    moments = [START]
    monkeypatch.setattr(clock, "now", lambda: moments[0])

    def move(by: timedelta) -> None:
        moments[0] += by

    return move


@pytest.fixture
def ada(database: Database, now: object) -> str:
    """The id of an account whose password is `PASSWORD`."""

    def create(session: Session) -> str:
        return identity.create_account(
            session,
            email="Ada@Example.com ",
            name="Ada",
            role=Role.CUSTOMER,
            language="pt",
            password_hash=HASH,
            at=START,
        ).id

    return database.write_now(create)


async def sign_in(
    database: Database,
    password: str = PASSWORD,
    email: str = "ada@example.com",
    at: str = "192.0.2.1",
) -> identity.Opened:
    return await identity.log_in(database, email, password, at, "a browser")


async def fail(database: Database, times: int, *, at: str, email: str = "ada@example.com") -> None:
    for _ in range(times):
        with pytest.raises(Unauthenticated):
            await sign_in(database, "wrong", email, at)


@pytest.fixture
def fast_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compare instead of hashing, in tests that count tries by the hundred."""

    async def verify(password: str, stored: str | None) -> tuple[bool, str | None]:
        return stored is not None and password == PASSWORD, None

    monkeypatch.setattr(passwords, "verify", verify)


class TestAccounts:
    def test_an_address_is_unique_as_people_mean_it(self, database: Database, ada: str) -> None:
        def create_again(session: Session) -> None:
            identity.create_account(
                session, email=" ADA@example.COM", name="x", role=Role.AGENT, at=START
            )

        with pytest.raises(Conflict):
            database.write_now(create_again)

    def test_demo_accounts_load_twice_without_a_second_copy(self, database: Database) -> None:
        for password_hash in ("first", "second"):
            database.write_now(identity.load_demo_accounts, password_hash)
        accounts = database.read_now(lambda session: session.exec(select(Account)).all())
        assert sorted(account.email for account in accounts) == [
            "agent2@example.com",
            "agent@example.com",
            "customer2@example.com",
            "customer@example.com",
            "designer@example.com",
            "operator@example.com",
        ]
        assert {account.password_hash for account in accounts} == {"second"}
        officers = [account for account in accounts if "loan-officers" in account.groups]
        assert len(officers) == 2


class TestSigningIn:
    async def test_opens_a_session_for_the_right_password(
        self, database: Database, ada: str
    ) -> None:
        opened = await sign_in(database, email=" ADA@example.com")
        found = await identity.find_session(database, opened.token, clock.now())
        assert found is not None
        assert found.viewer == opened.viewer
        assert (found.viewer.account_id, found.viewer.language) == (ada, "pt")

    async def test_keeps_no_token_in_the_database(self, database: Database, ada: str) -> None:
        opened = await sign_in(database)
        row = database.read_now(lambda session: session.exec(select(LoginSession)).one())
        assert opened.token not in row.model_dump_json()
        assert row.user_agent == "a browser"

    async def test_says_the_same_of_unknown_people_and_wrong_passwords(
        self, database: Database, ada: str
    ) -> None:
        with pytest.raises(Unauthenticated) as wrong:
            await sign_in(database, "wrong")
        with pytest.raises(Unauthenticated) as unknown:
            await sign_in(database, "wrong", "nobody@example.com")
        assert (wrong.value.key, wrong.value.params) == (unknown.value.key, unknown.value.params)

    async def test_takes_as_long_for_unknown_people(self, database: Database, ada: str) -> None:
        async def fastest(email: str) -> float:
            times = []
            for number in range(4):
                start = time.perf_counter()
                with pytest.raises(Unauthenticated):
                    await sign_in(database, "wrong", email, f"192.0.2.{number}")
                times.append(time.perf_counter() - start)
            return min(times)

        known, unknown = await fastest("ada@example.com"), await fastest("nobody@example.com")
        assert known / 2 < unknown < known * 2

    async def test_refuses_an_account_that_was_closed(self, database: Database, ada: str) -> None:
        opened = await sign_in(database)

        def close(session: Session) -> None:
            session.get_one(Account, ada).active = False

        database.write_now(close)
        assert await identity.find_session(database, opened.token, clock.now()) is None
        with pytest.raises(Unauthenticated):
            await sign_in(database)

    async def test_renews_a_hash_of_older_strength(self, database: Database, ada: str) -> None:
        weak = "$argon2id$v=19$m=1024,t=1,p=1$"

        def weaken(session: Session) -> None:
            from argon2 import PasswordHasher

            account = session.get_one(Account, ada)
            account.password_hash = PasswordHasher(1, 1024, 1).hash(PASSWORD)
            assert account.password_hash.startswith(weak)

        database.write_now(weaken)
        await sign_in(database)
        stored = database.read_now(lambda session: session.get_one(Account, ada).password_hash)
        assert stored is not None
        assert not stored.startswith(weak)
        await sign_in(database)


class TestSessions:
    async def test_end_when_signed_out(self, database: Database, ada: str) -> None:
        here, there = await sign_in(database), await sign_in(database)
        database.write_now(identity.close_session, here.token)
        assert await identity.find_session(database, here.token, clock.now()) is None
        assert await identity.find_session(database, there.token, clock.now()) is not None
        database.write_now(identity.close_sessions, ada)
        assert await identity.find_session(database, there.token, clock.now()) is None

    async def test_end_unused_and_at_last(
        self, database: Database, ada: str, now: Callable[[timedelta], None]
    ) -> None:
        idle, used = await sign_in(database), await sign_in(database)
        for _ in range(int(identity.LIFETIME / identity.IDLE) + 1):
            now(identity.IDLE - timedelta(hours=1))
            found = await identity.find_session(database, used.token, clock.now())
            if found is None:
                break
            assert found.stale
            database.write_now(identity.mark_seen, used.token, clock.now())
            assert await identity.find_session(database, idle.token, clock.now()) is None or (
                clock.now() - START < identity.IDLE
            )
        assert clock.now() - START >= identity.LIFETIME

    async def test_are_swept_once_they_have_ended(
        self, database: Database, ada: str, now: Callable[[timedelta], None]
    ) -> None:
        await sign_in(database)
        now(timedelta(days=1))
        recent = await sign_in(database)
        now(identity.IDLE - timedelta(hours=1))
        database.write_now(identity.sweep, clock.now())
        left = database.read_now(lambda session: session.exec(select(LoginSession)).all())
        assert [row.token_hash for row in left] == [identity.token_hash(recent.token)]


@pytest.mark.usefixtures("fast_passwords")
class TestThrottle:
    async def test_a_guesser_waits_longer_each_time(
        self, database: Database, ada: str, now: Callable[[timedelta], None]
    ) -> None:
        await fail(database, 8, at="192.0.2.66")
        waits = []
        for _ in range(12):
            with pytest.raises(TooManyTries) as refused:
                await sign_in(database, at="192.0.2.66")
            waits.append(refused.value.retry_after)
            now(timedelta(seconds=refused.value.retry_after))
            await fail(database, 1, at="192.0.2.66")
        assert waits[:5] == [1, 2, 4, 8, 16]
        assert max(waits) == 15 * 60

    async def test_the_right_person_signs_in_meanwhile(self, database: Database, ada: str) -> None:
        await fail(database, 8, at="192.0.2.66")
        with pytest.raises(TooManyTries):
            await sign_in(database, at="192.0.2.66")
        assert (await sign_in(database, at="198.51.100.7")).viewer.account_id == ada

    async def test_many_guessers_cannot_lock_a_person_out_of_their_own_device(
        self, database: Database, ada: str
    ) -> None:
        await sign_in(database, at="198.51.100.7")
        for host in range(1, 11):
            await fail(database, 6, at=f"192.0.2.{host}")
        with pytest.raises(TooManyTries) as elsewhere:
            await sign_in(database, at="203.0.113.1")
        assert elsewhere.value.retry_after <= 60
        assert (await sign_in(database, at="198.51.100.7")).viewer.account_id == ada

    async def test_one_address_cannot_try_everybody(self, database: Database, ada: str) -> None:
        for number in range(40):
            await fail(database, 1, at="192.0.2.66", email=f"person{number}@example.com")
        with pytest.raises(TooManyTries):
            await sign_in(database, at="192.0.2.66")

    async def test_a_subscriber_with_a_whole_ipv6_network_is_one_address(
        self, database: Database, ada: str
    ) -> None:
        for host in range(8):
            await fail(database, 1, at=f"2001:db8:1:2::{host:x}")
        with pytest.raises(TooManyTries):
            await sign_in(database, at="2001:db8:1:2:ffff::1")
        await fail(database, 1, at="2001:db8:1:3::1")

    async def test_guesses_at_the_same_moment_count_too(self, database: Database, ada: str) -> None:
        tries = [sign_in(database, "wrong", at="192.0.2.66") for _ in range(30)]
        results = await asyncio.gather(*tries, return_exceptions=True)
        assert sum(isinstance(result, Unauthenticated) for result in results) == 8
        assert sum(isinstance(result, TooManyTries) for result in results) == 22

    async def test_a_right_password_clears_the_count(self, database: Database, ada: str) -> None:
        for _ in range(3):
            await fail(database, 7, at="192.0.2.1")
            await sign_in(database, at="192.0.2.1")

    async def test_failures_are_forgotten_and_swept_after_a_quiet_hour(
        self, database: Database, ada: str, now: Callable[[timedelta], None]
    ) -> None:
        from store.identity import LoginThrottle

        await fail(database, 8, at="192.0.2.66")
        now(timedelta(hours=1, seconds=1))
        await fail(database, 7, at="192.0.2.66")
        now(timedelta(hours=2))
        database.write_now(identity.sweep, clock.now())
        assert not database.read_now(lambda session: session.exec(select(LoginThrottle)).all())


class TestSystems:
    """Other systems, which publish events."""

    def open(self, database: Database) -> identity.Opened:
        return database.write_now(identity.open_system_session, "core", clock.now())

    def holder(self, database: Database, token: str) -> identity.SignedIn | None:
        return database.read_now(identity.signed_in, token, clock.now())

    def test_a_token_does_not_end_by_rest_but_in_a_year(
        self, database: Database, now: Callable[[timedelta], None]
    ) -> None:
        opened = self.open(database)
        now(timedelta(days=364))
        database.write_now(identity.sweep, clock.now())
        held = self.holder(database, opened.token)
        assert held == identity.SignedIn(opened.viewer, stale=False)
        now(timedelta(days=2))
        assert self.holder(database, opened.token) is None

    def test_a_new_one_ends_the_one_before(self, database: Database) -> None:
        first, second = self.open(database), self.open(database)
        assert self.holder(database, first.token) is None
        assert self.holder(database, second.token)
        assert first.viewer == second.viewer
