"""The command that checks a receipt without the portal, its database or any network.

It ends with 0 when everything holds by a key that was given, 1 when something does not, 2 when a
file cannot be read, and 3 when the receipt holds by the key in it, for which nobody has vouched.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from services.receipt_files import Checked
    from services.signing import PublicKey

BROKEN, UNREADABLE, UNVOUCHED = 1, 2, 3

File = Annotated[Path, typer.Argument(help="The receipt: a .json file from the portal")]
Key = Annotated[
    Path | None,
    typer.Option(help="Its public keys: what the portal has at /.well-known/receipt-keys.json"),
]
Documents = Annotated[
    list[Path] | None,
    typer.Option("--document", help="A document of the request; may be given again"),
]


def verify_receipt(file: File, key: Key = None, document: Documents = None) -> None:
    """Check a receipt offline: its signature, its timeline's chain, its digests, its documents."""
    from services.receipt_files import Broken, check, check_document

    try:
        trusted = keys_in(key) if key else []
        found = check(content_of(file), trusted)
        say(found)
        for one in document or []:
            paper = check_document(found.receipt, content_of(one))
            typer.echo(f"  {one} is the document “{paper.name}”, given on {paper.attached_at}.")
    except Broken as broken:
        typer.echo(f"This does not hold: {broken}.", err=True)
        raise typer.Exit(BROKEN) from None
    if not found.vouched:
        typer.echo(
            "Nobody has vouched for that key: it came with the receipt. Get the portal's keys from "
            f"{found.receipt.address}/.well-known/receipt-keys.json, once you trust that address, "
            "and give them with --key."
        )
        raise typer.Exit(UNVOUCHED)


def say(found: "Checked") -> None:
    """What was checked and by which key, in plain words."""
    receipt = found.receipt
    request = receipt.request
    signer = "a key that you gave" if found.vouched else "the key that came with it"
    for line in (
        f"Receipt of request {request.reference}, “{request.title}”, of {request.customer},",
        f"issued by {receipt.issuer} ({receipt.address}) at {receipt.issued_at}.",
        f"The request was {request.status} then.",
        "This holds:",
        f"  It is unchanged since it was signed, by {signer}: {found.key.kid}.",
        f"  The chain of all {len(receipt.timeline)} entries of its timeline is whole.",
        f"  The {len(receipt.answers.shown)} answers shown have the digest that it gives.",
        f"  It names {len(receipt.documents)} documents by their SHA-256.",
    ):
        typer.echo(line)


def keys_in(path: Path) -> "list[PublicKey]":
    """The public keys in a file."""
    from services.signing import read_public

    try:
        keys = read_public(content_of(path))
    except (ValueError, TypeError) as error:
        unreadable(path, f"holds no Ed25519 public key: {error}")
    if not keys:
        unreadable(path, "holds no key")
    return keys


def content_of(path: Path) -> bytes:
    """The bytes of a file."""
    try:
        return path.read_bytes()
    except OSError as error:
        unreadable(path, f"cannot be read: {error.strerror}")


def unreadable(path: Path, why: str) -> NoReturn:
    """End since a file is not what it should be."""
    typer.echo(f"{path} {why}", err=True)
    raise typer.Exit(UNREADABLE)


def add_to(app: typer.Typer) -> None:
    """Give `ventanilla` this command."""
    app.command()(verify_receipt)
