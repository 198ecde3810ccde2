"""The forward rules against torch's Jacobians in float64."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from numpy.typing import NDArray
from open_clip.transformer import LayerNormFp32, LayerScale, QuickGELU
from torch import Tensor, nn

from exclip_desktop.attribution.second_order import closed_form
from exclip_desktop.attribution.second_order.closed_form import push_forward
from exclip_desktop.attribution.second_order.path import exact_derivatives
from exclip_desktop.models.model import Model
from tests.unit.attribution.traces import in_float64
from tests.unit.models import timm_models

WIDTH = 6


def _mlp(gelu: nn.Module) -> nn.Module:
    return nn.Sequential(nn.LayerNorm(WIDTH), nn.Linear(WIDTH, 9), gelu, nn.Dropout(0.5), nn.Linear(9, WIDTH))


def _written() -> dict[str, Callable[[Any], Any]]:
    torch.manual_seed(0)
    quick, scale = _mlp(QuickGELU()), LayerScale(WIDTH, 0.7)
    matrix = torch.randn(WIDTH, 4, dtype=torch.float64)
    modules = {
        "identity": nn.Identity(),
        "norm": nn.LayerNorm(WIDTH, elementwise_affine=False),
        "norm of another dtype": LayerNormFp32(WIDTH),
        "gelu": _mlp(nn.GELU()),
        "tanh gelu": _mlp(nn.GELU("tanh")),
        "quick gelu": quick,
        "scale": scale,
    }
    for module in modules.values():
        module.eval().double()
        for parameter in module.parameters():
            nn.init.normal_(parameter)
    residual = lambda x: (x + scale(quick(x))) @ matrix  # noqa: E731  one line of glue
    return {**modules, "residual and projection": residual, "square": lambda x: x * x + 1.0}


def _unwritten() -> dict[str, Callable[[Any], Any]]:
    return {"tanh": lambda x: torch.tanh(x) * x, "method": lambda x: x.exp(), "softmax": nn.Softmax(dim=-1)}


def _checked(function: Callable[[Any], Any], *, rtol: float = 1e-10) -> None:
    value = torch.randn(2, 3, WIDTH, dtype=torch.float64)
    ways = torch.randn(2, 3, 5, WIDTH, dtype=torch.float64)
    with exact_derivatives():
        actual, along = push_forward(function, value, ways)
    torch.testing.assert_close(actual, function(value), rtol=rtol, atol=1e-12)
    for at in torch.cartesian_prod(torch.arange(2), torch.arange(3)).tolist():
        x = value[tuple(at)]
        slope = torch.autograd.functional.jacobian(lambda x: function(x[None])[0], x)
        torch.testing.assert_close(along[tuple(at)], ways[tuple(at)] @ slope.T, rtol=rtol, atol=1e-11)


@pytest.mark.parametrize("name", _written())
def test_every_rule_is_the_derivative(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closed_form, "along", None)  # torch's forward mode is not asked
    # LayerNormFp32 rounds to float32 on its way.
    if name == "norm of another dtype":
        function = _written()[name]
        value, ways = torch.randn(2, WIDTH), torch.randn(2, 3, WIDTH)
        actual, along = push_forward(function.float(), value, ways)  # type: ignore[attr-defined]  # a module
        assert (actual.dtype, along.dtype, along.shape) == (torch.float32, torch.float32, (2, 3, WIDTH))
        slope = torch.autograd.functional.jacobian(lambda x: function(x[None])[0], value[0])
        torch.testing.assert_close(along[0], ways[0] @ slope.T, rtol=1e-4, atol=1e-5)
        return
    _checked(_written()[name])


@pytest.mark.parametrize("name", _unwritten())
def test_maps_without_a_rule_use_torch(name: str) -> None:
    _checked(_unwritten()[name])


def test_a_dropout_that_drops_and_a_norm_of_two_axes_have_no_rule() -> None:
    for function in (nn.Dropout(0.5).train(), nn.LayerNorm([3, WIDTH])):
        with pytest.raises(closed_form._NoRule):
            function(closed_form._DualTensor(torch.zeros(2, 3, WIDTH), torch.zeros(2, 3, 1, WIDTH)))


FAMILIES: dict[str, dict[str, Any]] = {
    "class token": {},
    "CoCa": {"vision": {"attentional_pool": True, "attn_pooler_queries": 5, "attn_pooler_heads": 3}},
    "SigLIP": timm_models.changes("siglip"),
}


@pytest.mark.parametrize("name", FAMILIES)
def test_the_usual_towers_need_no_other_rules(
    make_tiny: Callable[..., Model], picture: NDArray[Any], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    timm_models.register()
    model = in_float64(make_tiny(**FAMILIES[name]))
    query = model.image.cut("pool" if model.image.pools else -1 % model.image.layers).query
    assert query is not None
    monkeypatch.setattr(closed_form, "along", None)
    value = torch.randn(2, len(query.maps.out), dtype=torch.float64)
    ways = torch.randn(2, 3, value.shape[1], dtype=torch.float64)

    def once(x: Tensor) -> Tensor:
        return query.tail(x[None])[0]

    _, along = push_forward(query.tail, value, ways)
    slope = torch.autograd.functional.jacobian(once, value[1])
    torch.testing.assert_close(along[1], ways[1] @ slope.T, rtol=1e-9, atol=1e-12)
