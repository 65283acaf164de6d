"""What our processes write to the terminal."""

import logging


def configure() -> None:
    """Our own lines from INFO, everybody else's from WARNING, all on standard error."""
    logging.basicConfig(format="%(asctime)s %(levelname)-7s %(message)s", level=logging.WARNING)
    for name in ("processes", "services", "activities", "workflows", "catalog", "api", "portal"):
        logging.getLogger(name).setLevel(logging.INFO)
