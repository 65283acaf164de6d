"""What `make run` prints once everything is up."""

from services.identity import DEMO_ACCOUNTS
from settings import Settings


def banner(settings: Settings) -> str:
    """Addresses, and in the embedded default the demo accounts with their password."""
    lines = ["", "  Ventanilla is ready. Ctrl-C stops it.", ""]
    lines.append(f"  Portal         {settings.portal_url}")
    if settings.temporal_ui:
        lines.append(f"  Temporal UI    {settings.temporal_ui}")
    if settings.embedded:
        emails = [account["email"] for account in DEMO_ACCOUNTS]
        first, *others = ("  ".join(emails[i : i + 2]) for i in range(0, len(emails), 2))
        lines.append(f"  Demo accounts  {first}")
        lines += [" " * 17 + pair for pair in others]
        lines.append(f"  Password       {settings.demo_secret()}")
    return "\n".join([*lines, ""])
