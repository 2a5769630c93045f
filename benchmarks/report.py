"""Measuring one stage, and printing a table with the machine it was measured on."""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

__all__ = ["Measure", "measured", "peak_mb", "print_table", "reset_peak"]

PROCESS = Path("/proc/self")


@dataclass(slots=True)
class Measure:
    """Seconds on the wall, and the highest resident memory meanwhile, in MB."""

    seconds: float = 0.0
    peak_mb: float = float("nan")


@contextmanager
def measured() -> Iterator[Measure]:
    """Measure what is done inside; memory on Linux only."""
    measure = Measure()
    reset_peak()
    start = time.perf_counter()
    yield measure
    measure.seconds = time.perf_counter() - start
    measure.peak_mb = peak_mb()


def reset_peak() -> None:
    """Forget the highest resident memory so far; Linux only."""
    try:
        (PROCESS / "clear_refs").write_text("5")
    except OSError:
        return


def peak_mb() -> float:
    """Highest resident memory since it was reset, in MB; NaN where not known."""
    try:
        lines = (PROCESS / "status").read_text().splitlines()
    except OSError:
        return float("nan")
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def print_table(title: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows under headings, and what they were measured on."""
    table = Table(title=title, title_justify="left", box=None)
    for heading in headings:
        table.add_column(heading, justify="left" if heading == headings[0] else "right")
    for row in rows:
        table.add_row(*row)
    console = Console(width=100)
    console.print(table)
    console.print(
        f"{' '.join(sys.orig_argv[1:])} | {_processor()} | {os.cpu_count()} cores | "
        f"Python {platform.python_version()} | {datetime.now(UTC):%Y-%m-%d}",
        soft_wrap=True,
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next(
        (line.split(":")[1].strip() for line in lines if line.startswith("model name")),
        platform.machine(),
    )
