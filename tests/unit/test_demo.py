"""Scenes are reproducible and agree with their captions; training is reproducible and continues after a stop."""

import json
import zipfile
from pathlib import Path

import numpy as np
import open_clip
import pytest
import torch

from exclip_desktop.core.maths.interactions import Ends
from exclip_desktop.core.maths.word_values import find_strongest_region
from exclip_desktop.core.paths import resource_path
from exclip_desktop.core.values.explanation import Factor, SideReport
from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.core.values.pair_list import ListedPair
from exclip_desktop.core.values.selection import Region
from exclip_desktop.demo import evaluate, region_pairs, samples, scenes, train
from exclip_desktop.demo.evaluate import HELD_OUT_SEED, held_out, pointing, recall_at_1, wrong_scores_lower
from exclip_desktop.demo.scenes import draw_scene, make_scene, make_twin
from exclip_desktop.demo.search_quality import QueryResult, average_precision, summarize
from exclip_desktop.demo.sprites import emoji_font
from exclip_desktop.demo.vocabulary import (
    CHANGES,
    COLOURS,
    OBJECTS,
    PAINTABLE,
    PLACES,
    SHAPES,
    Style,
    Thing,
    caption_of,
    change_one,
)
from exclip_desktop.demo.word_colours import RULES, area_under_curve, sum_largest, sum_window
from exclip_desktop.models.loading import load_model

needs_font = pytest.mark.skipif(emoji_font() is None, reason="the font Noto Color Emoji is not installed")


def test_the_vocabulary_agrees_with_the_model_card() -> None:
    assert len(OBJECTS) + len(PAINTABLE) >= 60
    assert len(COLOURS) == 8
    assert set(PLACES) == {"grass", "snow", "night", "beach", "water", "plain"}
    assert not set(OBJECTS) & set(PAINTABLE)


def test_scenes_are_reproducible_and_their_captions_name_everything() -> None:
    counts = set()
    for index in range(300):
        scene = make_scene(5, index)
        assert scene == make_scene(5, index)
        counts.add(len(scene.items))
        assert all(thing.words in scene.caption for thing in scene.things)
        assert len({thing.noun for thing in scene.things}) == len(scene.items)
        assert not scene.style.names_place or PLACES[scene.place] in scene.caption
        if scene.style.sides:
            assert scene.items[0].x < scene.items[1].x
        for a in scene.items:
            assert a.side / 2 < a.x < 1 - a.side / 2
            for b in scene.items:
                assert a is b or max(abs(a.x - b.x), abs(a.y - b.y)) > (a.side + b.side) / 2
    assert counts == {1, 2, 3, 4}


def test_captions_read_as_english() -> None:
    dog, balloon, grapes = Thing("dog"), Thing("balloon", "orange"), Thing("grapes")
    with_place = Style("a picture of ", "", True)
    assert caption_of((dog,), "night", with_place) == "a picture of a dog at night"
    assert (
        caption_of((dog, balloon, grapes), "snow", with_place)
        == "a picture of a dog, an orange balloon and grapes in the snow"
    )
    for sides, expected in (
        ("left of", "a dog to the left of an orange balloon"),
        ("right of", "an orange balloon to the right of a dog"),
        ("on the", "a dog on the left and an orange balloon on the right"),
    ):
        assert caption_of((dog, balloon), "plain", Style("", sides, True)) == expected


@pytest.mark.parametrize("what", ["object", "colour", "side", "place"])
def test_one_thing_is_changed(what: str) -> None:
    things, style = (Thing("dog"), Thing("car", "red")), Style("", "left of", True)
    rng = np.random.default_rng(1)
    changed, place, kind = change_one(things, "snow", style, rng, what)
    assert kind == what
    same = {
        "object": place == "snow" and len(set(changed) & set(things)) == 1,
        "colour": (changed[0], changed[1].noun, place) == (things[0], "car", "snow") and changed[1].colour != "red",
        "side": (changed, place) == (things[::-1], "snow"),
        "place": changed == things and place != "snow",
    }
    assert same[what]
    bare, _, kind = change_one((Thing("dog"),), "plain", Style("", "", False), rng, what)
    assert kind == "object"
    assert bare != (Thing("dog"),)


def test_a_twin_differs_in_one_thing_in_the_picture_as_in_the_caption() -> None:
    kinds = set()
    for index in range(60):
        scene = make_scene(5, index)
        twin = make_twin(scene)
        assert twin == make_twin(scene)
        assert twin.caption != scene.caption
        assert twin.caption == caption_of(twin.things, twin.place, twin.style)
        assert [(i.x, i.y, i.side, i.mirrored) for i in twin.items] == [
            (i.x, i.y, i.side, i.mirrored) for i in scene.items
        ]
        changed = [(a, b) for a, b in zip(scene.things, twin.things, strict=True) if a != b]
        if scene.place != twin.place:
            assert not changed
            kinds.add("place")
        elif len(changed) == 2:
            assert twin.things == scene.things[::-1]
            assert scene.style.sides
            kinds.add("side")
        else:
            ((before, after),) = changed
            kinds.add("colour" if before.noun == after.noun else "object")
    assert kinds == {"object", "colour", "side", "place"}


def test_the_samples_are_the_chosen_scenes() -> None:
    records = json.loads(resource_path("samples", "samples.json").read_text("utf-8"))
    for record, (index, wrong) in zip(records, samples.CHOSEN, strict=True):
        scene = make_scene(samples.SERIES, index)
        assert record.get("true_caption", record["caption"]) == scene.caption
        assert [thing["words"] for thing in record["objects"]] == [item.thing.words for item in scene.items]
        assert (record["wrong"], "true_caption" in record) == (wrong, bool(wrong))


def test_series_do_not_overlap() -> None:
    assert len({train.TrainingRecipe().seed, HELD_OUT_SEED, samples.SERIES}) == 3


@needs_font
def test_a_scene_looks_the_same_at_every_size() -> None:
    scene = make_scene(5, 7)
    small, large = draw_scene(scene, 112), draw_scene(scene, 448)
    shrunk = np.asarray(large.picture.resize((112, 112)), float)
    assert np.abs(shrunk - np.asarray(small.picture, float)).mean() < 12
    for a, b in zip(small.boxes, large.boxes, strict=True):
        np.testing.assert_allclose(np.array(a) * 4, b, atol=8)


@needs_font
def test_every_thing_can_be_drawn_and_fills_its_box() -> None:
    from exclip_desktop.demo.sprites import sprite

    things = [(noun, None) for noun in OBJECTS]
    things += [(noun, colour) for noun in (*PAINTABLE, *SHAPES) for colour in COLOURS]
    for noun, colour in things:
        image = sprite(noun, colour, 40)
        assert max(image.size) == 40
        alpha = np.asarray(image)[..., 3]
        assert alpha.mean() > 40, noun
        if colour in ("red", "green", "blue") and noun in ("balloon", "circle", "car"):
            ink = np.asarray(image)[alpha > 200][:, :3].mean(0)
            assert int(ink.argmax()) == ("red", "green", "blue").index(colour)


@needs_font
def test_the_scene_command_writes_pictures_with_boxes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert scenes.main(["--count", "3", "--seed", "4", "--size", "64", "--out", str(tmp_path)]) == 0
    records = json.loads((tmp_path / "scenes.json").read_text())
    assert [record["caption"] for record in records] == [make_scene(4, i).caption for i in range(3)]
    assert all((tmp_path / record["file"]).is_file() for record in records)
    assert "3 scenes" in capsys.readouterr().out


def test_without_the_font_the_scene_command_names_the_package_to_install(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from exclip_desktop.demo import sprites

    monkeypatch.setattr(sprites, "emoji_font", lambda: None)
    sprites._full.cache_clear()
    sprites._sized.cache_clear()
    assert scenes.main(["--count", "9", "--size", "64", "--out", str(tmp_path)]) == 2
    assert "fonts-noto-color-emoji" in capsys.readouterr().err


RECIPE = {
    "steps": 4,
    "batch": 4,
    "image_size": 32,
    "patch_size": 8,
    "image_width": 32,
    "text_width": 32,
    "embed_dim": 16,
}


@needs_font
def test_training_is_reproducible_and_resumable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = train.TrainingRecipe(**RECIPE)
    train.train(recipe, tmp_path / "whole", "cpu", workers=0)
    monkeypatch.setattr(train, "SAVE_EVERY", 2)
    stop = train.Training.train_batch

    def interrupted(self: train.Training, *args: torch.Tensor) -> float:
        if self.step == 3:
            raise KeyboardInterrupt
        return stop(self, *args)

    monkeypatch.setattr(train.Training, "train_batch", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train.train(recipe, tmp_path / "twice", "cpu", workers=0)
    monkeypatch.setattr(train.Training, "train_batch", stop)
    train.train(recipe, tmp_path / "twice", "cpu", workers=0)
    first, second = (
        torch.load(tmp_path / name / "training.pt", weights_only=True)["model"] for name in ("whole", "twice")
    )
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert load_model(str(tmp_path / "whole")).image.cut(0).grid == (4, 4)
    with pytest.raises(SystemExit, match="another recipe"):
        train.train(train.TrainingRecipe(**RECIPE, seed=9), tmp_path / "whole", "cpu", workers=0)


def test_blanks_keep_the_tokens_that_distinguish_twins() -> None:
    recipe = train.TrainingRecipe(blank_captions=1.0, blank_words=1.0)
    ids = open_clip.SimpleTokenizer(context_length=12)(["a red dog", "a red cat", "cats", "dogs"]).reshape(2, 2, 12)
    (dog, cat), different = train.blank_words(ids, recipe)
    assert dog.tolist() == [ids[0, 0, 0], 0, 0, *ids[0, 0, 3:]]
    assert cat.tolist() == [ids[0, 1, 0], 0, 0, *ids[0, 1, 3:]]
    assert torch.equal(different, ids[1])
    assert torch.equal(train.blank_words(ids, train.TrainingRecipe(blank_captions=0.0)), ids)


def test_the_loss_is_clips() -> None:
    same = torch.eye(4)
    assert float(train.contrastive_loss(same, same, torch.tensor(100.0))) < 1e-6
    assert float(train.contrastive_loss(same, same.roll(1, 0), torch.tensor(100.0))) == pytest.approx(100, rel=1e-4)
    one = torch.ones(4, 4) / 2
    assert float(train.contrastive_loss(one, one, torch.tensor(7.0))) == pytest.approx(np.log(4), rel=1e-6)


@needs_font
def test_held_out_captions_differ_and_recall_counts() -> None:
    some = held_out(100)
    assert len({scene.caption for scene, _ in some}) == 100
    figure = recall_at_1(load_model("demo"), some)
    assert figure.count == 200
    assert figure.mean >= 0.94


@needs_font
def test_wrong_captions_score_lower() -> None:
    model, some = load_model("demo"), held_out(60)
    for what in ("object", "colour", "place"):
        figure = wrong_scores_lower(model, some, what)
        assert figure.count > 15
        assert figure.mean >= 0.9
    assert wrong_scores_lower(model, some[:0], "object").count == 0


@needs_font
def test_the_evaluate_command_prints_its_figures(capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate.main(["--count", "2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[0] for line in lines[1:]] == [
        *(f"a wrong {what} scores lower" for what in CHANGES),
        *("strongest patch in the box", "positive heat in the box", "largest residual"),
    ]
    objects = sum(len(scene.things) for scene, _ in held_out(2))
    assert lines[5].endswith(f"(n = {objects})")
    with pytest.raises(SystemExit):
        evaluate.main(["--count", "0"])


def test_pointing_counts_the_strongest_patch_and_covered_heat() -> None:
    class Heat:
        geometry = Geometry((40, 40), (0.0, 0.0, 40.0, 40.0), (4, 4))

        def patch_heat(self, words: str) -> np.ndarray:
            heat = np.zeros((4, 4))
            heat[1, 1], heat[1, 2], heat[3, 3] = 3.0, 1.0, -9.0
            return heat

    assert pointing(Heat(), "dog", (10, 10, 20, 20)) == (1.0, 0.75)
    assert pointing(Heat(), "dog", (15, 10, 25, 20)) == (1.0, pytest.approx(0.5))
    assert pointing(Heat(), "dog", (20, 10, 30, 20)) == (0.0, 0.25)


@needs_font
def test_the_bundled_archive_is_what_its_command_writes(tmp_path: Path) -> None:
    archive = tmp_path / "scenes.zip"
    series = ["--seed", str(HELD_OUT_SEED), "--size", "224"]
    assert scenes.main(["--count", "3", *series, "--out", str(archive)]) == 0
    first = archive.read_bytes()
    with zipfile.ZipFile(archive) as made, zipfile.ZipFile(resource_path("scenes.zip")) as bundled:
        assert made.namelist() == ["scene-000.jpg", "scene-001.jpg", "scene-002.jpg", "scenes.json"]
        assert json.loads(made.read("scenes.json")) == json.loads(bundled.read("scenes.json"))[:3]
    scenes.main(["--count", "3", *series, "--out", str(archive)])
    assert archive.read_bytes() == first


def test_rules_that_colour_words_are_the_sums_that_they_name() -> None:
    heat = np.random.default_rng(3).normal(0, 1, (12, 12))
    heat[2:4, 5:7] -= 9
    assert RULES["strongest patch"](heat) == heat.min()
    assert RULES["strongest 2 × 2 patches"](heat) == pytest.approx(heat[2:4, 5:7].sum())
    region = RULES["strongest region (a third of the side)"](heat)
    assert region == pytest.approx(heat[find_strongest_region(heat).patches].sum())
    assert region == pytest.approx(sum_window(heat, 4))
    assert sum_largest(heat, 4 / 144) == pytest.approx(heat[2:4, 5:7].sum())


def test_the_area_under_the_curve_counts_ordered_pairs() -> None:
    assert area_under_curve(np.array([1.0, 2.0]), np.array([0.0, 1.0])) == (1 + 0.5 + 1 + 1) / 4


def test_a_rule_for_region_pairs_is_right_in_boxes_of_one_object() -> None:
    geometry = Geometry((40, 40), (0, 0, 40, 40), (4, 4))
    report = SideReport(3, 0.0, None, True, "closed form")

    def measured(number: int, *regions: Region) -> region_pairs.MeasuredScene:
        rows = np.eye(16, 24, number)
        ends = Ends(np.ones(24), np.zeros(24), np.zeros(24))
        scene = ListedPair(str(number), f"{number}.png", "", regions=regions)
        return region_pairs.MeasuredScene(scene, geometry, 0, Factor(rows, ends, report), rows, rows)

    cat, dog = Region((0, 0, 20, 20), name="cat"), Region((20, 0, 40, 20), name="dog")
    first, second, other = measured(0, cat), measured(1, cat, dog), measured(2, dog)
    scenes = [first, second, other]
    assert region_pairs.draw_pairs(scenes, 5) == [(0, 1), (1, 2)]
    assert first.objects_at((1, 1)) == {"cat"}
    assert first.objects_at((2, 1)) == set()
    for rule in region_pairs.RULES.values():
        strength = rule(first, second)
        assert strength.shape == (16, 16)
        assert np.isfinite(strength).all()
    product = region_pairs.RULES["product of two patches"](first, second)
    at, to = region_pairs.find_by_rule(product, first, second)
    assert (at, to) == ((0, 1), (0, 0))  # rows 1 and 0 point in one direction
    assert region_pairs.is_shared(first, at, second, to)
    assert not region_pairs.is_shared(first, at, second, (0, 2))
    assert region_pairs.format_share(np.array([True] * 9 + [False])).startswith("0.900 (0.")


def test_search_is_measured_by_average_precision_with_intervals_by_objects() -> None:
    assert average_precision([2, 0, 1, 3], [True, False, False, True]) == pytest.approx((1 / 2 + 2 / 4) / 2)
    assert average_precision([3, 0, 1, 2], [True, False, False, True]) == 1
    results = [QueryResult(name, {"sum": value}, []) for name, value in (("cat", 0.2), ("cat", 0.4), ("dog", 0.9))]
    figure = summarize(results, lambda one: [one.precision["sum"]])
    assert figure.mean == pytest.approx(0.5)
    assert (figure.low, figure.high) == pytest.approx(
        (0.3, 0.9)
    )  # cats or dogs alone: the queries of one object stay together
