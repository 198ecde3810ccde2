"""Cost estimates: free memory, chunks that fit it, and the time of the first chunks."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

import exclip_desktop
from exclip_desktop import explain
from exclip_desktop.attribution.second_order import memory_budget as memory
from exclip_desktop.attribution.second_order import sides
from exclip_desktop.attribution.second_order.sides import PassTimer
from exclip_desktop.cli.main import main
from exclip_desktop.cli.terminal import describe_cost
from exclip_desktop.core import free_memory
from exclip_desktop.core.progress import Report
from exclip_desktop.core.values.cost_estimates import CostEstimate
from exclip_desktop.models.model import Model
from tests.conftest import CAPTION

CPU = torch.device("cpu")
Picture = NDArray[np.uint8]


@pytest.mark.parametrize(
    ("kind", "free", "taken"),
    [
        ("cpu", 10**10, memory.CPU_CHUNK_BYTES),
        ("cpu", 10**8, 25 * 10**6),
        ("cpu", None, memory.CPU_CHUNK_BYTES),
        ("cuda", 8 * 10**9, 2 * 10**9),
        ("mps", 10**8, 25 * 10**6),
        ("mps", None, memory.CPU_CHUNK_BYTES),
    ],
)
def test_a_chunk_takes_a_share_of_the_free_memory(kind: str, free: int | None, taken: int) -> None:
    assert memory.chunk_bytes(kind, free) == taken


def test_memory_that_torch_reserves_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    text = {"mem_get_info": (300, 1000), "memory_reserved": 500, "memory_allocated": 420}
    for name, value in text.items():
        monkeypatch.setattr(torch.cuda, name, lambda _, value=value: value)
    assert memory.free_bytes(torch.device("cuda")) == 300 + 80
    monkeypatch.setattr(torch.mps, "recommended_max_memory", lambda: 1000)
    for used, free in ((400, 600), (1400, 0)):
        monkeypatch.setattr(torch.mps, "current_allocated_memory", lambda used=used: used)
        assert memory.free_bytes(torch.device("mps")) == free


def test_the_file_cache_of_linux_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    assert free_memory.parse_meminfo("MemFree:  10 kB\nMemAvailable:   2048 kB\nHugePages_Total: 0\n") == 2 * 2**20
    assert free_memory.parse_meminfo("MemFree:  10 kB\n") is None
    monkeypatch.setattr(free_memory, "MEMINFO", free_memory.MEMINFO / "not here")
    actual = free_memory.free_of_computer()
    assert actual is None or actual > 0


def test_little_memory_makes_small_chunks_and_the_same_matrix(
    tiny: Model, picture: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = explain(tiny, picture, CAPTION, image_layer=0)
    monkeypatch.setattr(memory, "free_bytes", lambda _: 10)
    costs: list[CostEstimate] = []
    actual = explain(tiny, picture, CAPTION, image_layer=0, progress=lambda text: text.cost and costs.append(text.cost))
    np.testing.assert_allclose(actual.matrix, expected.matrix, rtol=1e-4, atol=1e-7)
    assert costs[0].free_bytes == 10
    assert not costs[0].fits


def test_timed_chunks_estimate_all_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, text = iter([100.0, 102.0, 105.0]), list[Report]()
    monkeypatch.setattr(sides.time, "perf_counter", lambda: next(clock))
    counts = PassTimer("picture", 170, CostEstimate(None, 10, 20), text.append, CPU)
    counts.add_passes(90)
    for _ in range(4):
        counts.finish_chunk(10)  # the fourth asks no clock
    costs = [report.cost.seconds for report in text]
    assert costs == [None, None, pytest.approx(170 * 0.2), pytest.approx(170 * 0.25), pytest.approx(170 * 0.25)]
    assert (text[-1].done, text[-1].total) == (40, 170)  # of the usual number of nodes, from the start


def test_more_nodes_than_usual_cost_more(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, text = iter([100.0, 102.0, 104.0]), list[Report]()
    monkeypatch.setattr(sides.time, "perf_counter", lambda: next(clock))
    counts = PassTimer("picture", 10, CostEstimate(None, 10, None), text.append, CPU)
    counts.add_passes(40)
    counts.finish_chunk(10)
    counts.finish_chunk(10)
    assert text[-1].cost == CostEstimate(8.0, 10, None)


@pytest.mark.parametrize(("layer", "estimated"), [(-1, False), (0, True)])
def test_only_work_of_many_passes_has_a_cost_estimate(
    make_tiny: Callable[..., Model], picture: Picture, layer: int, estimated: bool
) -> None:
    reports: list[Report] = []
    explain(make_tiny(), picture, CAPTION, image_layer=layer, progress=reports.append)
    assert any(report.cost is not None for report in reports) == estimated
    if estimated:
        actual = reports[-1].cost
        assert actual.fits
        assert 0 < actual.peak_bytes < 100e6


def test_the_command_line_reports_long_work_and_memory_shortage() -> None:
    cost = CostEstimate(125.0, 1_200_000_000, 3_000_000_000)
    message = "Explaining the picture will take about 2 min and 1.2 GB of memory."
    assert describe_cost("Explaining the picture", cost) == {"time": message}
    for short in (None, replace(cost, seconds=None), replace(cost, seconds=9.0)):
        assert describe_cost("Explaining the picture", short) == {}
    lacks = describe_cost("Explaining the picture", CostEstimate(None, 9_100_000_000, 3_200_000_000))
    assert list(lacks) == ["memory"]
    assert lacks["memory"].startswith("Explaining the picture will take 9.1 GB of memory; 3.2 GB are free. ")
    assert "(--image-layer, --text-layer) or the CPU (--device cpu)" in lacks["memory"]


def test_the_cost_is_printed_once_on_standard_error(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tiny: Model
) -> None:
    monkeypatch.setattr(exclip_desktop, "load_model", lambda *_, **__: tiny, raising=False)
    monkeypatch.setattr(memory, "free_bytes", lambda _: 10)
    assert main(["explain", "--sample", "1", "--image-layer", "0"]) == 0
    printed = capsys.readouterr()
    assert printed.err.count("are free") == 1
    assert "of memory" not in printed.out
