"""ImageNet-S: its folders are a list, its masks are places, what it ignores does not count."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from exclip_desktop.core.errors import ListError
from exclip_desktop.storage.masks import list_unread, read_mask
from exclip_desktop.storage.pair_lists.formats.imagenet_s import imagenet_names
from exclip_desktop.storage.pair_lists.list_files import find_format, read_pairs
from exclip_desktop.storage.pair_lists.list_source import ListSource
from tests.imagenet_names import collected


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two pictures with masks, one mask without a picture, one of no class."""
    for synset, name, ending in (
        ("n01443537", "ILSVRC2012_val_00000236", ".JPEG"),
        ("n02123045", "cat", ".jpg"),
        ("n99999999", "unknown", ".JPEG"),
    ):
        (tmp_path / "validation" / synset).mkdir(parents=True)
        Image.new("RGB", (6, 4), "white").save(tmp_path / "validation" / synset / f"{name}{ending}", "JPEG")
        mask = np.zeros((4, 6, 3), np.uint8)
        mask[:2, :3] = 2, 0, 0  # class 2: R + 256 G
        mask[3] = 232, 3, 0  # 1000: ignored
        (tmp_path / "validation-segmentation" / synset).mkdir(parents=True)
        Image.fromarray(mask).save(tmp_path / "validation-segmentation" / synset / f"{name}.png")
    Image.fromarray(mask).save(tmp_path / "validation-segmentation" / "n02123045" / "gone.png")
    return tmp_path


def test_it_is_read_as_a_list(folder: Path) -> None:
    assert find_format(ListSource(folder)).name == "imagenet-s"
    found = read_pairs(folder)
    fish, cat = found.pairs
    assert (fish.id, fish.caption, fish.label) == ("ILSVRC2012_val_00000236", "a photo of a goldfish", "goldfish")
    assert fish.mask == "validation-segmentation/n01443537/ILSVRC2012_val_00000236.png"
    assert (cat.picture, cat.label) == ("validation/n02123045/cat.jpg", "tabby cat")
    assert [note.place.rpartition("/")[2] for note in found.notes] == ["gone.png", "unknown.png"]


def test_a_mask_is_a_place_without_what_it_ignores(folder: Path) -> None:
    found = read_pairs(folder)
    shown = list_unread(found.pairs, found.path_of)[0].read()
    (place,) = shown.places
    assert place.words == "goldfish"
    assert np.argwhere(place.truth.inside).tolist() == [[y, x] for y in (0, 1) for x in (0, 1, 2)]
    assert place.truth.counted[:3].all()
    assert not place.truth.counted[3].any()


def test_a_grey_mask_is_any_pixel_that_is_not_black(tmp_path: Path) -> None:
    mask = np.zeros((2, 2), np.uint8)
    mask[1, 0] = 1
    Image.fromarray(mask).save(tmp_path / "mask.png")
    assert read_mask(tmp_path / "mask.png", (2, 2)).inside.tolist() == [[False, False], [True, False]]


def test_without_masks_it_is_reported(tmp_path: Path) -> None:
    for name in ("validation", "validation-segmentation"):
        (tmp_path / name).mkdir()
    with pytest.raises(ListError, match="no masks in .*validation-segmentation"):
        read_pairs(tmp_path)


def test_the_names_are_open_clips() -> None:
    assert imagenet_names() == collected()
    assert len(imagenet_names()) == 1000
