"""Work is done in smaller chunks where memory runs out, with the same numbers; else it is an error."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from exclip_desktop import explain
from exclip_desktop.attribution.second_order import closed_form, jacobian
from exclip_desktop.attribution.second_order import explain as second_order
from exclip_desktop.attribution.second_order import memory_budget as memory
from exclip_desktop.core.errors import UserError
from exclip_desktop.core.progress import CancelToken
from exclip_desktop.core.values.settings import ExplainSettings
from exclip_desktop.models.model import Model
from exclip_desktop.models.towers.attention import Query
from tests.conftest import CAPTION

Picture = NDArray[np.uint8]


def test_chunks_are_halved_when_memory_runs_out(tiny: Model, picture: Picture, monkeypatch: pytest.MonkeyPatch) -> None:
    path = second_order.image_path(tiny, tiny.pixels(picture), 0)
    whole = jacobian.reverse_mode(path, torch.eye(24))
    sizes: list[int] = []

    def scarce(points: torch.Tensor, start: int, stop: int) -> torch.Tensor:
        sizes.append(stop - start)
        if stop - start > 5:
            raise torch.OutOfMemoryError
        return whole.run(points, start, stop)

    monkeypatch.setattr(memory, "chunk_size", lambda _: 16)
    done: list[int] = []
    actual = jacobian.run_all(jacobian.Passes(24, scarce), path.features[None], CancelToken(), done.append)
    monkeypatch.undo()
    torch.testing.assert_close(actual, jacobian.run_all(whole, path.features[None], CancelToken(), lambda _: None))
    assert sizes[:3] == [16, 8, 4]
    assert sum(done) == 24


def test_the_closed_form_takes_fewer_nodes_at_once_when_memory_runs_out(
    tiny: Model, picture: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = second_order.explain_pair(tiny, picture, CAPTION)
    whole, sizes = closed_form.directional_derivatives, []

    def scarce(query: Query, points: torch.Tensor, delta: torch.Tensor) -> torch.Tensor:
        sizes.append(len(points))
        if len(points) > 2:
            raise torch.OutOfMemoryError
        return whole(query, points, delta)

    monkeypatch.setattr(closed_form, "directional_derivatives", scarce)
    actual = second_order.explain_pair(tiny, picture, CAPTION)
    assert (actual.image_side.way, sizes[:3]) == ("closed form", [9, 4, 2])
    np.testing.assert_allclose(actual.matrix, expected.matrix, atol=1e-6)


def test_memory_that_never_suffices_is_an_error(tiny: Model, picture: Picture) -> None:
    path = second_order.image_path(tiny, tiny.pixels(picture), 0)

    def hopeless(points: torch.Tensor, start: int, stop: int) -> torch.Tensor:
        raise torch.OutOfMemoryError

    with pytest.raises(torch.OutOfMemoryError):
        jacobian.run_all(jacobian.Passes(3, hopeless), path.features[None], CancelToken(), lambda _: None)


def test_a_runtime_error_of_too_little_memory_is_recognised(
    tiny: Model, picture: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CPU and MPS say it by a RuntimeError."""

    def fail(*_: object) -> None:
        raise RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes.")

    monkeypatch.setattr("exclip_desktop.attribution.second_order.sides.integrate_factor", fail)
    monkeypatch.setattr("exclip_desktop.attribution.second_order.explain.integrate_factor", fail)
    with pytest.raises(UserError, match="not enough memory"):
        explain(tiny, picture, CAPTION)


def test_a_fixed_rule_of_many_nodes_keeps_only_some_in_memory(tiny: Model, picture: Picture) -> None:
    few = second_order.explain_pair(tiny, picture, CAPTION, ExplainSettings(quadrature="gauss-legendre", steps=64))
    many = second_order.explain_pair(tiny, picture, CAPTION, ExplainSettings(quadrature="gauss-legendre", steps=150))
    assert many.image_side.nodes == many.text_side.nodes == 150
    np.testing.assert_allclose(many.matrix, few.matrix, atol=1e-6)
