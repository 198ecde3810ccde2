"""Prints the ratios that the benchmarks measured, one line each."""

import statistics
import time
from collections.abc import Callable
from typing import Any

import pytest

FOUND: list[str] = []
SLACK = 1.5  # of a bound, before a benchmark fails: machines are shared


def report(name: str, value: float, unit: str, bound: float, more: str = "") -> None:
    """Print a figure beside its bound; fail where it is missed by more than the noise of a shared machine."""
    met = "met" if value <= bound else "missed"
    FOUND.append(f"{name:<58} {value:8.2f} {unit:<3} (bound {bound:g}, {met}){more}")
    assert value <= SLACK * bound, f"{name}: {value:.2f} {unit}, bound {bound:g}"


class Paired:
    """Times work against a yardstick run right before each round, so that a machine's drift cancels."""

    def __init__(self, benchmark: Any) -> None:
        self._benchmark = benchmark

    def __call__(
        self, name: str, yardstick: Callable[[], object], work: Callable[[], object], rounds: int, **bound: float
    ) -> None:
        """Report the median ratio of the work's time to the yardstick's; give the bound as ``ratio`` or ``seconds``."""
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
        yard = statistics.median(plain)
        if "seconds" in bound:
            report(name, middle, "s", bound["seconds"], f"; {ratio:.1f} × plain encoding, {yard:.3f} s")
        else:
            report(name, ratio, "×", bound["ratio"], f"; {middle:.3f} s, plain encoding {yard:.3f} s")


@pytest.fixture
def paired(benchmark: Any) -> Paired:
    """A function that times work against a yardstick."""
    return Paired(benchmark)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print what was measured."""
    terminalreporter.section("measured")
    for line in FOUND:
        terminalreporter.write_line(line)
