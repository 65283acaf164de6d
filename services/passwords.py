"""Passwords: Argon2 hashes, made and checked in a few threads of their own.

One hash takes about 140 ms and 64 MB by design, so the number of threads bounds what a flood of
log-ins can take from everyone else.
"""

import asyncio
import secrets
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

LONGEST = 1024
"""Characters of a password that are looked at before it is refused unread."""

hasher = PasswordHash((Argon2Hasher(),))
threads = ThreadPoolExecutor(2, thread_name_prefix="passwords")


def hash_password(password: str) -> str:
    """The Argon2id hash to store."""
    return hasher.hash(password)


@cache
def nobodys_hash() -> str:
    """A hash that no password fits, for accounts that do not exist."""
    return hash_password(secrets.token_urlsafe(32))


def verify_password(password: str, stored: str | None) -> tuple[bool, str | None]:
    """Whether the password fits, and a fresh hash where the stored one is of older strength.

    Takes as long for an unknown account (`stored` is None) as for a wrong password.
    """
    other = nobodys_hash()
    if len(password) > LONGEST:
        return False, None
    fits, fresh = hasher.verify_and_update(password, stored or other)
    return fits and stored is not None, fresh


async def verify(password: str, stored: str | None) -> tuple[bool, str | None]:
    """`verify_password` in a thread."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(threads, verify_password, password, stored)
