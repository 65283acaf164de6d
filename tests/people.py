"""The demo accounts, signed in, for tests that need somebody to act."""

from dataclasses import dataclass, field

from sqlmodel import Session

from ground import clock
from services import identity
from services.access import Viewer
from store.database import Database

NAMES = ("customer", "customer2", "agent", "agent2", "designer", "operator")
NO_PASSWORD = "no password fits"


@dataclass
class People:
    """Viewers and session tokens by name: `people["customer"]`, `people.bearer("agent")`."""

    viewers: dict[str, Viewer] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Viewer:
        return self.viewers[name]

    def bearer(self, name: str | None) -> dict[str, str]:
        """The headers of a call by this person; none for a stranger."""
        return {"Authorization": f"Bearer {self.tokens[name]}"} if name else {}


def demo_people(database: Database) -> People:
    """Create the demo accounts, which no password fits, and sign all of them in."""
    return database.write_now(_sign_in_all)


def _sign_in_all(session: Session) -> People:
    identity.load_demo_accounts(session, NO_PASSWORD)
    people = People()
    for name in NAMES:
        account = identity.account_by_email(session, f"{name}@example.com")
        assert account is not None
        opened = identity.open_session(session, account.id, "tests", clock.now())
        people.viewers[name], people.tokens[name] = opened.viewer, opened.token
    return people
