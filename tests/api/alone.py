"""The application as a process of its own, without Temporal, to be killed at any moment."""

import uvicorn

from api.app import create_app
from settings import load
from store.database import Database


def main() -> None:
    """Serve what the environment says, until somebody ends it."""
    settings = load()
    app = create_app(settings, Database(settings.database))
    uvicorn.run(app, host=settings.host, port=settings.port, log_level="warning")


if __name__ == "__main__":
    main()
