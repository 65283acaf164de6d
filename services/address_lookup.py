"""Looking up an address by a part of it, where an installation has a provider for that.

None comes with the portal: such services cost money and know what people look for. To have one,
write a class with the two methods of `AddressLookup` and put it into `PROVIDERS` at `ADDRESS`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class FoundAddress:
    """An address that may be meant; `key` is the provider's own name for it."""

    key: str
    title: str


class AddressLookup(Protocol):
    """A provider. Both methods may take seconds, and raise `Unavailable` where it says nothing."""

    def find(self, text: str, country: str, language: str) -> Sequence[FoundAddress]:
        """The addresses that a text may mean, the likeliest first; `country` may be empty."""

    def parts(self, key: str, language: str) -> Mapping[str, str]:
        """One of them, by the names of the fields of `forms/parts/address.json`."""


ADDRESS = "address"
PROVIDERS: dict[str, AddressLookup] = {}
"""The providers by the word that forms say in `x-lookup`."""
MOST = 10
"""How many addresses are offered."""
