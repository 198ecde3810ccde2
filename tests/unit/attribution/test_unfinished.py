"""Interrupted integrals go on where they were, and give the same numbers bit for bit."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from exclip_desktop.attribution.second_order import integral, memory_budget, unfinished
from exclip_desktop.attribution.second_order.explain import resolve_settings
from exclip_desktop.attribution.second_order.stored_explain import StoredPair, explain_stored, store_picture_factor
from exclip_desktop.attribution.second_order.unfinished import UnfinishedWork
from exclip_desktop.core.cache_keys import pixels_sha256
from exclip_desktop.core.errors import Cancelled
from exclip_desktop.core.progress import CancelToken, Report
from exclip_desktop.core.values.settings import ExplainSettings
from exclip_desktop.models.model import Model
from exclip_desktop.storage.cache import FactorCache

SETTINGS = {
    "closed form": ExplainSettings(image_layer=-1, text_layer=-1),
    "passes": ExplainSettings(image_layer=0, text_layer=0),
    "fixed rule": ExplainSettings(image_layer=0, text_layer=0, quadrature="riemann-right", steps=10),
}


class Interrupted:
    """A cancel token that cancels after so many checks, and counts them."""

    def __init__(self, after: int) -> None:
        self.left, self.checks = after, 0

    @property
    def is_cancelled(self) -> bool:
        return self.left < 0

    def check(self) -> None:
        self.left -= 1
        self.checks += 1
        if self.is_cancelled:
            raise Cancelled


@pytest.fixture
def pair(tiny: Model, picture: NDArray[np.uint8]) -> StoredPair:
    settings = resolve_settings(tiny, ExplainSettings())
    return StoredPair(tiny, settings, picture, tiny.reader.read("a red balloon and a dog"), pixels_sha256(picture))


def _at(pair: StoredPair, settings: ExplainSettings) -> StoredPair:
    return replace(pair, settings=resolve_settings(pair.model, settings))


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Let chunks hold few passes, or as many as the test puts into the list, and sums few nodes."""
    sizes = [6]
    monkeypatch.setattr(integral, "NODES_HELD", 4)
    monkeypatch.setattr(memory_budget, "chunk_size", lambda _: sizes[-1])
    return sizes


def _interrupt_until_done(act: Callable[[CancelToken], object], every: int) -> int:
    """Call ``act`` again and again, interrupted after ever more checks; return the number of calls."""
    for call in range(1, 500):
        try:
            act(Interrupted(every * call))  # type: ignore[arg-type]  # the part of a token that work uses
        except Cancelled:
            continue
        return call
    raise AssertionError("it never ends")


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("what", ["explanation", "whole factor"])
def test_the_numbers_are_those_of_work_that_was_not_interrupted(pair: StoredPair, name: str, what: str) -> None:
    pair, work, every = _at(pair, SETTINGS[name]), UnfinishedWork(), 1 if name == "closed form" else 9
    through, broken = FactorCache(None), FactorCache(None)
    if what == "explanation":
        whole = explain_stored(through, pair)
        calls = _interrupt_until_done(lambda token: explain_stored(broken, pair, None, token, unfinished=work), every)
        made = explain_stored(broken, pair)
        assert made.matrix.tobytes() == whole.matrix.tobytes()
        assert (made.ledger, made.score) == (whole.ledger, whole.score)
    else:
        factor = store_picture_factor(through, pair)
        calls = _interrupt_until_done(lambda token: store_picture_factor(broken, pair, None, token, work), every)
        made_factor = store_picture_factor(broken, pair)
        assert made_factor.rows.tobytes() == factor.rows.tobytes()
        assert made_factor.report == factor.report
    assert calls > 2


def test_no_chunk_is_computed_twice(pair: StoredPair, monkeypatch: pytest.MonkeyPatch) -> None:
    """The passes of all calls together are those of one call."""
    pair, work, store = _at(pair, SETTINGS["passes"]), UnfinishedWork(), FactorCache(None)
    runs: list[int] = []
    real = torch.func.vmap
    monkeypatch.setattr(
        "exclip_desktop.attribution.second_order.jacobian.vmap", lambda *a, **k: runs.append(1) or real(*a, **k)
    )
    store_picture_factor(FactorCache(None), pair)
    whole = len(runs)
    runs.clear()
    calls = _interrupt_until_done(lambda token: store_picture_factor(store, pair, None, token, work), 9)
    assert calls > 2
    assert len(runs) == whole


def test_progress_goes_on_where_it_was(pair: StoredPair) -> None:
    pair, work, store = _at(pair, SETTINGS["fixed rule"]), UnfinishedWork(), FactorCache(None)
    shares: list[float] = []

    def look(report: Report) -> None:
        shares.append(report.done / report.total)

    with pytest.raises(Cancelled):
        store_picture_factor(store, pair, look, Interrupted(12), work)  # type: ignore[arg-type]
    reached = shares[-1]
    shares.clear()
    store_picture_factor(store, pair, look, CancelToken(), work)
    assert 0 < reached <= shares[0]
    assert shares == sorted(shares)


def test_chunks_keep_their_size_when_the_free_memory_changes(pair: StoredPair, small_chunks: list[int]) -> None:
    pair, work, store = _at(pair, SETTINGS["passes"]), UnfinishedWork(), FactorCache(None)
    whole = store_picture_factor(FactorCache(None), pair)
    with pytest.raises(Cancelled):
        store_picture_factor(store, pair, None, Interrupted(7), work)  # type: ignore[arg-type]
    small_chunks.append(5)
    made = store_picture_factor(store, pair, None, CancelToken(), work)
    np.testing.assert_allclose(made.rows, whole.rows, rtol=1e-5, atol=1e-7)


def test_what_is_held_is_bounded(pair: StoredPair, monkeypatch: pytest.MonkeyPatch) -> None:
    pair = _at(pair, SETTINGS["passes"])
    whole = store_picture_factor(FactorCache(None), pair)
    monkeypatch.setattr(unfinished, "INTEGRAL_BYTES", 2000)
    work, store = UnfinishedWork(3000), FactorCache(None)
    for name in ("passes", "fixed rule"):
        with pytest.raises(Cancelled):
            store_picture_factor(store, _at(pair, SETTINGS[name]), None, Interrupted(8), work)  # type: ignore[arg-type]
    assert sum(one.nbytes for one in work._integrals.values()) <= 3000
    assert len(work._integrals) == 1
    with pytest.raises(Cancelled):
        store_picture_factor(store, pair, None, Interrupted(8), work)  # type: ignore[arg-type]
    made = store_picture_factor(store, pair, None, CancelToken(), work)
    assert made.rows.tobytes() == whole.rows.tobytes()
    assert not work._integrals
