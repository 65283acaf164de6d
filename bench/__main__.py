"""`python -m bench` runs every benchmark, `python -m bench NAME …` those named.

Each has a process of its own, so that none inherits what another has loaded, and one that cannot
run does not take the others with it.
"""

import os
import subprocess
import sys

from bench.figures import machine, say
from bench.submissions import COMPILED

ALL = (
    "forms",
    "cost",
    "catalog_load",
    "live",
    "timeline_cost",
    "declared",
    "timeline_reads",
    "submissions",
    "expectations",
    "expectation_costs",
    "lists",
    "search",
    "pages",
    "pages_in_browser",
)


def main(names: list[str]) -> int:
    """Run them; the number of those that failed."""
    unknown = [name for name in names if name not in ALL]
    if unknown:
        say(f"There is no benchmark {', '.join(unknown)}. There are: {', '.join(ALL)}.")
        return 2
    say(machine())
    failed = [name for name in names or ALL if not succeeds(name)]
    if failed:
        say(f"\nThese could not be run: {', '.join(failed)}")
    return len(failed)


def succeeds(name: str) -> bool:
    """Run one."""
    say(f"\n{name}")
    command = [sys.executable, "-m", f"bench.{name}"]
    return subprocess.run(command, env=os.environ | COMPILED).returncode == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
