"""Prints the ratios that the benchmarks measured, one line each."""

import statistics
import time
from collections.abc import Callable
from typing import Any

import pytest

FOUND: list[str] = []


class Paired:
    """Times work against a yardstick run right before each round, so that a machine's drift cancels."""

    def __init__(self, benchmark: Any) -> None:
        self._benchmark = benchmark

    def __call__(self, name: str, yardstick: Callable[[], object], work: Callable[[], object], rounds: int) -> float:
        """Return the median ratio of the work's time to the yardstick's."""
        plain: list[float] = []

        def setup() -> None:
            start = time.perf_counter()
            yardstick()
            plain.append(time.perf_counter() - start)

        yardstick()
        self._benchmark.pedantic(work, setup=setup, rounds=rounds, warmup_rounds=1 if rounds > 1 else 0)
        times = self._benchmark.stats.stats.data
        ratio = statistics.median(t / p for t, p in zip(times, plain[-len(times) :], strict=True))
        self._benchmark.extra_info["ratio"] = ratio
        middle = statistics.median(times)
        FOUND.append(f"{name:<58} {ratio:8.2f} ×   ({middle:.3f} s; yardstick {statistics.median(plain):.3f} s)")
        return ratio


@pytest.fixture
def paired(benchmark: Any) -> Paired:
    """A function that times work against a yardstick."""
    return Paired(benchmark)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print what was measured."""
    terminalreporter.section("measured")
    for line in FOUND:
        terminalreporter.write_line(line)
