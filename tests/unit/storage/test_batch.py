"""A batch gives what explaining each pair gives, each picture and caption once, and goes on where it was cut off."""

import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from exclip_desktop.api import batch as api_batch
from exclip_desktop.api.batch import batch, open_batch
from exclip_desktop.api.explain import explain
from exclip_desktop.cli.flag_words import FLAG_WORDS
from exclip_desktop.cli.main import main
from exclip_desktop.core.errors import Cancelled, ListError, MemoryShortage, OutputError, ProjectError, SettingsError
from exclip_desktop.core.progress import CancelToken, Report
from exclip_desktop.core.text.accuracy_warnings import find_inexact_integrals
from exclip_desktop.core.values.pair_list import ListedPair, PairList
from exclip_desktop.core.values.selection import Region, positive_share
from exclip_desktop.core.values.settings import UNRECORDED_TOLERANCE
from exclip_desktop.models.model import Model
from exclip_desktop.storage.batches import shard_files
from exclip_desktop.storage.pair_lists.list_files import read_pairs
from exclip_desktop.storage.project.pair_rows import add_pairs, save_boxes
from exclip_desktop.storage.project.project_files import create_project

HOW: dict[str, Any] = {"image_layer": -1, "text_layer": -1, "quadrature": "gauss-legendre", "steps": 2}
CAPTIONS = ("a red balloon", "two dogs, 犬", "a “dog”")


@pytest.fixture
def listed(tmp_path: Path, picture: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch) -> PairList:
    """Five pictures and three captions in seven pairs, in small shards; one picture is missing, one pair has a box."""
    monkeypatch.setattr(shard_files, "SHARD_OF", {"pictures": 2, "captions": 2})
    monkeypatch.setattr("exclip_desktop.storage.batches.batch_index.SHARD_OF", shard_files.SHARD_OF)
    for at in range(4):
        Image.fromarray(np.roll(picture, 5 * at, axis=1)).save(tmp_path / f"ü {at}.png")
    pairs = [ListedPair(str(at), f"ü {at % 5}.png", CAPTIONS[at % 3]) for at in range(7)]
    pairs[1] = ListedPair("1", "ü 1.png", CAPTIONS[1], regions=(Region((0, 0, 20, 20)),))
    return PairList(tmp_path / "x.csv", tmp_path, tuple(pairs))


def files(folder: Path) -> dict[str, bytes]:
    """Return what a batch has written."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_every_pair_equals_its_single_explanation(tiny: Model, listed: PairList, tmp_path: Path) -> None:
    done = batch(tiny, listed, tmp_path / "out", all_pairs=True, **HOW)
    lines = {line["id"]: line for line in open_batch(tmp_path / "out").pairs()}
    assert list(lines) == [pair.id for pair in listed.pairs]
    assert [line for line in lines.values() if "error" in line] == [lines["4"]]
    assert done.inexact == sum(line.get("exact") is False for line in lines.values())
    assert done.failed == (f"4: There is no picture {tmp_path / 'ü 4.png'}. Check the path.",)
    for pair in listed.pairs:
        if pair.id == "4":
            continue
        direct = explain(tiny, listed.path_of(pair.picture), pair.caption, **HOW)
        found = done.batch.explanation(pair.picture, pair.caption)
        np.testing.assert_allclose(found.matrix, direct.matrix, atol=1e-6)
        assert (found.caption, found.geometry, found.settings) == (direct.caption, direct.geometry, direct.settings)
        assert found.image_side == direct.image_side
        line = lines[pair.id]
        assert line["score"] == pytest.approx(direct.score, abs=1e-6)
        assert line["ledger"] == pytest.approx(dict(direct.ledger.lines()), abs=1e-6)
        assert line["exact"] == (not find_inexact_integrals(direct))
        share = positive_share(found.interactions.patch_heat(), found.geometry, pair.regions)
        assert line["box_share"] == share
        assert (share is None) == (pair.id != "1")


def test_a_failed_pair_says_what_to_do_in_the_words_of_the_interface(
    tiny: Model, listed: PairList, tmp_path: Path
) -> None:
    done = batch(tiny, listed, tmp_path / "out", max_megapixels=1e-4, words=FLAG_WORDS, **HOW)
    assert done.failed[0].endswith(" Shrink it first, or raise the limit (--max-megapixels).")
    assert next(open_batch(tmp_path / "out").pairs())["error"] == done.failed[0].removeprefix("0: ")
    done = batch(tiny, listed, tmp_path / "python", max_megapixels=1e-4, **HOW)
    assert done.failed[0].endswith(" Shrink it first, or raise max_megapixels.")


def test_any_picture_goes_with_any_caption(tiny: Model, listed: PairList, tmp_path: Path) -> None:
    done = batch(tiny, listed, tmp_path / "out", all_pairs=True, **HOW)
    scores = done.batch.scores()
    assert scores.shape == (5, 3)
    assert np.isnan(scores[4]).all()
    assert not np.isnan(scores[:4]).any()
    for at in range(4):
        for number in range(3):
            direct = explain(tiny, tmp_path / f"ü {at}.png", CAPTIONS[number], **HOW)
            np.testing.assert_allclose(done.batch.explanation(at, number).matrix, direct.matrix, atol=1e-6)
            assert scores[at, number] == pytest.approx(direct.score, abs=1e-6)


def test_each_picture_and_each_caption_is_computed_once(
    tiny: Model, listed: PairList, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    for name in ("caption_factor", "picture_factor"):
        real = getattr(api_batch, name)
        monkeypatch.setattr(api_batch, name, lambda *a, real=real, name=name, **k: calls.append(name) or real(*a, **k))
    batch(tiny, listed, tmp_path / "out", **HOW)
    assert (calls.count("caption_factor"), calls.count("picture_factor")) == (3, 4)
    batch(tiny, listed, tmp_path / "out", **HOW)
    assert len(calls) == 7, "what is there is not computed again"
    shutil.copy(tmp_path / "ü 0.png", tmp_path / "ü 4.png")
    assert batch(tiny, listed, tmp_path / "out", **HOW).failed == (), "what failed is tried again"
    assert len(calls) == 8


def test_a_picture_that_has_changed_is_computed_again(tiny: Model, listed: PairList, tmp_path: Path) -> None:
    batch(tiny, listed, tmp_path / "out", **HOW)
    Image.new("RGB", (48, 40), "red").save(tmp_path / "ü 1.png")
    done = batch(tiny, listed, tmp_path / "out", **HOW)
    direct = explain(tiny, tmp_path / "ü 1.png", CAPTIONS[0], **HOW)
    np.testing.assert_allclose(done.batch.explanation(1, 0).matrix, direct.matrix, atol=1e-6)
    digest = hashlib.sha256((tmp_path / "ü 1.png").read_bytes()).hexdigest()
    assert next(line for line in done.batch.pairs() if line["id"] == "1")["picture_sha256"] == digest
    (tmp_path / "ü 1.png").unlink()
    assert len(batch(tiny, listed, tmp_path / "out", **HOW).failed) == 1, "what is done of a picture that is gone stays"


@pytest.mark.parametrize("stop", range(1, 8))
def test_a_batch_that_was_stopped_goes_on_to_the_same_files(
    tiny: Model, listed: PairList, tmp_path: Path, stop: int
) -> None:
    batch(tiny, listed, tmp_path / "whole", all_pairs=True, **HOW)
    token, heard = CancelToken(), []

    def hear(report: Report) -> None:
        heard.append(report)
        if len(heard) == stop:
            token.cancel()

    with pytest.raises(Cancelled):
        batch(tiny, listed, tmp_path / "out", progress=hear, cancel=token, **HOW)
    with pytest.raises(OutputError, match="not finished"):
        list(open_batch(tmp_path / "out").pairs())
    batch(tiny, listed, tmp_path / "out", all_pairs=True, **HOW)
    assert files(tmp_path / "out") == files(tmp_path / "whole")


def test_an_interrupted_batch_keeps_its_finished_shards(
    tiny: Model, listed: PairList, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = api_batch.picture_factor, []

    def interrupted(*requested: Any, **more: Any) -> Any:
        calls.append(1)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return real(*requested, **more)

    monkeypatch.setattr(api_batch, "picture_factor", interrupted)
    with pytest.raises(KeyboardInterrupt):
        batch(tiny, listed, tmp_path / "out", **HOW)
    assert open_batch(tmp_path / "out").entry("pictures", 2) is not None
    assert open_batch(tmp_path / "out").entry("pictures", 3) is None
    batch(tiny, listed, tmp_path / "out", **HOW)
    assert len(calls) == 5


def test_parts_made_apart_are_the_whole(tiny: Model, listed: PairList, tmp_path: Path) -> None:
    batch(tiny, listed, tmp_path / "whole", **HOW)
    missing = [batch(tiny, listed, tmp_path / "out", shard=(part, 3), **HOW).missing for part in (2, 1, 3)]
    assert missing == [3, 1, 0]
    assert files(tmp_path / "out") == files(tmp_path / "whole")


def test_another_list_or_other_settings_are_refused(tiny: Model, listed: PairList, tmp_path: Path) -> None:
    batch(tiny, listed, tmp_path / "out", **HOW)
    with pytest.raises(OutputError, match="another model or method"):
        batch(tiny, listed, tmp_path / "out", **{**HOW, "steps": 3})
    shorter = PairList(listed.source, listed.folder, listed.pairs[:2])
    with pytest.raises(OutputError, match="another list"):
        batch(tiny, shorter, tmp_path / "out", **HOW)
    with pytest.raises(OutputError, match="is not the folder of a batch"):
        open_batch(tmp_path)
    with pytest.raises(SettingsError, match="no part 4 of 3"):
        batch(tiny, listed, tmp_path / "out", shard=(4, 3), **HOW)
    found = open_batch(tmp_path / "out")
    for which, expected in (
        (4, "has no factor: There is no picture"),
        (9, "has no picture 9"),
        ("x", "has no picture x"),
    ):
        with pytest.raises(OutputError, match=expected):
            found.explanation(which, 0)  # type: ignore[arg-type]  # one of each
    with pytest.raises(OutputError, match="all_pairs=True"):
        found.scores()


def test_a_batch_written_before_the_tolerance_was_recorded_opens_and_goes_on(
    tiny: Model, listed: PairList, tmp_path: Path
) -> None:
    settings = {**HOW, "tolerance": UNRECORDED_TOLERANCE}
    batch(tiny, listed, tmp_path / "out", **settings)
    before = files(tmp_path / "out")
    header = json.loads((tmp_path / "out" / "batch.json").read_text("utf-8"))
    for part in ("decided_by", "settings"):
        assert header[part].pop("tolerance") == UNRECORDED_TOLERANCE
    del header["sha256"]
    (tmp_path / "out" / "batch.json").write_text(json.dumps(header), "utf-8")
    assert open_batch(tmp_path / "out").explanation(0, 0).settings.tolerance == UNRECORDED_TOLERANCE
    assert batch(tiny, listed, tmp_path / "out", **settings).notes == ()
    assert files(tmp_path / "out") == before
    with pytest.raises(OutputError, match="another model or method"):
        batch(tiny, listed, tmp_path / "out", **{**settings, "tolerance": 0.01})


def test_a_damaged_shard_is_made_anew(tiny: Model, listed: PairList, tmp_path: Path) -> None:
    batch(tiny, listed, tmp_path / "out", **HOW)
    before = files(tmp_path / "out")
    for path, data in (("pictures/00000.safetensors", b"x"), ("captions/00001.safetensors", b"")):
        (tmp_path / "out" / path).write_bytes(data)
    batch(tiny, listed, tmp_path / "out", **HOW)
    assert files(tmp_path / "out") == before


def test_trouble_with_the_computer_is_no_pictures_fault(
    tiny: Model, listed: PairList, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def short(*_: Any, **__: Any) -> None:
        raise MemoryShortage("There is too little memory.", "Close something.")

    monkeypatch.setattr(api_batch, "picture_factor", short)
    with pytest.raises(MemoryShortage):
        batch(tiny, listed, tmp_path / "out", **HOW)
    assert open_batch(tmp_path / "out").entry("pictures", 0) is None


def test_the_command(
    tiny: Model, listed: PairList, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("exclip_desktop.load_model", lambda *_, **__: tiny, raising=False)
    rows = [f"{pair.picture},{json.dumps(pair.caption, ensure_ascii=False)}" for pair in listed.pairs]
    (tmp_path / "x.csv").write_text("\n".join(["path,caption", *rows, ""]), "utf-8")
    how = ["--image-layer=-1", "--text-layer=-1", "--quadrature", "gauss-legendre", "--steps", "2"]
    command = ["batch", str(tmp_path / "x.csv"), "--out", str(tmp_path / "out"), *how]
    assert main([*command, "--shard", "2/2"]) == 0
    assert "3 shards missing" in capsys.readouterr().out
    assert main(command) == 0
    output = capsys.readouterr()
    index = tmp_path / "out" / "index.jsonl"
    assert output.out == (
        "6 of 7 pairs explained, 1 failed; the list has 5 pictures and 3 captions. "
        f"The index, {index}, has the numbers of each pair, or why it failed.\n"
    )
    lines = map(json.loads, index.read_text("utf-8").splitlines())
    assert [line["picture"] for line in lines if "error" in line] == ["ü 4.png"]
    assert "Pair 5: There is no picture" in output.err
    assert "The integrals of 6 pairs are not exact" in output.err
    Image.new("RGB", (40, 30)).save(tmp_path / "ü 4.png")
    assert main(command) == 0
    assert (
        capsys.readouterr().out
        == f"7 of 7 pairs explained: 5 pictures and 3 captions, each once. The index is {index}.\n"
    )
    monkeypatch.setattr(api_batch, "write_index", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    assert main(command) == 130
    assert "the same command resumes the work" in capsys.readouterr().err


def test_pictures_without_captions_are_reported_with_a_hint(
    tiny: Model, listed: PairList, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("exclip_desktop.load_model", lambda *_, **__: tiny, raising=False)
    how = ["--image-layer=-1", "--text-layer=-1", "--quadrature", "gauss-legendre", "--steps", "2"]
    assert main(["batch", str(listed.folder), "--out", str(tmp_path.parent / "none"), *how]) == 2
    output = capsys.readouterr()
    assert "0 of 4 pairs explained, 4 failed; the list has 4 pictures and 1 caption. The index, " in output.out
    assert "Pair ü 0.png: The picture has no caption. Write it into the list, or into NAME.txt" in output.err
    assert "None of the pairs could be explained. Correct the list" in output.err


def test_a_project_is_a_list(
    tiny: Model, listed: PairList, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("exclip_desktop.load_model", lambda *_, **__: tiny, raising=False)
    drawn = Region((2, 2, 9, 9), name="balloon")
    with create_project(tmp_path / "p.exclip") as project:
        add_pairs(project, listed)
        save_boxes(project, "ü 0.png", (drawn,))
    found = read_pairs(tmp_path / "p.exclip")
    assert (found.source, found.folder, found.notes) == (tmp_path / "p.exclip", tmp_path, ())
    assert [pair.regions for pair in found.pairs[:3]] == [(drawn,), listed.pairs[1].regions, ()]
    assert [replace(pair, regions=()) for pair in found.pairs] == [replace(pair, regions=()) for pair in listed.pairs]
    how = ["--image-layer=-1", "--text-layer=-1", "--quadrature", "gauss-legendre", "--steps", "2"]
    assert main(["batch", str(tmp_path / "p.exclip"), "--out", str(tmp_path / "out"), *how]) == 0
    assert "6 of 7 pairs explained" in capsys.readouterr().out
    assert next(iter(open_batch(tmp_path / "out").pairs()))["box_share"] is not None


def test_a_project_without_pairs_or_a_file_that_is_none_is_reported(tmp_path: Path) -> None:
    create_project(tmp_path / "p.exclip").close()
    with pytest.raises(ListError, match="no pairs"):
        read_pairs(tmp_path / "p.exclip")
    (tmp_path / "q.exclip").write_bytes(b"nothing of the kind")
    with pytest.raises(ProjectError, match="q.exclip"):
        read_pairs(tmp_path / "q.exclip")
