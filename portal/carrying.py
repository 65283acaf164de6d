"""What somebody had typed when their session was over, kept for them alone.

The sign-in page carries it, sealed, so that nobody reads it there; only whoever signs in with the
account that it was typed with gets it back.
"""

import base64
import binascii
import hmac
import secrets
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from api.security import is_form_of
from portal.visits import Pairs, Posted

LONGEST = 100_000
"""Characters that a page carries at most."""
NONCE_BYTES = 12
TOKEN, LOST = "_token", "_lost"


@dataclass(frozen=True)
class Carried:
    """What had been typed, without the token of its page; `lost` are the names of files."""

    pairs: Pairs
    lost: list[str]
    token: str

    def belongs_to(self, secret: str, account_id: str) -> bool:
        """Whether it was typed on a page of this account's."""
        return is_form_of(secret, self.token, account_id)


def carried(posted: Posted) -> Carried:
    """All that can be carried of what was posted; the bytes of files cannot."""
    controls = [(name, value) for name, value in posted.controls.items() if name != TOKEN]
    lost = [file.filename or "" for _, file in posted.files]
    return Carried(posted.pairs + controls, lost, posted.controls.get(TOKEN, ""))


def sealed(secret: str, posted: Posted) -> str:
    """What was posted as a text that only we can read; empty where it would be too much."""
    what = carried(posted)
    said = [*what.pairs, (TOKEN, what.token), *((LOST, name) for name in what.lost)]
    text = urlencode(said).encode()
    if not (what.pairs or what.lost) or len(text) > LONGEST:
        return ""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return base64.urlsafe_b64encode(nonce + cipher(secret).encrypt(nonce, text, None)).decode()


def unsealed(secret: str, text: str) -> Carried | None:
    """What a page has carried; None for nothing, and for what we have not sealed."""
    try:
        raw = base64.urlsafe_b64decode(text)
        plain = cipher(secret).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], None)
    except (binascii.Error, InvalidTag, ValueError):
        return None
    said = parse_qsl(plain.decode(), keep_blank_values=True)
    return Carried(
        pairs=[pair for pair in said if pair[0] not in (TOKEN, LOST)],
        lost=[value for name, value in said if name == LOST],
        token=next((value for name, value in said if name == TOKEN), ""),
    )


def cipher(secret: str) -> AESGCM:
    """With a key of its own, made of the installation's secret."""
    return AESGCM(hmac.digest(secret.encode(), b"what pages carry", "sha256"))
