"""Signing with a key of our own, so that others can check without us what we have said.

The private key is a file: the one that a setting names, the same on every server, or one made once
in the data folder. It is never in the database, whose copies lie in many places; there only the
public halves are kept, those of former times too, so that receipts stay checkable after the key
has changed, and where servers have keys of their own.
"""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import orjson
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from pydantic import BaseModel, ConfigDict
from sqlmodel import Session, col, select

from ground import clock
from settings import Settings, SettingsError, keep_secret, make_folder
from store.database import Database
from store.receipts import ReceiptKey
from store.upserts import insert_new

KEY_FILE = "receipt_key"
"""Where the key lies in the data folder, if no setting names another."""


class PublicKey(BaseModel):
    """An Ed25519 public key as RFC 8037 writes it; `kid` is its thumbprint by RFC 7638."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    kid: str
    kty: str = "OKP"
    crv: str = "Ed25519"
    x: str

    @classmethod
    def of(cls, raw: bytes) -> "PublicKey":
        """The key of 32 bytes."""
        x = base64url(raw)
        named = canonical({"crv": "Ed25519", "kty": "OKP", "x": x})
        return cls(kid=base64url(hashlib.sha256(named).digest()), x=x)

    @property
    def raw(self) -> bytes:
        """Its 32 bytes. Raises `ValueError` for a text that is no key."""
        return base64.urlsafe_b64decode(self.x + "=" * (-len(self.x) % 4))

    def verifies(self, signature: bytes, content: bytes) -> bool:
        """Whether whoever holds the private half has signed this. Raises `ValueError`."""
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, content)
        except InvalidSignature:
            return False
        return True


class Signer:
    """Signs with the key of this server."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.is_known = False

    @cached_property
    def key(self) -> Ed25519PrivateKey:
        """The private key, made once if there is none. Raises `SettingsError`."""
        path = self.settings.receipt_key_file or self.settings.data_dir / KEY_FILE
        if not self.settings.receipt_key_file:
            make_folder(self.settings.data_dir)
            if not path.exists():
                keep_secret(path, new_key())
        return read_private(path)

    @property
    def public(self) -> PublicKey:
        """The public half."""
        return PublicKey.of(self.key.public_key().public_bytes_raw())

    def sign(self, content: bytes) -> bytes:
        """The signature, 64 bytes."""
        return self.key.sign(content)

    def seal(self, content: bytes) -> str:
        """A digest that only we can compute, for what nobody shall guess from its digest."""
        derived = HKDF(hashes.SHA256(), 32, None, b"ventanilla answers").derive(
            self.key.private_bytes_raw()
        )
        code = hmac.HMAC(derived, hashes.SHA256())
        code.update(content)
        return code.finalize().hex()

    async def make_known(self, database: Database) -> None:
        """Publish the public key before anything is signed with it."""
        if not self.is_known:
            await database.write(publish, self.public)
            self.is_known = True


def new_key() -> str:
    """A new private key as PEM."""
    made = Ed25519PrivateKey.generate()
    return made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode().strip()


def read_private(path: Path) -> Ed25519PrivateKey:
    """The private key in a PEM file. Raises `SettingsError`."""
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise SettingsError(f"VENTANILLA_RECEIPT_KEY_FILE: {path} is no key: {error}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise SettingsError(
            f"VENTANILLA_RECEIPT_KEY_FILE: {path} holds a key of another kind; make one with "
            "`openssl genpkey -algorithm ed25519`"
        )
    return key


def read_public(content: bytes) -> list[PublicKey]:
    """The keys in a file: a JWK, a set of them, or PEM. Raises `ValueError` where there is none."""
    if content.lstrip().startswith(b"-----BEGIN"):
        key = load_pem_public_key(content)
        if not isinstance(key, Ed25519PublicKey):
            raise ValueError("the key is not of the kind Ed25519")
        return [PublicKey.of(key.public_bytes_raw())]
    found = orjson.loads(content)
    keys = found.get("keys", [found]) if isinstance(found, dict) else []
    return [PublicKey.of(PublicKey(**{"kid": "", **key}).raw) for key in keys]


def publish(session: Session, key: PublicKey) -> None:
    """Keep a public key for ever."""
    row = {"id": key.kid, "public_key": key.x, "first_used_at": clock.now()}
    insert_new(session, ReceiptKey, [row])


def published(session: Session) -> Sequence[PublicKey]:
    """Every key that has ever signed a receipt here, the latest first."""
    rows = session.exec(select(ReceiptKey).order_by(col(ReceiptKey.first_used_at).desc()))
    return [PublicKey(kid=row.id, x=row.public_key) for row in rows]


def canonical(value: Mapping[str, Any] | Sequence[Any]) -> bytes:
    """The one way to write a JSON value (RFC 8785), if it has no fractions and plain keys."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def base64url(content: bytes) -> str:
    """Base64 for addresses, without padding."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
