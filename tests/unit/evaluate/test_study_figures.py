"""A study's figures against heats computed one by one from Python, with patches and words masked in the test."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from exclip_desktop import explain, map_by, matrix_by, study
from exclip_desktop.core.values.pair_list import ListedPair, PairList
from exclip_desktop.core.values.places import Truth
from exclip_desktop.core.values.selection import Region
from exclip_desktop.core.values.study import Curve, Outcome, StudySettings, summarise
from exclip_desktop.evaluate import heat_metrics as metrics
from exclip_desktop.evaluate.deletion import random_coalitions
from exclip_desktop.models.model import Model
from tests.conftest import CAPTION

Floats = NDArray[np.float64]
BALLOON = Region((0, 0, 20, 20), name="red balloon")
DOG = Region((24, 8, 40, 30), name="dog")
MASKS, SHARE, SEED = 12, 0.4, 7
SETTINGS: dict[str, Any] = {"steps": 16, "masks": MASKS, "share": SHARE, "seed": SEED, "fill": "blur"}


class ByHand:
    """Scores of a picture's patches (16,) and a caption's words (W,) that are left, by the network itself."""

    def __init__(self, model: Model, picture: NDArray[np.uint8]) -> None:
        self.model, self.caption = model, model.reader.read(CAPTION)
        blurred = Image.fromarray(picture).filter(ImageFilter.GaussianBlur(0.06 * max(picture.shape)))
        self.pixels, self.fill = model.pixels(picture), model.pixels(np.asarray(blurred))
        self.rows = [word.rows for word in self.caption.words]

    def __call__(self, patches: Floats, words: Floats) -> float:
        members = torch.from_numpy(patches.reshape(4, 4).repeat(8, 0).repeat(8, 1)).bool()
        ids = list(self.caption.ids)
        for rows, left in zip(self.rows, words, strict=True):
            for row in rows:
                ids[row] = ids[row] if left else 0
        padded = torch.tensor([ids + [0] * (self.model.reader.context - len(ids))])
        image = self.model.network.encode_image(torch.where(members, self.pixels, self.fill)[None])[0]
        text = self.model.network.encode_text(padded)[0]
        return float(image @ text / image.norm() / text.norm())

    def along(self, heat: Floats, back: bool, of_words: bool) -> list[float]:
        """Return the scores while the strongest are taken away one by one, or put back."""
        left, others = np.full(heat.size, 0.0 if back else 1.0), np.ones(16 if of_words else len(self.rows))
        scores = []
        for place in [None, *sorted(range(heat.size), key=lambda at: -heat.ravel()[at])]:
            if place is not None:
                left[place] = 1.0 if back else 0.0
            scores.append(self(others, left) if of_words else self(left, others))
        return scores


def heats(model: Model, picture: NDArray[np.uint8], method: str) -> tuple[Floats, list[Floats], Floats, Floats | None]:
    """Return heat of patches for the caption and for both places' words, of the words, and of words × patches."""
    words = model.reader.read(CAPTION).words
    if method == "game":
        of_words = map_by(model, picture, CAPTION, method, "text").values
        return (
            map_by(model, picture, CAPTION, method).values,
            [map_by(model, picture, CAPTION, method, target=one.name).values for one in (BALLOON, DOG)],
            np.array([of_words[list(word.rows)].sum() for word in words]),
            None,
        )
    result = (
        explain(model, picture, CAPTION) if method == "second-order" else matrix_by(model, picture, CAPTION, method)
    )
    grid = result.grid.astype(float)
    places = [grid[list(result.caption.rows_of(one.name))].sum(0) for one in (BALLOON, DOG)]
    pairs = np.array([grid[list(word.rows)].sum(0).ravel() for word in words])
    return grid.sum(0), places, pairs.sum(1), pairs  # the whole caption: specials, too


@pytest.mark.parametrize("method", ["second-order", "game", "itsm"])
def test_every_figure_equals_its_definition(
    make_tiny: Callable[..., Model], picture: NDArray[np.uint8], tmp_path: Any, method: str
) -> None:
    model = make_tiny()
    Image.fromarray(picture).save(tmp_path / "a.png")
    pair = ListedPair("1", "a.png", CAPTION, regions=(BALLOON, DOG))
    outcomes: list[Outcome] = []
    text = {**SETTINGS, "threshold": "half", "smooth": True, "tolerance_px": 6.0}
    study(model, PairList(tmp_path / "l.csv", tmp_path, (pair,)), [method], each=outcomes.append, **text)
    values, curves = outcomes[0].values, outcomes[0].curves
    whole, places, words, pairs = heats(model, picture, method)

    geometry, truths = model.geometry((picture.shape[1], picture.shape[0]), 0, "model"), []
    for one in (BALLOON, DOG):
        inside = np.zeros(picture.shape[:2], bool)
        x0, y0, x1, y1 = (int(side) for side in one.box)
        inside[y0:y1, x0:x1] = True
        truths.append(Truth(inside, np.ones_like(inside)))
    painted = [metrics.paint(heat, geometry, truth, smooth=True) for heat, truth in zip(places, truths, strict=True)]
    expected = {
        "pointing": [metrics.pointing(heat, geometry, truth, 6.0) for heat, truth in zip(places, truths, strict=True)],
        "energy": [metrics.energy(one) for one in painted],
        "accuracy": [metrics.accuracy(one, "half") for one in painted],
        "average-precision": [metrics.average_precision(one) for one in painted],
        "iou": [metrics.iou(one, "half") for one in painted],
    }
    for key, figures in expected.items():
        assert values[key] == pytest.approx(figures, rel=1e-4, abs=1e-6), key

    score = ByHand(model, picture)
    for key, heat, of_words in (("", whole, False), ("text-", words, True)):
        for name, back in (("deletion", False), ("insertion", True)):
            scores = score.along(heat, back, of_words)
            assert curves[key + name].scores == pytest.approx(scores, abs=2e-6), key + name
            area = sum((a + b) / 2 for a, b in zip(scores, scores[1:], strict=False)) / (len(scores) - 1)
            assert values[key + name] == pytest.approx((area,), abs=2e-6)

    patches, members = (random_coalitions(MASKS, n, SHARE, seed).numpy() for n, seed in _draws(len(words)))
    drops = [score(np.ones(16), np.ones(len(words))) - score(one, np.ones(len(words))) for one in patches]
    taken = [((1 - one) * whole.ravel()).sum() for one in patches]
    assert values["faithfulness"] == pytest.approx((np.corrcoef(taken, drops)[0, 1],), abs=1e-3)
    if pairs is None:
        assert "interaction-faithfulness" not in values
        return
    blocks = [left @ pairs @ one for left, one in zip(members, patches, strict=True)]
    nothing = np.zeros(16), np.zeros(len(words))
    together = [
        score(one, left) - score(one, nothing[1]) - score(nothing[0], left) + score(*nothing)
        for left, one in zip(members, patches, strict=True)
    ]
    assert values["interaction-faithfulness"] == pytest.approx((np.corrcoef(blocks, together)[0, 1],), abs=1e-3)


def _draws(words: int) -> list[tuple[int, tuple[int, ...]]]:
    """Return players and seeds of the masks of patches and of words: seed, the pair's id, and 1 for words."""
    return [(16, (SEED, *b"1")), (words, (SEED, *b"1", 1))]


def test_pairs_of_one_picture_are_one_group_of_an_interval() -> None:
    """Every picture twice, with equal values, tells no more than once; pairs of pictures of their own would."""
    values = np.random.default_rng(0).random(12)

    def widths(named: list[tuple[str, str, float]]) -> list[float]:
        """Return how wide the interval of the figure is, and the band of the curve."""
        result = [
            Outcome(pair, of, "game", {}, {"deletion": (value,)}, {"deletion": Curve((0.0, 1.0), (value, value))})
            for pair, of, value in named
        ]
        row = summarise("m", "l", StudySettings(metrics=("deletion",)), result).row("game")
        figure, curve = row.figures["deletion"], row.curves["deletion"]
        return [figure.high - figure.low, curve.high[1] - curve.low[1]]

    once = widths([(f"{at}", f"{at}.png", value) for at, value in enumerate(values)])
    twice = [(f"{at}-{one}", f"{at}.png", value) for at, value in enumerate(values) for one in range(2)]
    assert widths(twice) == pytest.approx(once)
    assert max(widths([(pair, pair, value) for pair, _, value in twice])) < 0.85 * min(once)
