"""Figures as the benchmarks print them."""

import os
import platform
import statistics
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path


def percentile(values: Sequence[float], percent: int) -> float:
    """The value that so many percent of the others do not exceed."""
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def spread(milliseconds: Sequence[float]) -> str:
    """The middle and the high end of some times."""
    return f"p50 {percentile(milliseconds, 50):7.1f} ms  p99 {percentile(milliseconds, 99):7.1f} ms"


def verdict(met: bool) -> str:
    """Whether a goal was reached."""
    return "reached" if met else "MISSED"


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def machine() -> str:
    """When and on what this is measured, and how busy the machine is with other things."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} x {model}, "
        f"Python {platform.python_version()}, load {os.getloadavg()[0]:.1f} before it began"
    )
