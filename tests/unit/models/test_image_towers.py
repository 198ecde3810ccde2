"""timm's image encoders: each family's tower is its encoder at every layer, and is explained exactly."""

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import pytest
import torch
from numpy.typing import NDArray

from exclip_desktop.attribution.second_order import explain as second_order
from exclip_desktop.attribution.second_order.integral import make_gauss_legendre
from exclip_desktop.core.errors import Cancelled, ModelError
from exclip_desktop.core.progress import CancelToken, Report
from exclip_desktop.core.values.settings import POOL, ExplainSettings, Layer
from exclip_desktop.models.loading import load_model
from exclip_desktop.models.model import Model
from exclip_desktop.models.towers.build import image_tower
from tests.conftest import CAPTION, save_random_model, tiny_config
from tests.unit.attribution.oracle import interaction_matrix
from tests.unit.attribution.traces import in_float64, traces
from tests.unit.models import timm_models
from tests.unit.models.timm_models import FAMILIES

Picture = NDArray[np.uint8]
timm_models.register()


@pytest.fixture
def family(request: pytest.FixtureRequest, make_tiny: Callable[..., Model]) -> Model:
    """A small model of the family, saved to a folder and loaded from it."""
    return make_tiny(**timm_models.changes(request.param))


every_family = pytest.mark.parametrize("family", FAMILIES, indirect=True)


def _some_layers(model: Model) -> list[Layer]:
    last = model.image.layers - 1
    return [*dict.fromkeys([0, last // 2 + 1, last]), *([POOL] if model.image.pools else [])]


@every_family
def test_a_folder_loads_the_encoder_that_open_clip_loads(family: Model, picture: Picture) -> None:
    """Buffers that are not stored in the weights, such as rotations and masks, are computed at loading."""
    config = json.loads((Path(family.name) / "open_clip_config.json").read_text("utf-8"))
    torch.manual_seed(1)
    own = open_clip.CLIP(**config["model_cfg"]).eval()
    own.load_state_dict(family.network.state_dict())
    pixels = family.pixels(picture)[None]
    torch.testing.assert_close(family.network.encode_image(pixels), own.encode_image(pixels), rtol=1e-4, atol=1e-5)


@every_family
def test_the_head_of_the_features_is_the_encoder(family: Model, picture: Picture) -> None:
    model = in_float64(family)
    pixels = model.pixels(picture)
    expected = model.network.visual(pixels[None])
    assert expected.shape == (1, model.image.embedding_size)
    for layer in model.layers("image"):
        cut = model.image.cut(layer)
        features = cut.features(pixels)
        assert len(features) == cut.prefix + cut.grid[0] * cut.grid[1]
        assert all(side * n <= whole for side, n, whole in zip(cut.patch_size, cut.grid, pixels.shape[1:], strict=True))
        torch.testing.assert_close(cut.head(features[None]), expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", FAMILIES)
def test_equals_the_oracle(make_tiny: Callable[..., Model], picture: Picture, name: str) -> None:
    model = in_float64(make_tiny(**timm_models.changes(name)))
    read = [token.id for token in model.reader.read(CAPTION).tokens]
    rest = [0] * (model.reader.context - len(read))
    ids, reference = torch.tensor(read + rest), torch.tensor([read[0], *[0] * (len(read) - 2), read[-1], *rest])
    rule = make_gauss_legendre(2)
    for layer in _some_layers(model):
        expected = interaction_matrix(
            model.network,
            model.pixels(picture),
            ids,
            (-1 if layer == POOL else int(layer), 2),
            reference,
            (rule.nodes.tolist(), rule.weights.tolist()),
        )
        result = second_order.explain_pair(
            model, picture, CAPTION, ExplainSettings(image_layer=layer, quadrature="gauss-legendre", steps=2)
        )
        # The matrix is float32, so an entry is exact to half a unit in its last place.
        np.testing.assert_allclose(result.matrix, expected, rtol=1.2e-7, atol=1e-9)
        closed = {"last": model.image.layers - 1}.get(FAMILIES[name].closed or "", FAMILIES[name].closed)
        assert (result.image_side.way == "closed form") == (layer == closed)


@every_family
def test_the_adaptive_rule_is_complete(family: Model, picture: Picture) -> None:
    for layer in _some_layers(family):
        result = second_order.explain_pair(family, picture, "a dog", ExplainSettings(image_layer=layer))
        assert result.image_side.converged
        assert result.residual <= 1e-3
        assert result.ledger.total == pytest.approx(result.score, abs=1e-5)


def _left(model: Model) -> tuple[Any, ...]:
    """Return the state that a tower might change, with its modules and buffers."""
    buffers = {name: (id(value), value._version) for name, value in model.network.named_buffers()}
    return (*traces(model), buffers, [(id(module), module.training) for module in model.network.modules()])


@every_family
def test_nothing_is_left_behind(family: Model, picture: Picture) -> None:
    before = _left(family)
    settings: dict[str, Any] = {"image_layer": 0, "quadrature": "gauss-legendre", "steps": 1}
    second_order.explain_pair(family, picture, CAPTION, ExplainSettings(**settings))
    assert _left(family) == before
    cancel = CancelToken()
    with pytest.raises(Cancelled):
        second_order.explain_pair(
            family, picture, CAPTION, ExplainSettings(**settings), progress=lambda _: cancel.cancel(), cancel=cancel
        )
    assert _left(family) == before

    def broken(report: Report) -> None:
        raise RuntimeError("told wrongly")

    with pytest.raises(RuntimeError, match="told wrongly"):
        second_order.explain_pair(family, picture, CAPTION, ExplainSettings(**settings), progress=broken)
    assert _left(family) == before


@every_family
def test_a_whole_picture_is_read_as_by_an_encoder_of_that_size(family: Model) -> None:
    """Equals timm's own resizing of the encoder; maps accept any size, relative positions only their own."""
    model = in_float64(family)
    own, unit = model.image.input_size, model.image.unit
    kind = type(model.network.visual.trunk).__name__
    assert (unit is None) == (kind in ("SwinTransformer", "VisionTransformerRelPos"))
    if unit is None:
        return
    size = own[0] - unit[0] if own[0] > unit[0] else own[0], own[1] + unit[1]
    other = deepcopy(model.network.visual)
    other.set_input_size(size)
    pixels = torch.rand(3, *size, dtype=torch.float64)
    before = _left(model)
    for layer in model.layers("image"):
        cut = model.image.cut(layer, size)
        features = cut.features(pixels)
        assert len(features) == cut.prefix + cut.grid[0] * cut.grid[1]
        torch.testing.assert_close(cut.head(features[None]), other(pixels[None]), rtol=1e-10, atol=1e-12)
    assert _left(model) == before


@every_family
def test_towers_follow_their_network_when_it_is_moved(family: Model) -> None:
    network = deepcopy(family.network)
    tower = image_tower(network.visual)
    network.double()
    pixels = torch.zeros(3, *tower.input_size, dtype=torch.float64)
    for layer in (0, POOL if tower.pools else tower.layers - 1):
        cut = tower.cut(layer)
        assert cut.head(cut.features(pixels)[None]).dtype == torch.float64


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"timm_model_name": "test_resnet"}, r"its image encoder \(ResNet\) is of a family that cannot be explained"),
        (
            {"timm_model_name": "of_no_one"},
            r"timm_model_name. is no model of the installed timm: 'of_no_one'",
        ),
        (
            {"timm_model_name": "exclip_gap", "image_size": 48},
            "its pictures are 48 × 48 by its config, and its image encoder takes 32 × 32",
        ),
        ({"timm_model_name": "exclip_convnext", "image_size": 48}, "48 × 48 pixels, not a multiple of 32"),
    ],
)
def test_unsupported_encoders_are_refused_before_their_weights_are_read(
    tmp_path: Path, changes: dict[str, Any], reason: str
) -> None:
    config = tiny_config()
    folder = save_random_model(tmp_path / "model", config)
    config["model_cfg"]["vision_cfg"] |= {"timm_pool": "avg", **changes}
    (folder / "open_clip_config.json").write_text(json.dumps(config), "utf-8")
    (folder / "open_clip_model.safetensors").write_bytes(b"never read")
    with pytest.raises(ModelError, match=reason):
        load_model(str(folder))
