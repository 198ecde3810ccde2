"""The protocol on a small model: what it yields and refuses, and that an interrupted study goes on to equal numbers."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from exclip_desktop import study
from exclip_desktop.attribution.formulas.rise import rise
from exclip_desktop.core.errors import Cancelled, ListError, OutputError, SettingsError
from exclip_desktop.core.metric_table import METRICS, Metric
from exclip_desktop.core.progress import CancelToken, Report
from exclip_desktop.core.values.pair_list import ListedPair, PairList
from exclip_desktop.core.values.places import ReadPair
from exclip_desktop.core.values.selection import Region
from exclip_desktop.core.values.study import NOTHING_THERE, RANDOM, Outcome, Study, StudySettings
from exclip_desktop.evaluate.heats import NO_MATRIX
from exclip_desktop.evaluate.metric_values import METRIC_FUNCTIONS
from exclip_desktop.evaluate.subject import Subject
from exclip_desktop.models.model import Model
from exclip_desktop.storage.study_folder import OUTCOMES
from tests.conftest import CAPTION

FEW = {"second-order": {}, "game": {}, "maskclip": {}, RANDOM: {}}
QUICK: dict[str, Any] = {"steps": 4, "masks": 8}
BALLOON = Region((0, 0, 20, 20), name="red balloon")


@pytest.fixture
def pairs(tmp_path: Path, picture: NDArray[np.uint8]) -> PairList:
    """Three pairs of two pictures: two places, none, and one that the caption does not name."""
    Image.fromarray(picture).save(tmp_path / "a.png")
    Image.fromarray(picture[:, ::-1].copy()).save(tmp_path / "b.png")
    dog = Region((24, 8, 40, 30), name="dog")
    listed = (
        ListedPair("1", "a.png", CAPTION, regions=(BALLOON, dog)),
        ListedPair("2", "b.png", "a dog"),
        ListedPair("3", "b.png", "a cat in the snow", regions=(BALLOON, Region((4, 4, 12, 12), name="snow"))),
    )
    return PairList(tmp_path / "list.jsonl", tmp_path, listed)


def figures_of(result: Study) -> dict[str, Any]:
    """Return all figures but times."""
    return {
        row.method: (
            {key: figure for key, figure in row.figures.items() if key != "seconds"},
            {key: curve.mean.tolist() for key, curve in row.curves.items()},
        )
        for row in result.rows
    }


def test_every_metric_of_every_method(tiny: Model, pairs: PairList) -> None:
    outcomes: list[Outcome] = []
    result = study(tiny, pairs, FEW, each=outcomes.append, **QUICK)
    assert [row.method for row in result.rows] == list(FEW)
    assert len(outcomes) == 12
    ours = result.row("second-order")
    assert set(ours.figures) == set(METRICS)
    assert (ours.pairs, ours.pictures) == (3, 2)
    assert ours.figures["pointing"].count == 3  # balloon, dog, snow; no caption names a balloon in the third
    assert ours.figures["deletion"].count == 3
    maskclip = result.row("maskclip")
    pictures_only = dict.fromkeys(("text-deletion", "text-insertion"), "MaskCLIP maps pictures only.")
    assert maskclip.reasons == {**pictures_only, "interaction-faithfulness": NO_MATRIX}
    first = outcomes[0]
    assert first.curves["deletion"].shares == pytest.approx((0, 0.25, 0.5, 0.75, 1))
    assert first.curves["deletion"].scores[0] == pytest.approx(first.curves["insertion"].scores[-1], abs=1e-6)
    assert first.curves["text-deletion"].scores[0] == pytest.approx(first.curves["deletion"].scores[0], abs=1e-6)


def test_the_ends_of_the_curves_are_the_models_own_scores(
    tiny: Model, pairs: PairList, picture: NDArray[np.uint8]
) -> None:
    outcomes: list[Outcome] = []
    study(tiny, pairs, [RANDOM], count=1, each=outcomes.append, **QUICK)
    ids = list(tiny.reader.read(CAPTION).ids)
    blank = [ids[0], *[0] * (len(ids) - 2), ids[-1]]  # CLIP's fill is id 0

    def cosine(pixels: torch.Tensor, tokens: list[int]) -> float:
        padded = torch.tensor([tokens + [0] * (tiny.reader.context - len(tokens))])
        image, text = tiny.network.encode_image(pixels[None])[0], tiny.network.encode_text(padded)[0]
        return float(image @ text / image.norm() / text.norm())

    whole, grey = tiny.pixels(picture), torch.zeros(3, 32, 32)
    curves = outcomes[0].curves
    assert curves["deletion"].scores[0] == pytest.approx(cosine(whole, ids), abs=1e-6)
    assert curves["deletion"].scores[-1] == pytest.approx(cosine(grey, ids), abs=1e-6)
    assert curves["text-deletion"].scores[-1] == pytest.approx(cosine(whole, blank), abs=1e-6)
    assert len(curves["text-deletion"].scores) == len(tiny.reader.read(CAPTION).words) + 1


def test_an_interrupted_and_resumed_study_has_equal_numbers(tiny: Model, pairs: PairList, tmp_path: Path) -> None:
    whole = study(tiny, pairs, FEW, **QUICK)
    out = tmp_path / "out"
    token, visible = CancelToken(), []

    def stop_in_the_middle(outcome: Outcome) -> None:
        visible.append(outcome)
        if len(visible) == 5:
            token.cancel()

    with pytest.raises(Cancelled):
        study(tiny, pairs, FEW, out=out, each=stop_in_the_middle, cancel=token, **QUICK)
    stored = out / OUTCOMES
    assert len(stored.read_text("utf-8").splitlines()) == 1 + 5
    with stored.open("ab") as file:
        file.write(b'{"pair": "2", "cut sho')  # as when the power fails
    rest: list[Outcome] = []
    resumed = study(tiny, pairs, FEW, out=out, each=rest.append, **QUICK)
    assert len(rest) == 12 - 5
    assert figures_of(resumed) == figures_of(whole)
    again = study(tiny, pairs, FEW, out=out, each=rest.append, **QUICK)
    assert len(rest) == 7
    assert figures_of(again) == figures_of(whole)
    assert all(json.loads(line) for line in stored.read_text("utf-8").splitlines())


def test_more_pairs_and_more_methods_may_be_added(tiny: Model, pairs: PairList, tmp_path: Path) -> None:
    study(tiny, pairs, ["game"], out=tmp_path / "out", count=1, **QUICK)
    fresh: list[Outcome] = []
    result = study(tiny, pairs, ["game", RANDOM], out=tmp_path / "out", count=2, each=fresh.append, **QUICK)
    assert [(one.pair, one.method) for one in fresh] == [("1", RANDOM), ("2", "game"), ("2", RANDOM)]
    assert {row.pairs for row in result.rows} == {2}


def test_different_settings_are_never_mixed(
    tiny: Model, make_tiny: Callable[..., Model], pairs: PairList, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    study(tiny, pairs, {"rise": {"masks": 8}}, out=out, count=1, **QUICK)
    with pytest.raises(OutputError, match="steps is 4, now 5"):
        study(tiny, pairs, ["rise"], out=out, count=1, **{**QUICK, "steps": 5})
    with pytest.raises(OutputError, match=r"fingerprint is .*…, now .*…"):
        study(make_tiny(text={"layers": 2}), pairs, ["rise"], out=out, count=1, **QUICK)
    fewer = PairList(pairs.source, pairs.folder, pairs.pairs[:2])
    with pytest.raises(OutputError, match="pairs is"):
        study(tiny, fewer, ["rise"], out=out, count=1, **QUICK)
    with pytest.raises(OutputError, match="of rise in this folder have masks 8, not 16"):
        study(tiny, pairs, {"rise": {"masks": 16}}, out=out, count=1, **QUICK)
    (out / OUTCOMES).write_text("nothing of ours\n", "utf-8")
    with pytest.raises(OutputError, match="is not the file of a study"):
        study(tiny, pairs, ["rise"], out=out, count=1, **QUICK)


def test_a_method_that_does_not_fit_has_its_reason(make_tiny: Callable[..., Model], pairs: PairList) -> None:
    resnet = make_tiny(vision={"layers": [1, 1, 1, 1], "patch_size": None, "image_size": 64, "width": 8})
    result = study(
        resnet, pairs, {"rise": {"masks": 4}, "game": {}}, count=1, metrics=("pointing", "deletion"), **QUICK
    )
    assert set(result.row("rise").figures) == {"pointing", "deletion"}
    game = result.row("game")
    assert (game.figures, game.pairs) == ({}, 0)
    assert set(game.reasons) == {"pointing", "deletion"}
    assert "feature maps" in game.reasons["pointing"]


def test_heat_of_feature_maps_is_deleted_and_painted_on_its_own_grid(
    make_tiny: Callable[..., Model], pairs: PairList
) -> None:
    resnet = make_tiny(vision={"layers": [1, 1, 1, 1], "patch_size": None, "image_size": 64, "width": 8})
    first, last = (resnet.image.cut(resnet.resolve_layer("image", layer)).grid for layer in (0, -1))
    assert first != last
    result = study(resnet, pairs, {"second-order": {}, RANDOM: {}}, count=1, **QUICK)
    for row in result.rows:
        assert set(row.figures) == set(METRICS)


def test_an_unreadable_picture_is_left_out_with_its_reason(tiny: Model, pairs: PairList) -> None:
    gone = ListedPair("4", "gone.png", "a dog")
    result = study(tiny, PairList(pairs.source, pairs.folder, (gone, pairs.pairs[1])), ["game", RANDOM], **QUICK)
    for row in result.rows:
        assert row.pairs == 1
        assert "gone.png" in row.left_out["4"]
        assert row.reasons["pointing"] == NOTHING_THERE


def test_only_needed_heats_are_computed(tiny: Model, pairs: PairList, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("no metric needs it")

    monkeypatch.setattr("exclip_desktop.evaluate.heats._map_words", never)
    monkeypatch.setattr("exclip_desktop.evaluate.subject.encode_masked_pictures", never)
    result = study(tiny, pairs, ["game"], metrics=("pointing", "iou"), **QUICK)
    assert set(result.row("game").figures) == {"pointing", "iou"}


def test_a_metric_is_a_row_and_a_function(tiny: Model, pairs: PairList, monkeypatch: pytest.MonkeyPatch) -> None:
    row = Metric(key="spread", name="spread", kind="picture", meaning="range of the heat")
    monkeypatch.setitem(METRICS, "spread", row)
    monkeypatch.setitem(METRIC_FUNCTIONS, "spread", lambda pair: (float(np.ptp(pair.heats.whole)),))
    result = study(tiny, pairs, ["game", "itsm"], count=1, metrics=("spread",))
    assert result.row("game").figures["spread"].mean > 0
    assert result.row("itsm").figures["spread"].mean > 0


def test_every_metric_has_its_function() -> None:
    assert METRIC_FUNCTIONS.keys() == METRICS.keys()


def test_softmax_is_among_the_captions_of_the_list(tiny: Model, pairs: PairList, picture: NDArray[np.uint8]) -> None:
    outcomes: list[Outcome] = []
    study(tiny, pairs, [RANDOM], count=1, score="softmax", metrics=("deletion",), each=outcomes.append, **QUICK)
    texts = [tiny.reader.read(pair.caption).ids for pair in pairs.pairs]
    padded = torch.tensor([[*ids, *[0] * (tiny.reader.context - len(ids))] for ids in texts])
    image, captions = tiny.network.encode_image(tiny.pixels(picture)[None]), tiny.network.encode_text(padded)
    cosines = (image / image.norm()) @ (captions / captions.norm(dim=1, keepdim=True)).T
    expected = torch.softmax(tiny.network.logit_scale.exp() * cosines[0], 0)[0]
    assert outcomes[0].curves["deletion"].scores[0] == pytest.approx(float(expected), abs=1e-5)


def test_measured_interactions_are_double_differences_of_the_models_own_scores(
    tiny: Model, picture: NDArray[np.uint8]
) -> None:
    settings = StudySettings(masks=3, share=0.4)
    subject = Subject(tiny, "x", ReadPair(picture, "a red balloon", ()), settings, torch.zeros(0), CancelToken())
    masked = subject.masked((4, 4))
    assert masked.words.sum(1).tolist() == [1, 1, 1]
    assert masked.patches.sum(1).tolist() == [6, 6, 6]
    ids = tiny.reader.read("a red balloon").ids

    def score(patches: torch.Tensor, words: torch.Tensor) -> float:
        stored = patches.reshape(4, 4).repeat_interleave(8, 0).repeat_interleave(8, 1).float()
        tokens = [ids[0], *(i if word else 0 for i, word in zip(ids[1:4], words.tolist(), strict=True)), ids[4]]
        padded = torch.tensor([tokens + [0] * (tiny.reader.context - len(tokens))])
        image = tiny.network.encode_image((tiny.pixels(picture) * stored)[None])[0]
        text = tiny.network.encode_text(padded)[0]
        return float(image @ text / image.norm() / text.norm())

    assert masked.interactions is not None
    for patches, words, result, alone in zip(
        masked.patches, masked.words, masked.interactions, masked.patch_scores, strict=True
    ):
        none, everything = (torch.zeros(16), torch.zeros(3)), torch.ones(3)
        expected = score(patches, words) - score(patches, none[1]) - score(none[0], words) + score(*none)
        assert result == pytest.approx(expected, abs=1e-6)
        assert alone == pytest.approx(score(patches, everything), abs=1e-6)


def test_a_mask_is_a_place_of_the_label(tiny: Model, pairs: PairList, picture: NDArray[np.uint8]) -> None:
    mask = np.zeros(picture.shape, np.uint8)
    mask[:20, :20] = 255, 0, 0
    Image.fromarray(mask).save(pairs.folder / "mask.png")
    by_mask = ListedPair("m", "a.png", CAPTION, label="red balloon", mask="mask.png")
    by_box = ListedPair("m", "a.png", CAPTION, regions=(BALLOON,))
    result = [
        figures_of(study(tiny, PairList(pairs.source, pairs.folder, (pair,)), ["game"], **QUICK))
        for pair in (by_mask, by_box)
    ]
    assert result[0] == result[1]
    Image.fromarray(mask[:8]).save(pairs.folder / "mask.png")
    with pytest.raises(ListError, match="A mask of 48 × 8 pixels"):
        study(tiny, PairList(pairs.source, pairs.folder, (by_mask,)), ["game"], **QUICK)


def test_options_of_methods_reach_them(tiny: Model, pairs: PairList, monkeypatch: pytest.MonkeyPatch) -> None:
    request = []

    def watched(*arguments: Any, **named: Any) -> torch.Tensor:
        request.append(named["masks"])
        return rise(*arguments, **named)

    monkeypatch.setattr("exclip_desktop.attribution.formulas.rise.rise", watched)
    result = study(tiny, pairs, {"rise": {"masks": 5}}, count=1, metrics=("pointing",), **QUICK)
    assert set(request) == {5}
    assert result.row("rise").options["masks"] == 5


def test_progress_counts_heats(tiny: Model, pairs: PairList) -> None:
    reports: list[Report] = []
    study(tiny, pairs, ["game", RANDOM], metrics=("pointing",), progress=reports.append)
    assert [report.done for report in reports] == [0, 1, 2, 3, 4, 5, 6]
    assert {report.total for report in reports} == {6}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"methods": ["nothing"]}, 'no method "nothing"'),
        ({"methods": {"game": {"masks": 3}}}, 'GAME has no option "masks"'),
        ({"metrics": ("auc",)}, 'no metric "auc"'),
        ({"fill": "mirror"}, 'no fill "mirror"'),
        ({"threshold": "otsu"}, 'no threshold rule "otsu"'),
        ({"score": "logit"}, 'no score "logit"'),
        ({"steps": 0}, "one step"),
        ({"share": 1.0}, "share 1"),
        ({"count": 0}, "at least one pair"),
    ],
)
def test_invalid_arguments_are_errors(tiny: Model, pairs: PairList, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        study(tiny, pairs, **{"methods": ["game"], **arguments})


def test_pairs_without_places_are_not_hidden_by_one_that_cannot_be_read(tiny: Model, pairs: PairList) -> None:
    bare = replace(pairs.pairs[0], regions=(), label="")
    gone = replace(bare, id="gone", picture="gone.png")
    listed = replace(pairs, pairs=(bare, gone))
    result = study(tiny, listed, ["itsm"], metrics=["pointing", "seconds"])
    assert result.row("itsm").reasons["pointing"] == NOTHING_THERE


@pytest.mark.parametrize(
    ("changes", "metrics", "message"),
    [
        ({"regions": ()}, ("pointing",), "No pair of the list has boxes or masks, which pointing needs. Add boxes, or"),
        ({"regions": ()}, ("pointing", "energy", "iou"), "which pointing, energy and mask IoU need"),
        (
            {"regions": (Region((0, 0, 20, 20), name="puppy"),)},
            ("pointing",),
            r"its caption names, which pointing needs\. 1 box has no matching words in its caption: puppy \(pair 1\)",
        ),
        ({"picture": "gone.png"}, ("pointing",), r"No pair could be measured\. Pair 1: There is no picture.*gone\.png"),
        ({"caption": "", "label": ""}, ("deletion",), "No pair of the list has a caption or a label"),
    ],
)
def test_a_study_without_any_figure_is_an_error(
    tiny: Model, pairs: PairList, changes: dict[str, Any], metrics: tuple[str, ...], message: str
) -> None:
    listed = replace(pairs, pairs=(replace(pairs.pairs[0], **changes),))
    with pytest.raises(ListError, match=message):
        study(tiny, listed, ["itsm", RANDOM], metrics=metrics, **QUICK)


def test_a_missing_picture_is_named_beside_pairs_without_boxes(tiny: Model, pairs: PairList) -> None:
    unseen = replace(pairs.pairs[0], regions=(Region((0, 0, 0.1, 0.1), name="red balloon"),))
    listed = replace(pairs, pairs=(unseen, replace(unseen, id="7", picture="gone.png")))
    with pytest.raises(ListError, match=r"which pointing needs\. Pair 7: There is no picture.*gone\.png"):
        study(tiny, listed, ["itsm"], metrics=["pointing"])


def test_boxes_that_the_caption_does_not_name_are_reported(tiny: Model, pairs: PairList) -> None:
    assert study(tiny, pairs, [RANDOM], metrics=["pointing"]).notes == (
        "1 box has no matching words in its caption: red balloon (pair 3).",
    )
    several = tuple(Region((0, 0, 20, 20), name=name) for name in ("cow", "cow", "pig", "hen", "ox"))
    listed = replace(pairs, pairs=(replace(pairs.pairs[0], regions=(BALLOON, *several)),))
    assert study(tiny, listed, [RANDOM], metrics=["pointing"]).notes == (
        "5 boxes have no matching words in their captions: cow (pair 1), pig (pair 1), hen (pair 1), ….",
    )
    assert study(tiny, listed, [RANDOM], metrics=["deletion"], **QUICK).notes == ()
